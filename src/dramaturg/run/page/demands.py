"""Requirements to the matrix of a page; its one rule: a demand is met by what was written, not by what was declared."""

from collections.abc import Container, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from markupsafe import Markup

from dramaturg.engine.outcome import Basis, Entry, OpenQuestion, Outcome, Section
from dramaturg.engine.settle import open_question
from dramaturg.plan.model import Level, Plan, PlannedStep, Requirement
from dramaturg.run.page.cited import Link
from dramaturg.run.page.document import question_links, section_anchor
from dramaturg.run.page.entries import Spot
from dramaturg.run.page.text import prose


class State(StrEnum):
    """How a demand stands, the best first; the value is what the reader sees."""

    MET = "met"
    INFERRED = "met, by inference"
    DOUBTED = "met, but doubtful"
    UNSUPPORTED = "open, not supported"
    MISSING = "open, nothing says it"
    LEFT_OUT = "left out"
    UNWRITTEN = "not written"

    @property
    def is_met(self) -> bool:
        """Whether the document answers it."""
        return self in (State.MET, State.INFERRED, State.DOUBTED)


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


def demands_of(plan: Plan, outcome: Outcome, doubted: Container[str]) -> tuple[Owed, ...]:
    """Return what each section of a plan owes, and what became of it; `doubted` are links to entries that are."""
    written = {section.step: (number, section) for number, section in enumerate(outcome.sections, start=1)}
    reckoning = _Reckoning(anchors=demand_anchors(plan), questions=question_links(outcome.questions), doubted=doubted)
    return tuple(
        Owed(
            title=prose(step.section),
            href=f"#{section_anchor(written[step.id][0])}" if step.id in written else "",
            demands=tuple(reckoning.demand(step, demand, written.get(step.id)) for demand in step.requirements),
        )
        for step in plan.sections
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Reckoning:
    """What demands are held against: see `demands_of`."""

    anchors: Mapping[tuple[str, str], str]
    questions: Mapping[OpenQuestion, Link]
    doubted: Container[str]

    def demand(self, step: PlannedStep, demand: Requirement, written: tuple[int, Section] | None) -> Demand:
        answering = [*_answering(demand, written)]
        asked = (open_question(entry, step.section) for entry, _ in answering)
        questions = {
            self.questions[each].href: self.questions[each] for each in asked if each and each in self.questions
        }
        return Demand(
            anchor=self.anchors[step.id, demand.id],
            name=prose(demand.id),
            text=prose(_beyond_its_name(demand)),
            level=demand.level,
            non_negotiable=demand.non_negotiable,
            state=self._state(demand, answering) if written else State.UNWRITTEN,
            entries=() if demand.whole_section else tuple(link for _, link in answering),
            questions=() if demand.whole_section else tuple(questions.values()),
        )

    def _state(self, demand: Requirement, answering: Sequence[tuple[Entry, Link]]) -> State:
        """Return how a demand stands by the best of what answers it."""
        if not answering:
            return State.MISSING if demand.level is Level.MUST else State.LEFT_OUT
        found = {self._standing(entry, link) for entry, link in answering}
        return next(state for state in State if state in found)

    def _standing(self, entry: Entry, link: Link) -> State:
        if entry.basis is Basis.MISSING:
            return State.MISSING
        if entry.unsupported:
            return State.UNSUPPORTED
        if entry.basis is Basis.INFERENCE and entry.rests_on:
            return State.INFERRED
        return State.DOUBTED if link.href in self.doubted else State.MET


def _answering(demand: Requirement, written: tuple[int, Section] | None) -> Iterator[tuple[Entry, Link]]:
    """Yield the entries that answer a demand, or say that nothing does."""
    if written is None:
        return
    number, section = written
    for at, entry in enumerate(section.entries, start=1):
        if demand.whole_section or demand.id in entry.covers:
            yield entry, Spot(section=section, number=number, at=at).link


def _beyond_its_name(demand: Requirement) -> str:
    """Return what a demand says that its id does not."""
    if demand.whole_section:
        return "that the section is written"
    _, named, rest = demand.text.partition(f"{demand.id}:")
    return rest.strip() if named else "" if demand.text.rstrip(".") == demand.id else demand.text
