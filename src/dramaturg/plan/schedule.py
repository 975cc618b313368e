"""Planned steps to what each of them needs; its one rule: a step never sees less than its text speaks of.

In sequence, a step needs the one before it. Side by side, a section needs the steps that only read and think, those
that turn to a person or another way, and the sections it speaks of; everything else still needs all before it.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import replace

from dramaturg.plan.model import PARALLEL, Kind, PlannedStep, make_reason

_STEP = re.compile(r"\bsteps?\s+`?(?P<step>\d+(?:\.\d+)*)", re.IGNORECASE)


def side_by_side(steps: Sequence[PlannedStep]) -> list[PlannedStep]:
    """Return the steps with the needs they have where sections go on side by side; those the author named stay."""
    return [
        step if step.chooses_needs else _needing(step, _in_parallel(steps[:place], step))
        for place, step in enumerate(steps)
    ]


def needed(steps: Mapping[str, PlannedStep], step: PlannedStep) -> AbstractSet[str]:
    """Return the ids of all steps whose results a step sees: those it needs, and what these need."""
    seen: set[str] = set()
    open_ones = [*step.needs]
    while open_ones:
        name = open_ones.pop()
        if name not in seen and name in steps:
            seen.add(name)
            open_ones += steps[name].needs
    return seen


def _needing(step: PlannedStep, needs: tuple[str, ...]) -> PlannedStep:
    apart = step.kind is Kind.SECTION and not step.stands_alone
    because = (*step.because, make_reason(PARALLEL, step.span)) if apart else step.because
    return replace(step, needs=needs, because=because)


def _in_parallel(before: Sequence[PlannedStep], step: PlannedStep) -> tuple[str, ...]:
    if step.kind is not Kind.SECTION or step.stands_alone:
        return tuple(each.id for each in before)
    spoken_of = {*_spoken_of(before, step)}
    return tuple(
        each.id for each in before if each.kind is not Kind.SECTION or each.stands_alone or each.id in spoken_of
    )


def _spoken_of(before: Sequence[PlannedStep], step: PlannedStep) -> Iterator[str]:
    """Yield the ids of the sections that a step's text names by title or number, or is repeated for."""
    yield step.each
    yield from (found["step"] for found in _STEP.finditer(step.instruction))
    text = step.instruction.casefold()
    for each in before:
        if each.section and re.search(rf"(?<!\w){re.escape(each.section.casefold())}(?!\w)", text):
            yield each.id
