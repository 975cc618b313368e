"""How much a suite changed, how sure that is, and what would make it surer."""

from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dramaturg.evals.statistics.effects import Effect, passes_effect, scores_effect
from dramaturg.evals.statistics.power import Price, detectable_by_betting, detectable_drop, repeats_to_decide
from dramaturg.evals.statistics.samples import Case

bits = st.lists(st.sampled_from([0.0, 1.0]), min_size=1, max_size=5).map(tuple)
passes = st.lists(st.builds(Case, name=st.just("case"), candidate=bits, baseline=bits), min_size=1, max_size=10)
some = st.lists(st.floats(0, 1), min_size=1, max_size=4).map(tuple)
scores = st.lists(st.builds(Case, name=st.just("case"), candidate=some, baseline=some), min_size=1, max_size=10)


def alike(cases: int, repeats: int) -> Effect:
    """Return the effect of a suite in which everything passed."""
    return passes_effect([Case(name="case", candidate=(1.0,) * repeats, baseline=(1.0,) * repeats)] * cases)


def effects(suite: list[Case]) -> list[Effect]:
    """Return a suite's effect as passes, where it is one, and as scores."""
    found = [scores_effect(suite, (0.0, 1.0))]
    if all(value in (0.0, 1.0) for case in suite for value in (*case.candidate, *case.baseline)):
        found.append(passes_effect(suite))
    return found


@given(st.one_of(passes, scores))
def test_swapped_arms_turn_the_interval_round(suite: list[Case]) -> None:
    turned = [Case(name=case.name, candidate=case.baseline, baseline=case.candidate) for case in suite]
    for there, back in zip(effects(suite), effects(turned), strict=True):
        one, other = there.interval(0.05), back.interval(0.05)
        assert one.low <= one.estimate <= one.high
        assert (one.estimate, one.low, one.high) == pytest.approx((-other.estimate, -other.high, -other.low))


@given(st.one_of(passes, scores), st.randoms(use_true_random=False))
def test_the_order_of_cases_does_not_matter(suite: list[Case], chance: Random) -> None:
    for one, other in zip(effects(suite), effects(chance.sample(suite, len(suite))), strict=True):
        assert one.lower(0.05) == pytest.approx(other.lower(0.05))


@given(st.one_of(passes, scores))
def test_limits_widen_with_certainty_and_narrow_with_samples(suite: list[Case]) -> None:
    for effect in effects(suite):
        assert effect.lower(0.01) <= effect.lower(0.05) <= effect.lower(0.2)
        assert effect.repeated(2).lower(0.05) >= effect.lower(0.05) - 1e-9


@given(st.one_of(passes, scores), st.floats(0.01, 0.9))
def test_the_p_value_is_where_the_limit_meets_the_margin(suite: list[Case], margin: float) -> None:
    for effect in effects(suite):
        p = effect.p_no_worse(margin)
        assert 0 < p <= 1
        assert (p <= 0.05) == (effect.lower(0.05) > -margin) or p == pytest.approx(0.05, abs=1e-6)


@pytest.mark.parametrize("trials", [1, 5, 29, 200])
def test_passes_alone_have_the_limits_of_their_number(trials: int) -> None:
    assert alike(trials, 1).lower(0.05) == pytest.approx(0.05 ** (1 / trials) - 1)
    assert alike(1, trials).upper(0.05) == pytest.approx(1 - 0.05 ** (1 / trials))


def test_a_rare_fall_of_scores_is_not_taken_for_certain_not_to_come() -> None:
    """Ten cases that score 1 give or take nothing do not show that one in ten does not score 0."""
    suite = [Case(name="case", candidate=(1.0 - number / 10**6,), baseline=(1.0,)) for number in range(10)]
    assert scores_effect(suite, (0.0, 1.0)).lower(0.05) < -0.1


def green_rate(rates: list[tuple[float, float]], repeats: int, edits: int) -> float:
    """Return how often a suite is called no worse by 10 points."""
    chance, green = Random(6), 0  # noqa: S311 - test data
    for _ in range(edits):
        suite = [
            Case(
                name="case",
                candidate=tuple(float(chance.random() < after) for _ in range(repeats)),
                baseline=tuple(float(chance.random() < before) for _ in range(repeats)),
            )
            for before, after in rates
        ]
        green += passes_effect(suite).lower(0.05) > -0.1
    return green / edits


@pytest.mark.parametrize(
    ("rates", "repeats"),
    [
        ([(1.0, 0.9)] * 40, 5),
        ([(0.55, 0.45)] * 20, 5),
        ([(1.0, 0.8)] * 20 + [(1.0, 1.0)] * 20, 1),
        ([(0.98, 0.48)] * 4 + [(0.98, 0.98)] * 16, 3),
        ([(1.0, 0.0)] * 6 + [(0.0, 1.0)] * 4 + [(1.0, 1.0)] * 10, 2),
    ],
)
def test_a_drop_of_the_whole_margin_is_hardly_ever_green(rates: list[tuple[float, float]], repeats: int) -> None:
    """However the 10 points are spread over cases; 500 edits, so that 5 % may come out as 7 %."""
    assert green_rate(rates, repeats, 500) <= 0.07


def test_a_duller_judge_makes_the_same_change_larger_and_less_certain() -> None:
    seen = passes_effect([Case(name="case", candidate=(1.0, 0.0), baseline=(1.0, 1.0))] * 20)
    true = seen.magnified(0.5, 0.01)
    assert true.estimate == 2 * seen.estimate
    assert true.estimate - true.lower(0.05) > 2 * (seen.estimate - seen.lower(0.05))


def test_a_drop_is_found_sooner_with_more_samples_and_later_by_betting() -> None:
    few, many = (detectable_drop(alike(cases, 5), 5 * cases, 0.05) for cases in (20, 40))
    assert many < few < detectable_by_betting(alike(20, 5), 100, 0.05)
    assert detectable_drop(alike(1, 1), 1, 0.05) == 1


def test_one_more_repeat_decides_where_nine_passes_are_missing() -> None:
    assert repeats_to_decide(alike(20, 1), 1, 0.1, 0.05) == 1
    assert repeats_to_decide(alike(1, 1), 1, 0.1, 0.05) == 28


def test_what_a_thousand_repeats_do_not_decide_has_no_price() -> None:
    assert repeats_to_decide(alike(1, 1), 1, 0.001, 0.05) is None


def test_a_price_reads_as_a_person_would_say_it() -> None:
    assert str(Price(repeats=1, pairs=40, cost=None)) == "1 more repeat"
    assert str(Price(repeats=3, pairs=120, cost=1.2)) == "3 more repeats, about $1.20"
