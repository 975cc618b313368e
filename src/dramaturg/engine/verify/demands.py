"""The sections of a document to what they owe and do not have; its one rule: what is gone is told where it stood."""

from collections.abc import Iterator
from itertools import groupby

from dramaturg.engine.colophon import Colophon
from dramaturg.engine.manuscript import Manuscript
from dramaturg.engine.marks import MarkKind
from dramaturg.engine.verify.coverage import coverage
from dramaturg.engine.verify.entries import Entries, Gone
from dramaturg.engine.verify.layout import Written
from dramaturg.findings.model import Finding, Label, Severity, Span
from dramaturg.plan.model import Requirement


class Demands:
    """What one section owes, and what it has of it.

    Args:
        manuscript: The document.
        section: The section.
        colophon: What the document was made of, if it says so.

    Attributes:
        covered: The places that cover each mandatory demand, by its id.
        uncovered: The demands that nothing covers.
    """

    def __init__(self, manuscript: Manuscript, section: Written, colophon: Colophon | None) -> None:
        self.manuscript = manuscript
        self.section = section
        self.step = section.step
        self.entries = Entries(colophon.kept(self.step.section) if colophon else (), section.units)
        self.covered = coverage(section, self.entries)
        self.uncovered = [each for each in self.step.owes if each.id in self.covered and not self.covered[each.id]]

    @property
    def declared(self) -> tuple[str, ...]:
        """The ids of the demands for which the document only says that the answer is missing."""
        gaps = {unit.start for unit in self.section.units if any(mark.kind is MarkKind.MISSING for mark in unit.marks)}
        return tuple(
            name for name, places in self.covered.items() if places and all(place.start in gaps for place in places)
        )

    def faults(self) -> Iterator[Finding]:
        """Yield what is wrong; of an empty section nothing, that has been told."""
        if self.section.empty:
            return
        yield from map(self._uncovered, self.uncovered)
        yield from self._gone()

    def _uncovered(self, demand: Requirement) -> Finding:
        span, note = self._where(demand)
        return Finding(
            rule="V201",
            severity=Severity.ERROR,
            message=f"`{self.section.title}` has no entry for `{demand.id}`, which is demanded{_in_full(demand)}",
            span=span,
            note=note,
            labels=(Label(span=demand.span, text="demanded here"),),
            help=f"write it, beginning with `**{demand.id}:**`, or say there that it is missing",
        )

    def _where(self, demand: Requirement) -> tuple[Span, str]:
        """Return where a demand was covered when the document was made; else the heading."""
        entry = next((each for each in self.entries.kept if each.covered(demand.id)), None)
        if entry is None:
            return self._heading(), ""
        unit = self.entries.unit_of(entry)
        if unit is not None:
            return self._line(unit.start), "this stands in its place"
        gone = next(each for each in self.entries.gone() if each.entry is entry)
        return self._where_it_stood(gone)

    def _gone(self) -> Iterator[Finding]:
        """Yield the entries that are gone though nothing that they covered is missing, neighbours together."""
        missing = self.uncovered
        gone = [each for each in self.entries.gone() if not any(each.entry.covered(demand.id) for demand in missing)]
        for _, group in groupby(gone, key=lambda each: (each.before, each.after)):
            lost = [*group]
            span, note = self._where_it_stood(lost[0])
            names = ", ".join(f"`{each.entry.words} …`" for each in lost)
            what = "an entry is gone" if len(lost) == 1 else f"{len(lost)} entries are gone"
            yield Finding(
                rule="V202",
                severity=Severity.WARNING,
                message=f"`{self.section.title}`: {what} since the document was made: {names}",
                span=span,
                note=note,
                help="put it back, or say with `--accept` that the document is right as it stands",
            )

    def _where_it_stood(self, gone: Gone) -> tuple[Span, str]:
        if gone.before is not None:
            return self._line(gone.before.start), "it stood before this"
        if gone.after is not None:
            return self._line(gone.after.end - 1), "it stood behind this"
        return self._heading(), "it stood below this"

    def _heading(self) -> Span:
        return self.manuscript.span(self.section.head.start, self.section.head.end)

    def _line(self, offset: int) -> Span:
        """Return the line of an offset, without the blanks around it."""
        return self.manuscript.line_around(offset)


def _in_full(demand: Requirement) -> str:
    """Return what a demand says besides its name."""
    text = demand.text.removeprefix(demand.id).lstrip(" :") if demand.text.startswith(demand.id) else demand.text
    return f": {text}" if text.strip(" .") else ""
