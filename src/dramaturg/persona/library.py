"""Folders of persona files to files by alias; its one rule: nearer roots win, and a tie is never broken by chance."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path

from dramaturg.errors import AuthorError, CallerError
from dramaturg.findings.model import Finding, Label, Severity
from dramaturg.findings.source import Source
from dramaturg.persona.frontmatter import read_frontmatter
from dramaturg.persona.model import Frontmatter, Persona, PersonaFile
from dramaturg.persona.resolve import resolve
from dramaturg.persona.scan import scan

_SUFFIXES = (".persona.md", ".mixin.md")
_NEAR = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """A file of the library, known by its frontmatter only; a damaged one is known by its place."""

    path: Path
    root: Path
    frontmatter: Frontmatter

    @property
    def alias(self) -> str:
        """The alias as the file spells it; its place where it says none."""
        return self.frontmatter.text("alias") or self.place

    @property
    def damaged(self) -> bool:
        """Whether its frontmatter gives no alias, which only reading the whole file can explain."""
        return not self.frontmatter.text("alias")

    @property
    def spoken(self) -> str:
        """The path as a person in the working folder would write it."""
        return _spoken(self.path)

    @property
    def place(self) -> str:
        """The path under its root without the suffix, which is another spelling of the alias."""
        name = self.path.relative_to(self.root).as_posix()
        return next(name.removesuffix(suffix) for suffix in _SUFFIXES if name.endswith(suffix))


class Library:
    """The personas that can be named, from roots in order: the project's, the user's, the shipped."""

    def __init__(self, roots: Sequence[Path]) -> None:
        by_place: dict[Path, Path] = {}
        for root in roots:
            by_place.setdefault(root.resolve(), root)
        self.roots = tuple(by_place.values())
        self._entries: tuple[Entry, ...] | None = None

    @property
    def entries(self) -> tuple[Entry, ...]:
        """Every persona file, nearest root first, by path."""
        if self._entries is None:
            self._entries = tuple(entry for root in self.roots for entry in _entries(root))
        return self._entries

    def find(self, alias: str) -> Entry | Finding:
        """Return the file of an alias, or a finding without a place that says why there is none.

        A damaged file stands in the way of a farther one of its name: what an author broke must not be replaced by
        what it was to replace.
        """
        found = self._ranked(alias)
        last = self.roots.index(found.root) if isinstance(found, Entry) else len(self.roots)
        wanted = alias.casefold().rsplit("/", 1)[-1]
        damaged = (
            entry
            for entry in self.entries
            if entry.damaged
            and entry.place.casefold().rsplit("/", 1)[-1] == wanted
            and self.roots.index(entry.root) < last
        )
        return next(damaged, found)

    def _ranked(self, alias: str) -> Entry | Finding:
        for rank in _RANKS:
            for root in self.roots:
                hits = [entry for entry in self.entries if entry.root == root and rank(entry, alias)]
                active = [entry for entry in hits if entry.frontmatter.text("status") != "deprecated"] or hits
                if len(active) == 1:
                    return active[0]
                if active:
                    return _ambiguous(alias, active)
        names = sorted({entry.alias for entry in self.entries})
        near = get_close_matches(alias.casefold(), [name.casefold() for name in names], n=_NEAR, cutoff=0.4)
        close = [name for name in names if name.casefold() in near]
        remedy = f"did you mean {_listed(close, 'or')}?" if close else "`dramaturg list` shows what there is"
        return Finding(rule="P301", severity=Severity.ERROR, message=f"no persona is called `{alias}`", help=remedy)

    def read(self, alias: str) -> PersonaFile | Finding:
        """Return the scanned file of an alias, or the finding that says why there is none."""
        entry = self.find(alias)
        return entry if isinstance(entry, Finding) else read_persona_file(entry.path)

    def load(self, name: str, *, strict: bool = False) -> Persona:
        """Resolve a persona by alias, or by path where `name` ends in `.md`.

        Raises:
            CallerError: No such persona or file.
            AuthorError: The chain has errors.
        """
        if name.endswith(".md"):
            return persona_of(read_persona_file(Path(name)), self.read, strict=strict)
        leaf = self.read(name)
        if isinstance(leaf, Finding):
            raise CallerError(f"{leaf.message}; {leaf.help}")
        return persona_of(leaf, self.read, strict=strict)


def persona_of(leaf: PersonaFile, lookup: Callable[[str], PersonaFile | Finding], *, strict: bool = False) -> Persona:
    """Resolve a scanned file, or raise AuthorError with every finding of its chain."""
    persona, findings = resolve(leaf, lookup, strict=strict)
    if persona is None:
        raise AuthorError(findings)
    return persona


def read_persona_file(path: Path) -> PersonaFile:
    """Read and scan one file.

    Raises:
        CallerError: It cannot be read.
        AuthorError: It is not UTF-8 text.
    """
    raw = _read(path)
    try:
        return scan(_spoken(path), raw.decode("utf-8"))
    except UnicodeDecodeError as error:
        before = raw[: error.start].decode("utf-8")
        fault = Finding(
            rule="P112",
            severity=Severity.ERROR,
            message=f"the file is not UTF-8 text: byte 0x{raw[error.start]:02X} at offset {error.start}",
            span=Source(_spoken(path), before).span(len(before), len(before) + 1),
            help="save it as UTF-8",
        )
        raise AuthorError((fault,)) from error


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise CallerError(f"`{path}` cannot be read: {error.strerror or error}") from error


def _entries(root: Path) -> list[Entry]:
    """Return the personas below a folder; what a damaged file says is judged when that file is used, not here."""
    found = []
    for path in persona_files(root):
        head, _, _ = read_frontmatter(Source(_spoken(path), _read(path).decode("utf-8", errors="replace")))
        found.append(Entry(path=path, root=root, frontmatter=head))
    return found


def persona_files(root: Path) -> list[Path]:
    """Return the persona files below a folder, by path."""
    return [path for path in sorted(root.rglob("*.md")) if path.name.endswith(_SUFFIXES) and path.is_file()]


def _spoken(path: Path) -> str:
    """Return the shortest way to name a file: relative to the working folder where it lies below it."""
    absolute = path.absolute()
    return str(absolute.relative_to(Path.cwd()) if absolute.is_relative_to(Path.cwd()) else absolute)


def _ambiguous(alias: str, entries: Sequence[Entry]) -> Finding:
    return Finding(
        rule="P303",
        severity=Severity.ERROR,
        message=f"`{alias}` can mean {_listed([entry.spoken for entry in entries], 'or')}",
        labels=tuple(
            Label(span=entry.frontmatter.spans["alias"], text="one of them") for entry in entries if not entry.damaged
        ),
        help=f"rename one, mark one `status: deprecated`, or give its file: `{entries[0].spoken}`",
    )


def _listed(names: Sequence[str], word: str) -> str:
    quoted = [f"`{name}`" for name in names]
    return quoted[0] if len(quoted) == 1 else f"{', '.join(quoted[:-1])} {word} {quoted[-1]}"


_RANKS: tuple[Callable[[Entry, str], bool], ...] = (
    lambda entry, alias: entry.alias == alias,
    lambda entry, alias: entry.alias.casefold() == alias.casefold(),
    lambda entry, alias: entry.place.casefold() == alias.casefold(),
    lambda entry, alias: (
        alias.casefold().rsplit("/")[-1]
        in (entry.place.casefold().rsplit("/", 1)[-1], entry.alias.casefold().rsplit("/", 1)[-1])
    ),
)


def composed(persona: Persona) -> str:
    """Return a resolved persona as text for a reader, each piece under its origin."""
    lineage = " → ".join(persona.lineage)
    head = f"{persona.alias} {persona.version} – {persona.title}\nlineage: {lineage}"
    pieces = [
        *((slot.name, slot.origin, slot.text) for slot in persona.slots),
        *((f"directive {directive.name}", directive.origin, directive.text) for directive in persona.directives),
        *((f"step {step.number} {step.name}".strip(), step.origin, step.text) for step in persona.steps),
    ]
    blocks = [f"[{name}] from {origin.alias}, {origin.span}\n{text.strip()}" for name, origin, text in pieces]
    return "\n\n".join([head, *blocks]) + "\n"
