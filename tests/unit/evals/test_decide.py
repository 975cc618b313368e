"""Verdicts from samples: what is decided, what is counted, and what keeps a comparison from being decided."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dramaturg.evals.statistics.calibration import Judge
from dramaturg.evals.statistics.decide import decide
from dramaturg.evals.statistics.samples import Arms, Sample
from dramaturg.evals.statistics.sequential import shuffled_pairs
from dramaturg.evals.statistics.verdict import Comparison, Kind


def arms(baseline: Sequence[Sequence[Sample]], candidate: Sequence[Sequence[Sample]]) -> Arms:
    """Return a metric whose cases are numbered."""
    return Arms(
        baseline={f"case-{number}": samples for number, samples in enumerate(baseline)},
        candidate={f"case-{number}": samples for number, samples in enumerate(candidate)},
    )


def only(metric: Arms, **terms: float) -> Comparison:
    """Return the comparison of the only metric."""
    verdict = decide({"pass": metric}, margin=terms.get("margin", 0.1))
    assert verdict.kind is verdict.comparisons[0].kind
    return verdict.comparisons[0]


PASS: list[Sample] = ["pass"] * 5
FAIL: list[Sample] = ["fail"] * 5


def test_a_case_that_always_passed_and_now_always_fails_is_red() -> None:
    compared = only(arms([PASS] * 20, [PASS] * 18 + [FAIL] * 2))

    assert compared.kind is Kind.WORSE
    assert compared.p_worse == pytest.approx((1 / 252) ** 2)
    assert compared.effect is not None
    assert compared.effect.estimate == pytest.approx(-0.1)
    assert compared.informing == 20


def test_what_fails_in_both_arms_is_no_news() -> None:
    compared = only(arms([PASS] * 30 + [FAIL] * 10, [PASS] * 30 + [FAIL] * 10))
    assert compared.kind is Kind.NO_WORSE
    assert str(compared).startswith("`pass` is no more than 10 points worse (p < 0.0001): +0.0 points, 90% interval")


def test_mended_cases_are_better() -> None:
    compared = only(arms([PASS] * 18 + [FAIL] * 2, [PASS] * 20))
    assert compared.kind is Kind.BETTER
    assert str(compared) == "`pass` is better (p < 0.0001): +10.0 points, 90% interval +2.9 to +16.6"


@pytest.mark.parametrize(("cases", "kind"), [(28, Kind.INCONCLUSIVE), (29, Kind.NO_WORSE)])
def test_passes_alone_say_no_more_than_their_number(cases: int, kind: Kind) -> None:
    """An all-pass suite of 28 still allows a failure rate of 10.1 %."""
    compared = only(arms([["pass"]] * cases, [["pass"]] * cases))

    assert compared.kind is kind
    assert compared.candidate.failure_bound == pytest.approx(1 - 0.05 ** (1 / cases))


def test_one_case_decides_nothing_and_says_what_would() -> None:
    verdict = decide({"pass": arms([["pass"]], [["pass"]])}, cost_per_sample=0.05)

    assert verdict.kind is Kind.INCONCLUSIVE
    assert verdict.price is not None
    assert (verdict.price.repeats, verdict.price.pairs) == (28, 28)
    assert verdict.price.cost == pytest.approx(2.80)
    assert "28 more repeats, about $2.80" in str(verdict)


@pytest.mark.parametrize("broken", ["baseline", "candidate"])
def test_half_errors_are_no_verdict_on_the_persona(broken: str) -> None:
    lost: list[list[Sample]] = [["pass", "pass", "error", "error"]] * 40
    whole: list[list[Sample]] = [["pass"] * 4] * 40
    compared = only(arms(lost, whole) if broken == "baseline" else arms(whole, lost))

    assert compared.kind is Kind.INFRASTRUCTURE
    assert f"80 of 160 samples of the {broken} are errors" in str(compared)


def test_an_eval_that_only_errs_is_not_green() -> None:
    assert only(arms([["error"] * 5] * 10, [["error"] * 5] * 10)).kind is Kind.INFRASTRUCTURE


def test_errors_are_not_fails() -> None:
    compared = only(arms([PASS] * 40, [[*PASS[1:], "error"]] * 4 + [PASS] * 36))

    assert compared.kind is Kind.NO_WORSE
    assert (compared.candidate.passed, compared.candidate.failed, compared.candidate.errors) == (196, 0, 4)
    assert compared.candidate.asked == 200


def test_fails_that_hide_among_the_missing_are_not_green() -> None:
    compared = only(arms([PASS] * 40, [[*PASS[1:], "unscored"]] * 40))

    assert compared.kind is Kind.INCONCLUSIVE
    assert "40 samples of the candidate have no value, against 0 of the baseline" in str(compared)


def test_a_scorer_that_does_not_apply_to_a_case_hides_nothing() -> None:
    silent: list[Sample] = ["unscored"] * 5
    compared = only(arms([PASS] * 40 + [silent] * 60, [PASS] * 40 + [silent] * 60))

    assert compared.kind is Kind.NO_WORSE
    assert (compared.cases, compared.candidate.unscored, compared.candidate.missing) == (40, 300, 0)


@pytest.mark.parametrize("nothing", [[], [[]], [["unscored"]], [[None, None]]])
def test_nothing_asked_decides_nothing(nothing: list[list[Sample]]) -> None:
    verdict = decide({"pass": arms(nothing, nothing)})

    assert verdict.kind is Kind.INCONCLUSIVE
    assert verdict.price is None
    assert "no case has a value in both arms" in str(verdict)


def test_red_needs_one_metric_and_green_all() -> None:
    same, worse, few = arms([PASS] * 40, [PASS] * 40), arms([PASS] * 40, [FAIL] * 40), arms([PASS], [PASS])

    assert decide({"a": same, "b": same}).kind is Kind.NO_WORSE
    assert decide({"a": same, "b": worse}).kind is Kind.WORSE
    assert decide({"a": same, "b": few}).kind is Kind.INCONCLUSIVE
    assert [each.kind for each in decide({"a": same, "b": few}).comparisons] == [Kind.NO_WORSE, Kind.INCONCLUSIVE]


def test_a_metric_that_does_not_gate_is_told_and_decides_nothing() -> None:
    same = arms([PASS] * 40, [PASS] * 40)
    watched = Arms(baseline=same.baseline, candidate=dict.fromkeys(same.candidate, FAIL), gates=False)
    verdict = decide({"a": same, "b": watched})

    assert verdict.kind is Kind.NO_WORSE
    assert verdict.comparisons[1].kind is Kind.WORSE


def test_scores_are_compared_within_their_case() -> None:
    baseline: list[list[Sample]] = [[number / 40, number / 40 + 0.02] for number in range(39)]
    lower: list[list[Sample]] = [[0.9 * float(score or 0) for score in scores] for scores in baseline]
    compared = only(arms(baseline, lower))

    assert compared.kind is Kind.WORSE
    assert compared.scored
    assert "permutation" in compared.method


def test_a_judge_that_nobody_can_trust_decides_nothing() -> None:
    red = arms([PASS] * 40, [FAIL] * 40)
    dull = Judge(passes=10, passes_agreed=6, fails=10, fails_agreed=5)
    sharp = Judge(passes=50, passes_agreed=48, fails=50, fails_agreed=45)

    for judge, kind in ((dull, Kind.INCONCLUSIVE), (sharp, Kind.WORSE)):
        judged = Arms(baseline=red.baseline, candidate=red.candidate, judge=judge)
        assert decide({"clear": judged}).kind is kind


def test_what_both_arms_share_is_no_noise_where_repeats_belong_together() -> None:
    """Half of the repeats fail in both arms alike; five more fail in the candidate only."""
    both: list[Sample] = ["pass", "fail", "pass", "fail", "pass", "fail"]
    lost: list[Sample] = ["fail", *both[1:]]
    apart = arms([both] * 10, [lost] * 5 + [both] * 5)

    assert only(apart).kind is Kind.INCONCLUSIVE
    together = only(replace(apart, paired=True))
    assert together.kind is Kind.WORSE
    assert together.p_worse == pytest.approx(1 / 2**5)
    assert together.method == "exact conditional test within pairs"


def test_repeats_without_their_counterpart_are_left_out_of_pairs() -> None:
    metric = Arms(baseline={"a": ["pass", "error", "pass"]}, candidate={"a": ["fail", "fail"], "b": []}, paired=True)
    assert only(metric).informing == 2


def test_a_judge_widens_what_it_has_to_show() -> None:
    """The same samples without a difference: what a dull judge says of them is less."""
    same = arms([PASS] * 20, [PASS] * 20)
    order = shuffled_pairs(same.baseline, 5, seed=1)
    judge = Judge(passes=60, passes_agreed=50, fails=60, fails_agreed=45)
    judged = replace(same, judge=judge)

    direct, through = (decide({"clear": metric}).comparisons[0] for metric in (same, judged))
    assert direct.effect is not None
    assert through.effect is not None
    assert through.effect.low == pytest.approx(direct.effect.low / judge.sharpness)
    assert (direct.candidate.mean, through.candidate.mean) == (1, 1)
    assert decide({"clear": same}, order=order).decided
    assert not decide({"clear": judged}, order=order).decided


def test_several_metrics_share_one_false_alarm() -> None:
    """A p value of 0.03 is red alone, and not among three."""
    worse = arms([PASS[:1]] * 5 + [PASS] * 40, [FAIL[:1]] * 5 + [PASS] * 40)
    same = arms([PASS] * 40, [PASS] * 40)

    assert decide({"a": worse}).kind is Kind.WORSE
    assert decide({"a": worse, "b": same, "c": same}).comparisons[0].p_worse == pytest.approx(3 / 2**5)
    assert decide({"a": worse, "b": replace(same, gates=False)}).comparisons[0].p_worse == pytest.approx(1 / 2**5)


samples = st.lists(st.sampled_from(["pass", "fail", "error", "unscored", None]), max_size=4)
suites = st.dictionaries(st.sampled_from("abcdefgh"), st.tuples(samples, samples), max_size=8)


@pytest.mark.parametrize("paired", [False, True])
@given(suite=suites)
def test_swapped_arms_turn_worse_into_better(
    suite: Mapping[str, tuple[list[Sample], list[Sample]]], *, paired: bool
) -> None:
    there = Arms(
        baseline={case: old for case, (old, _) in suite.items()},
        candidate={case: new for case, (_, new) in suite.items()},
        paired=paired,
    )
    back = replace(there, baseline=there.candidate, candidate=there.baseline)
    one, other = (decide({"pass": metric}).comparisons[0] for metric in (there, back))

    assert (one.p_worse, one.p_better) == pytest.approx((other.p_better, other.p_worse))
    if one.kind is Kind.WORSE:
        assert other.kind is Kind.BETTER or other.obstacle
    if one.kind is Kind.INFRASTRUCTURE:
        assert other.kind is Kind.INFRASTRUCTURE
    assert one.candidate == other.baseline
    asked = sum(sample is not None for case in suite.values() for arm in case for sample in arm)
    assert one.candidate.asked + one.baseline.asked == asked


@given(suites, st.randoms(use_true_random=False))
def test_the_order_of_cases_does_not_matter(
    suite: Mapping[str, tuple[list[Sample], list[Sample]]], chance: Random
) -> None:
    mixed = chance.sample(sorted(suite), len(suite))
    one, other = (
        decide(
            {
                "pass": Arms(
                    baseline={case: suite[case][0] for case in cases},
                    candidate={case: suite[case][1] for case in cases},
                )
            }
        )
        for cases in (suite, mixed)
    )
    assert one == other
