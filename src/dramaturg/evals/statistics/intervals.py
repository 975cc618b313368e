"""An estimate with what it could as well have been; its one rule: low ≤ estimate ≤ high."""

from dataclasses import dataclass, replace


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

    def within(self, reach: float) -> "Interval":
        """Return it with nothing farther from 0 than is possible."""
        estimate, low, high = (max(-reach, min(reach, each)) for each in (self.estimate, self.low, self.high))
        return replace(self, estimate=estimate, low=low, high=high)
