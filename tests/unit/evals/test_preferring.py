"""What labelled pairs show of a judge, and what its preferences decide."""

import math
from dataclasses import replace
from random import Random

import pytest
from tests.benchmarks.preferred import EDITS, preferred_row
from tests.preferences import TASTES, Outcomes, Taste, compared

from dramaturg.errors import CallerError
from dramaturg.evals.statistics.calibration import Judge
from dramaturg.evals.statistics.decide import decide
from dramaturg.evals.statistics.preferring import PairJudge
from dramaturg.evals.statistics.samples import Arms
from dramaturg.evals.statistics.verdict import Comparison, Kind

_SHARP = PairJudge(pairs=40, agreed=36, opposed=1)


def _compared(said: list[list[int]], judge: PairJudge | None = None, **terms: float) -> Comparison:
    (comparison,) = decide({"preferred": compared(said, judge)}, **terms).comparisons  # type: ignore[arg-type]
    return comparison


def test_the_interval_is_that_of_agresti_and_min_by_hand() -> None:
    """Half a pair is added to each of the four ways in which a pair can come out: 30.5 and 2.5 of 42."""
    judge = PairJudge(pairs=40, agreed=30, opposed=2)
    agreed, opposed = 30.5 / 42, 2.5 / 42
    half = 1.959964 * math.sqrt((agreed + opposed - (agreed - opposed) ** 2) / 42)
    shown = judge.sharpness_interval
    assert (shown.low, shown.estimate, shown.high) == pytest.approx(
        (agreed - opposed - half, agreed - opposed, agreed - opposed + half)
    )


def test_the_interval_of_the_sharpness_covers_it() -> None:
    chance = Random(2)  # noqa: S311 - test data
    for taste in TASTES:
        shown = [taste.calibrated(chance).sharpness_interval for _ in range(1_000)]
        assert sum(each.low <= taste.sharpness <= each.high for each in shown) / 1_000 > 0.93


def test_a_few_labels_and_a_coin_prove_nothing() -> None:
    assert not PairJudge(pairs=0, agreed=0, opposed=0).beats_a_coin
    assert not PairJudge(pairs=5, agreed=5, opposed=0).beats_a_coin  # as a coin does one time in 32
    assert PairJudge(pairs=6, agreed=6, opposed=0).beats_a_coin
    assert not PairJudge(pairs=40, agreed=20, opposed=18).beats_a_coin
    assert not PairJudge(pairs=40, agreed=2, opposed=36).beats_a_coin


def test_preferences_are_corrected_by_what_a_judge_shows_of_them() -> None:
    said = [[-1, -1, -1, 0, 1]] * 40
    plain, corrected = _compared(said), _compared(said, _SHARP)
    assert plain.effect
    assert corrected.effect
    assert plain.effect.estimate == pytest.approx(-0.4)
    assert corrected.effect.estimate == pytest.approx(-0.4 / _SHARP.sharpness)
    assert corrected.p_worse == plain.p_worse  # a judge that errs alike for both arms needs no correction there
    assert corrected.effect.high - corrected.effect.low > plain.effect.high - plain.effect.low


def test_pairs_that_are_all_ties_are_green_as_soon_as_a_loss_in_ten_would_have_shown() -> None:
    assert 0.9**29 < 0.05 < 0.9**28
    assert _compared([[0]] * 28).kind is Kind.INCONCLUSIVE
    assert _compared([[0]] * 29).kind is Kind.NO_WORSE


def test_pairs_without_a_verdict_may_hide_losses() -> None:
    arms = compared([[0] * 5] * 40)
    for cases in (arms.baseline, arms.candidate):
        for samples in [*cases.values()][:25]:
            samples[0] = "unscored"  # type: ignore[index]
    (open_ones,) = decide({"preferred": arms}).comparisons
    assert open_ones.kind is Kind.INCONCLUSIVE
    assert open_ones.obstacle == "25 of 200 pairs have no verdict; losses among them could be a drop"
    (wide,) = decide({"preferred": arms}, margin=0.2).comparisons
    assert wide.kind is Kind.NO_WORSE


def test_a_case_of_which_the_judge_can_say_nothing_is_not_one_that_it_is_not_asked_about() -> None:
    arms = compared([[0] * 5] * 40)
    for cases in (arms.baseline, arms.candidate):
        for samples in [*cases.values()][:8]:
            samples[:] = ["unscored"] * 5  # type: ignore[index]
    assert decide({"preferred": arms}).comparisons[0].kind is Kind.NO_WORSE
    (open_ones,) = decide({"preferred": replace(arms, applies=frozenset(arms.baseline))}).comparisons
    assert open_ones.kind is Kind.INCONCLUSIVE
    assert open_ones.obstacle == "40 of 200 pairs have no verdict; losses among them could be a drop"


def test_a_judge_of_passes_says_nothing_of_preferences_and_the_reverse() -> None:
    judge = Judge(passes=20, passes_agreed=19, fails=20, fails_agreed=19)
    pairs = Arms(baseline={"a": [1.0]}, candidate={"a": [0.0]}, preferred=True, judge=judge)
    passes = Arms(baseline={"a": ["pass"]}, candidate={"a": ["fail"]}, judge=_SHARP)
    with pytest.raises(CallerError, match="a judge of passes says nothing about its samples") as refused:
        decide({"preferred": pairs})
    assert "a preference is of a pair; say that its arms are paired" in str(refused.value)
    with pytest.raises(CallerError, match="a judge of pairs says nothing about its samples"):
        decide({"good": passes})


@pytest.mark.parametrize(
    ("name", "outcomes"),
    [pytest.param(*each, id=each[0], marks=[pytest.mark.slow] * ("most" in each[0])) for each in EDITS],
)
def test_what_errs_is_red_and_green_no_more_often_than_it_says(name: str, outcomes: Outcomes) -> None:
    """Within three standard errors of some 150 simulated edits; the margin is what is lost where something is."""
    taste = Taste(agreed=0.7, opposed=0.1, decided=0.3, labels=40)
    for sequential in (False, True):
        row = preferred_row(outcomes, taste, 150, 7, sequential=sequential)
        wrong = row["red"] if name.startswith("none") else row["green"]
        assert wrong / row["decided"] <= 0.05 + 3 * math.sqrt(0.05 * 0.95 / row["decided"])
