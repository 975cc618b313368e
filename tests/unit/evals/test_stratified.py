"""The test within cases, for passes and scores: what it is exactly, and what must not change it."""

import itertools
from random import Random

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from dramaturg.evals.statistics.permutation import Scores, compare_scores
from dramaturg.evals.statistics.stratified import Stratum, compare_passes, normal_tails, pooled_difference


@st.composite
def stratum(draw: st.DrawFn) -> Stratum:
    candidate, baseline = draw(st.integers(0, 6)), draw(st.integers(0, 6))
    return Stratum(
        candidate_passes=draw(st.integers(0, candidate)),
        candidate=candidate,
        baseline_passes=draw(st.integers(0, baseline)),
        baseline=baseline,
    )


suites = st.lists(stratum(), max_size=12)


def swapped(suite: list[Stratum]) -> list[Stratum]:
    """Return a suite with its arms exchanged."""
    return [
        Stratum(
            candidate_passes=each.baseline_passes,
            candidate=each.baseline,
            baseline_passes=each.candidate_passes,
            baseline=each.candidate,
        )
        for each in suite
    ]


def as_scores(suite: list[Stratum]) -> list[Scores]:
    """Return passes as scores of 1 and fails as scores of 0."""
    return [
        Scores(
            candidate=[1.0] * each.candidate_passes + [0.0] * (each.candidate - each.candidate_passes),
            baseline=[1.0] * each.baseline_passes + [0.0] * (each.baseline - each.baseline_passes),
        )
        for each in suite
    ]


@given(suites)
def test_swapped_arms_swap_the_answers(suite: list[Stratum]) -> None:
    there, back = compare_passes(suite), compare_passes(swapped(suite))
    assert (there.worse, there.better) == pytest.approx((back.better, back.worse))


@given(suites, st.randoms(use_true_random=False))
def test_the_order_of_cases_does_not_matter(suite: list[Stratum], chance: Random) -> None:
    mixed = chance.sample(suite, len(suite))
    assert compare_passes(mixed).worse == pytest.approx(compare_passes(suite).worse)


@given(suites)
def test_both_tails_hold_the_observed_outcome(suite: list[Stratum]) -> None:
    tails = compare_passes(suite)
    assert 0 < tails.worse <= 1
    assert tails.worse + tails.better >= 1 - 1e-9


@given(suites)
def test_a_case_that_is_all_alike_or_in_one_arm_only_says_nothing(suite: list[Stratum]) -> None:
    silent = [
        Stratum(candidate_passes=5, candidate=5, baseline_passes=4, baseline=4),
        Stratum(candidate_passes=0, candidate=3, baseline_passes=0, baseline=3),
        Stratum(candidate_passes=1, candidate=3, baseline_passes=0, baseline=0),
    ]
    assert compare_passes(suite + silent) == compare_passes(suite)


@given(suites, st.data())
def test_one_more_failure_of_the_candidate_never_looks_better(suite: list[Stratum], data: st.DataObject) -> None:
    places = [place for place, each in enumerate(suite) if each.candidate_passes and each.baseline]
    assume(places)
    place = data.draw(st.sampled_from(places))
    was = suite[place]
    worse = [*suite]
    worse[place] = Stratum(
        candidate_passes=was.candidate_passes - 1,
        candidate=was.candidate,
        baseline_passes=was.baseline_passes,
        baseline=was.baseline,
    )
    assert pooled_difference(worse)[0] < pooled_difference(suite)[0]
    assert compare_passes(worse).worse <= max(compare_passes(suite).worse, 0.5) + 1e-9


@given(st.lists(stratum(), max_size=5))
def test_passes_as_scores_are_the_same_test(suite: list[Stratum]) -> None:
    passes, scores = compare_passes(suite), compare_scores(as_scores(suite), seed=1)
    assert (scores.worse, scores.better) == pytest.approx((passes.worse, passes.better))


def test_many_samples_are_compared_by_the_normal_approximation() -> None:
    case = Stratum(candidate_passes=150, candidate=200, baseline_passes=160, baseline=200)
    tails = compare_passes([case] * 40)
    assert tails.method == "Cochran-Mantel-Haenszel test"
    assert (tails.worse, tails.better) == normal_tails([case] * 40)


def test_exact_and_normal_meet_where_both_are_cheap() -> None:
    case = Stratum(candidate_passes=3, candidate=5, baseline_passes=4, baseline=5)
    exact = compare_passes([case] * 10)
    assert exact.method == "exact conditional test"
    assert normal_tails([case] * 10)[0] == pytest.approx(exact.worse, rel=0.05)


def test_single_samples_are_mcnemars() -> None:
    """30 cases of one sample each, 8 lost and 2 won: the sign test of 10, and the variance of paired rates."""
    lost = Stratum(candidate_passes=0, candidate=1, baseline_passes=1, baseline=1)
    (won,) = swapped([lost])
    same = Stratum(candidate_passes=1, candidate=1, baseline_passes=1, baseline=1)
    suite = [lost] * 8 + [won] * 2 + [same] * 20
    assert compare_passes(suite).worse == pytest.approx((1 + 10 + 45) / 1024)
    difference, variance = pooled_difference(suite)
    assert difference == pytest.approx(-6 / 30)
    assert variance == pytest.approx((10 - 6**2 / 30) / 30**2)


def test_nothing_in_both_arms_has_no_difference() -> None:
    with pytest.raises(ValueError, match="no case has scored samples in both arms"):
        pooled_difference([Stratum(candidate_passes=1, candidate=1, baseline_passes=0, baseline=0)])


def test_scores_are_permuted_within_their_case() -> None:
    """By hand: every way to deal each case's scores to the arms, counted."""
    suite = [Scores(candidate=[0.2, 0.4], baseline=[0.5, 0.9]), Scores(candidate=[0.6], baseline=[0.8, 0.7])]
    ways = [
        sum(first) + sum(second)
        for first in itertools.combinations((0.2, 0.4, 0.5, 0.9), 2)
        for second in itertools.combinations((0.6, 0.8, 0.7), 1)
    ]
    tails = compare_scores(suite, seed=1)
    assert tails.method == "exact permutation test"
    assert tails.worse == pytest.approx(sum(way <= 1.2 + 1e-9 for way in ways) / len(ways))
    assert tails.better == pytest.approx(sum(way >= 1.2 - 1e-9 for way in ways) / len(ways))


def test_many_scores_are_drawn_and_the_seed_makes_them_the_same() -> None:
    chance = Random(3)  # noqa: S311 - test data
    suite = [
        Scores(candidate=[chance.gauss(0.5, 0.1)] * 2, baseline=[chance.gauss(0.55, 0.1) for _ in range(9)])
        for _ in range(30)
    ]
    first, again, other = (compare_scores(suite, seed=seed) for seed in (1, 1, 2))
    assert first == again
    assert first.worse == pytest.approx(other.worse, abs=0.02)
    assert "9,999 draws" in first.method


def test_a_case_with_many_scores_is_cut_into_blocks() -> None:
    """40 samples a side have more arrangements than could be counted, and their blocks do not."""
    chance = Random(4)  # noqa: S311 - test data
    case = Scores(candidate=[chance.gauss(0, 1) for _ in range(40)], baseline=[chance.gauss(2, 1) for _ in range(40)])
    tails = compare_scores([case], seed=1)
    assert tails.informing == 80
    assert tails.worse < 0.001
    assert tails.better > 0.99


@given(st.lists(st.tuples(st.floats(0, 1), st.floats(0, 1)), min_size=1, max_size=6), st.floats(-5, 5))
def test_a_constant_added_to_a_case_changes_nothing(pairs: list[tuple[float, float]], constant: float) -> None:
    suite = [Scores(candidate=[round(new, 3)], baseline=[round(old, 3)]) for new, old in pairs]
    moved = [Scores(candidate=[each.candidate[0] + constant], baseline=[each.baseline[0] + constant]) for each in suite]
    assert compare_scores(moved, seed=1).worse == pytest.approx(compare_scores(suite, seed=1).worse)
