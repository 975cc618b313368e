"""Conditions and values to the way a step goes on; its one rule: values decide, and every way back has an end."""

from collections.abc import Mapping
from dataclasses import dataclass

from dramaturg.engine.prompts import inert
from dramaturg.persona.model import fold_id
from dramaturg.plan.model import Branch, PlannedStep
from dramaturg.plan.people import DEFAULT_BOUND
from dramaturg.plan.signals import holds


@dataclass(frozen=True, slots=True, kw_only=True)
class Way:
    """How a step goes on.

    Attributes:
        branch: Whose condition holds; None for the next step.
        number: Which of the step's ways that is, counted from 1.
        goal: The place of the step it leads to; None for the next one.
        bound: How often it may be taken; 0 for a way that leads on.
        spent: The ways back whose conditions hold too, but which were taken as often as they may be.
    """

    branch: Branch | None = None
    number: int = 0
    goal: int | None = None
    bound: int = 0
    spent: tuple[Branch, ...] = ()


def way_of(
    step: PlannedStep,
    at: int,
    places: Mapping[str, int],
    values: Mapping[str, str],
    taken: Mapping[tuple[str, int], int],
) -> Way:
    """Return the first way whose condition holds.

    Args:
        step: The step.
        at: Its place.
        places: The place of each step by its id.
        values: What was set, by folded name.
        taken: How often each way was taken, by step and number.
    """
    spent: list[Branch] = []
    for number, branch in enumerate(step.branches, start=1):
        if not holds(step, number, branch, values):
            continue
        goal = places.get(branch.goes_to)
        bound = (branch.bound or DEFAULT_BOUND) if goal is not None and goal <= at else 0
        if bound and taken.get((step.id, number), 0) >= bound:
            spent.append(branch)
            continue
        return Way(branch=branch, number=number, goal=goal, bound=bound, spent=tuple(spent))
    return Way(spent=tuple(spent))


def told_of_way(step: PlannedStep, way: Way, values: Mapping[str, str]) -> str:
    """Return what the next step is told of the decision: the condition, the values, and the author's words for it."""
    branch = way.branch
    if branch is None:
        return ""
    given = ", ".join(f"{name} = {inert(' '.join(value.split()))}" for name, value in _named(branch, values))
    check = f"the condition `{branch.check}` holds" if branch.check else "its condition holds"
    known = f" ({given})" if given else ""
    return f"Step {step.id}: {check}{known}. {branch.text}\n\n"


def _named(branch: Branch, values: Mapping[str, str]) -> list[tuple[str, str]]:
    """Return the values that a condition speaks of, as it spells them."""
    words = branch.check.replace("(", " ").replace(")", " ").replace("`", " ").replace("!", " ").split()
    return [(word, values[fold_id(word)]) for word in dict.fromkeys(words) if fold_id(word) in values]
