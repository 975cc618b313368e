"""Intervals for cases like these: what cases share, and what cases without a change do not prove."""

import pytest

from dramaturg.evals.statistics.clustered import clustered_mean
from dramaturg.evals.statistics.rates import failure_bound

CHANGES = {"a": -0.4, "b": -0.2, "c": 0.2, "d": 0.1}


def width(clusters: dict[str, str]) -> float:
    """Return how wide the interval of the four changes is."""
    interval = clustered_mean(CHANGES, clusters, reach=2)
    assert interval is not None
    return interval.high - interval.low


def test_cases_of_one_source_bring_less_news() -> None:
    assert width({"a": "first", "b": "first", "c": "second", "d": "second"}) > width({})


def test_a_source_is_not_a_case_of_the_same_name() -> None:
    assert width({"a": "c"}) == pytest.approx(width({}))


@pytest.mark.parametrize("changes", [{}, {"a": 0.5}, {"a": 0.5, "b": 0.1}])
def test_one_source_has_no_spread(changes: dict[str, float]) -> None:
    assert clustered_mean(changes, dict.fromkeys(changes, "the same")) is None


def test_twenty_cases_without_a_change_may_hide_one_in_seven_with_one() -> None:
    interval = clustered_mean({f"case-{number}": 0.0 for number in range(20)}, {}, level=0.9)
    assert interval is not None
    assert interval.high == -interval.low == pytest.approx(failure_bound(20))
