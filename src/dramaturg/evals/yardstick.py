"""Two plans to what both are measured by; its one rule: what the baseline demands is demanded of every arm.

An edit that takes a demand away would otherwise be measured by what is left, and look perfect. A demand is followed
under another name and into another section, as `plan.compare` follows it; one that nothing answers to any more can be
met by no document, and counts as unmet.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from dramaturg.persona.model import same_id
from dramaturg.plan.heirs import Heirs
from dramaturg.plan.model import Kind, Plan, PlannedStep, Requirement


@dataclass(frozen=True, slots=True, kw_only=True)
class Demand:
    """Something that a section owes.

    Attributes:
        id: As the baseline spells it.
        step: The id of the step that owes it in the baseline.
        title: The section that owes it there.
        whole: It demands the section as such.
        column: It demands a cell of each entry.
        now: The section's title and the demand's id in the arm that is measured; None where it is gone.
    """

    id: str
    step: str
    title: str
    whole: bool
    column: bool
    now: tuple[str, str] | None

    def __str__(self) -> str:
        return f"`{self.title}`" if self.whole else f"`{self.id}` of `{self.title}`"


@dataclass(frozen=True, slots=True, kw_only=True)
class DemandedSection:
    """A section of the baseline's document, and its title in the arm that is measured; None where it is gone."""

    step: str
    title: str
    now: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Yardstick:
    """What a document is measured by.

    Attributes:
        sections: In the order of the baseline.
        demands: What they owe, in the order written; those of level `may` are none.
        steps: What the baseline calls each step of the arm that is measured; a new step stands under `+` and its id.
    """

    sections: tuple[DemandedSection, ...]
    demands: tuple[Demand, ...]
    steps: Mapping[str, str]

    def step(self, own: str) -> str:
        """Return what the baseline calls a step of the arm."""
        return self.steps.get(own, f"+{own}")


def yardstick(baseline: Plan, arm: Plan) -> Yardstick:
    """Return what an arm's documents are measured by; the baseline itself is an arm like any other."""
    heirs = Heirs(baseline, arm)
    sections: list[DemandedSection] = []
    demands: list[Demand] = []
    for at, step in enumerate(baseline.steps):
        if step.kind is not Kind.SECTION:
            continue
        heir = heirs.step(at)
        now = heir.section if heir is not None and heir.section else None
        sections.append(DemandedSection(step=step.id, title=step.section, now=now))
        demands += _demands(at, step, heirs, now)
    steps = {heir.id: step.id for at, step in enumerate(baseline.steps) if (heir := heirs.step(at)) is not None}
    return Yardstick(sections=tuple(sections), demands=tuple(demands), steps=steps)


def _demands(at: int, step: PlannedStep, heirs: Heirs, title: str | None) -> Iterator[Demand]:
    columns = tuple(requirement for requirement in step.owes if requirement.column)
    for requirement in (*step.asks, *columns):
        yield Demand(
            id=requirement.id,
            step=step.id,
            title=step.section,
            whole=requirement.whole_section,
            column=requirement.column,
            now=_now(at, requirement, heirs, title),
        )


def _now(at: int, requirement: Requirement, heirs: Heirs, title: str | None) -> tuple[str, str] | None:
    if requirement.whole_section:
        return None if title is None else (title, title)
    found = heirs.requirement(at, requirement)
    return None if found is None else (found[0].section, found[1].id)


def meets(demand: Demand, section: str, covers: tuple[str, ...]) -> bool:
    """Tell whether an entry of a section that covers some requirements is one that answers a demand."""
    if demand.now is None or section != demand.now[0]:
        return False
    return demand.whole or any(same_id(each, demand.now[1]) for each in covers)
