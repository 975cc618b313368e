"""Two plans to what each step and requirement of the earlier one has become; its one rule: as `compare` tells it."""

from dramaturg.plan.compare import paired_steps
from dramaturg.plan.model import Plan, PlannedStep, Requirement
from dramaturg.plan.owed import Owed


class Heirs:
    """What the steps and the bullets of a plan have become in a later one."""

    def __init__(self, before: Plan, after: Plan) -> None:
        self._after = after
        self._became = paired_steps(before.steps, after.steps).new_of
        self._owed = Owed(before, after, self._became)

    def step(self, at: int) -> PlannedStep | None:
        """Return what the step at a place of the earlier plan has become; None if it is gone."""
        place = self._became.get(at)
        return None if place is None else self._after.steps[place]

    def requirement(self, at: int, requirement: Requirement) -> tuple[PlannedStep, Requirement] | None:
        """Return what a bullet of the step at a place of the earlier plan has become, and in which step.

        None if nothing answers to it any more.
        """
        found = self._owed.heir(at, requirement)
        return None if found is None else (self._after.steps[found[0]], found[1])
