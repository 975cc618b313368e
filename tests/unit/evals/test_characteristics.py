"""The gate on edits of which the truth is known: what docs/statistics.md promises, held with a seed."""

import pytest
from tests.benchmarks.characteristics import SEQUENTIAL, fixed_row, sequential_row, suite_draw
from tests.edits import HIGH, MIDDLE, breaks_a_tenth, lowered, unchanged

SEQUENTIAL_ROWS = dict(SEQUENTIAL)


def test_edits_that_change_nothing_are_hardly_ever_red() -> None:
    """1,000 edits of a suite whose cases flip by themselves in a fifth of their samples."""
    draw = suite_draw(MIDDLE, 12, 4, unchanged)
    assert fixed_row(draw, 1000, seed=1)["red"] <= 0.05
    assert sequential_row(draw, 1000, seed=1)["red"] <= 0.05


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
