"""A path to a persona file; its one rule: what cannot be scanned is known all the same, with the reason why not."""

from pathlib import Path

from dramaturg.errors import CallerError
from dramaturg.findings.model import Finding, Severity, Span
from dramaturg.findings.source import Source
from dramaturg.persona.files import MOST_BYTES, read_start, spoken, unreadable, walk
from dramaturg.persona.frontmatter import read_frontmatter
from dramaturg.persona.index import HEAD_BYTES
from dramaturg.persona.model import PersonaFile
from dramaturg.persona.scan import scan


def persona_files(root: Path) -> list[Path]:
    """Return the persona files below a folder, by path."""
    return [root / name for name in walk(root).files]


def read_persona_file(path: Path, known: PersonaFile | None = None) -> PersonaFile:
    """Read and scan one file; one that cannot be scanned is known by its frontmatter and a finding that says why.

    Args:
        path: The file.
        known: What it was when it was last read; returned if its text is still the same.

    Raises:
        CallerError: It cannot be read.
    """
    try:
        raw, size = read_start(path)
    except (OSError, ValueError) as error:
        raise CallerError(unreadable(path, error)) from error
    if size > MOST_BYTES:
        message = f"the file is larger than a persona can be: {size:,} bytes; the limit is {MOST_BYTES:,}"
        return _unscanned(path, raw, "P115", message, "give a run what it is to read as an artifact")
    try:
        text = raw.decode("utf-8")
    except UnicodeDecodeError as error:
        message = f"the file is not UTF-8 text: byte 0x{raw[error.start]:02X} at offset {error.start}"
        return _unscanned(path, raw, "P112", message, "save it as UTF-8", error.start)
    name = spoken(path)
    return known if known and (known.path, known.text) == (name, text) else scan(name, text)


def _unscanned(path: Path, raw: bytes, rule: str, message: str, remedy: str, at: int | None = None) -> PersonaFile:
    """Return a file of which nothing but its frontmatter is used, for finding its place; `at` is the offending byte."""
    text = raw[:HEAD_BYTES].decode("utf-8", errors="replace")
    name = spoken(path)
    span = Span(path=name, line=1, column=1, length=0)
    if at is not None:
        before = raw[:at].decode("utf-8")
        span = Source(name, before).span(len(before), len(before) + 1)
    head, _, _ = read_frontmatter(Source(name, text))
    return PersonaFile(
        path=name,
        alias=head.text("alias"),
        text=text,
        frontmatter=head,
        slots=(),
        directives=(),
        steps=(),
        findings=(Finding(rule=rule, severity=Severity.ERROR, message=message, span=span, help=remedy),),
    )
