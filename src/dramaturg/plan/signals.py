"""Conditions to the values they look at; its one rule: each value is set by one step, named before anything is asked.

The last step before the condition that speaks of a value sets it; where none does, the step with the condition itself.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from dramaturg.persona.model import fold_id
from dramaturg.plan.conditions import compared, read_check
from dramaturg.plan.model import Branch, PlannedStep, Signal


def with_signals(steps: Sequence[PlannedStep]) -> list[PlannedStep]:
    """Return the steps, each with the signals it must set."""
    if not any(step.branches for step in steps):
        return [*steps]
    wanted: dict[int, dict[str, Signal]] = {}
    for place, step in enumerate(steps):
        for signal in signals_of(step):
            setter = _setter(signal, steps, place)
            wanted.setdefault(setter, {}).setdefault(fold_id(signal.name), signal)
    return [
        replace(step, signals=tuple(wanted[place].values())) if place in wanted else step
        for place, step in enumerate(steps)
    ]


def signals_of(step: PlannedStep) -> Iterator[Signal]:
    """Yield the values that a step's ways look at."""
    for number, branch in enumerate(step.branches, start=1):
        check = read_check(branch.check)
        if check is None:
            said = branch.check or branch.text
            yield Signal(name=signal_name(step, number), asks=said, form="yes or no")
            continue
        for each in compared(check):
            truth = each.value.casefold() in ("yes", "no", "true", "false")
            yield Signal(name=each.name, form="number" if each.numeric else "yes or no" if truth else "text")


def signal_name(step: PlannedStep, number: int) -> str:
    """Return the name of the value that says whether a condition in prose holds; ways count from 1."""
    return f"CONDITION_{re.sub(r'[^0-9A-Za-z]+', '_', step.id)}_{number}"


def holds(step: PlannedStep, number: int, branch: Branch, values: Mapping[str, str]) -> bool:
    """Tell whether the condition of a step's way holds.

    Args:
        step: The step.
        number: Which of its ways, counted from 1.
        branch: That way.
        values: What was set, by folded name.
    """
    check = read_check(branch.check)
    if check is not None:
        return check.holds(values)
    said = read_check(signal_name(step, number))
    return said is not None and said.holds(values)


def _setter(signal: Signal, steps: Sequence[PlannedStep], place: int) -> int:
    """Return the place of the step that sets a value for the condition of the step at `place`."""
    if signal.asks:
        return place
    name = re.compile(rf"(?<![\w-]){re.escape(signal.name)}(?![\w-])", re.IGNORECASE)
    before = (at for at in reversed(range(place)) if name.search(steps[at].instruction))
    return next(before, place)
