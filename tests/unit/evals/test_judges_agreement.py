"""What labels show of judges, and tests of preferences, held against statsmodels and scipy."""

from random import Random

import pytest

from dramaturg.evals.statistics.calibration import Judge, corrected_rate
from dramaturg.evals.statistics.decide import decide
from dramaturg.evals.statistics.preferring import PairJudge
from dramaturg.evals.statistics.samples import Arms, Sample

np = pytest.importorskip("numpy")
stats = pytest.importorskip("scipy.stats")
proportion = pytest.importorskip("statsmodels.stats.proportion")


def test_what_labels_show_agrees_with_statsmodels() -> None:
    judge = Judge(passes=21, passes_agreed=19, fails=24, fails_agreed=18)
    assert (judge.sensitivity_interval.low, judge.sensitivity_interval.high) == pytest.approx(
        proportion.proportion_confint(19, 21, method="beta")
    )
    assert (judge.specificity_interval.low, judge.specificity_interval.high) == pytest.approx(
        proportion.proportion_confint(18, 24, method="beta")
    )
    low, high = proportion.confint_proportions_2indep(19, 21, 6, 24, method="agresti-caffo", compare="diff")
    shown = judge.sharpness_interval
    assert (shown.low, shown.high) == pytest.approx((low, high))
    assert judge.beats_a_coin


def test_the_spread_of_a_corrected_rate_is_that_of_the_delta_method() -> None:
    """With many samples the published limits are the estimate and 1.96 standard errors, derived here numerically."""
    judge = Judge(passes=4_000, passes_agreed=3_600, fails=4_000, fails_agreed=3_000)

    def true(shown: float, sensitivity: float, specificity: float) -> float:
        return (shown + specificity - 1) / (sensitivity + specificity - 1)

    at, counts = (0.6, 0.9, 0.75), (10_000, 4_000, 4_000)
    variance = 0.0
    for place, (value, count) in enumerate(zip(at, counts, strict=True)):
        above, below = (tuple(each + step * (at.index(each) == place) for each in at) for step in (1e-6, -1e-6))
        slope = (true(*above) - true(*below)) / 2e-6
        variance += slope**2 * value * (1 - value) / count
    corrected = corrected_rate(6_000, 10_000, judge)
    half = stats.norm.ppf(0.975) * variance**0.5
    assert (corrected.low, corrected.high) == pytest.approx((true(*at) - half, true(*at) + half), abs=4e-4)


def test_preferences_are_tested_by_exchanging_signs_as_scipy_does() -> None:
    chance = Random(4)  # noqa: S311 - test data
    values = {f"case {at}": [chance.choice((0.0, 0.0, 0.5, 1.0)) for _ in range(3)] for at in range(4)}
    candidate: dict[str, list[Sample]] = {name: [*each] for name, each in values.items()}
    baseline: dict[str, list[Sample]] = {name: [1 - value for value in each] for name, each in values.items()}
    (compared,) = decide({"safer": Arms(baseline=baseline, candidate=candidate, paired=True)}).comparisons
    flat = np.array([value for each in values.values() for value in each])
    expected = stats.permutation_test(
        (flat, 1 - flat),
        lambda new, old, axis: np.sum(new - old, axis=axis),
        permutation_type="samples",
        n_resamples=np.inf,
        alternative="less",
        vectorized=True,
    )
    assert compared.p_worse == pytest.approx(expected.pvalue)
    assert compared.effect is not None
    assert compared.effect.estimate == pytest.approx(float(np.mean(2 * flat - 1)))


def test_a_coin_agrees_as_often_as_scipy_says() -> None:
    for agreed, opposed in ((30, 2), (6, 0), (0, 0), (12, 11), (3, 9)):
        judge = PairJudge(pairs=40, agreed=agreed, opposed=opposed)
        expected = stats.binomtest(agreed, max(1, agreed + opposed), 0.5, alternative="greater").pvalue
        assert judge.p_of_a_coin == pytest.approx(expected if agreed + opposed else 1.0)
