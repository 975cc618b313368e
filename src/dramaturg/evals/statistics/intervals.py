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

    def times(self, factor: float) -> "Interval":
        """Return it on another scale, larger or smaller by a factor above 0."""
        return replace(self, estimate=factor * self.estimate, low=factor * self.low, high=factor * self.high)

    def or_else(self, other: "Interval", reach: float) -> "Interval":
        """Return it with nothing farther from 0 than is possible; one that lies beyond reaches as far as `other` does.

        A difference that is larger than any can be, once it is magnified, says that the judge was sharper than its
        labels show: what it showed is then possible as it stands.
        """
        if abs(self.estimate) <= reach:
            return self.within(reach)
        hull = replace(self, low=min(self.low, other.low), high=max(self.high, other.high))
        return hull.within(reach)

    def within(self, reach: float) -> "Interval":
        """Return it with nothing farther from 0 than is possible."""
        estimate, low, high = (max(-reach, min(reach, each)) for each in (self.estimate, self.low, self.high))
        return replace(self, estimate=estimate, low=low, high=high)
