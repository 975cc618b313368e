"""A document to how much of what is demanded stands in it; its one rule: the demands are the baseline's."""

import re
from collections import defaultdict
from collections.abc import Sequence
from functools import lru_cache
from typing import Literal

from dramaturg.engine.assemble import OPEN_QUESTIONS, heading
from dramaturg.engine.outcome import Basis, Entry, Outcome
from dramaturg.evals.scorers.model import Score, Scorer, View
from dramaturg.evals.yardstick import Demand, DemandedSection, meets
from dramaturg.persona.model import same_id

_HEADING = re.compile(r"#{1,6} ")
_FENCE = re.compile(r"(?:(?:[-*]|\d+\.) (?:\[ \] )?)?(`{3,})")


class Sections(Scorer):
    """Are all sections there that the baseline has, with content, in its order?"""

    kind: Literal["sections"] = "sections"

    def judge(self, view: View, outcome: Outcome) -> Score:
        """Give the share of the demanded sections that stand in order."""
        passed_over = view.passed_over
        demanded = [section for section in view.yardstick.sections if section.step not in passed_over]
        titles = [section.title for section in outcome.sections if section.entries]
        places = [_place(section, titles) for section in demanded]
        kept = _longest_rise([place for place in places if place is not None])
        steps = {section.step: float(place in kept) for section, place in zip(demanded, places, strict=True)}
        why = (_fault(section, place, kept) for section, place in zip(demanded, places, strict=True))
        value = sum(steps.values()) / len(demanded) if demanded else None
        return Score(value=value, why=tuple(filter(None, why)), steps=steps)


class Coverage(Scorer):
    """Is each demand of the baseline answered, or declared missing?"""

    kind: Literal["coverage"] = "coverage"

    def judge(self, view: View, outcome: Outcome) -> Score:
        """Give the share of the demands that an entry answers or declares missing."""
        return _met(view, outcome, missing=True)


class Answered(Scorer):
    """Is each demand of the baseline answered with more than a placeholder?"""

    kind: Literal["answered"] = "answered"

    def judge(self, view: View, outcome: Outcome) -> Score:
        """Give the share of the demands that an entry answers."""
        return _met(view, outcome, missing=False)


class WellFormed(Scorer):
    """Does the document read as what it is: title, then each section once, in order, none empty?"""

    kind: Literal["markdown"] = "markdown"

    def judge(self, view: View, outcome: Outcome) -> Score:
        """Give 1 for a document without a fault."""
        titles = [section.title for section in outcome.sections]
        titles += [OPEN_QUESTIONS] if outcome.questions else []
        expected = [heading(1, view.plan.document), *(heading(2, title) for title in titles)]
        found = _headings(view.markdown)
        why = [f"`{line}` is not there" for line in expected if line not in (each for each, _ in found)]
        why += [f"`{line}` is empty" for line, empty in found if empty and line in expected[1:]]
        if not why and [line for line, _ in found] != expected:
            why.append("headings are repeated, added or out of order")
        return Score(value=float(not why), why=tuple(why))


@lru_cache(maxsize=8)
def _headings(markdown: str) -> tuple[tuple[str, bool], ...]:
    """Return the line of each heading of a document that this program assembled, and whether nothing stands below it.

    A Markdown parser finds the same, which a test holds, at fifty times the price.
    """
    found: list[tuple[str, bool]] = []
    fence = ""
    for line in markdown.split("\n"):
        text = line.strip()
        opens = _FENCE.match(text)
        if fence:
            fence = "" if text == fence else fence
        elif opens:
            fence = opens[1]
        elif _HEADING.match(line):
            found.append((line, True))
            continue
        if text and found:
            found[-1] = (found[-1][0], False)
    return tuple(found)


def _place(section: DemandedSection, titles: Sequence[str]) -> int | None:
    found = (at for at, title in enumerate(titles) if section.now is not None and same_id(title, section.now))
    return next(found, None)


def _fault(section: DemandedSection, place: int | None, kept: frozenset[int]) -> str:
    if place is None:
        return f"section `{section.title}` is not there"
    return "" if place in kept else f"section `{section.title}` stands in another place"


def _longest_rise(places: Sequence[int]) -> frozenset[int]:
    """Return the most places that stand in rising order."""
    rises: list[tuple[int, ...]] = [()]
    for place in places:
        before = [rise for rise in rises if not rise or rise[-1] < place]
        rises.append((*_longest(before), place))
    return frozenset(_longest(rises))


def _longest(rises: Sequence[tuple[int, ...]]) -> tuple[int, ...]:
    return max(rises, key=len)


def _met(view: View, outcome: Outcome, *, missing: bool) -> Score:
    """Return the share of the demands that are met, altogether and by step."""
    entries = [(section.title, entry) for section in outcome.sections for entry in section.entries]
    passed_over = view.passed_over
    demands = [
        demand
        for demand in view.yardstick.demands
        if demand.step not in passed_over and (view.writes or not demand.column)
    ]
    met = {demand: any(_answers(*each, demand, missing=missing) for each in entries) for demand in demands}
    by_step: dict[str, list[bool]] = defaultdict(list)
    for demand, there in met.items():
        by_step[demand.step].append(there)
    return Score(
        value=sum(met.values()) / len(met) if met else None,
        why=tuple(_unmet(demand, missing=missing) for demand, there in met.items() if not there),
        steps={step: sum(found) / len(found) for step, found in by_step.items()},
    )


def _answers(section: str, entry: Entry, demand: Demand, *, missing: bool) -> bool:
    return (missing or entry.basis is not Basis.MISSING) and meets(demand, section, entry.covers)


def _unmet(demand: Demand, *, missing: bool) -> str:
    if demand.now is None:
        return f"{demand} is not demanded any more"
    return f"nothing answers {demand}" if missing else f"{demand} is declared missing, or not there"
