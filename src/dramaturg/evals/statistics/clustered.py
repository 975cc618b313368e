"""Differences per case to an interval for cases like these; its one rule: cases of one source are not independent.

The gate asks about this suite. A claim about documents in general has to count the chance that brought these cases
into the suite, and cases that share a source (a customer, a document) bring less news than their number says. Source:
Miller, arXiv 2411.00640; the degrees of freedom are the number of clusters less one.
"""

import math
from collections.abc import Mapping

from dramaturg.evals.statistics.distributions import student_quantile
from dramaturg.evals.statistics.intervals import Interval
from dramaturg.evals.statistics.rates import failure_bound


def clustered_mean(
    changes: Mapping[str, float], clusters: Mapping[str, str], *, reach: float = 1.0, level: float = 0.95
) -> Interval | None:
    """Return the mean of one change per case with its clustered interval; None with fewer than two clusters.

    Clusters without any change are no proof that there are none with one: their number bounds how many, as a number of
    passes bounds the fails.

    Args:
        changes: By case.
        clusters: The source of cases that share one; a case that it does not name stands alone.
        reach: How much a case can change.
        level: Of the interval, two-sided.
    """
    sources: dict[tuple[bool, str], list[float]] = {}
    for case, change in changes.items():
        source = (True, clusters[case]) if case in clusters else (False, case)
        sources.setdefault(source, []).append(change)
    count = len(sources)
    if count < 2:  # noqa: PLR2004 - one cluster has no spread
        return None
    mean = math.fsum(changes.values()) / len(changes)
    squares = math.fsum((math.fsum(each) - len(each) * mean) ** 2 for each in sources.values())
    error = math.sqrt(squares * count / (count - 1)) / len(changes)
    still = sum(not any(each) for each in sources.values())
    hidden = reach * still / count * failure_bound(still, level=(1 + level) / 2) if still else 0.0
    half = math.hypot(error * student_quantile((1 + level) / 2, count - 1), hidden)
    return Interval(estimate=mean, low=mean - half, high=mean + half, level=level).within(reach)
