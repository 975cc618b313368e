"""How much of the truth a judge shows, as far as labels tell; its one rule: few labels leave much open."""

import math
from abc import ABC, abstractmethod

from dramaturg.evals.statistics.distributions import normal_quantile
from dramaturg.evals.statistics.intervals import Interval
from dramaturg.evals.statistics.rates import rate_interval

LEVEL = 0.95


class Sharp(ABC):
    """What labels say of a judge, whatever it judges."""

    __slots__ = ()

    @property
    @abstractmethod
    def sharpness(self) -> float:
        """How much of a true difference it shows: 1 all of it, 0 none."""

    @property
    @abstractmethod
    def sharpness_variance(self) -> float:
        """Squared standard error of its sharpness."""

    @property
    def sharpness_interval(self) -> Interval:
        """Its sharpness with a 95 % interval."""
        half = normal_quantile((1 + LEVEL) / 2) * math.sqrt(self.sharpness_variance)
        low, high = max(-1.0, self.sharpness - half), min(1.0, self.sharpness + half)
        return Interval(estimate=self.sharpness, low=low, high=high, level=LEVEL)

    def surely_sharper_than_chance(self, alpha: float) -> bool:
        """Tell whether the labels show, at level `alpha`, that what it says means anything."""
        return self.sharpness > normal_quantile(1 - alpha) * math.sqrt(self.sharpness_variance)


def share_interval(count: int, of: int) -> Interval:
    """Return the share of labels with the 95 % interval of a rate; 0 to 1 without labels."""
    if not of:
        return Interval(estimate=0.5, low=0.0, high=1.0, level=LEVEL)
    return rate_interval(count, of, level=LEVEL)
