"""An estimate with what it could as well have been; its one rule: low ≤ estimate ≤ high."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Interval:
    """An estimate and its confidence interval.

    Attributes:
        estimate: What was observed.
        low: Lower limit.
        high: Upper limit.
        level: Confidence of the interval as a whole, two-sided: 0.95 leaves 2.5 % on each side.
    """

    estimate: float
    low: float
    high: float
    level: float
