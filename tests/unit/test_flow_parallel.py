"""Steps side by side: what goes out together, what each sees, and that the order of answers decides nothing."""

import json
from collections.abc import Sequence

import pytest
from tests.plans import brief_of, plan_of
from tests.support import dpa1_job, envelope, good_answer, item, perform_by_hand

from dramaturg.engine.brief import Brief
from dramaturg.engine.calls import ModelCall, ModelReply
from dramaturg.engine.events import StepAccepted, StepStarted
from dramaturg.errors import ModelError, StepFailed
from dramaturg.models.profiles import hosted
from dramaturg.plan.compile import compile_plan

_QUOTE = {"artifact": "blueprint", "quote": "The gateway listens on port 8080."}
_TWO = """<Step number="1" name="Read">Ingest the blueprint.</Step>
<Step number="2" name="A">Produce the `ALPHA`.</Step>
<Step number="3" name="B">Produce the `BETA`.</Step>
<Step number="4" name="C">Produce the `GAMMA`, which sums up the ALPHA.</Step>
"""


def _parallel() -> Brief:
    job = dpa1_job()
    plan = compile_plan(job.plan.persona, schedule="parallel")
    return Brief(plan=plan, artifacts=job.artifacts, kernel=job.kernel, profile=hosted(), model="scripted")


def _brief(protocol: str) -> Brief:
    plan = plan_of(protocol)
    return brief_of(compile_plan(plan.persona, schedule="parallel"))


def _answer(call: ModelCall) -> str:
    return envelope([item(requirement.id, evidence=[_QUOTE]) for requirement in call.owes], notes="seen")


def test_sections_go_out_together_once_the_prefix_is_written() -> None:
    performance = perform_by_hand(_parallel(), good_answer)
    assert performance.batches == [4, 0, 0, 0]
    assert [call.step for call in performance.calls] == ["1", "2", "3", "4", "5"]


def test_siblings_share_everything_before_their_own_turn() -> None:
    calls = {call.step: call for call in perform_by_hand(_parallel(), good_answer).calls}
    prefixes = {calls[step].messages[:-1] for step in "2345"}
    assert len(prefixes) == 1
    assert [message.role for message in prefixes.pop()] == ["system", "user", "assistant"]


@pytest.mark.parametrize("first", [lambda _: 0, lambda calls: len(calls) - 1, lambda calls: len(calls) // 2])
def test_the_order_of_answers_decides_nothing(first: object) -> None:
    assert callable(first)
    brief = _parallel()
    usual = perform_by_hand(brief, good_answer)
    other = perform_by_hand(brief, good_answer, first=first)
    assert other.outcome == usual.outcome
    assert {call.key for call in other.calls} == {call.key for call in usual.calls}


def test_in_sequence_nothing_goes_out_together() -> None:
    job = dpa1_job()
    performance = perform_by_hand(job.brief(hosted(), "scripted", 2), good_answer)
    assert performance.batches == []


def test_a_section_waits_for_the_one_it_speaks_of() -> None:
    performance = perform_by_hand(_brief(_TWO), _answer)
    calls = {call.step: call for call in performance.calls}
    assert performance.batches == [2, 1, 0]
    assert "ALPHA" in calls["4"].messages[-3].text
    assert not any("BETA" in message.text for message in calls["4"].messages)
    assert performance.outcome is not None
    assert [section.title for section in performance.outcome.sections] == ["ALPHA", "BETA", "GAMMA"]


def test_without_anything_to_read_first_one_goes_alone_to_write_the_prefix() -> None:
    protocol = "\n".join(f'<Step number="{at}">Produce the `{name}`.</Step>' for at, name in enumerate("ABC", start=1))
    assert perform_by_hand(_brief(protocol), _answer).batches == [2, 0]


def test_needs_as_written_let_steps_go_side_by_side_and_see_nothing_else() -> None:
    protocol = _TWO.replace('name="B"', 'name="B" needs="1"').replace('name="C"', 'name="C" needs="2"')
    performance = perform_by_hand(brief_of(plan_of(protocol)), _answer)
    assert performance.batches[0] == 2
    calls = {call.step: call for call in performance.calls}
    assert "`ALPHA`" not in "".join(message.text for message in calls["3"].messages[1:])


def test_a_correction_goes_on_while_others_are_written() -> None:
    asked: list[tuple[str, int]] = []

    def answer(call: ModelCall) -> str:
        asked.append((call.step, call.attempt))
        return envelope() if (call.step, call.attempt) == ("2", 0) else _answer(call)

    performance = perform_by_hand(_brief(_TWO), answer)
    assert asked == [("1", 0), ("2", 0), ("3", 0), ("2", 1), ("4", 0)]
    assert performance.outcome is not None
    assert len(performance.outcome.sections) == 3


def test_where_one_fails_the_others_are_brought_to_their_end() -> None:
    asked: list[tuple[str, int]] = []

    def answer(call: ModelCall) -> str:
        asked.append((call.step, call.attempt))
        return envelope() if call.step in ("2", "4") else good_answer(call)

    with pytest.raises(StepFailed) as failure:
        perform_by_hand(_parallel(), answer, first=lambda calls: len(calls) - 1)
    assert failure.value.step == "2"  # the first of the plan, whichever failed first
    assert {("3", 0), ("5", 0), ("2", 2), ("4", 2)} <= {*asked}


def test_nothing_new_begins_after_a_failure() -> None:
    asked: list[str] = []

    def answer(call: ModelCall) -> str | ModelReply:
        asked.append(call.step)
        return ModelReply(text="no", stop="refusal") if call.step == "2" else _answer(call)

    with pytest.raises(ModelError, match="refused step 2"):
        perform_by_hand(_brief(_TWO), answer)
    assert asked == ["1", "2", "3"]


def test_a_step_for_each_item_is_asked_once_for_every_item_and_joined() -> None:
    protocol = """<Step number="1" name="Parts" kind="analyze">Find the parts.</Step>
<Step number="2" name="Risks">For each part of Step 1, produce the `RISKS`.</Step>
<Step number="3" name="End">Produce the `END`.</Step>
"""
    parts = ["Gateway", "Tracker", "Store"]

    def answer(call: ModelCall) -> str:
        if call.step == "1":
            return envelope([item("", text=part, evidence=[_QUOTE]) for part in parts])
        return _answer(call)

    performance = perform_by_hand(brief_of(plan_of(protocol)), answer)
    assert performance.batches == [3, 0, 0]
    turns = [call.messages[-1].text for call in performance.calls if call.step == "2"]
    assert [part in turn for part, turn in zip(parts, turns, strict=True)] == [True] * 3
    assert performance.outcome is not None
    risks = performance.outcome.sections[0]
    assert [entry.about for entry in risks.entries] == parts
    kept = performance.calls[-1].messages[-2]
    assert len(json.loads(kept.text)["items"]) == 3
    steps = [event.step for event in performance.events if isinstance(event, StepStarted | StepAccepted)]
    assert steps == ["1", "1", "2", "2", "3", "3"]


def test_the_same_replies_give_the_same_run_at_every_cut() -> None:
    brief = _parallel()
    told: dict[str, str] = {}

    def record(call: ModelCall) -> str:
        return told.setdefault(call.key, good_answer(call))

    first = perform_by_hand(brief, record)

    def only(call: ModelCall) -> str:
        return told[call.key]

    def last(calls: Sequence[ModelCall]) -> int:
        return len(calls) - 1

    assert perform_by_hand(brief, only, first=last).outcome == first.outcome
