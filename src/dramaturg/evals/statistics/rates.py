"""Passes out of trials to a rate with its interval; its one rule: nothing here trusts the normal approximation.

With few trials, or rates near 0 or 1, "estimate ± 1.96 standard errors" covers far less than it says (Bowyer et al.,
arXiv 2503.01747). Sources: Wilson 1927, Clopper and Pearson 1934.
"""

import math

from dramaturg.evals.statistics.distributions import beta_quantile, normal_quantile
from dramaturg.evals.statistics.intervals import Interval

_FEW = 40  # trials below which the exact interval is used: Wilson's covers too little for some rates there


def rate_interval(passes: int, trials: int, *, level: float = 0.95) -> Interval:
    """Return a rate with its interval: exact for few trials and at 0 and 1, Wilson's otherwise."""
    exact = trials < _FEW or passes in {0, trials}
    return (clopper_pearson if exact else wilson)(passes, trials, level=level)


def wilson(passes: int, trials: int, *, level: float = 0.95) -> Interval:
    """Return a rate with its score interval.

    Raises:
        ValueError: There is no trial, or there are more passes than trials.
    """
    _check(passes, trials)
    z = normal_quantile((1 + level) / 2)
    rate = passes / trials
    shrunk = 1 + z * z / trials
    middle = (rate + z * z / (2 * trials)) / shrunk
    half = z * math.sqrt(rate * (1 - rate) / trials + z * z / (4 * trials * trials)) / shrunk
    low = 0.0 if passes == 0 else middle - half
    high = 1.0 if passes == trials else middle + half
    return Interval(estimate=rate, low=low, high=high, level=level)


def clopper_pearson(passes: int, trials: int, *, level: float = 0.95) -> Interval:
    """Return a rate with its exact interval, which covers at least `level` whatever the true rate.

    Raises:
        ValueError: There is no trial, or there are more passes than trials.
    """
    _check(passes, trials)
    tail = (1 - level) / 2
    low = 0.0 if passes == 0 else beta_quantile(tail, passes, trials - passes + 1)
    high = 1.0 if passes == trials else beta_quantile(1 - tail, passes + 1, trials - passes)
    return Interval(estimate=passes / trials, low=low, high=high, level=level)


def failure_bound(trials: int, *, level: float = 0.95) -> float:
    """Return the failure rate that `trials` passes without a failure still allow: 14 % for 20, about 3 / `trials`.

    Raises:
        ValueError: There is no trial.
    """
    _check(0, trials)
    return -math.expm1(math.log1p(-level) / trials)


def _check(passes: int, trials: int) -> None:
    if trials < 1 or not 0 <= passes <= trials:
        raise ValueError(f"{passes} passes of {trials} trials have no rate")
