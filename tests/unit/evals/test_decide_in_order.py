"""Verdicts of samples that are read in order, and what of an eval's terms makes no sense."""

from typing import TYPE_CHECKING

import pytest
from tests.unit.evals.test_decide import PASS, arms, only

from dramaturg.errors import CallerError
from dramaturg.evals.statistics.calibration import Judge
from dramaturg.evals.statistics.decide import decide
from dramaturg.evals.statistics.samples import Arms, Sample
from dramaturg.evals.statistics.sequential import shuffled_pairs
from dramaturg.evals.statistics.verdict import Kind

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence


def test_sequential_scores_are_told_in_their_own_unit() -> None:
    metric = Arms(
        baseline={f"case-{number}": [60.0, 62.0] for number in range(40)},
        candidate={f"case-{number}": [30.0, 31.0] for number in range(40)},
        bounds=(0, 100),
        margin=5,
    )
    verdict = decide({"words": metric}, order=shuffled_pairs(metric.baseline, 2, seed=1))

    assert verdict.kind is Kind.WORSE
    compared = verdict.comparisons[0]
    assert compared.effect is not None
    assert -31 <= compared.effect.estimate <= -30
    assert str(compared).startswith("`words` is worse (p = 0.0")
    assert "points" not in str(compared)


def test_pairs_are_read_in_order_until_they_decide() -> None:
    metric = arms([PASS] * 40, [PASS] * 40)
    order = shuffled_pairs(metric.baseline, 5, seed=7)
    verdict = decide({"pass": metric}, order=order)

    assert verdict.kind is Kind.NO_WORSE
    assert verdict.pairs is not None
    assert verdict.pairs < 70
    asked = {
        case: [sample if (case, repeat) in order[: verdict.pairs] else None for repeat, sample in enumerate(PASS)]
        for case in metric.baseline
    }
    sooner = Arms(baseline=asked, candidate=asked)
    assert decide({"pass": sooner}, order=order).pairs == verdict.pairs
    assert decide({"pass": sooner}, order=[("case-0", 9), *order]).pairs == 0


def test_a_pair_with_an_error_is_read_and_settles_nothing() -> None:
    names = [f"case-{number}" for number in range(80)]
    whole: dict[str, Sequence[Sample]] = {name: ["pass"] for name in names}
    broken = Arms(baseline=whole, candidate=whole | {name: ["error"] for name in names[:10]})
    verdict = decide({"pass": broken}, order=[(name, 0) for name in names])

    assert verdict.kind is Kind.INCONCLUSIVE  # ten errors of eighty are more than a drop of ten points
    assert (verdict.pairs, verdict.comparisons[0].cases) == (71, 61)


def test_reading_stops_at_the_first_pair_not_asked() -> None:
    metric = Arms(baseline={"a": ["pass", "pass"]}, candidate={"a": ["pass", None]})
    verdict = decide({"pass": metric}, order=[("a", 0), ("a", 1)])

    assert verdict.pairs == 1
    assert not verdict.decided


def test_it_is_told_before_how_many_more_pairs_nothing_is_decided() -> None:
    """Nine losses in a row are red, and 61 pairs alike are green: see docs/statistics.md."""

    def soonest(read: int, *, candidate: Sample, metrics: int = 1) -> int | None:
        names = [f"case-{number:02}" for number in range(80)]
        asked: dict[str, Sequence[Sample]] = {name: ["pass"] for name in names[:read]}
        arms = Arms(baseline=asked, candidate={name: [candidate] for name in asked})
        return decide(dict.fromkeys("abc"[:metrics], arms), order=[(name, 0) for name in names]).soonest

    assert [soonest(read, candidate="fail") for read in (0, 1, 8)] == [9, 8, 1]
    assert [soonest(read, candidate="pass") for read in (1, 40, 55, 60)] == [9, 9, 6, 1]
    assert soonest(55, candidate="pass", metrics=3) == 6
    assert decide({"a": arms([PASS], [PASS])}).soonest is None


def test_every_fault_is_told_at_once() -> None:
    mixed = Arms(baseline={"a": ["pass", 0.5]}, candidate={"a": [1.5]})
    with pytest.raises(CallerError) as caught:
        decide({"m": mixed}, alpha=0.7, margin=0)

    assert str(caught.value).splitlines() == [
        "alpha is 0.7; give a level between 0 and 0.5, such as 0.05",
        "the margin is 0; give how much worse counts as no worse, such as 0.1 for 10 points",
        "metric `m` has passes and scores; make it two metrics, or score a pass as a number",
        "metric `m`, case `a`, repeat 0 of the candidate: 1.5 is outside 0.0 to 1.0",
    ]


def test_what_is_declared_of_a_metric_must_make_sense() -> None:
    scores: Mapping[str, Sequence[Sample]] = {"a": [0.5]}
    judge = Judge(passes=9, passes_agreed=9, fails=9, fails_agreed=9)
    metrics = {
        "bounds": Arms(baseline=scores, candidate=scores, bounds=(1, 0)),
        "margin": Arms(baseline=scores, candidate=scores, margin=2),
        "judge": Arms(baseline=scores, candidate=scores, judge=judge),
        "lost": Arms(baseline=scores, candidate={"a": [float("nan")]}),
    }
    with pytest.raises(CallerError) as caught:
        decide(metrics)

    told = str(caught.value).splitlines()
    assert "metric `bounds`: 1 and 0 bound nothing; give the least and the greatest score possible" in told
    assert "metric `margin`: a margin of 2 does not lie between 0 and 1.0" in told
    assert "metric `judge`: only a judge of passes and fails can be calibrated; turn its scores into passes" in told
    assert "metric `lost`, case `a`, repeat 0 of the candidate: nan is outside 0.0 to 1.0" in told


def test_nothing_that_gates_is_a_fault() -> None:
    with pytest.raises(CallerError, match="no metric gates"):
        decide({})


def test_no_limit_is_farther_than_a_rate_can_change() -> None:
    compared = only(arms([["pass"], ["pass"]], [["pass"], ["fail"]]))
    for interval in (compared.effect, compared.generalised):
        assert interval is not None
        assert (interval.low, interval.estimate, interval.high) == (-1, -0.5, 1)
