"""Conditions, ways back, ways on and hand-overs: what decides, how often, and what is told of it."""

from collections.abc import Callable, Sequence
from itertools import pairwise

import pytest
from tests.plans import answering_narrowed, brief_of, plan_of
from tests.support import Performance, envelope, item, perform_by_hand

from dramaturg.engine.calls import ModelCall
from dramaturg.engine.events import BranchTaken, StepAccepted
from dramaturg.errors import StepFailed
from dramaturg.models.profiles import local, quoting
from dramaturg.plan.model import Plan

_QUOTE = {"artifact": "blueprint", "quote": "The gateway listens on port 8080."}
LOOP = """<Step number="1" name="Read">Ingest the blueprint.</Step>
<Step number="2" name="Guess" kind="analyze">Draft explanations.</Step>
<Step number="3" name="Refute" kind="analyze">Confront them. Set `CONFIDENCE_SCORE` for the leading one.</Step>
<Step number="4" name="Decide">Compare.
    <Condition check="CONFIDENCE_SCORE < 80">Return to Step 2 with what is contradicted, at most 2 times.</Condition>
    <Condition check="CONFIDENCE_SCORE >= 80">Go on to Step 5.</Condition>
</Step>
<Step number="5" name="Cause">Produce the `CAUSE`.</Step>
"""


def scoring(*scores: str, name: str = "CONFIDENCE_SCORE") -> Callable[[ModelCall], str]:
    """Return a model that sets these values one after the other in the steps that are asked for one."""
    left = iter(scores)

    def answer(call: ModelCall) -> str:
        asks = f"`{name}` (" in call.messages[-1].text
        said = next(left, "") if asks else ""
        signals = [{"name": name, "value": said}] if said else []
        return envelope([item(each.id, evidence=[_QUOTE]) for each in call.owes], signals=signals, notes=call.step)

    return answer


def performed(plan: Plan, answer: Callable[[ModelCall], str]) -> Performance:
    return perform_by_hand(brief_of(plan), answer)


def steps(performance: Performance) -> list[str]:
    return [call.step for call in performance.calls]


def ways(performance: Performance) -> Sequence[tuple[str, int, int]]:
    found = (event for event in performance.events if isinstance(event, BranchTaken))
    return [(event.goes_to, event.round, event.bound) for event in found]


def test_a_condition_is_decided_by_code_with_the_value_an_earlier_step_set() -> None:
    performance = performed(plan_of(LOOP), scoring("60", "85"))
    assert steps(performance) == ["1", "2", "3", "2", "3", "5"]
    assert ways(performance) == [("2", 1, 2), ("5", 1, 0)]
    told = performance.calls[3].messages[-1].text
    assert "Step 4: the condition `CONFIDENCE_SCORE < 80` holds (CONFIDENCE_SCORE = 60)." in told
    assert "with what is contradicted" in told
    accepted = [event.step for event in performance.events if isinstance(event, StepAccepted)]
    assert accepted == ["1", "2", "3", "4", "2", "3", "4", "5"]


def test_a_way_back_is_taken_as_often_as_it_may_be_and_then_said_to_be_spent() -> None:
    performance = performed(plan_of(LOOP), scoring("60", "61", "62"))
    assert steps(performance) == ["1", *["2", "3"] * 3, "5"]
    assert ways(performance) == [("2", 1, 2), ("2", 2, 2)]
    assert performance.outcome is not None
    (finding,) = performance.outcome.findings
    assert finding.rule == "R209"
    assert finding.message == (
        "step 4 went back to step 2 2 times, the most it may; `CONFIDENCE_SCORE < 80` still holds"
    )


def test_every_round_extends_what_was_said_before() -> None:
    calls = performed(plan_of(LOOP), scoring("60", "85")).calls
    for before, after in pairwise(calls):
        held = [message.text for message in before.messages]
        assert [message.text for message in after.messages][: len(held)] == held


def test_a_value_that_is_no_number_is_asked_for_again() -> None:
    performance = performed(plan_of(LOOP), scoring("high", "85"))
    assert [(call.step, call.attempt) for call in performance.calls][2:4] == [("3", 0), ("3", 1)]
    assert "`signals` must set `CONFIDENCE_SCORE` (number)" in performance.calls[3].messages[-1].text


def test_a_value_that_is_never_set_fails_its_step() -> None:
    with pytest.raises(StepFailed) as failure:
        performed(plan_of(LOOP), scoring("a", "b", "c"))
    assert (failure.value.step, [each.rule for each in failure.value.findings]) == ("3", ["R207"])


def test_where_no_step_speaks_of_a_value_the_step_with_the_condition_sets_it() -> None:
    protocol = LOOP.replace(" Set `CONFIDENCE_SCORE` for the leading one.", "")
    performance = performed(plan_of(protocol), scoring("85"))
    assert steps(performance) == ["1", "2", "3", "4", "5"]


def test_a_condition_in_prose_is_asked_for_as_yes_or_no() -> None:
    protocol = """<Step number="1" name="Draft">Produce the `DRAFT`.</Step>
<Step number="2" name="Review">If the draft has gaps, return to Step 1, at most once.</Step>
<Step number="3" name="End">Produce the `END`.</Step>
"""
    plan = plan_of(protocol)
    (signal,) = plan.steps[1].signals
    assert (signal.name, signal.form) == ("CONDITION_2_1", "yes or no")
    performance = performed(plan, scoring("yes", "no", name="CONDITION_2_1"))
    assert steps(performance) == ["1", "2", "1", "2", "3"]
    assert "`CONDITION_2_1` (yes or no): whether this holds: If the draft has gaps" in (
        performance.calls[1].messages[-1].text
    )
    assert performance.outcome is not None
    assert [section.title for section in performance.outcome.sections] == ["DRAFT", "END"]


def test_a_way_on_leaves_sections_out_and_says_so() -> None:
    protocol = """<Step number="1" name="Rate" kind="analyze">Set `RISK` to high or low.</Step>
<Step number="2" name="Choose">Decide. <Condition check="RISK is low">Go on to Step 4.</Condition></Step>
<Step number="3" name="Plan">Produce the `MITIGATION`.</Step>
<Step number="4" name="End">Produce the `END`.</Step>
"""
    performance = performed(plan_of(protocol), scoring("low", name="RISK"))
    assert steps(performance) == ["1", "4"]
    assert performance.outcome is not None
    assert performance.outcome.skipped == ("3",)
    assert [finding.rule for finding in performance.outcome.findings] == ["R210"]
    kept = performed(plan_of(protocol), scoring("high", name="RISK"))
    assert steps(kept) == ["1", "3", "4"]


def test_a_way_back_without_a_bound_in_words_has_one() -> None:
    protocol = LOOP.replace("Return to Step 2", "Go on to Step 2").replace(", at most 2 times", "")
    performance = performed(plan_of(protocol), scoring("1", "1", "1", "1"))
    assert len(ways(performance)) == 3


def test_without_a_language_model_no_condition_holds() -> None:
    performance = perform_by_hand(brief_of(plan_of(LOOP), profile=quoting()), scoring())
    assert steps(performance) == ["1", "2", "3", "5"]
    assert ways(performance) == []


def test_a_local_engine_has_a_slot_for_each_value() -> None:
    performance = perform_by_hand(brief_of(plan_of(LOOP), profile=local(None)), answering_narrowed)
    schema = performance.calls[2].schema
    assert schema["properties"]["signals"]["properties"] == {"CONFIDENCE_SCORE": {"type": "number"}}
    assert [*dict.fromkeys(steps(performance))] == ["1", "2", "3", "5"]
    assert ways(performance) == [("5", 1, 0)]


def test_a_hand_over_prepares_a_mandate() -> None:
    protocol = """<Step number="1" name="Find">Produce the `FINDINGS`.</Step>
<Step number="2" name="Hand">Hand over to `UTE-1`: it writes the tests.</Step>
"""

    def answer(call: ModelCall) -> str:
        items = [item(each.id, evidence=[_QUOTE]) for each in call.owes]
        facts = [item("", text="The port is 8080.", evidence=[_QUOTE])]
        return envelope(items or facts, notes="Write tests for the gateway.")

    performance = performed(plan_of(protocol), answer)
    assert performance.outcome is not None
    (handoff,) = performance.outcome.handoffs
    assert (handoff.step, handoff.persona) == ("2", "UTE-1")
    assert handoff.mandate == "Write tests for the gateway.\n\n- The port is 8080.\n"
    assert "persona `UTE-1`" in performance.calls[1].messages[-1].text
