"""Values per case in both arms to how much the suite changed; its one rule: silence is not certainty.

Noise is measured where repeats of a case differ. Where they are all alike there is none to measure, and a suite of
passes would be certain after one sample each. So a case that never failed is held to what such a run of passes still
allows (as in `rates.failure_bound`), and both uncertainties are added as independent ones, as Newcombe does. Scores are
hardly ever all alike, and yet a rare fall to the bound may not have come up: all of them are held to that.
"""

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace

from dramaturg.evals.statistics.distributions import student_cdf, student_quantile
from dramaturg.evals.statistics.intervals import Interval
from dramaturg.evals.statistics.samples import Case
from dramaturg.evals.statistics.stratified import Stratum, pooled_difference

_HALVINGS = 30
_LEAST_P = 1e-12


@dataclass(frozen=True, slots=True, kw_only=True)
class Unseen:
    """What samples of one arm could have come out as, and did not.

    Attributes:
        stake: How far the pooled difference would move if each of them came out at the bound instead.
        trials: Their number.
    """

    stake: float
    trials: float

    def allows(self, alpha: float) -> float:
        """Return how much of the stake may be hidden, at level `alpha`."""
        return -self.stake * math.expm1(math.log(alpha) / self.trials) if self.trials else 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Effect:
    """The pooled difference of a metric, candidate minus baseline.

    Attributes:
        estimate: The difference, cases weighted by Mantel and Haenszel (equal repeats: the plain mean).
        variance: Its squared standard error, from the noise within cases.
        freedom: Degrees of freedom of the variance: for passes, the samples that are unlike most of their case.
        grain: A correction for continuity: half the step by which a difference of pass rates can change.
        below: What could hide that the candidate is worse.
        above: What could hide that it is better.
    """

    estimate: float
    variance: float
    freedom: float
    grain: float
    below: tuple[Unseen, ...]
    above: tuple[Unseen, ...]

    def lower(self, alpha: float, *, more: float = 0.0) -> float:
        """Return the lower limit at one-sided level `alpha`; `more` standard errors are added to those it asks for."""
        deviations = student_quantile(1 - alpha, self.freedom) + more
        return self.estimate - self._reach(deviations, alpha, self.below)

    def upper(self, alpha: float) -> float:
        """Return the upper limit at one-sided level `alpha`."""
        return self.estimate + self._reach(student_quantile(1 - alpha, self.freedom), alpha, self.above)

    def _reach(self, deviations: float, alpha: float, unseen: Iterable[Unseen]) -> float:
        noise = deviations * math.sqrt(self.variance) + (self.grain if self.variance else 0.0)
        return math.hypot(noise, *(each.allows(alpha) for each in unseen))

    def interval(self, alpha: float) -> Interval:
        """Return both limits, each at one-sided level `alpha`."""
        return Interval(estimate=self.estimate, low=self.lower(alpha), high=self.upper(alpha), level=1 - 2 * alpha)

    def p_no_worse(self, margin: float) -> float:
        """Return the p value of "worse by `margin` or more": the level at which the lower limit meets it."""

        def level(deviations: float) -> float:
            return max(_LEAST_P, student_cdf(-deviations, self.freedom))

        def within(deviations: float) -> bool:
            return self._reach(deviations, level(deviations), self.below) < self.estimate + margin

        if not within(0.0):
            return 1.0
        low, high = 0.0, 1.0
        while within(high) and level(high) > _LEAST_P:
            low, high = high, 2 * high
        for _ in range(_HALVINGS):
            middle = (low + high) / 2
            low, high = (middle, high) if within(middle) else (low, middle)
        return level(low)

    def repeated(self, times: float) -> "Effect":
        """Return the effect as it would be with `times` as many samples that come out alike."""
        return replace(
            self,
            variance=self.variance / times,
            freedom=self.freedom * times,
            grain=self.grain / times,
            below=tuple(replace(each, trials=each.trials * times) for each in self.below),
            above=tuple(replace(each, trials=each.trials * times) for each in self.above),
        )

    def magnified(self, sharpness: float, variance: float) -> "Effect":
        """Return the true effect of which a judge shows the part `sharpness`, known up to `variance`."""
        true = self.estimate / sharpness
        return replace(
            self,
            estimate=true,
            variance=(self.variance + true * true * variance) / sharpness**2,
            grain=self.grain / sharpness,
            below=tuple(replace(each, stake=each.stake / sharpness) for each in self.below),
            above=tuple(replace(each, stake=each.stake / sharpness) for each in self.above),
        )


def stratum_of(case: Case) -> Stratum:
    """Return the passes of a case whose values are 1 and 0."""
    return Stratum(
        candidate_passes=round(sum(case.candidate)),
        candidate=len(case.candidate),
        baseline_passes=round(sum(case.baseline)),
        baseline=len(case.baseline),
    )


def passes_effect(cases: Sequence[Case]) -> Effect:
    """Return how the pass rate changed; each case has values in both arms, a pass being 1 and a fail 0."""
    strata = [stratum_of(case) for case in cases]
    estimate, variance = pooled_difference(strata)
    rare = sum(min(stratum.passes, stratum.trials - stratum.passes) for stratum in strata)
    effect = _effect(cases, estimate, variance, max(1.0, rare), (0.0, 1.0), _silent)
    smaller = min(sum(len(case.candidate) for case in cases), sum(len(case.baseline) for case in cases))
    return replace(effect, grain=1 / (2 * smaller))


def preferred_effect(pairs: Sequence[Case]) -> Effect:
    """Return how much more often the candidate is preferred than the baseline, in shares of all pairs.

    Each pair is a case of one value in each arm: 1 and 0, the reverse, or a half each. One arm has what the other
    lacks, so what a pair could have come out as, and did not, is not that of two independent samples.
    """
    effect = scores_effect(pairs, (0.0, 1.0))
    differences = [
        (share, (case.candidate[0] - case.baseline[0],)) for share, case in zip(_shares(pairs), pairs, strict=True)
    ]
    return replace(effect, below=(_unseen(differences, -1.0),), above=(_unseen(differences, 1.0),))


def scores_effect(cases: Sequence[Case], bounds: tuple[float, float]) -> Effect:
    """Return how the mean score changed; each case has values in both arms."""
    shares = _shares(cases)
    differences = [mean(case.candidate) - mean(case.baseline) for case in cases]
    estimate = math.fsum(share * difference for share, difference in zip(shares, differences, strict=True))
    within = across = freedom = 0.0
    single = 0
    for case, share, difference in zip(cases, shares, differences, strict=True):
        if min(len(case.candidate), len(case.baseline)) > 1:
            within += share**2 * (_error(case.candidate) + _error(case.baseline))
            freedom += len(case.candidate) + len(case.baseline) - 2
        else:  # one sample has no spread of its own: that of the cases' differences stands in for it
            across += share**2 * (difference - estimate) ** 2
            single += 1
    variance = within + across * (single / (single - 1) if single > 1 else 1.0)
    return _effect(cases, estimate, variance, max(1.0, freedom + single - 1), bounds, lambda *_: True)


def mean(values: Sequence[float]) -> float:
    """Return the mean of values, of which there is at least one."""
    return math.fsum(values) / len(values)


def _shares(cases: Sequence[Case]) -> list[float]:
    weights = [len(case.candidate) * len(case.baseline) / (len(case.candidate) + len(case.baseline)) for case in cases]
    total = math.fsum(weights)
    return [weight / total for weight in weights]


def _error(values: Sequence[float]) -> float:
    """Return the squared standard error of the mean of two or more values."""
    middle = mean(values)
    return math.fsum((value - middle) ** 2 for value in values) / (len(values) * (len(values) - 1))


def _effect(
    cases: Sequence[Case],
    estimate: float,
    variance: float,
    freedom: float,
    bounds: tuple[float, float],
    hides: Callable[[Case, Sequence[float]], bool],
) -> Effect:
    low, high = bounds
    shared = list(zip(_shares(cases), cases, strict=True))
    candidates = [(share, case.candidate) for share, case in shared if hides(case, case.candidate)]
    baselines = [(share, case.baseline) for share, case in shared if hides(case, case.baseline)]
    return Effect(
        estimate=estimate,
        variance=variance,
        freedom=freedom,
        grain=0.0,
        below=(_unseen(candidates, low), _unseen(baselines, high)),
        above=(_unseen(candidates, high), _unseen(baselines, low)),
    )


def _silent(case: Case, arm: Sequence[float]) -> bool:
    """Tell whether an arm's samples show no noise: repeats that are alike, or a single one like the other arm's."""
    compared = arm if len(arm) > 1 else (*case.candidate, *case.baseline)
    return min(compared) == max(compared)


def _unseen(arms: Iterable[tuple[float, Sequence[float]]], bound: float) -> Unseen:
    staked = [(share, distance, len(arm)) for share, arm in arms if (distance := abs(mean(arm) - bound))]
    if not staked:
        return Unseen(stake=0.0, trials=0.0)
    share_of_one = max(share / samples for share, _, samples in staked)
    return Unseen(
        stake=math.fsum(share * distance for share, distance, _ in staked),
        trials=math.fsum(share for share, _, _ in staked) / share_of_one,
    )
