"""Conditions: which are expressions, what they compare, and which are sentences."""

import pytest

from dramaturg.plan.conditions import as_number, as_truth, compared, read_check

_VALUES = {"confidence_score": "72", "risk": "High", "reviewed": "no", "share": "85 %", "phase": "roll out"}


@pytest.mark.parametrize(
    ("check", "holds"),
    [
        ("CONFIDENCE_SCORE < 80", True),
        ("CONFIDENCE_SCORE <= 72", True),
        ("confidence-score > 72", False),
        ("CONFIDENCE_SCORE >= 72%", True),
        ("CONFIDENCE_SCORE == 72.0", True),
        ("CONFIDENCE_SCORE ≠ 72", False),
        ("SHARE ≥ 85", True),
        ('RISK == "high"', True),
        ("RISK is high", True),
        ("RISK is not high", False),
        ("RISK != low", True),
        ('PHASE = "ROLL-OUT"', True),
        ("REVIEWED", False),
        ("not REVIEWED", True),
        ("!REVIEWED", True),
        ("REVIEWED == false", True),
        ("CONFIDENCE_SCORE < 80 and RISK is high", True),
        ("CONFIDENCE_SCORE < 50 || REVIEWED && RISK is high", False),
        ("(CONFIDENCE_SCORE < 50 or RISK is high) and not REVIEWED", True),
        ("UNKNOWN < 80", False),
        ("UNKNOWN != yes", False),
        ("RISK < 80", False),
        ("`CONFIDENCE_SCORE` < 80", True),
    ],
)
def test_an_expression_compares_values(check: str, holds: bool) -> None:  # noqa: FBT001 - a parameter of the table
    read = read_check(check)
    assert read is not None
    assert read.holds(_VALUES) is holds


@pytest.mark.parametrize(
    "check",
    [
        "",
        "the user rejects the plan",
        "if CONFIDENCE_SCORE < 80",
        "CONFIDENCE_SCORE <",
        "< 80",
        "RISK < high",
        "CONFIDENCE_SCORE < 80 and",
        "(RISK is high",
        "RISK is high)",
        "A == B == C",
        "no answer?",
        "(" * 500 + "A" + ")" * 500,
        "and",
    ],
)
def test_a_sentence_is_no_expression(check: str) -> None:
    assert read_check(check) is None


def test_the_names_of_an_expression_are_told_in_order() -> None:
    check = read_check("A < 3 and (B is yes or not C)")
    assert check is not None
    assert [(each.name, each.numeric) for each in compared(check)] == [("A", True), ("B", False), ("C", False)]


@pytest.mark.parametrize(
    ("text", "number"), [("85", 85), (" -3.5 ", -3.5), ("85 %", 85), ("about 85", None), ("", None)]
)
def test_a_number_is_a_number_and_nothing_else(text: str, number: float | None) -> None:
    assert as_number(text) == number


@pytest.mark.parametrize(("text", "truth"), [("Yes", True), ("false", False), ("", False), ("maybe", None)])
def test_yes_and_no_are_read_in_either_form(text: str, truth: bool | None) -> None:  # noqa: FBT001 - as above
    assert as_truth(text) is truth
