"""Rates: what is known by heart, and what must hold for all of them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dramaturg.evals.statistics.rates import clopper_pearson, failure_bound, rate_interval, wilson

counts = st.integers(1, 400).flatmap(lambda trials: st.tuples(st.integers(0, trials), st.just(trials)))


def test_twenty_passes_allow_a_failure_rate_of_14_percent() -> None:
    assert failure_bound(20) == pytest.approx(0.139, abs=5e-4)
    assert failure_bound(1000) == pytest.approx(3 / 1000, rel=5e-3)
    assert failure_bound(20) == pytest.approx(1 - clopper_pearson(20, 20, level=0.9).low)


def test_few_trials_and_extremes_are_exact() -> None:
    assert rate_interval(7, 10) == clopper_pearson(7, 10)
    assert rate_interval(500, 500) == clopper_pearson(500, 500)
    assert rate_interval(400, 500) == wilson(400, 500)


@given(counts)
def test_an_interval_holds_its_rate_and_stays_within_0_and_1(count: tuple[int, int]) -> None:
    for interval in (wilson(*count), clopper_pearson(*count)):
        assert 0 <= interval.low <= interval.estimate <= interval.high <= 1


@given(counts)
def test_passes_and_fails_mirror_each_other(count: tuple[int, int]) -> None:
    passes, trials = count
    for method in (wilson, clopper_pearson):
        one, other = method(passes, trials), method(trials - passes, trials)
        assert (one.low, one.high) == pytest.approx((1 - other.high, 1 - other.low), abs=1e-9)


@given(counts)
def test_one_more_pass_moves_both_limits_up(count: tuple[int, int]) -> None:
    passes, trials = count
    for method in (wilson, clopper_pearson):
        fewer, more = method(passes, trials + 1), method(passes + 1, trials + 1)
        assert fewer.low <= more.low
        assert fewer.high <= more.high


@pytest.mark.parametrize("method", [wilson, clopper_pearson])
@pytest.mark.parametrize("count", [(0, 0), (3, 2), (-1, 5)])
def test_impossible_counts_have_no_rate(method: object, count: tuple[int, int]) -> None:
    assert callable(method)
    with pytest.raises(ValueError, match="have no rate"):
        method(*count)


@pytest.mark.parametrize("rate", [0.02, 0.2, 0.5, 0.9, 0.99])
@pytest.mark.parametrize("trials", [5, 20, 39])
def test_the_exact_interval_covers_what_it_says(rate: float, trials: int) -> None:
    """Summed over all outcomes, not simulated."""
    covered = 0.0
    probability = (1 - rate) ** trials
    for passes in range(trials + 1):
        interval = rate_interval(passes, trials, level=0.9)
        covered += probability * (interval.low <= rate <= interval.high)
        probability *= (trials - passes) / (passes + 1) * rate / (1 - rate)
    assert covered >= 0.9
