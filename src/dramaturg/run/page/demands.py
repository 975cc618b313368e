"""Requirements to the matrix of a page; its one rule: a demand is met by what was written, not by what was declared."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from markupsafe import Markup

from dramaturg.engine.outcome import Basis, Entry, Outcome, Section
from dramaturg.engine.settle import open_question
from dramaturg.plan.model import Level, Plan, PlannedStep, Requirement
from dramaturg.run.page.cited import Link
from dramaturg.run.page.document import question_links, section_anchor
from dramaturg.run.page.entries import Spot
from dramaturg.run.page.text import prose


class State(StrEnum):
    """How a demand stands; the value is what the reader sees."""

    MET = "met"
    INFERRED = "met, by inference"
    UNSUPPORTED = "open, not supported"
    MISSING = "open, nothing says it"
    LEFT_OUT = "left out"
    UNWRITTEN = "not written"

    @property
    def is_met(self) -> bool:
        """Whether the document answers it."""
        return self in (State.MET, State.INFERRED)


@dataclass(frozen=True, slots=True, kw_only=True)
class Demand:
    """A row of the matrix.

    Attributes:
        anchor: Its id on the page.
        name: Its id in the persona.
        text: What is demanded.
        level: `must` or `may`.
        non_negotiable: The author said so.
        state: How it stands.
        entries: What answers it, or says that nothing does.
        questions: The open questions about it.
    """

    anchor: str
    name: Markup
    text: Markup
    level: Level
    non_negotiable: bool
    state: State
    entries: tuple[Link, ...]
    questions: tuple[Link, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Owed:
    """What one section owes; `href` leads to it, and is empty where it was not written."""

    title: Markup
    href: str
    demands: tuple[Demand, ...]


def demand_anchors(plan: Plan) -> dict[tuple[str, str], str]:
    """Return the anchor of each demand, by its step and id."""
    return {
        (step.id, demand.id): f"r{number}-{at}"
        for number, step in enumerate(plan.sections, start=1)
        for at, demand in enumerate(step.requirements, start=1)
    }


def demands_of(plan: Plan, outcome: Outcome) -> tuple[Owed, ...]:
    """Return what each section of a plan owes, and what became of it."""
    written = {section.step: (number, section) for number, section in enumerate(outcome.sections, start=1)}
    anchors = demand_anchors(plan)
    return tuple(
        Owed(
            title=prose(step.section),
            href=f"#{section_anchor(written[step.id][0])}" if step.id in written else "",
            demands=tuple(_demands(step, written.get(step.id), outcome, anchors)),
        )
        for step in plan.sections
    )


def _demands(
    step: PlannedStep,
    written: tuple[int, Section] | None,
    outcome: Outcome,
    anchors: Mapping[tuple[str, str], str],
) -> Iterator[Demand]:
    links = question_links(outcome.questions)
    for demand in step.requirements:
        number, section = written or (0, None)
        answering = [
            (entry, Spot(section=section, number=number, at=at))
            for at, entry in enumerate(section.entries if section else (), start=1)
            if section and (demand.whole_section or demand.id in entry.covers)
        ]
        asked = [open_question(entry, step.section) for entry, _ in answering]
        yield Demand(
            anchor=anchors[step.id, demand.id],
            name=prose(demand.id),
            text=prose(_beyond_its_name(demand)),
            level=demand.level,
            non_negotiable=demand.non_negotiable,
            state=_state(demand, [entry for entry, _ in answering]) if section else State.UNWRITTEN,
            entries=() if demand.whole_section else tuple(spot.link for _, spot in answering),
            questions=()
            if demand.whole_section
            else tuple({links[each].href: links[each] for each in asked if each in links}.values()),
        )


def _beyond_its_name(demand: Requirement) -> str:
    """Return what a demand says that its id does not."""
    if demand.whole_section:
        return "that the section is written"
    _, named, rest = demand.text.partition(f"{demand.id}:")
    return rest.strip() if named else "" if demand.text == demand.id else demand.text


def _state(demand: Requirement, answering: Sequence[Entry]) -> State:
    """Return how a demand stands by the best of what answers it."""
    if not answering:
        return State.MISSING if demand.level is Level.MUST else State.LEFT_OUT
    backed = [entry for entry in answering if entry.basis is not Basis.MISSING and not entry.unsupported]
    if any(entry.basis is Basis.EVIDENCE or not entry.rests_on for entry in backed):
        return State.MET
    if backed:
        return State.INFERRED
    return State.UNSUPPORTED if any(entry.unsupported for entry in answering) else State.MISSING
