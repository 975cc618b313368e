"""Several metrics: one false alarm among them stays as rare as with one."""

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dramaturg.evals.statistics.holm import adjust, adjust_evidence

names = st.sampled_from("abcdef")
evidence = st.dictionaries(names, st.floats(0, 1e6), min_size=1)


def test_holm_by_hand() -> None:
    assert adjust({"a": 0.03, "b": 0.01, "c": 0.04}) == pytest.approx({"a": 0.06, "b": 0.03, "c": 0.06})
    assert adjust({"only": 0.04}) == {"only": 0.04}
    assert adjust({}) == {}


@given(st.dictionaries(names, st.floats(0, 1), min_size=1))
def test_holm_raises_and_keeps_the_order(p_values: dict[str, float]) -> None:
    adjusted = adjust(p_values)
    assert list(adjusted) == list(p_values)
    for one, other in itertools.permutations(p_values, 2):
        assert p_values[one] <= adjusted[one] <= 1
        assert p_values[one] > p_values[other] or adjusted[one] <= adjusted[other]


@given(evidence)
def test_evidence_is_the_least_average_over_sets_with_the_metric(e_values: dict[str, float]) -> None:
    adjusted = adjust_evidence(e_values)
    for name, e_value in e_values.items():
        others = [other for other in e_values if other != name]
        sets = itertools.chain.from_iterable(itertools.combinations(others, size) for size in range(len(others) + 1))
        averages = [(e_value + sum(e_values[other] for other in chosen)) / (1 + len(chosen)) for chosen in sets]
        assert adjusted[name] == pytest.approx(min(averages))


@given(evidence)
def test_averages_are_never_weaker_than_holm(e_values: dict[str, float]) -> None:
    adjusted = adjust_evidence(e_values)
    by_holm = adjust({name: min(1.0, 1 / e) if e else 1.0 for name, e in e_values.items()})
    for name, raised in by_holm.items():
        assert raised >= 1 or adjusted[name] >= 1 / raised * (1 - 1e-9)
