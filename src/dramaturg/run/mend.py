"""Findings to mended files; its one rule: no character changes but those an edit names."""

import os
import re
import stat
import tempfile
from bisect import bisect_left, insort
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from difflib import unified_diff
from pathlib import Path

from dramaturg.errors import CallerError
from dramaturg.findings.model import Edit, Finding
from dramaturg.findings.source import Source
from dramaturg.persona.scan import scan

_LINES = re.compile(r"[^\n]*\n|[^\n]+")
_WRITABLE = stat.S_IWUSR | stat.S_IWGRP | stat.S_IWOTH


@dataclass(frozen=True, slots=True, kw_only=True)
class Mend:
    """One file before and after its mending, and what is mended by it."""

    path: str
    before: str
    after: str
    findings: tuple[Finding, ...]

    @property
    def diff(self) -> str:
        """The change as a unified diff that `patch -p1` and `git apply` take."""
        name = self.path.lstrip("/")
        lines = unified_diff(_LINES.findall(self.before), _LINES.findall(self.after), f"a/{name}", f"b/{name}")
        return "".join(line if line.endswith("\n") else f"{line}\n\\ No newline at end of file\n" for line in lines)


def mends(findings: Sequence[Finding], sources: Mapping[str, Source]) -> list[Mend]:
    """Return what the edits of findings make of the files that may be changed.

    A finding is mended whole or not at all; one whose edits would touch those of an earlier finding is left for the
    next time. Of two insertions at one place that of the later finding comes first: what was opened last is closed
    first. An edit that would not mend is not made: in a fence that is open to the end of the file, a closing tag is
    text.

    Args:
        findings: With or without edits.
        sources: The files that may be changed, by path, as they were when the findings were made.
    """
    drafts: dict[str, _Draft] = {}
    for finding in findings:
        paths = dict.fromkeys(edit.span.path for edit in finding.edits)
        if not paths or not all(path in sources for path in paths):
            continue
        for path in paths:
            drafts.setdefault(path, _Draft(source=sources[path]))
        if all(drafts[edit.span.path].admits(edit) for edit in finding.edits):
            for edit in finding.edits:
                drafts[edit.span.path].take(edit)
            drafts[next(iter(paths))].findings.append(finding)
    made = [draft.mend() for draft in drafts.values() if draft.edits]
    idle = {finding for mend in made for finding in _still_there(mend)}
    return mends([finding for finding in findings if finding not in idle], sources) if idle else made


def _still_there(mend: Mend) -> Iterator[Finding]:
    """Yield what reading the mended file would find again; what only its chain or its plan shows is taken on trust."""
    before, after = (
        Counter((found.rule, found.message) for found in scan(mend.path, text).findings)
        for text in (mend.before, mend.after)
    )
    mended = Counter((finding.rule, finding.message) for finding in mend.findings)
    for finding in mend.findings:
        fault = finding.rule, finding.message
        if before[fault] and after[fault] > before[fault] - mended[fault]:
            yield finding


@dataclass(slots=True, kw_only=True)
class _Draft:
    """The edits of one file: where each begins and ends, and what comes there."""

    source: Source
    edits: list[tuple[int, int, str]] = field(default_factory=list)
    taken: list[tuple[int, int]] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)

    def admits(self, edit: Edit) -> bool:
        """Tell whether an edit touches no other; insertions at one place do not touch."""
        start = self.source.offset(edit.span)
        end = start + edit.span.length
        at = bisect_left(self.taken, (start, end))
        return not any(start < other and begin < end for begin, other in self.taken[max(0, at - 1) : at + 1])

    def take(self, edit: Edit) -> None:
        """Take an edit in, with the line ends of the file."""
        start = self.source.offset(edit.span)
        text = edit.text.replace("\n", "\r\n") if "\r\n" in self.source.text else edit.text
        self.edits.append((start, start + edit.span.length, text))
        insort(self.taken, (start, start + edit.span.length))

    def mend(self) -> Mend:
        """Return the file with its edits made; of two at one place the later comes first."""
        latest_first = [*reversed(self.edits)]
        text, pieces, done = self.source.text, list[str](), 0
        for start, end, new in sorted(latest_first, key=lambda edit: edit[:2]):
            pieces += [text[done:start], new]
            done = end
        after = "".join([*pieces, text[done:]])
        return Mend(path=self.source.path, before=text, after=after, findings=tuple(self.findings))


def write_mend(mend: Mend) -> None:
    """Replace a file by its mended text, all at once; a link keeps pointing at it, and its mode stays.

    Raises:
        CallerError: It is read-only, has changed since it was checked, or cannot be written.
    """
    path = Path(os.path.realpath(mend.path))
    try:
        status = path.stat()
        if not status.st_mode & _WRITABLE:
            raise CallerError(f"`{mend.path}` is read-only; make it writable, or see the change with `--diff`")
        if path.read_bytes() != mend.before.encode():
            raise CallerError(f"`{mend.path}` has changed since it was checked; check it again")
        _replace(path, mend.after.encode(), status)
    except OSError as error:
        raise CallerError(f"`{mend.path}` cannot be written: {error.strerror or error}") from error


def _replace(path: Path, content: bytes, status: os.stat_result) -> None:
    descriptor, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name[:32]}.")
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(descriptor)
            with suppress(PermissionError):  # only root can give a file to its owner, and only root needs to
                os.fchown(descriptor, status.st_uid, status.st_gid)
            os.fchmod(descriptor, stat.S_IMODE(status.st_mode))
        os.replace(temporary, path)  # noqa: PTH105 - both are names already
    except BaseException:
        with suppress(OSError):
            os.unlink(temporary)  # noqa: PTH108 - as above
        raise
