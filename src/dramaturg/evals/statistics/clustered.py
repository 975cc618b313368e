"""Differences per case to an interval for cases like these; its one rule: cases of one source are not independent.

The gate asks about this suite. A claim about documents in general has to count the chance that brought these cases
into the suite, and cases that share a source (a customer, a document) bring less news than their number says. Source:
Miller, arXiv 2411.00640; the degrees of freedom are the number of clusters less one.
"""

import math
from collections.abc import Mapping

from dramaturg.evals.statistics.distributions import student_quantile
from dramaturg.evals.statistics.intervals import Interval


def clustered_mean(values: Mapping[str, float], clusters: Mapping[str, str], *, level: float = 0.95) -> Interval | None:
    """Return the mean of one value per case with its clustered interval; None where fewer than two clusters are there.

    `clusters` names the source of cases that share one; a case that it does not name stands alone.
    """
    sums: dict[tuple[bool, str], float] = {}
    mean = math.fsum(values.values()) / len(values) if values else 0.0
    for case, value in values.items():
        cluster = (True, clusters[case]) if case in clusters else (False, case)
        sums[cluster] = sums.get(cluster, 0.0) + value - mean
    count = len(sums)
    if count < 2:  # noqa: PLR2004 - one cluster has no spread
        return None
    squares = math.fsum(total * total for total in sums.values())
    error = math.sqrt(squares * count / (count - 1)) / len(values)
    half = error * student_quantile((1 + level) / 2, count - 1)
    return Interval(estimate=mean, low=mean - half, high=mean + half, level=level)
