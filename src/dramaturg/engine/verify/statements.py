"""The statements of a document to what they rest on; its one rule: doubt what code can see, and say which words.

A statement of an evidence-driven persona is cited, or marked as an inference. One whose citations are true is held
against what they say: a version, a name or a number may have been edited since.
"""

import re
from collections.abc import Collection, Iterator, Sequence

from dramaturg.engine.colophon import opens_with
from dramaturg.engine.manuscript import Manuscript, Shape, Unit
from dramaturg.engine.marks import MarkKind
from dramaturg.engine.verify.forms import is_placeholder
from dramaturg.engine.verify.layout import Layout, Written
from dramaturg.evidence.claims import Claim, Ledger
from dramaturg.evidence.locate import Citation, Shelf, fold
from dramaturg.findings.model import Finding, Severity, Span
from dramaturg.plan.model import Plan

_MARKED = re.compile(r"\[(?:Source|REASONED_INFERENCE|UNSUPPORTED|MISSING)\b[^\[\]]*\]")
_ATTRIBUTE = re.compile(r"(?:\S+ ){0,3}\S+: ")
_REMEDY = "correct the statement, or cite what says it"


class Statements:
    """The statements of one document.

    Args:
        plan: Says whether they must be backed, and grants the words it asks for.
        manuscript: The document.
        layout: The same, cut into sections.
        shelf: The artifacts of today.
    """

    def __init__(self, plan: Plan, manuscript: Manuscript, layout: Layout, shelf: Shelf) -> None:
        self.grounded = plan.persona.input_mode == "evidence-driven"
        self.manuscript = manuscript
        self.layout = layout
        self.shelf = shelf
        self.asked = "\n".join(step.instruction for step in plan.steps)
        self._asked = fold(self.asked)

    def unbacked(self) -> Iterator[Finding]:
        """Yield the statements that say of nothing where it is from; only once where the whole document does not."""
        if not self.grounded:
            return
        found = [(section, unit) for section in self.layout.sections for unit in _unbacked(section)]
        marks = (mark for section in self.layout.sections for unit in section.units for mark in unit.marks)
        if found and not any(mark.kind in (MarkKind.SOURCE, MarkKind.INFERENCE) for mark in marks):
            yield self._warning("V308", "the document cites nothing", self._top())
            return
        for section, unit in found:
            message = f"`{section.title}`: nothing says where this is from"
            yield self._warning("V308", message, self.manuscript.line_around(unit.start))

    def doubtful(self, false: Collection[int]) -> Iterator[Finding]:
        """Yield what is doubtful about statements whose citations stand where they say.

        Args:
            false: The offsets of the marks that do not.
        """
        if not (self.grounded and self.shelf.artifacts):
            return
        ledger = Ledger(self.shelf.artifacts, granted=self.asked)
        for section in self.layout.sections:
            for unit in filter(self._claims, section.units):
                for doubt in ledger.doubts(self._claim(unit, false)):
                    if doubt.rule == "R308" and unit.shape is Shape.ROW:
                        continue  # a row shows its cells only, the statement beside them is not in the document
                    message = f"`{section.title}`: {doubt.what}"
                    yield self._warning("V309", message, self._words(unit, doubt.what))

    def _claims(self, unit: Unit) -> bool:
        """Tell whether a unit claims something: what repeats the persona's words, or introduces quotes, does not."""
        said = fold(_MARKED.sub("", unit.text.removeprefix(unit.label)).strip(" :"))
        return _is_statement(unit) and said not in self._asked

    def _claim(self, unit: Unit, false: Collection[int]) -> Claim:
        """Return what a unit claims; nothing where it is an inference, or where a citation is not true."""
        inferred = any(mark.kind is not MarkKind.SOURCE or mark.start in false for mark in unit.marks)
        quoted = {self.manuscript.source.text[slice(*mark.quote)] for mark in unit.marks if mark.quote}
        said = [text for text in (unit.text, *unit.further) if not any(quote in text for quote in quoted)]
        return Claim(
            text="\n".join(_MARKED.sub("", text).strip() for text in said),
            command="\n".join(unit.code),
            citations=() if inferred else tuple(self._citations(unit)),
        )

    def _citations(self, unit: Unit) -> Iterator[Citation]:
        for mark in unit.marks:
            artifact = self.shelf.get(mark.labels[0]) if mark.labels else None
            if artifact and mark.lines:
                first, last = mark.lines
                yield Citation(
                    artifact=artifact.artifact.id,
                    label=artifact.artifact.label,
                    quote="\n".join(artifact.outline.lines[first - 1 : last]),
                    lines=mark.lines,
                    heading=artifact.outline.heading_at(first),
                )

    def _words(self, unit: Unit, what: str) -> Span:
        """Return where the doubtful words stand in a unit, if they stand there once; else its first line."""
        named = re.search(r"`([^`]+)`", what)
        stretch = self.manuscript.source.text[unit.start : unit.end]
        if named and stretch.count(named[1]) == 1:
            start = unit.start + stretch.index(named[1])
            return self.manuscript.span(start, start + len(named[1]))
        return self.manuscript.line_around(unit.start)

    def _top(self) -> Span:
        title = self.layout.title
        return self.manuscript.span(title.start, title.end) if title else self.manuscript.top

    def _warning(self, rule: str, message: str, span: Span) -> Finding:
        remedy = _REMEDY if rule == "V309" else "cite what says it, or mark it `[REASONED_INFERENCE based on LABEL]`"
        return Finding(rule=rule, severity=Severity.WARNING, message=message, span=span, help=remedy)


def _unbacked(section: Written) -> Iterator[Unit]:
    """Yield the statements of a section without a mark; what goes on with a statement is no statement of its own."""
    last: Unit | None = None
    backed = True
    for unit in section.units:
        if last is not None and _goes_on(unit, last, section.step.columns):
            backed = backed or bool(unit.marks)
            continue
        if last is not None and not backed:
            yield last
        last, backed = unit, bool(unit.marks) or not _is_statement(unit)
    if last is not None and not backed:
        yield last


def _is_statement(unit: Unit) -> bool:
    """Tell whether a unit states something: no placeholder, no title in bold, nothing that introduces what follows."""
    titled = unit.label and unit.text.strip(" :") == unit.label
    return not (is_placeholder(unit) or titled or unit.text.endswith(":") or not unit.text)


def _goes_on(unit: Unit, last: Unit, columns: Sequence[str]) -> bool:
    """Tell whether a paragraph is an attribute of the one before."""
    if unit.shape is not Shape.PARAGRAPH or last.shape is not Shape.PARAGRAPH or unit.label:
        return False
    attribute = any(opens_with(unit.text, column) for column in columns) or bool(_ATTRIBUTE.match(unit.text))
    return attribute or unit.goes_on
