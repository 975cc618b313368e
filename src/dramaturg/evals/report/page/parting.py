"""Pairs of performances to where the arms part; its one rule: the first step counts, those behind it follow."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from statistics import fmean

from dramaturg.evals.records import Record, StepRecord

SEEN = 0.005  # a difference that shows in two decimals


@dataclass(frozen=True, slots=True, kw_only=True)
class Parting:
    """Where the arms part.

    Attributes:
        asked: The first step whose questions differ; empty for none.
        scored: The first step of which a score differs; empty for none.
        told: Which scores, in words.
    """

    asked: str = ""
    scored: str = ""
    told: str = ""


def parting_of(pairs: Sequence[tuple[Record, Record]]) -> Parting:
    """Return where the arms of a case part first, over all its repeats, in the order of the baseline's steps."""
    steps = {step.step: None for pair in pairs for record in pair for step in record.steps}
    asked = next((step for step in steps if any(_keys(old, step) != _keys(new, step) for old, new in pairs)), "")
    for step in steps:
        told = ", ".join(_moved(step, pairs))
        if told:
            return Parting(asked=asked, scored=step, told=told)
    return Parting(asked=asked)


def _keys(record: Record, step: str) -> tuple[str, ...]:
    return next((each.keys for each in record.steps if each.step == step), ())


def _moved(step: str, pairs: Sequence[tuple[Record, Record]]) -> Iterator[str]:
    """Yield the scores of a step that differ on average."""
    values: dict[str, list[tuple[float, float]]] = defaultdict(list)
    for old, new in pairs:
        before, after = _step(old, step), _step(new, step)
        if before and after:
            for metric in before.scores.keys() & after.scores.keys():
                values[metric].append((before.scores[metric], after.scores[metric]))
    for metric in sorted(values):
        was, now = (fmean(side) for side in zip(*values[metric], strict=True))
        if abs(was - now) >= SEEN:
            yield f"{metric} {was:.2f} → {now:.2f}"


def _step(record: Record, step: str) -> StepRecord | None:
    return next((each for each in record.steps if each.step == step), None)
