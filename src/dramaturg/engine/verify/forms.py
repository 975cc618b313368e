"""The sections of a document to how they are laid out; its one rule: what shows no entries at all has no form yet."""

from bisect import bisect_right
from collections.abc import Iterator, Mapping, Sequence

from dramaturg.engine.colophon import Colophon, opens_with
from dramaturg.engine.manuscript import Manuscript, Shape, Unit
from dramaturg.engine.marks import MarkKind
from dramaturg.engine.verify.coverage import Place
from dramaturg.engine.verify.layout import Written, bare
from dramaturg.findings.model import Finding, Label, Severity, Span
from dramaturg.plan.model import Format, Requirement

_FORMS = {
    Format.CHECKLIST: "a list of boxes to tick, `- [ ] …`",
    Format.PROCEDURE: "a numbered list",
    Format.FINDINGS: "a list",
    Format.TABLE: "a table",
    Format.CODE: "a block of code",
}
_QUOTED_INSTEAD = (Format.TABLE, Format.CODE)


class Form:
    """How one section is laid out.

    Args:
        manuscript: The document.
        section: The section.
        covered: The places that cover each of its demands.
        colophon: What the document was made of, if it says so.
    """

    def __init__(
        self,
        manuscript: Manuscript,
        section: Written,
        covered: Mapping[str, Sequence[Place]],
        colophon: Colophon | None,
    ) -> None:
        self.manuscript = manuscript
        self.section = section
        self.step = section.step
        self.covered = covered
        self.said = [unit for unit in section.units if not is_placeholder(unit)]
        self.quoted = colophon is not None and colophon.quotes_only

    def faults(self) -> Iterator[Finding]:
        """Yield what is wrong with it; nothing of a section that has nothing but placeholders."""
        yield from self._out_of_order()
        if self.said and not (self.quoted and self.step.format in _QUOTED_INSTEAD):
            known = self._known_columns()
            lost = [each for each in self.step.requirements if each.column and each.id not in known]
            if lost:
                yield self._lost(lost)
            if self._has_its_form():
                yield from self._lacking(known)
            else:
                yield self._another_form()

    def _has_its_form(self) -> bool:
        match self.step.format:
            case Format.CHECKLIST:
                return any(unit.boxed for unit in self.said)
            case Format.PROCEDURE:
                return any(unit.ordered for unit in self.said)
            case Format.FINDINGS:
                return len(self.section.further) > 0 or any(unit.shape is not Shape.PARAGRAPH for unit in self.said)
            case Format.TABLE:
                return any(part.tables for part in self.section.parts)
            case Format.CODE:
                return any(part.code for part in self.section.parts)
            case _:
                return True

    def _another_form(self) -> Finding:
        wanted = _FORMS[self.step.format]
        return Finding(
            rule="V203",
            severity=Severity.WARNING,
            message=f"`{self.section.title}` is to be laid out as {wanted}; nothing in it is",
            span=self._heading(),
            labels=(Label(span=self.step.span, text="demanded here"),),
            help=f"write {wanted}",
        )

    def _known_columns(self) -> list[str]:
        return [name for name in self.step.columns if self._has(name, self.said)]

    def _lacking(self, known: Sequence[str]) -> Iterator[Finding]:
        """Yield the entries that lack what others have; a paragraph without any of it is no entry."""
        for unit in self.said:
            names = [name for name in known if not self._has(name, [unit])]
            if names and (unit.shape is not Shape.PARAGRAPH or len(names) < len(known)):
                yield Finding(
                    rule="V206",
                    severity=Severity.WARNING,
                    message=f"`{self.section.title}`: an entry has no {_quoted(names)}",
                    span=self.manuscript.line_around(unit.start),
                    help="fill it in, or say there that it is missing",
                )

    def _has(self, column: str, units: Sequence[Unit]) -> bool:
        """Tell whether one of some entries has something in a column."""
        return any(
            any(bare(name) == bare(column) and value for name, value in unit.cells)
            or any(opens_with(text, column) for text in (unit.text, *unit.further))
            for unit in units
        )

    def _lost(self, columns: Sequence[Requirement]) -> Finding:
        table = next((table for part in self.section.parts for table in part.tables), None)
        names = _quoted([column.id for column in columns])
        return Finding(
            rule="V204",
            severity=Severity.ERROR,
            message=f"`{self.section.title}`: no entry has {names}, which each is to have",
            span=self._heading() if table is None else self.manuscript.line_around(table.start),
            labels=(Label(span=columns[0].span, text="demanded here"),),
            help=f"give each entry its {names}",
        )

    def _out_of_order(self) -> Iterator[Finding]:
        """Yield one finding for all demands of a procedure that stand out of order."""
        if self.step.format is not Format.PROCEDURE:
            return
        firsts = [(min(place.start for place in places), name) for name, places in self.covered.items() if places]
        steady = _longest_rising([start for start, _ in firsts])
        strays = sorted(each for at, each in enumerate(firsts) if at not in steady)
        if strays:
            spans = [self.manuscript.line_around(start) for start, _ in strays]
            names = _quoted([name for _, name in strays])
            yield Finding(
                rule="V205",
                severity=Severity.ERROR,
                message=f"`{self.section.title}`: {names} out of the order that is demanded",
                span=spans[0],
                labels=tuple(Label(span=span, text="and this") for span in spans[1:]),
                help=f"the order is {_quoted([name for _, name in firsts])}",
            )

    def _heading(self) -> Span:
        return self.manuscript.span(self.section.head.start, self.section.head.end)


def is_placeholder(unit: Unit) -> bool:
    """Tell whether an entry says that something is missing."""
    return any(mark.kind is MarkKind.MISSING for mark in unit.marks)


def _quoted(names: Sequence[str]) -> str:
    return ", ".join(f"`{name}`" for name in names)


def _longest_rising(values: Sequence[int]) -> frozenset[int]:
    """Return the places of a longest run of values none of which is smaller than the one before."""
    ends: list[int] = []  # the place of the smallest value that a run of each length can end with
    before: dict[int, int | None] = {}
    for at, value in enumerate(values):
        length = bisect_right([values[end] for end in ends], value)
        before[at] = ends[length - 1] if length else None
        ends[length : length + 1] = [at]
    at_last = ends[-1] if ends else None
    found: set[int] = set()
    while at_last is not None:
        found.add(at_last)
        at_last = before[at_last]
    return frozenset(found)
