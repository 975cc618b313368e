"""One citation and its artifact to what is wrong between them; its one rule: what was quoted must stand where it says.

A quote that the document shows is looked for by its words. Where it shows only a place, the colophon's trace of the
quote is; without one it can only be said that the artifact has such lines.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from dramaturg.engine.manuscript import Manuscript, Unit
from dramaturg.engine.marks import Mark
from dramaturg.engine.reader import read_inline
from dramaturg.engine.verify.faults import fault
from dramaturg.engine.verify.reference import Reference, narrowed
from dramaturg.evidence.locate import FoldedArtifact, Shelf, fold, proves_something, shown_lines
from dramaturg.evidence.nearest import nearest
from dramaturg.findings.model import Edit, Finding, Label, Span

_ESCAPED = re.compile(r"\\([<!\]&])")
_NEUTRAL = re.compile(
    r"\(((?:Source|MISSING|UNSUPPORTED|REASONED_INFERENCE|DOCUMENT_INCONSISTENCY)\b[^()\[\]]*)\)", re.IGNORECASE
)
_CELLS = " · "  # what a quoted row of a table is shown with
_REREAD = "read the artifact again, and correct the statement with its citation"


@dataclass(frozen=True, slots=True, kw_only=True)
class Cited:
    """One citation whose artifact is there.

    Attributes:
        mark: As it stands in the document.
        lines: Those it names.
        unit: The entry it stands in.
        artifact: What it names.
        traces: Those of the quotes it was made for, where it does not show them.
        since: What to add to a fault if the artifact has changed since.
    """

    mark: Mark
    lines: tuple[int, int]
    unit: Unit
    artifact: FoldedArtifact
    traces: Sequence[str] = ()
    since: str = ""

    @property
    def label(self) -> str:
        """What the artifact is called."""
        return self.artifact.artifact.label

    @property
    def place(self) -> str:
        """The place it names, in words."""
        return f"{self.label} {shown_lines(self.lines)}"


class Quotes:
    """The citations of one document, each held against its artifact."""

    def __init__(self, manuscript: Manuscript, shelf: Shelf) -> None:
        self.manuscript = manuscript
        self.shelf = shelf
        self._references: dict[str, Reference] = {}

    def fault(self, cited: Cited) -> Finding | None:
        """Return what is wrong with a citation; None for nothing."""
        if cited.mark.quote:
            return self._shown(cited, *cited.mark.quote)
        if cited.traces:
            return self._traced(cited)
        last = len(cited.artifact.outline.lines)
        if not 0 < cited.lines[0] <= cited.lines[1] <= last:
            message = f"{cited.label} has no {shown_lines(cited.lines)}, its last line is {last}{cited.since}"
            return fault("V304", message, self._span(cited), remedy=_REREAD)
        if cited.mark.command and not _shares_a_line(cited):
            return self._other_command(cited)
        return None

    def _shown(self, cited: Cited, start: int, end: int) -> Finding | None:
        """Return what is wrong with a citation that shows its quote."""
        spellings = _spellings(self.manuscript.source.text[start:end])
        found = next((place for each in spellings if (place := cited.artifact.locate(each))), None)
        if found:
            return self._moved(cited, (found.lines, *found.elsewhere))
        if any(_stands_in_its_lines(each, cited) for each in spellings):
            return None
        what = f"the quote does not stand in {cited.label}{cited.since}"
        return self._lost(cited, what, spellings[-1], self.manuscript.span(start, end))

    def _traced(self, cited: Cited) -> Finding | None:
        """Return what is wrong with a citation of which only the place is shown."""
        tracer = self._reference(cited.artifact).tracer
        found = [tracer.find(trace, cited.lines[0]) for trace in cited.traces]
        there = [each for each in found if each]
        if cited.mark.command and not any(each.quote in fold("\n".join(cited.unit.code)) for each in there):
            return self._other_command(cited)
        if len(there) < len(found):
            message = f"what {cited.place} was cited for does not stand there any more{cited.since}"
            labels: tuple[Label, ...] = ()
            if cited.lines[1] <= len(cited.artifact.outline.lines):
                labels = (Label(span=self._reference(cited.artifact).span(cited.lines), text="it says this now"),)
            return fault("V301", message, self._span(cited), labels=labels, remedy=_REREAD)
        return self._moved(cited, tuple(each.lines for each in there))

    def _reference(self, artifact: FoldedArtifact) -> Reference:
        return self._references.setdefault(artifact.artifact.id, Reference(artifact))

    def _moved(self, cited: Cited, places: Sequence[tuple[int, int]]) -> Finding | None:
        """Return the fault of a true quote that stands elsewhere than it says; None if it stands where it says."""
        first, last = cited.lines
        if any(first <= place[0] and place[1] <= last for place in places):
            return None
        right = min(places, key=lambda place: abs(place[0] - first))
        mark = f"[Source: {cited.mark.labels[0]}, {shown_lines(right)}]"
        return fault(
            "V302",
            f"what is cited from {cited.place} stands at {shown_lines(right)}{cited.since}",
            self._span(cited),
            labels=(Label(span=self._reference(cited.artifact).span(right), text="it stands here"),),
            remedy=f"write `{mark}`",
            edits=(Edit(span=self._span(cited), text=mark),),
        )

    def _other_command(self, cited: Cited) -> Finding:
        what = f"{cited.place} does not give the command above{cited.since}"
        lost = self._lost(cited, what, "\n".join(cited.unit.code), self._span(cited))
        return replace(lost, note=lost.note.replace("the quote", "the command"))

    def _lost(self, cited: Cited, what: str, quote: str, span: Span) -> Finding:
        """Return the fault of a quote that stands nowhere, with the passage that comes nearest."""
        near = nearest(quote, _cut(cited), self.shelf) or nearest(quote, cited.artifact, self.shelf)
        if near is None:
            return fault("V301", what, span, remedy=_REREAD)
        where = self._reference(self.shelf.get(near.label) or cited.artifact)
        ours, theirs = near.instead
        there = narrowed(where.span(near.lines), where.source, theirs)
        labels = (Label(span=there, text="the nearest passage"),)
        here = narrowed(span, self.manuscript.source, ours)
        return fault("V301", what, here, note=near.difference, labels=labels, remedy=_REREAD)

    def _span(self, cited: Cited) -> Span:
        return self.manuscript.span(cited.mark.start, cited.mark.end)


def _cut(cited: Cited) -> FoldedArtifact:
    """Return an artifact as if it had the cited lines only: what they say now is likelier meant than what is alike."""
    first, last = cited.lines
    kept = cited.artifact.outline.lines[max(0, first - 1) : last]
    return FoldedArtifact(replace(cited.artifact.artifact, text="\n".join([*[""] * (first - 1), *kept])))


def _spellings(shown: str) -> list[str]:
    """Return what a quote may have been before it was made Markdown of a document, the likeliest last."""
    plain = [shown, _ESCAPED.sub(r"\1", shown), read_inline(shown)]
    plain += [_NEUTRAL.sub(r"[\1]", each) for each in plain if _NEUTRAL.search(each)]
    rows = [each.replace(_CELLS, " ") for each in plain if _CELLS in each]
    return [*dict.fromkeys((*plain, *rows))]


def _stands_in_its_lines(quote: str, cited: Cited) -> bool:
    """Tell whether a quote too short to be looked for stands where it says."""
    folded = fold(quote)
    first, last = cited.lines
    near = "\n".join(cited.artifact.outline.lines[max(0, first - 1) : last])
    return bool(folded) and not proves_something(folded) and folded in fold(near)


def _shares_a_line(cited: Cited) -> bool:
    """Tell whether a line of an entry's commands and one of the cited lines hold each other."""
    first, last = cited.lines
    theirs = [folded for line in cited.artifact.outline.lines[first - 1 : last] if (folded := fold(line))]
    ours = [folded for code in cited.unit.code for line in code.splitlines() if (folded := fold(line))]
    return any(one in other or other in one for one in ours for other in theirs)
