"""A judge's rates, corrected by what people said."""

from random import Random

import pytest
from tests.benchmarks.judged import NOISES, Noise, coverage, gate_row
from tests.edits import MIDDLE, lowered, unchanged

from dramaturg.evals.statistics.calibration import Judge, corrected_rate
from dramaturg.evals.statistics.rates import wilson


def test_a_rate_is_corrected_by_hand() -> None:
    """Lee et al., arXiv 2511.21140: 40 % passed by a judge of specificity 0.7 and sensitivity 0.9 are 1 in 6."""
    judge = Judge(passes=200, passes_agreed=180, fails=200, fails_agreed=140)
    corrected = corrected_rate(400, 1000, judge)
    assert corrected.estimate == pytest.approx((0.4 + 0.7 - 1) / 0.6)
    assert (corrected.low, corrected.high) == pytest.approx((0.05635, 0.26273), abs=5e-5)


def test_a_perfect_judge_with_many_labels_corrects_nothing() -> None:
    judge = Judge(passes=10**7, passes_agreed=10**7, fails=10**7, fails_agreed=10**7)
    corrected, plain = corrected_rate(70, 100, judge), wilson(70, 100)
    assert corrected.estimate == 0.7
    assert (corrected.low, corrected.high) == pytest.approx((plain.low, plain.high), abs=0.01)


def test_fewer_labels_leave_more_open() -> None:
    few, many = (Judge(passes=n, passes_agreed=9 * n // 10, fails=n, fails_agreed=9 * n // 10) for n in (10, 1000))
    wide, narrow = corrected_rate(60, 100, few), corrected_rate(60, 100, many)
    assert wide.low < narrow.low < narrow.high < wide.high


def test_the_interval_covers_the_true_rate() -> None:
    chance = Random(5)  # noqa: S311 - test data
    true, sensitivity, specificity, covered = 0.75, 0.9, 0.8, 0
    for _ in range(400):
        passes = sum(chance.random() < sensitivity for _ in range(40))
        fails = sum(chance.random() < specificity for _ in range(40))
        shown = sum(chance.random() < (sensitivity if chance.random() < true else 1 - specificity) for _ in range(200))
        interval = corrected_rate(shown, 200, Judge(passes=40, passes_agreed=passes, fails=40, fails_agreed=fails))
        covered += interval.low <= true <= interval.high
    assert covered / 400 > 0.93


def test_a_judge_is_trusted_only_where_labels_show_it() -> None:
    assert not Judge(passes=0, passes_agreed=0, fails=0, fails_agreed=0).surely_sharper_than_chance(0.05)
    assert not Judge(passes=3, passes_agreed=3, fails=3, fails_agreed=2).surely_sharper_than_chance(0.05)
    assert Judge(passes=30, passes_agreed=27, fails=30, fails_agreed=24).surely_sharper_than_chance(0.05)


def test_the_labels_of_one_side_only_say_nothing_of_the_other() -> None:
    judge = Judge(passes=50, passes_agreed=50, fails=0, fails_agreed=0)
    assert judge.specificity == 0.5
    corrected = corrected_rate(80, 100, judge)
    assert corrected.high - corrected.low > 0.6


@pytest.mark.parametrize(("passes", "trials", "agreed"), [(0, 0, 9), (3, 2, 9), (1, 2, 1)])
def test_nothing_and_noise_are_not_corrected(passes: int, trials: int, agreed: int) -> None:
    with pytest.raises(ValueError, match=r"have no rate|no better than chance"):
        corrected_rate(passes, trials, Judge(passes=10, passes_agreed=agreed, fails=10, fails_agreed=agreed))


def test_a_coin_and_no_labels_do_not_beat_a_coin() -> None:
    assert not Judge(passes=20, passes_agreed=12, fails=20, fails_agreed=12).beats_a_coin
    nobody = Judge(passes=0, passes_agreed=0, fails=0, fails_agreed=0)
    assert (nobody.sensitivity_interval.low, nobody.sensitivity_interval.high) == (0, 1)
    assert not nobody.beats_a_coin


@pytest.mark.parametrize("noise", NOISES, ids=str)
@pytest.mark.parametrize("true", [0.02, 0.5, 0.9])
def test_a_corrected_interval_holds_what_people_would_say(noise: Noise, true: float) -> None:
    """Within three standard errors of 500 simulated evals."""
    corrected, _ = coverage(true, noise, 60, 500, seed=3)
    assert corrected >= 0.95 - 0.03


@pytest.mark.parametrize("edits", [100, pytest.param(400, marks=pytest.mark.slow)])
def test_a_noisy_judge_makes_no_false_alarms_and_hides_no_drop_of_the_margin(edits: int) -> None:
    noise = Noise(sensitivity=0.9, specificity=0.8, labels=20)
    for sequential in (False, True):
        same = gate_row(MIDDLE, unchanged, noise, edits, 1, sequential=sequential)
        lower = gate_row(MIDDLE, lowered(10), noise, edits, 1, sequential=sequential)
        assert same["red"] <= 0.05 * same["decided"]
        assert lower["green"] <= 0.05 * lower["decided"]
        assert same["held"] >= 0.9 * same["decided"]
