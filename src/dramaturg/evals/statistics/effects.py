"""Values per case in both arms to how much the suite changed; its one rule: silence is not certainty.

Noise is measured where repeats of a case differ. Where they are all alike there is none to measure, and a suite of
passes would be certain after one sample each. So a case that never failed is held to what such a run of passes still
allows (as in `rates.failure_bound`), and both uncertainties are added as independent ones, as Newcombe does.
"""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from dramaturg.evals.statistics.distributions import student_quantile
from dramaturg.evals.statistics.intervals import Interval
from dramaturg.evals.statistics.samples import Case
from dramaturg.evals.statistics.stratified import Stratum, pooled_difference

_PRECISION = 60


@dataclass(frozen=True, slots=True, kw_only=True)
class Silence:
    """Samples of one arm in cases where they were all alike.

    Attributes:
        stake: How far the pooled difference would move if each of them had come out at the bound instead.
        trials: Their number.
    """

    stake: float
    trials: float

    def allows(self, alpha: float) -> float:
        """Return how far the difference may be from what they show, at level `alpha`."""
        return -self.stake * math.expm1(math.log(alpha) / self.trials) if self.trials else 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Effect:
    """The pooled difference of a metric, candidate minus baseline.

    Attributes:
        estimate: The difference, cases weighted by Mantel and Haenszel (equal repeats: the plain mean).
        variance: Its squared standard error, from the noise within cases.
        freedom: Degrees of freedom of the variance.
        below: Silent samples that could hide that the candidate is worse.
        above: Silent samples that could hide that it is better.
    """

    estimate: float
    variance: float
    freedom: float
    below: tuple[Silence, ...]
    above: tuple[Silence, ...]

    def lower(self, alpha: float, *, more: float = 0.0) -> float:
        """Return the lower limit at one-sided level `alpha`; `more` standard errors are added to those it asks for."""
        return self.estimate - self._reach(alpha, self.below, more)

    def upper(self, alpha: float) -> float:
        """Return the upper limit at one-sided level `alpha`."""
        return self.estimate + self._reach(alpha, self.above, 0.0)

    def _reach(self, alpha: float, silences: Iterable[Silence], more: float) -> float:
        noise = (student_quantile(1 - alpha, self.freedom) + more) * math.sqrt(self.variance)
        return math.hypot(noise, *(silence.allows(alpha) for silence in silences))

    def interval(self, alpha: float) -> Interval:
        """Return both limits, each at one-sided level `alpha`."""
        return Interval(estimate=self.estimate, low=self.lower(alpha), high=self.upper(alpha), level=1 - 2 * alpha)

    def p_no_worse(self, margin: float) -> float:
        """Return the p value of "worse by `margin` or more": the level at which the lower limit meets it."""
        if self.lower(0.5) <= -margin:
            return 1.0
        low, high = 0.0, 0.5
        for _ in range(_PRECISION):
            middle = (low + high) / 2
            low, high = (low, middle) if self.lower(middle) > -margin else (middle, high)
        return high

    def repeated(self, times: float) -> "Effect":
        """Return the effect as it would be with `times` as many samples that come out alike."""
        return replace(
            self,
            variance=self.variance / times,
            freedom=self.freedom * times,
            below=tuple(replace(silence, trials=silence.trials * times) for silence in self.below),
            above=tuple(replace(silence, trials=silence.trials * times) for silence in self.above),
        )

    def magnified(self, sharpness: float, variance: float) -> "Effect":
        """Return the true effect of which a judge shows the part `sharpness`, known up to `variance`."""
        true = self.estimate / sharpness
        return replace(
            self,
            estimate=true,
            variance=(self.variance + true * true * variance) / sharpness**2,
            below=tuple(replace(silence, stake=silence.stake / sharpness) for silence in self.below),
            above=tuple(replace(silence, stake=silence.stake / sharpness) for silence in self.above),
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
    estimate, variance = pooled_difference(map(stratum_of, cases))
    return _effect(cases, estimate, variance, math.inf, (0.0, 1.0))


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
    return _effect(cases, estimate, variance, max(1.0, freedom + single - 1), bounds)


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
    cases: Sequence[Case], estimate: float, variance: float, freedom: float, bounds: tuple[float, float]
) -> Effect:
    low, high = bounds
    shares = _shares(cases)
    candidates = [
        (share, case.candidate) for share, case in zip(shares, cases, strict=True) if _silent(case, case.candidate)
    ]
    baselines = [
        (share, case.baseline) for share, case in zip(shares, cases, strict=True) if _silent(case, case.baseline)
    ]
    return Effect(
        estimate=estimate,
        variance=variance,
        freedom=freedom,
        below=(_silence(candidates, low), _silence(baselines, high)),
        above=(_silence(candidates, high), _silence(baselines, low)),
    )


def _silent(case: Case, arm: Sequence[float]) -> bool:
    """Tell whether an arm's samples show no noise: repeats that are alike, or a single one like the other arm's."""
    compared = arm if len(arm) > 1 else (*case.candidate, *case.baseline)
    return min(compared) == max(compared)


def _silence(arms: Iterable[tuple[float, Sequence[float]]], bound: float) -> Silence:
    staked = [(share, abs(arm[0] - bound), len(arm)) for share, arm in arms if arm[0] != bound]
    if not staked:
        return Silence(stake=0.0, trials=0.0)
    share_of_one = max(share / samples for share, _, samples in staked)
    return Silence(
        stake=math.fsum(share * distance for share, distance, _ in staked),
        trials=math.fsum(share for share, _, _ in staked) / share_of_one,
    )
