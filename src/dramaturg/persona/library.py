"""Personas by name, from roots in order; its one rule: nearer roots win, and a tie is never broken by chance."""

import os
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from functools import cached_property
from pathlib import Path

from dramaturg.errors import AuthorError, CallerError
from dramaturg.findings.model import Finding, Label, Severity, Span
from dramaturg.persona.files import SUFFIXES, same_text, spoken
from dramaturg.persona.index import Known, index
from dramaturg.persona.model import Persona, PersonaFile
from dramaturg.persona.reading import read_persona_file
from dramaturg.persona.resolve import resolve

_NEAR = 3
_LIST = "`dramaturg list` shows what there is"
_ALIKE = 0.65  # of two aliases of five characters, one may differ


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """A file of the library, known by its frontmatter only; a damaged one is known by its place.

    Attributes:
        root: The folder it was found below.
        name: Its path under the root.
        known: What its frontmatter says.
    """

    root: Path
    name: str
    known: Known

    @property
    def path(self) -> Path:
        """Where the file is."""
        return self.root / self.name

    @property
    def place(self) -> str:
        """The path under its root without the suffix, which is another spelling of the alias."""
        return next(self.name.removesuffix(suffix) for suffix in SUFFIXES if self.name.endswith(suffix))

    @property
    def alias(self) -> str:
        """The alias as the file spells it; its place where it says none."""
        return self.text("alias") or self.place

    @property
    def damaged(self) -> bool:
        """Whether its frontmatter gives no alias, which only reading the whole file can explain."""
        return not self.text("alias")

    @property
    def spoken(self) -> str:
        """The path as a person in the working folder would write it."""
        return spoken(self.path)

    @property
    def alias_span(self) -> Span | None:
        """Where the alias stands; None where the file gives none."""
        if not self.known.alias_at:
            return None
        line, column, length = self.known.alias_at
        return Span(path=self.spoken, line=line, column=column, length=length)

    def text(self, key: str) -> str:
        """Return `alias`, `version`, `title`, `status` or `type` as the file says it; empty where it does not."""
        return self.known.values.get(key, "")


class Library:
    """The personas that can be named, from roots in order: the project's, the user's, the shipped.

    Which files there are, and what they are called, is looked up once; what they say is read when it is asked for.

    Attributes:
        roots: The folders, as they are meant where the library is made.
        deep: Whether folders in them are looked into.
        scanned: Files that the caller has scanned, by absolute path, so that they need not be read to be looked up.
    """

    def __init__(self, roots: Sequence[Path], *, deep: bool = True) -> None:
        by_place: dict[str, Path] = {}
        for root in roots:
            by_place.setdefault(os.path.realpath(root), root.absolute())
        self.roots = tuple(by_place.values())
        self.scanned: Mapping[str, PersonaFile] = {}
        self._scanned: dict[Path, PersonaFile] = {}
        self._loaded: dict[tuple[Path, bool], tuple[Persona, Sequence[Path]]] = {}
        self.deep = deep
        self._near: dict[Path, Library] = {}
        self._found: dict[str, Entry | Finding] = {}  # a thousand files have the same few parents

    @cached_property
    def _indexes(self) -> Mapping[Path, tuple[Mapping[str, Known], Mapping[str, str]]]:
        return {root: index(root, self.scanned, deep=self.deep) for root in self.roots}

    @cached_property
    def entries(self) -> tuple[Entry, ...]:
        """Every persona file, nearest root first, by path."""
        indexes = self._indexes.items()
        return tuple(
            Entry(root=root, name=name, known=known) for root, (files, _) in indexes for name, known in files.items()
        )

    @cached_property
    def unreadable(self) -> Mapping[str, str]:
        """Folders below the roots that could not be listed, and why."""
        return {folder: reason for _, folders in self._indexes.values() for folder, reason in folders.items()}

    def find(self, alias: str) -> Entry | Finding:
        """Return the file of an alias, or a finding without a place that says why there is none.

        A damaged file stands in the way of a farther one of its name: what an author broke must not be replaced by
        what it was to replace.
        """
        if alias not in self._found:
            self._found[alias] = self._nearest(alias)
        return self._found[alias]

    def is_hidden(self, entry: Entry) -> bool:
        """Tell whether a file of a nearer root is meant by an entry's alias."""
        meant = self.find(entry.alias)
        return isinstance(meant, Entry) and self.roots.index(meant.root) < self.roots.index(entry.root)

    def is_lost(self, entry: Entry) -> bool:
        """Tell whether a nearer file hides an entry that says something else; what says the same is no loss."""
        meant = self.find(entry.alias)
        return isinstance(meant, Entry) and self.is_hidden(entry) and not same_text(meant.path, entry.path)

    def _nearest(self, alias: str) -> Entry | Finding:
        found = self._ranked(alias)
        last = self.roots.index(found.root) if isinstance(found, Entry) else len(self.roots)
        same_name = self._spellings[-1].get(_last(alias.casefold()), ())
        nearer = (entry for entry in same_name if entry.damaged and self.roots.index(entry.root) < last)
        return next(nearer, found)

    def _ranked(self, alias: str) -> Entry | Finding:
        folded = alias.casefold()
        for spellings, wanted in zip(self._spellings, (alias, folded, folded, _last(folded)), strict=True):
            every = spellings.get(wanted, [])
            hits = [entry for entry in every if entry.root == every[0].root]
            active = [entry for entry in hits if entry.text("status") != "deprecated"] or hits
            if len(active) == 1:
                return active[0]
            if active:
                return _ambiguous(alias, active)
        names = {entry.alias.casefold(): entry.alias for entry in self.entries}
        close = [names[near] for near in get_close_matches(folded, sorted(names), n=_NEAR, cutoff=_ALIKE)]
        remedy = f"did you mean {_listed(close, 'or')}?" if close else _LIST
        return Finding(rule="P301", severity=Severity.ERROR, message=f"no persona is called `{alias}`", help=remedy)

    @cached_property
    def _spellings(self) -> tuple[Mapping[str, list[Entry]], ...]:
        """What can be asked for and the entries it can mean, nearest root first, for each rank."""
        ranks: tuple[dict[str, list[Entry]], ...] = tuple({} for _ in _RANKS)
        for entry in self.entries:
            for spellings, rank in zip(ranks, _RANKS, strict=True):
                for spelling in rank(entry):
                    spellings.setdefault(spelling, []).append(entry)
        return ranks

    def locate(self, name: str) -> Path:
        """Return a persona's file by alias, or by path where `name` ends in `.md`; CallerError if none is so called.

        A path is taken as it is; whether there is such a file shows when it is read. Only the bare name of a file that
        lies elsewhere in the library is told with its path.
        """
        if name.endswith(".md"):
            if "/" not in name and not os.path.lexists(name):
                self._refuse_bare(name)
            return Path(name)
        found = self.find(name)
        if isinstance(found, Finding):
            raise CallerError(f"{found.message}; {found.help}")
        return Path(found.spoken)

    def _refuse_bare(self, name: str) -> None:
        """Raise CallerError if a file of this name lies in the library, with its path."""
        entry = next((entry for entry in self.entries if _last(entry.name) == name), None)
        if entry is not None:
            raise CallerError(f"there is no file `{name}` here; did you mean `{entry.spoken}`?")

    def read(self, alias: str) -> PersonaFile | Finding:
        """Return the scanned file of an alias, or the finding that says why there is none."""
        return self._scan(self.find(alias))

    def find_from(self, path: Path, alias: str) -> Entry | Finding:
        """Return the file that a file means by an alias.

        A file outside the roots means those around it first: the ones below the nearest folder called `personas`, else
        those in its own folder.
        """
        near = self.around(path)
        found = near.find(alias) if near else None
        if isinstance(found, Entry):
            return found
        far = self.find(alias)
        return found if isinstance(found, Finding) and isinstance(far, Finding) and found.rule == "P303" else far

    def around(self, path: Path) -> "Library | None":
        """Return the personas that lie around a file; None for a file below a root."""
        path = path.resolve()
        if any(path.is_relative_to(root) for root in self._real_roots):
            return None
        home = next((folder for folder in path.parents if folder.name == "personas"), None)
        place = home or path.parent
        if place not in self._near:
            self._near[place] = Library((place,), deep=home is not None)
            self._near[place].scanned = self.scanned
        return self._near[place]

    @cached_property
    def _real_roots(self) -> tuple[Path, ...]:
        return tuple(root.resolve() for root in self.roots)

    def lookup(self, path: Path) -> Callable[[str], PersonaFile | Finding]:
        """Return what gives a file its parents by alias."""

        def parent(alias: str) -> PersonaFile | Finding:
            return self._scan(self.find_from(path, alias))

        return parent

    def _scan(self, entry: Entry | Finding) -> PersonaFile | Finding:
        """Scan what was found, and again only if its text has changed: it may be the parent of a thousand others."""
        if isinstance(entry, Finding):
            return entry
        file = read_persona_file(entry.path, self._scanned.get(entry.path))
        self._scanned[entry.path] = file
        return file

    def load(self, name: str, *, strict: bool = False) -> Persona:
        """Resolve a persona by alias, or by path where `name` ends in `.md`.

        As long as no file of its chain has another text, the same object is returned again.

        Raises:
            CallerError: No such persona or file.
            AuthorError: The chain has errors.
        """
        path = self.locate(name)
        if (path, strict) in self._loaded:
            persona, places = self._loaded[path, strict]
            chain = zip(places, persona.chain, strict=True)
            if all(read_persona_file(place, file) is file for place, file in chain):
                return persona
        persona = persona_of(read_persona_file(path), self.lookup(path), strict=strict)
        self._loaded[path, strict] = (persona, [Path(file.path).absolute() for file in persona.chain])
        return persona


def persona_of(leaf: PersonaFile, lookup: Callable[[str], PersonaFile | Finding], *, strict: bool = False) -> Persona:
    """Resolve a scanned file, or raise AuthorError with every finding of its chain."""
    persona, findings = resolve(leaf, lookup, strict=strict)
    if persona is None:
        raise AuthorError(findings)
    return persona


def _ambiguous(alias: str, entries: Sequence[Entry]) -> Finding:
    return Finding(
        rule="P303",
        severity=Severity.ERROR,
        message=f"`{alias}` can mean {_listed([entry.spoken for entry in entries], 'or')}",
        labels=tuple(Label(span=span, text="one of them") for entry in entries if (span := entry.alias_span)),
        help=f"rename one, mark one `status: deprecated`, or give its file: `{entries[0].spoken}`",
    )


def _listed(names: Sequence[str], word: str) -> str:
    quoted = [f"`{name}`" for name in names]
    return quoted[0] if len(quoted) == 1 else f"{', '.join(quoted[:-1])} {word} {quoted[-1]}"


def _last(name: str) -> str:
    return name.rsplit("/", 1)[-1]


_RANKS: tuple[Callable[[Entry], Iterable[str]], ...] = (
    lambda entry: (entry.alias,),
    lambda entry: (entry.alias.casefold(),),
    lambda entry: (entry.place.casefold(),),
    lambda entry: {_last(entry.place.casefold()), _last(entry.alias.casefold())},
)
