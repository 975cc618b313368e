"""Personas as they were at a git revision; its one rule: parents are those of that time, as far as it had them."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import cached_property
from pathlib import Path

from dramaturg.findings.model import Finding, Severity
from dramaturg.findings.source import Source
from dramaturg.persona.files import SUFFIXES
from dramaturg.persona.frontmatter import read_frontmatter
from dramaturg.persona.index import Known
from dramaturg.persona.library import Entry, Library, persona_of
from dramaturg.persona.model import Persona, PersonaFile
from dramaturg.persona.scan import scan
from dramaturg.plan.compile import compile_plan
from dramaturg.plan.model import Plan
from dramaturg.run.revisions import Revision


class PastLibrary(Library):
    """The personas of a revision that lay below the roots of today's library, as far as these lie in the repository.

    Places are relative to the repository, and findings speak of files as git does: `HEAD~1:personas/x.persona.md`.
    """

    def __init__(self, revision: Revision, today: Library) -> None:
        places = (revision.path_of(root.resolve()) for root in (*today.roots, Path.cwd() / "personas"))
        super().__init__((), deep=today.deep)
        self.roots = tuple(dict.fromkeys(Path(place) for place in places if place is not None))
        self.revision = revision
        self.today = today
        self._files: dict[str, PersonaFile] = {}

    @cached_property
    def entries(self) -> tuple[Entry, ...]:
        """Every persona file of that time, nearest root first, by path."""
        return tuple(
            Entry(root=root, name=str(path.relative_to(root)), known=_known(raw))
            for root in self.roots
            for path, raw in ((Path(path), raw) for path, raw in sorted(self._contents.items()))
            if path.is_relative_to(root)
        )

    @cached_property
    def _contents(self) -> Mapping[str, bytes]:
        below = [path for path in self.revision.blobs if path.endswith(SUFFIXES) and self._is_below_a_root(path)]
        return self.revision.read(below)

    def _is_below_a_root(self, path: str) -> bool:
        place = Path(path)
        return any(place.is_relative_to(root) if self.deep else place.parent == root for root in self.roots)

    def around(self, path: Path) -> Library | None:
        """Return the personas of that time that lay around a file; None for a file below a root."""
        today = self.today.around(self.revision.top / path)
        if today is None:
            return None
        (place,) = today.roots
        if place not in self._near:
            self._near[place] = PastLibrary(self.revision, today)
        return self._near[place]

    def lookup(self, path: Path) -> Callable[[str], PersonaFile | Finding]:
        """Return what gives a file its parents as they were; those of today, if that time had none of the name."""
        today = self.today.lookup(self.revision.top / path)

        def parent(alias: str) -> PersonaFile | Finding:
            found = self._scan(self.find_from(path, alias))
            return today(alias) if isinstance(found, Finding) and found.rule == "P301" else found

        return parent

    def _scan(self, entry: Entry | Finding) -> PersonaFile | Finding:
        return self.file(entry.path.as_posix()) if isinstance(entry, Entry) else entry

    def file(self, path: str) -> PersonaFile:
        """Return a scanned file of the revision by its path there."""
        if path not in self._files:
            self._files[path] = _scanned(self.revision.spoken(path), self._raw(path))
        return self._files[path]

    def _raw(self, path: str) -> bytes:
        return self._contents[path] if path in self._contents else self.revision.read([path])[path]

    def has(self, path: str, persona: Persona) -> bool:
        """Tell, without scanning it, whether a file of the revision is the same persona, its parents included."""
        parents, children = persona.chain[:-1], persona.chain[1:]
        found = [self.find_from(Path(path), child.frontmatter.text("inherits_from")) for child in children]
        return self._raw(path) == persona.chain[-1].text.encode() and all(
            isinstance(entry, Finding) or self._raw(entry.path.as_posix()) == parent.text.encode()
            for entry, parent in zip(found, parents, strict=True)
        )

    def persona(self, path: str) -> Persona:
        """Resolve a file of the revision; AuthorError if its chain has errors."""
        return persona_of(self.file(path), self.lookup(Path(path)))

    def counterpart(self, file: PersonaFile) -> str | None:
        """Return the path that a file of today had: its own, else that of its alias if that one is gone since."""
        path = self.revision.path_of(Path(file.path))
        if path is None or path in self.revision.blobs:
            return path
        return next(
            (gone.path.as_posix() for gone in self.gone if gone.alias.casefold() == file.alias.casefold()), None
        )

    @cached_property
    def gone(self) -> tuple[Entry, ...]:
        """The persona files that are not there any more."""
        return tuple(entry for entry in self.entries if not (self.revision.top / entry.path).exists())


def plan_of(persona: Persona) -> Plan:
    """Compile a persona; a base, which has no steps, owes nothing and has its settings and directives only.

    Raises:
        AuthorError: It has steps, and they cannot be performed.
    """
    if persona.steps:
        return compile_plan(persona)
    return Plan(
        persona=persona,
        steps=(),
        schedule=persona.schedule,
        document=persona.title,
        because=(),
        names={},
        schema="",
        findings=persona.findings,
    )


def _known(raw: bytes) -> Known:
    head, _, _ = read_frontmatter(Source("", raw.decode("utf-8", errors="replace")))
    values = {key: head.text(key) for key in ("alias", "status") if head.text(key)}
    return Known(seen=[], digest="", values=values, alias_at=[])


def _scanned(spoken: str, raw: bytes) -> PersonaFile:
    """Scan a file's bytes; one that is no text has this fault only."""
    file = scan(spoken, raw.decode("utf-8", errors="replace"))
    try:
        raw.decode("utf-8")
    except UnicodeDecodeError as error:
        fault = Finding(
            rule="P112",
            severity=Severity.ERROR,
            message=f"the file is not UTF-8 text: byte 0x{raw[error.start]:02X} at offset {error.start}",
            span=file.head,
            help="compare with a revision in which it is saved as UTF-8",
        )
        return replace(file, findings=(fault,))
    return file
