"""Intervals to the numbers of a drawing; its one rule: one scale for all of them, so that lengths can be compared."""

from collections.abc import Sequence
from dataclasses import dataclass

from dramaturg.evals.statistics.intervals import Interval
from dramaturg.evals.statistics.verdict import Comparison

WIDTH = 200.0
_ROOM = 1.08


@dataclass(frozen=True, slots=True, kw_only=True)
class Bar:
    """An interval as it is drawn: its ends and its estimate, in units of the drawing, and of which kind it is."""

    low: float
    high: float
    at: float
    kind: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Drawing:
    """Bars on a scale.

    Attributes:
        bars: What is drawn.
        zero: Where nothing is gained or lost; None on a scale of rates.
        margin: Where as much is lost as still counts as no worse; None on a scale of rates.
        label: What it shows, in words.
    """

    bars: tuple[Bar, ...]
    zero: float | None
    margin: float | None
    label: str


def rates_drawn(intervals: Sequence[tuple[str, Interval]], label: str) -> Drawing:
    """Return rates from 0 to 1, each with its kind."""
    bars = tuple(
        Bar(low=WIDTH * each.low, high=WIDTH * each.high, at=WIDTH * each.estimate, kind=kind)
        for kind, each in intervals
    )
    return Drawing(bars=bars, zero=None, margin=None, label=label)


def reach(comparisons: Sequence[Comparison]) -> float:
    """Return how far a scale must reach to either side of zero, so that all changes and margins are on it."""
    ends = [each.margin for each in comparisons]
    ends += [abs(end) for each in comparisons if each.effect for end in (each.effect.low, each.effect.high)]
    return min(1.0, _ROOM * max(ends, default=1.0)) or 1.0


def change_drawn(comparison: Comparison, far: float, label: str) -> Drawing | None:
    """Return the change of a metric on a scale that reaches so far; None where it is not known."""
    if comparison.effect is None:
        return None

    def at(value: float) -> float:
        return WIDTH / 2 * (1 + max(-far, min(far, value)) / far)

    effect = comparison.effect
    bar = Bar(low=at(effect.low), high=at(effect.high), at=at(effect.estimate), kind=comparison.kind.name.casefold())
    return Drawing(bars=(bar,), zero=at(0), margin=at(-comparison.margin) if comparison.gates else None, label=label)
