"""What judges answer, and what becomes of it: verdicts that rest on quotes, preferences in both orders."""

import json

import pytest
from tests.unit.test_schemas import faults

from dramaturg.evals.judging.preferences import Preferred, pair_schema, preference
from dramaturg.evals.judging.verdicts import Verdict, read_verdict, rubric_schema
from dramaturg.evals.statistics.calibration import Judge
from dramaturg.evals.statistics.decide import decide
from dramaturg.evals.statistics.samples import Arms, Sample
from dramaturg.evidence.artifact import Artifact

_DOCUMENT = Artifact(id="document", text="# Plan\n\n1. Stop the gateway with `docker compose stop gateway`.\n")
_BLUEPRINT = Artifact(id="blueprint", text="The gateway listens on port 8080.\n")


def _answer(verdict: str, *quotes: str) -> str:
    return json.dumps({"quotes": quotes, "because": "So it is.\nIndeed.", "verdict": verdict})


def test_the_forms_of_answers_suit_both_vendors() -> None:
    assert [*faults(rubric_schema()), *faults(pair_schema())] == []
    assert rubric_schema()["required"] == ["quotes", "because", "verdict"]
    assert pair_schema()["required"] == ["first", "second", "because", "verdict"]


def test_a_verdict_is_read_with_its_reason_on_one_line() -> None:
    verdict, found = read_verdict(_answer("pass", "Stop the gateway with docker compose"), [_DOCUMENT])
    assert (verdict, found) == (Verdict(said="pass", because="So it is. Indeed."), ())


@pytest.mark.parametrize(
    ("answer", "told"),
    [
        (_answer("pass"), "`pass` rests on no quote from the document"),
        (_answer("pass", "  "), "`pass` rests on no quote from the document"),
        (_answer("fail", "Stop the cache first"), "the quote “Stop the cache first” does not stand in what was shown"),
        (_answer("pass", "listens on port 8080"), "`pass` rests on no quote from the document"),
        ("{}", "quotes: Field required"),
    ],
)
def test_what_is_no_verdict_says_why(answer: str, told: str) -> None:
    verdict, found = read_verdict(answer, [_DOCUMENT, _BLUEPRINT])
    assert verdict is None
    assert told in found


def test_a_fail_needs_no_quote_since_what_is_missing_cannot_be_quoted() -> None:
    verdict, _ = read_verdict(_answer("fail"), [_DOCUMENT])
    assert verdict is not None
    assert verdict.said == "fail"


@pytest.mark.parametrize(
    ("baseline_first", "candidate_first", "value", "swayed"),
    [
        ("second", "first", 1.0, False),
        ("first", "second", 0.0, False),
        ("first", "first", 0.5, True),
        ("second", "second", 0.5, True),
        ("tie", "tie", 0.5, False),
        ("tie", "first", 0.5, False),
        ("second", "tie", 0.5, False),
        ("unclear", "first", None, None),
        ("tie", "unclear", None, None),
    ],
)
def test_both_orders_make_one_preference(
    baseline_first: Preferred, candidate_first: Preferred, *, value: float | None, swayed: bool | None
) -> None:
    found = preference(Verdict(said=baseline_first, because="a"), Verdict(said=candidate_first, because="b"))
    assert (found.value, found.swayed) == (value, swayed)


def test_passing_that_depends_on_two_judges_is_dulled_by_both() -> None:
    dull, sharp = (Judge(passes=n, passes_agreed=9 * n // 10, fails=n, fails_agreed=9 * n // 10) for n in (30, 300))
    before: dict[str, list[Sample]] = {f"{at}": ["pass"] * 5 for at in range(20)}
    broken: dict[str, list[Sample]] = {f"{at}": ["fail", "fail", "pass", "pass", "pass"] for at in range(5)}
    after = before | broken
    plain = Arms(baseline=before, candidate=after)
    both = Arms(baseline=before, candidate=after, judges=(dull, sharp))
    one, two = (decide({"pass": each}).comparisons[0] for each in (plain, both))
    assert one.effect is not None
    assert two.effect is not None
    assert two.effect.estimate == pytest.approx(one.effect.estimate / (dull.sharpness * sharp.sharpness))
    assert two.effect.low < one.effect.low
    assert (two.baseline.corrected, two.p_worse) == (None, one.p_worse)


def test_a_change_that_labels_say_is_impossible_is_told_as_it_was_seen() -> None:
    judge = Judge(passes=20, passes_agreed=17, fails=20, fails_agreed=16)
    arms = Arms(baseline={"a": ["pass"] * 15}, candidate={"a": ["fail"] * 15}, judge=judge)
    seen = Arms(baseline=arms.baseline, candidate=arms.candidate)
    through, direct = (decide({"clear": each}).comparisons[0].effect for each in (arms, seen))
    assert through is not None
    assert direct is not None
    assert (through.estimate, through.low, through.high) == (-1.0, -1.0, direct.high)
