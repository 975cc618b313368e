"""The gate on edits of which the truth is known: what docs/statistics.md promises, held with a seed."""

from random import Random
from statistics import mean

import pytest
from tests.benchmarks.characteristics import SEQUENTIAL, Draw, fixed_row, sequential_row, suite_draw
from tests.edits import HIGH, MIDDLE, Rates, breaks_a_tenth, lowered, performed, unchanged

from dramaturg.evals.statistics.decide import decide
from dramaturg.evals.statistics.sequential import shuffled_pairs
from dramaturg.evals.statistics.verdict import Comparison, Kind

SEQUENTIAL_ROWS = dict(SEQUENTIAL)


@pytest.mark.parametrize("edits", [250, pytest.param(1000, marks=pytest.mark.slow)])
def test_edits_that_change_nothing_are_hardly_ever_red(edits: int) -> None:
    """Edits of a suite whose cases flip by themselves in a fifth of their samples."""
    draw = suite_draw(MIDDLE, 12, 4, unchanged)
    assert fixed_row(draw, edits, seed=1)["red"] <= 0.05
    assert sequential_row(draw, edits, seed=1)["red"] <= 0.05


@pytest.mark.slow
def test_a_fixed_number_finds_what_the_usual_ways_miss() -> None:
    """At least the power that docs/statistics.md names, less two standard errors of 400 edits."""
    lower = fixed_row(suite_draw(HIGH, 40, 5, lowered(10)), 400, seed=1)
    broken = fixed_row(suite_draw(HIGH, 40, 5, breaks_a_tenth), 400, seed=1)
    assert lower["red"] >= 0.93 - 0.025
    assert lower["red"] > lower["pooled"]
    assert broken["red"] >= 0.71 - 0.045
    assert broken["red"] > max(broken["pooled"], broken["sign-flip"])


@pytest.mark.slow
def test_a_sequential_comparison_stops_early_and_stays_right() -> None:
    same, noisy = (
        sequential_row(SEQUENTIAL_ROWS[f"no change, {flips} flips each way"], 400, 1) for flips in ("2 %", "10 %")
    )
    assert same["red"] <= 0.01
    assert same["green"] >= 0.99
    assert same["pairs"] <= 79
    assert noisy["red"] <= 0.023 + 0.015
    lower, much_lower = (
        sequential_row(SEQUENTIAL_ROWS[f"-{points} points, 5 % flips besides"], 400, 1) for points in (10, 20)
    )
    assert lower["red"] >= 0.79 - 0.04
    assert lower["green"] <= 0.05
    assert much_lower["red"] >= 0.99
    assert much_lower["pairs"] <= 60


def spread(rates: Rates, repeats: int) -> Draw:
    """Return what draws samples of a suite of known rates."""
    return lambda chance: performed(rates, repeats, chance)


@pytest.mark.slow
@pytest.mark.parametrize(
    "rates",
    [
        [(1.0, 0.9)] * 40,
        [(0.55, 0.45)] * 40,
        [(0.98, 0.48)] * 8 + [(0.98, 0.98)] * 32,
        [(1.0, 0.0)] * 12 + [(0.0, 1.0)] * 8 + [(1.0, 1.0)] * 20,
    ],
)
def test_a_drop_of_the_whole_margin_is_hardly_ever_green(rates: Rates) -> None:
    """However the 10 points are spread over cases, and although pairs are drawn without being put back."""
    assert sequential_row(spread(rates, 5), 400, seed=1)["green"] <= 0.05 + 0.02


@pytest.mark.slow
@pytest.mark.parametrize(
    "rates",
    [[(0.5, 0.5)] * 40, [(1.0, 0.0)] * 8 + [(0.0, 1.0)] * 8 + [(1.0, 1.0)] * 24, [(0.9, 0.5), (0.5, 0.9)] * 20],
)
def test_what_some_cases_lose_and_others_win_is_hardly_ever_red(rates: Rates) -> None:
    assert fixed_row(spread(rates, 5), 400, seed=1)["red"] <= 0.05 + 0.02
    assert sequential_row(spread(rates, 5), 400, seed=1)["red"] <= 0.05 + 0.02


@pytest.mark.slow
@pytest.mark.parametrize("sequential", [False, True])
def test_the_detectable_drop_is_found_four_times_in_five(*, sequential: bool) -> None:
    """About: the promise is made from one run that saw no drop."""
    chance = Random(3)  # noqa: S311 - a simulation

    def compared(rates: Rates) -> Comparison:
        arms = performed(rates, 5, chance)
        order = shuffled_pairs(arms.baseline, 5, seed=chance.randrange(10**6)) if sequential else None
        return decide({"pass": arms}, order=order).comparisons[0]

    found = [compared([(0.7, 0.7)] * 40).detectable or 0.0 for _ in range(60)]
    drop = mean(found)
    red = [compared([(0.7, 0.7 - drop)] * 40).kind is Kind.WORSE for _ in range(200)]
    assert 0.72 <= mean(red) <= 0.92


@pytest.mark.slow
def test_what_deciding_costs_decides_it_four_times_in_five() -> None:
    """Suites without a change that 12 cases did not decide are decided by as many more repeats as they were told."""
    chance = Random(4)  # noqa: S311 - a simulation
    decided: list[bool] = []
    while len(decided) < 100:
        verdict = decide({"pass": performed([(0.9, 0.9)] * 12, 3, chance)})
        if verdict.price is not None:
            again = performed([(0.9, 0.9)] * 12, 3 + verdict.price.repeats, chance)
            decided.append(decide({"pass": again}).decided)
    assert mean(decided) >= 0.7
