"""Our numbers against those of scipy and statsmodels, on thousands of random tables."""

import gc
import math
from collections.abc import Callable, Iterator
from functools import cache
from random import Random
from typing import Any

import pytest

from dramaturg.evals.statistics.clustered import clustered_mean
from dramaturg.evals.statistics.distributions import (
    beta_cdf,
    beta_quantile,
    normal_cdf,
    normal_quantile,
    student_cdf,
    student_quantile,
)
from dramaturg.evals.statistics.holm import adjust
from dramaturg.evals.statistics.permutation import Scores, compare_scores
from dramaturg.evals.statistics.rates import clopper_pearson, wilson
from dramaturg.evals.statistics.stratified import Stratum, compare_passes, normal_tails

np = pytest.importorskip("numpy")
scipy_stats = pytest.importorskip("scipy.stats")
multitest = pytest.importorskip("statsmodels.stats.multitest")
proportion = pytest.importorskip("statsmodels.stats.proportion")
tables = pytest.importorskip("statsmodels.stats.contingency_tables")
linear = pytest.importorskip("statsmodels.regression.linear_model")


def draws(number: int) -> Iterator[Random]:
    """Yield a source of chance for each table."""
    for seed in range(number):
        yield Random(seed)  # noqa: S311 - test data


def test_distributions_agree_with_scipy() -> None:
    chance = Random(1)  # noqa: S311 - test data
    tails = [10 ** chance.uniform(-9, -0.31) for _ in range(1000)]
    for p in [*tails, *(1 - tail for tail in tails)]:
        assert normal_quantile(p) == pytest.approx(scipy_stats.norm.ppf(p), rel=1e-10)
    a, b = (np.array([10 ** chance.uniform(-0.3, 3.5) for _ in range(1000)]) for _ in range(2))
    x = np.array([chance.random() for _ in range(1000)])
    ours = [beta_cdf(*arguments) for arguments in zip(x, a, b, strict=True)]
    assert ours == pytest.approx(scipy_stats.beta.cdf(x, a, b), abs=1e-10)
    ours = [beta_quantile(*arguments) for arguments in zip(x, a, b, strict=True)]
    assert ours == pytest.approx(scipy_stats.beta.ppf(x, a, b), abs=1e-8)
    ours = [student_quantile(p, df) for p, df in zip(tails, b + 0.5, strict=True)]
    assert ours == pytest.approx(scipy_stats.t.ppf(tails, b + 0.5), rel=1e-7)
    ours = [student_cdf(8 * t - 4, df) for t, df in zip(x, b, strict=True)]
    assert ours == pytest.approx(scipy_stats.t.cdf(8 * x - 4, b), abs=1e-10)
    assert [normal_cdf(8 * t - 4) for t in x] == pytest.approx(scipy_stats.norm.cdf(8 * x - 4), abs=1e-14)


@pytest.mark.parametrize(("ours", "method"), [(wilson, "wilson"), (clopper_pearson, "beta")])
def test_rates_agree_with_statsmodels(ours: Callable[..., Any], method: str) -> None:
    chance = Random(2)  # noqa: S311 - test data
    for _ in range(1000):
        trials = round(10 ** chance.uniform(0, 3.5))
        passes, level = chance.randint(0, trials), chance.choice([0.8, 0.9, 0.95, 0.99])
        interval = ours(passes, trials, level=level)
        low, high = proportion.proportion_confint(passes, trials, alpha=1 - level, method=method)
        assert (interval.low, interval.high) == pytest.approx((low, high), abs=1e-8)


@pytest.fixture(name="nothing_to_collect")
def _nothing_to_collect() -> Iterator[None]:
    """Keep what other tests left in memory from being looked through by each collection of garbage."""
    gc.freeze()
    yield
    gc.unfreeze()


@pytest.mark.usefixtures("nothing_to_collect")
def test_holm_agrees_with_statsmodels() -> None:
    for chance in draws(30):  # theirs collects garbage each time
        p_values = [chance.random() ** 3 for _ in range(chance.randint(1, 9))]
        ours = adjust({f"{place}": p for place, p in enumerate(p_values)})
        assert list(ours.values()) == pytest.approx(multitest.multipletests(p_values, method="holm")[1])


def strata(chance: Random) -> list[Stratum]:
    """Return a suite of up to 40 cases, with samples missing here and there."""
    found = []
    for _ in range(chance.randint(1, 40)):
        rate = chance.betavariate(2, 0.5)
        candidate, baseline = chance.randint(1, 6), chance.randint(1, 6)
        found.append(
            Stratum(
                candidate_passes=sum(chance.random() < rate for _ in range(candidate)),
                candidate=candidate,
                baseline_passes=sum(chance.random() < rate for _ in range(baseline)),
                baseline=baseline,
            )
        )
    return found


def test_cochran_mantel_haenszel_agrees_with_statsmodels() -> None:
    for chance in draws(1000):
        telling = [stratum for stratum in strata(chance) if stratum.informs]
        if not telling:
            continue
        theirs = tables.StratifiedTable(
            [
                np.array(
                    [
                        [each.candidate_passes, each.candidate - each.candidate_passes],
                        [each.baseline_passes, each.baseline - each.baseline_passes],
                    ]
                )
                for each in telling
            ]
        ).test_null_odds(correction=True)
        expected = sum(each.candidate * each.passes / each.trials for each in telling)
        observed = sum(each.candidate_passes for each in telling)
        if abs(observed - expected) < 0.5:  # their correction turns the sign there
            continue
        one_sided = min(normal_tails(telling))
        assert 2 * one_sided == pytest.approx(theirs.pvalue, rel=1e-9)


@cache
def hypergeometric(trials: int, passes: int, candidate: int) -> Any:
    """Return the probability of each number of candidate passes."""
    return scipy_stats.hypergeom.pmf(np.arange(candidate + 1), trials, passes, candidate)


def test_the_exact_test_agrees_with_convolved_hypergeometrics() -> None:
    for chance in draws(1000):
        suite = strata(chance)
        chances, observed = np.ones(1), 0
        for each in suite:
            chances = np.convolve(chances, hypergeometric(each.trials, each.passes, each.candidate))
            observed += each.candidate_passes
        tails = compare_passes(suite)
        assert tails.worse == pytest.approx(chances[: observed + 1].sum(), rel=1e-9)
        assert tails.better == pytest.approx(chances[observed:].sum(), rel=1e-9)


def test_one_case_is_fishers_exact_test() -> None:
    for chance in draws(500):
        candidate, baseline = chance.randint(1, 30), chance.randint(1, 30)
        new, old = chance.randint(0, candidate), chance.randint(0, baseline)
        ours = compare_passes(
            [Stratum(candidate_passes=new, candidate=candidate, baseline_passes=old, baseline=baseline)]
        )
        theirs = scipy_stats.fisher_exact([[new, candidate - new], [old, baseline - old]], alternative="less")
        assert ours.worse == pytest.approx(theirs.pvalue, rel=1e-9)


def test_one_case_of_scores_is_scipys_permutation_test() -> None:
    for chance in draws(50):
        new = [chance.random() for _ in range(chance.randint(2, 5))]
        old = [chance.random() for _ in range(chance.randint(2, 5))]
        theirs = scipy_stats.permutation_test(
            (new, old), lambda x, y: x.mean() - y.mean(), alternative="less", n_resamples=np.inf
        )
        ours = compare_scores([Scores(candidate=new, baseline=old)], seed=1)
        assert ours.worse == pytest.approx(theirs.pvalue)


def test_clustered_errors_agree_with_a_regression_on_nothing() -> None:
    for chance in draws(300):
        cases = {f"case-{number}": chance.gauss(0, 1) for number in range(chance.randint(4, 40))}
        sources = {case: f"source-{chance.randrange(6)}" for case in cases}
        if len(set(sources.values())) < 2:
            continue
        groups = [int(source.removeprefix("source-")) for source in sources.values()]
        theirs = linear.OLS(list(cases.values()), np.ones(len(cases))).fit(
            cov_type="cluster", cov_kwds={"groups": groups, "use_correction": False}
        )
        ours = clustered_mean(cases, sources, reach=100)
        count = len(set(groups))
        error = theirs.bse[0] * math.sqrt(count / (count - 1))
        assert ours is not None
        assert ours.estimate == pytest.approx(theirs.params[0])
        assert ours.high - ours.estimate == pytest.approx(error * scipy_stats.t.ppf(0.975, count - 1))
