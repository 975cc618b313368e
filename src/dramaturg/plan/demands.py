"""The sentences of sections that say MUST to those nobody says any more; its one rule: a list speaks for itself.

The sentence a list hangs on, one that says non-negotiable and one that names columns count as what they make of the
requirements, which are compared on their own.
"""

import re
from bisect import bisect_left
from collections.abc import Iterator
from dataclasses import dataclass, replace

from dramaturg.findings.model import Span
from dramaturg.findings.source import places_in
from dramaturg.persona.bullets import ITEM
from dramaturg.plan.changes import Change, Place, Subject, What
from dramaturg.plan.model import Kind, Level, Plan
from dramaturg.plan.owed import bullets
from dramaturg.plan.pairing import Pairing, likeness, words
from dramaturg.plan.prose import Prose, one_line, prose_of

_FIRM = re.compile(r"\b(?:MUST|SHALL)\b|(?<!what )(?<!that )(?<!which )\b(?:must|shall)\b")
_TOLD_OTHERWISE = re.compile(r"\bnon-negotiable\b|\beach with\b", re.IGNORECASE)
_END = re.compile(rf"(?<!\be\.g)(?<!\bi\.e)[.!?][*_`\"')]*(?=\s|\Z)|\n[ \t]*(?=\r?\n|{ITEM}\s)|\Z")
_MARGIN = re.compile(rf"(?:\s|{ITEM}\s)*")
_FULL_STOPS = (".", "!", "?")
_ALIKE = 0.6


@dataclass(frozen=True, slots=True, kw_only=True)
class _Demand:
    """What is demanded, on one line; `step` is the index of the step whose prose says it, -1 for other places."""

    text: str
    span: Span
    step: int = -1


class Demands:
    """The sentences that an earlier plan's sections demand something with, and what a later persona says instead."""

    def __init__(self, before: Plan, after: Plan) -> None:
        olds = [each for each in _of_steps(before) if before.steps[each.step].kind is Kind.SECTION]
        self._pairs = Pairing(olds, [*_of_steps(after), *_elsewhere(after)] if olds else [])
        self._pairs.by_key(lambda demand: demand.text.casefold())
        self._pairs.by_score(lambda old, new: likeness(words(old.text), words(new.text)), least=_ALIKE)

    def lost(self, step: int, place: Place) -> Iterator[Change]:
        """Yield the demands of an earlier step, by its index, that nothing answers to."""
        for at, demand in enumerate(self._pairs.olds):
            if demand.step == step and at not in self._pairs.new_of and not self._is_said(demand):
                here = replace(place, before=demand.span)
                yield here.change(Subject.DEMAND, What.LOST, "", before=demand.text)

    def _is_said(self, demand: _Demand) -> bool:
        """Tell whether one later demand has all the words of an earlier one."""
        return any({*words(demand.text)} <= {*words(new.text)} for new in self._pairs.news)


def _of_steps(plan: Plan) -> Iterator[_Demand]:
    written = {step.opener: step for step in plan.persona.steps}
    for at, planned in enumerate(plan.steps):
        step = written[planned.span]
        yield from _sentences(prose_of(step.text), step.origin.span, at)


def _elsewhere(plan: Plan) -> Iterator[_Demand]:
    """Yield what bullets, directives and other blocks demand."""
    for step in plan.steps:
        for each in bullets(step):
            if each.level is Level.MUST:
                yield _Demand(text=each.text, span=each.span)
    for slot in plan.persona.slots:
        yield from _sentences(prose_of(slot.text), slot.origin.span, -1)
    for directive in plan.persona.directives:
        yield from _sentences(prose_of(directive.text), directive.origin.span, -1)


def _sentences(prose: Prose, span: Span, step: int) -> Iterator[_Demand]:
    """Yield the sentences of a text that demand something beside its lists; `span` covers the text."""
    if not _FIRM.search(prose.text):
        return
    leads = {bullet.lead_at + len(bullet.lead) for bullet in prose.bullets}
    starts = [bullet.start for bullet in prose.bullets]
    place, done = places_in(prose.text, span), 0
    for stop in _END.finditer(prose.spoken):
        margin = _MARGIN.match(prose.spoken, done, stop.end())
        start, done = margin.end() if margin else done, stop.end()
        said = prose.text[start:done].rstrip()
        end = start + len(said)
        leads_in = said.endswith(":") or (end in leads and not said.endswith(_FULL_STOPS))
        before = bisect_left(starts, end)
        listed = before > 0 and start < prose.bullets[before - 1].end
        if not leads_in and not listed and _FIRM.search(said) and not _TOLD_OTHERWISE.search(said):
            yield _Demand(text=one_line(said), span=place(start, end), step=step)
