"""Passes per case in both arms to "did the suite get worse?"; its one rule: arms are compared within a case only.

Cases differ far more from each other than an edit changes any of them. A test across cases takes that for noise, a
pooled one takes repeats of a case for independent cases. Comparing within each case and adding up removes it.
Sources: Cochran 1954, Mantel and Haenszel 1959; Mehta, Patel and Gray 1985 (exact); Greenland and Robins 1985 and
Sato 1989 (risk difference).
"""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from dramaturg.evals.statistics.distributions import normal_cdf

_EXACT_WORK = 200_000  # multiplications that the exact distribution may take: tens of milliseconds


@dataclass(frozen=True, slots=True, kw_only=True)
class Stratum:
    """One case: how many of its scored samples passed, in each arm."""

    candidate_passes: int
    candidate: int
    baseline_passes: int
    baseline: int

    @property
    def trials(self) -> int:
        """Scored samples of both arms."""
        return self.candidate + self.baseline

    @property
    def passes(self) -> int:
        """Passes of both arms."""
        return self.candidate_passes + self.baseline_passes

    @property
    def informs(self) -> bool:
        """Whether its outcomes could tell the arms apart: both were asked, and not all came out alike."""
        return self.candidate > 0 and self.baseline > 0 and 0 < self.passes < self.trials

    @property
    def weight(self) -> float:
        """Its Mantel-Haenszel weight in a pooled difference."""
        return self.candidate * self.baseline / self.trials if self.trials else 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Tails:
    """Both one-sided answers of one test.

    Attributes:
        worse: p value of "the candidate is no worse": small when it is worse.
        better: p value of "the candidate is no better": small when it is better.
        method: How they were found, in words.
        informing: Samples that could tell the arms apart.
    """

    worse: float
    better: float
    method: str
    informing: int


def compare_passes(strata: Iterable[Stratum]) -> Tails:
    """Test whether labels of arms could be swapped within every case (Cochran-Mantel-Haenszel, one-sided both ways).

    Given each case's passes, those that fall to the candidate are hypergeometric; their sum over cases is the
    statistic. Its distribution is computed exactly while that is cheap, else taken as normal with a continuity
    correction.
    """
    telling = [stratum for stratum in strata if stratum.informs]
    if not telling:
        return Tails(worse=1.0, better=1.0, method="nothing differs", informing=0)
    informing = sum(stratum.trials for stratum in telling)
    if _exact_work(telling) <= _EXACT_WORK:
        first, chances = _exact_distribution(telling)
        place = sum(stratum.candidate_passes for stratum in telling) - first
        worse, better = math.fsum(chances[: place + 1]), math.fsum(chances[place:])
        method = "exact conditional test"
    else:
        worse, better = normal_tails(telling)
        method = "Cochran-Mantel-Haenszel test"
    return Tails(worse=min(1.0, worse), better=min(1.0, better), method=method, informing=informing)


def _exact_distribution(telling: Sequence[Stratum]) -> tuple[int, list[float]]:
    """Return the least possible sum of candidate passes, and the probability of each sum from there on."""
    first, chances = 0, [1.0]
    for stratum in telling:
        low, pieces = _hypergeometric(stratum)
        first += low
        chances = _convolve(chances, pieces)
    return first, chances


def _convolve(one: Sequence[float], two: Sequence[float]) -> list[float]:
    """Return the distribution of the sum of two independent whole numbers."""
    total = [0.0] * (len(one) + len(two) - 1)
    for shift, factor in enumerate(two):
        for place, chance in enumerate(one, start=shift):
            total[place] += factor * chance
    return total


def _hypergeometric(stratum: Stratum) -> tuple[int, list[float]]:
    low = max(0, stratum.passes - stratum.baseline)
    high = min(stratum.passes, stratum.candidate)
    ways = [
        math.comb(stratum.candidate, x) * math.comb(stratum.baseline, stratum.passes - x) for x in range(low, high + 1)
    ]
    total = math.comb(stratum.trials, stratum.passes)
    return low, [way / total for way in ways]


def _exact_work(telling: Sequence[Stratum]) -> int:
    size = work = 1
    for stratum in telling:
        width = min(stratum.passes, stratum.trials - stratum.passes, stratum.candidate, stratum.baseline) + 1
        work += size * width
        size += width - 1
    return work


def normal_tails(telling: Sequence[Stratum]) -> tuple[float, float]:
    """Return both p values by the normal approximation with its continuity correction; each case informs."""
    observed = sum(stratum.candidate_passes for stratum in telling)
    expected = math.fsum(stratum.candidate * stratum.passes / stratum.trials for stratum in telling)
    spread = math.sqrt(math.fsum(_variance(stratum) for stratum in telling))
    return normal_cdf((observed + 0.5 - expected) / spread), normal_cdf((expected - observed + 0.5) / spread)


def _variance(stratum: Stratum) -> float:
    failures = stratum.trials - stratum.passes
    arms = stratum.candidate * stratum.baseline
    return arms * stratum.passes * failures / (stratum.trials**2 * (stratum.trials - 1))


def pooled_difference(strata: Iterable[Stratum]) -> tuple[float, float]:
    """Return the pooled difference of pass rates, candidate minus baseline, and its variance (Sato).

    The variance holds for many small cases as for few large ones. It adds to the noise within cases what the cases'
    differences differ by, divided by the repeats: it is never too small for the suite as it is.

    Raises:
        ValueError: No case has samples in both arms.
    """
    both = [stratum for stratum in strata if stratum.weight]
    total = math.fsum(stratum.weight for stratum in both)
    if not total:
        raise ValueError("no case has scored samples in both arms")
    weighted = (
        stratum.candidate_passes * stratum.baseline - stratum.baseline_passes * stratum.candidate for stratum in both
    )
    difference = math.fsum(gain / stratum.trials for gain, stratum in zip(weighted, both, strict=True)) / total
    p = math.fsum(_sato_p(stratum) for stratum in both)
    q = math.fsum(_sato_q(stratum) for stratum in both)
    return difference, max(0.0, difference * p + q) / total**2


def _sato_p(stratum: Stratum) -> float:
    n, m = stratum.candidate, stratum.baseline
    passes = n * n * stratum.baseline_passes - m * m * stratum.candidate_passes
    return (passes + n * m * (m - n) / 2) / stratum.trials**2


def _sato_q(stratum: Stratum) -> float:
    candidate_failures = stratum.candidate - stratum.candidate_passes
    baseline_failures = stratum.baseline - stratum.baseline_passes
    crossed = stratum.candidate_passes * baseline_failures + stratum.baseline_passes * candidate_failures
    return crossed / (2 * stratum.trials)
