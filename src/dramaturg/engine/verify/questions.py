"""The open questions of a document to how they stand; its one rule: what is missing and what is asked belong together.

A placeholder in a section and a question in the list at the end are one thing. A question is answered by a paragraph
below it, or in its section; what is left is open, which is no fault of the document.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from textwrap import shorten

from dramaturg.engine.colophon import Colophon
from dramaturg.engine.manuscript import Manuscript, Unit
from dramaturg.engine.marks import REDACTED, Mark, MarkKind
from dramaturg.engine.verify.demands import Demands
from dramaturg.engine.verify.layout import Layout, Written, bare
from dramaturg.findings.model import Finding, Label, Severity, Span
from dramaturg.plan.pairing import Pairing

OPEN = "V401"
_UNSETTLED = (MarkKind.MISSING, MarkKind.UNSUPPORTED)
_BETWEEN = " – "
_ANSWERED = re.compile(r"\bAnswer(?:ed)?\b.{0,40}?:|~~", re.IGNORECASE)
_SHOWN = 120


@dataclass(frozen=True, slots=True, kw_only=True)
class _Asked:
    """A question of the list, or an entry that is one: its section and what it is about, without case; may be empty."""

    unit: Unit
    section: str
    about: str
    mark: Mark | None = None

    @property
    def whole(self) -> tuple[str, str]:
        """What tells it from other questions; empty where it belongs to no section."""
        return (self.section, self.about) if self.section else ("", "")


class Questions:
    """The open questions of one document.

    Args:
        manuscript: The document.
        layout: The same, cut into sections.
        demands: What each section covers.
        colophon: What the document was made of, if it says so.

    Attributes:
        asked: The questions of its list.
        answered: Those among them that have an answer below them.
    """

    def __init__(
        self, manuscript: Manuscript, layout: Layout, demands: Sequence[Demands], colophon: Colophon | None
    ) -> None:
        self.manuscript = manuscript
        self.layout = layout
        self.demands = demands
        self.colophon = colophon
        self.asked = [self._question(unit) for unit in (layout.questions.units if layout.questions else ())]
        self.answered = [each for each in self.asked if _is_answered(each.unit)]
        self.unsettled = [each for section in layout.sections for each in _unsettled(section)]
        self._pairing = Pairing(self.unsettled, self.asked)
        self._pairing.by_key(lambda each: "/".join(each.whole) if each.section else "")
        self._pairing.by_key(self._somewhere)

    def faults(self) -> Iterator[Finding]:
        """Yield what is open, then what is out of step between list and sections."""
        for at, asked in enumerate(self.asked):
            old = self._pairing.old_of.get(at)
            if asked in self.answered:
                continue
            if old is None and self._is_settled(asked):
                yield self._settled(asked)
            else:
                yield self._open(asked, None if old is None else self.unsettled[old])
        for at, unsettled in enumerate(self.unsettled):
            if at not in self._pairing.new_of:
                yield self._not_asked(unsettled)

    def _question(self, unit: Unit) -> _Asked:
        """Return what a question of the list is about: `SECTION – DEMAND:` stands before it, or `SECTION:`."""
        titles = sorted((section.title for section in self.layout.sections), key=len, reverse=True)
        for title in titles:
            if unit.label == title or unit.label.startswith(f"{title}{_BETWEEN}"):
                about = unit.label[len(title) :].removeprefix(_BETWEEN) or title
                return _Asked(unit=unit, section=bare(title), about=bare(about))
        return _Asked(unit=unit, section="", about="")

    def _somewhere(self, each: _Asked) -> str:
        """Return the section of what does not show in it what it is about, and of questions that may be about that."""
        demands = self._demands_of(each.section)
        if demands is None:
            return ""
        names = {bare(demand.id) for demand in demands.step.requirements}
        return each.section if each.about == each.section or each.about in names else ""

    def _demands_of(self, section: str) -> Demands | None:
        return next((each for each in self.demands if bare(each.section.title) == section), None)

    def _is_settled(self, asked: _Asked) -> bool:
        """Tell whether what a question was asked for stands in its section now."""
        demands = self._demands_of(asked.section)
        if demands is None or not demands.section.units:
            return False
        name = next((name for name in demands.covered if bare(name) == asked.about), "")
        if self.colophon is None:
            return bool(demands.covered.get(name))
        whole = not name and asked.about == asked.section
        left_open = (entry for entry in demands.entries.kept if entry.open)
        units = [demands.entries.unit_of(entry) for entry in left_open if whole or (name and entry.covered(name))]
        return any(unit is not None and _unsettled_mark(unit) is None for unit in units)

    def _open(self, asked: _Asked, unsettled: _Asked | None) -> Finding:
        short = shorten(asked.unit.text, _SHOWN, placeholder=" …")
        labels = (Label(span=self._mark(unsettled), text="it is missing here"),) if unsettled else ()
        return Finding(
            rule=OPEN,
            severity=Severity.NOTE,
            message=f"still open: {short}",
            span=self.manuscript.line_around(asked.unit.start),
            labels=labels,
            help="write the answer in a paragraph below the question, or in its section",
        )

    def _settled(self, asked: _Asked) -> Finding:
        return Finding(
            rule="V403",
            severity=Severity.WARNING,
            message=f"`{asked.unit.label}` is answered in its section, but listed as open",
            span=self.manuscript.line_around(asked.unit.start),
            help="strike the question, or write below it where it is answered",
        )

    def _not_asked(self, unsettled: _Asked) -> Finding:
        """Return the finding of an entry that is missing and that no question asks for."""
        listed = self.colophon is not None or self.layout.questions is not None
        if not listed:
            return Finding(
                rule=OPEN,
                severity=Severity.NOTE,
                message=f"still open: {shorten(unsettled.unit.text, _SHOWN, placeholder=' …')}",
                span=self._mark(unsettled),
                help="write what is missing",
            )
        return Finding(
            rule="V402",
            severity=Severity.WARNING,
            message="this is not settled, but no open question asks for it",
            span=self._mark(unsettled),
            help="write what is missing and take the mark away, or put the question back under Open questions",
        )

    def _mark(self, unsettled: _Asked) -> Span:
        mark = unsettled.mark
        return self.manuscript.span(mark.start, mark.end) if mark else self.manuscript.line_around(unsettled.unit.start)


def redacted(manuscript: Manuscript) -> Iterator[Finding]:
    """Yield what stands in a document in place of a secret, each once."""
    places: dict[str, list[int]] = {}
    for found in REDACTED.finditer(manuscript.source.text):
        places.setdefault(found[0], []).append(found.start())
    for name, (first, *others) in places.items():
        yield Finding(
            rule="V404",
            severity=Severity.WARNING,
            message=f"`{name}` stands for a secret that was not sent",
            span=manuscript.span(first, first + len(name)),
            labels=tuple(Label(span=manuscript.span(at, at + len(name)), text="and here") for at in others),
            help="say where the reader finds it; the secret itself does not belong in a document",
        )


def _unsettled(section: Written) -> Iterator[_Asked]:
    """Yield the entries of a section that say they are missing or have no support."""
    for unit in section.units:
        mark = _unsettled_mark(unit)
        if mark:
            about = unit.label or section.title
            yield _Asked(unit=unit, section=bare(section.title), about=bare(about), mark=mark)


def _unsettled_mark(unit: Unit) -> Mark | None:
    return next((mark for mark in unit.marks if mark.kind in _UNSETTLED), None)


def _is_answered(unit: Unit) -> bool:
    """Tell whether something was written below a question, or behind it."""
    return bool(unit.further or unit.code or _ANSWERED.search(unit.text.removeprefix(unit.label)))
