"""A judge's verdicts to what people would have said; its one rule: a judge that was never checked corrects nothing.

A judge that passes some of what people fail, and fails some of what they pass, pulls every rate towards the middle. How
often it does either, counted on samples that people labelled, takes that back; what the small number of labels leaves
open widens the interval. Source: Lee et al., arXiv 2511.21140 (after Rogan and Gladen 1978); their names: q1 is
sensitivity, q0 specificity, m1 and m0 the labelled passes and fails.
"""

import math
from dataclasses import dataclass

from dramaturg.evals.statistics.distributions import normal_quantile
from dramaturg.evals.statistics.intervals import Interval
from dramaturg.evals.statistics.sharpness import Sharp, share_interval


@dataclass(frozen=True, slots=True, kw_only=True)
class Judge(Sharp):
    """How a judge did on samples that people labelled.

    Attributes:
        passes: Samples that people pass.
        passes_agreed: Those of them that the judge passes.
        fails: Samples that people fail.
        fails_agreed: Those of them that the judge fails.
    """

    passes: int
    passes_agreed: int
    fails: int
    fails_agreed: int

    @property
    def sensitivity(self) -> float:
        """Its rate of passing what people pass, with a pass and a fail added (so few labels never prove it perfect)."""
        return (self.passes_agreed + 1) / (self.passes + 2)

    @property
    def specificity(self) -> float:
        """Its rate of failing what people fail, with a pass and a fail added."""
        return (self.fails_agreed + 1) / (self.fails + 2)

    @property
    def sharpness(self) -> float:
        """How much of a true difference of rates it shows: 1 all of it, 0 none (Youden's index)."""
        return self.sensitivity + self.specificity - 1

    @property
    def sensitivity_variance(self) -> float:
        """Squared standard error of its sensitivity."""
        return self.sensitivity * (1 - self.sensitivity) / (self.passes + 2)

    @property
    def specificity_variance(self) -> float:
        """Squared standard error of its specificity."""
        return self.specificity * (1 - self.specificity) / (self.fails + 2)

    @property
    def sharpness_variance(self) -> float:
        """Squared standard error of its sharpness, a difference of two rates (Agresti and Caffo 2000)."""
        return self.sensitivity_variance + self.specificity_variance

    @property
    def sensitivity_interval(self) -> Interval:
        """Its rate of passing what people pass, with the 95 % interval of a rate; 0 to 1 without labels."""
        return share_interval(self.passes_agreed, self.passes)

    @property
    def specificity_interval(self) -> Interval:
        """Its rate of failing what people fail, likewise."""
        return share_interval(self.fails_agreed, self.fails)

    @property
    def beats_a_coin(self) -> bool:
        """Whether the labels show that its verdicts say anything: the interval of its sharpness lies above 0."""
        return self.sharpness_interval.low > 0


def corrected_rate(passes: int, trials: int, judge: Judge, *, level: float = 0.95) -> Interval:
    """Return the rate that people would have passed, of `trials` of which the judge passed `passes`.

    Raises:
        ValueError: There is no trial, there are more passes than trials, or the judge is no better than chance.
    """
    if trials < 1 or not 0 <= passes <= trials:
        raise ValueError(f"{passes} passes of {trials} trials have no rate")
    if judge.sharpness <= 0:
        raise ValueError("a judge no better than chance has nothing to correct by")
    z = normal_quantile((1 + level) / 2)
    shown = (passes + z * z / 2) / (trials + z * z)
    true = (shown + judge.specificity - 1) / judge.sharpness
    of_fails = judge.specificity_variance
    of_passes = judge.sensitivity_variance
    shift = 2 * z * z * (true * of_passes - (1 - true) * of_fails)
    of_shown = shown * (1 - shown) / (trials + z * z)
    half = z * math.sqrt(of_shown + (1 - true) ** 2 * of_fails + true**2 * of_passes) / judge.sharpness
    estimate = _within(_raw_rate(passes / trials, judge))
    low, high = _within(true + shift - half), _within(true + shift + half)
    return Interval(estimate=estimate, low=min(low, estimate), high=max(high, estimate), level=level)


def _raw_rate(shown: float, judge: Judge) -> float:
    specificity = judge.fails_agreed / judge.fails if judge.fails else judge.specificity
    sensitivity = judge.passes_agreed / judge.passes if judge.passes else judge.sensitivity
    sharpness = sensitivity + specificity - 1
    return (shown + specificity - 1) / sharpness if sharpness > 0 else shown


def _within(rate: float) -> float:
    return min(1.0, max(0.0, rate))
