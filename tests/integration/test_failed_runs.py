"""What is left of a run that failed, was refused or has not ended, and what a look at it shows."""

from pathlib import Path

import pytest
from tests.commands import journals
from tests.support import INPUTS, asked, envelope, gone_at, good_answer

from dramaturg import ModelError, Runtime, StepFailed, run_persona
from dramaturg.engine.calls import ModelCall, ModelReply
from dramaturg.models.scripted import Answer, ScriptedModel
from dramaturg.run.record import read_journal
from dramaturg.run.retell import run_status
from dramaturg.run.runs import kept_document


def failing_at(step: str) -> ScriptedModel:
    """Return a model that answers well but has nothing to say at one step."""
    return ScriptedModel(lambda call: envelope() if call.step == step else good_answer(call))


def test_a_failed_run_is_ended_and_keeps_what_was_accepted(state: Path) -> None:
    with pytest.raises(StepFailed) as raised:
        run_persona("DPA-1", INPUTS, model=failing_at("4"))
    (journal,) = journals(state)
    record = read_journal(journal)
    assert raised.value.run == record.run == journal.stem
    assert (raised.value.step, raised.value.title) == ("4", "POST-DEPLOYMENT VALIDATION CHECKLIST")
    assert run_status(record) == "failed"
    assert record.end is not None
    assert "no item covers `Monitoring`" in record.end["message"]
    assert record.steps == (("1", 0), ("2", 0), ("3", 0), ("4", 0), ("4", 1), ("4", 2))
    kept = kept_document(record)
    assert f"> Not a finished document: 2 of 4 sections, run `{journal.stem}` is failed." in kept
    assert "## EXECUTION PLAN" in kept
    assert "## POST-DEPLOYMENT" not in kept


def test_a_failed_run_fails_again_without_asking_and_the_same_call_begins_anew(state: Path) -> None:
    with pytest.raises(StepFailed) as first:
        run_persona("DPA-1", INPUTS, model=failing_at("2"))
    model = ScriptedModel(good_answer)
    with pytest.raises(StepFailed) as again:
        Runtime(model=model).resume(first.value.run)
    assert str(again.value) == str(first.value)
    assert again.value.run == first.value.run
    assert model.calls == []
    run_persona("DPA-1", INPUTS, model=model)
    assert asked(model) == [*"12345"]
    assert len(journals(state)) == 2


def test_a_refusal_is_not_kept_so_that_the_step_can_be_asked_again(state: Path) -> None:
    def answer(call: ModelCall) -> Answer:
        return ModelReply(text="I will not.", stop="refusal") if call.step == "3" else good_answer(call)

    with pytest.raises(ModelError, match="refused step 3"):
        run_persona("DPA-1", INPUTS, model=ScriptedModel(answer))
    (journal,) = journals(state)
    assert read_journal(journal).steps == (("1", 0), ("2", 0))
    model = ScriptedModel(good_answer)
    run_persona("DPA-1", INPUTS, model=model)
    assert asked(model) == ["3", "4", "5"]


def test_an_unfinished_run_shows_what_it_has(state: Path) -> None:
    with pytest.raises(ModelError):
        run_persona("DPA-1", INPUTS, model=gone_at("4"))
    record = read_journal(*journals(state))
    kept = kept_document(record)
    assert kept.startswith("# Production Deployment Plan\n\n> Not a finished document: 2 of 4 sections, run `")
    assert kept.splitlines()[2].endswith("is unfinished.")


@pytest.mark.parametrize("model", ["evidence", "scripted"])
def test_a_finished_run_shows_the_very_document_it_gave(state: Path, model: str) -> None:
    result = run_persona("DPA-1", INPUTS, model=ScriptedModel(good_answer) if model == "scripted" else model)
    (journal,) = journals(state)
    assert kept_document(read_journal(journal)) == result.document.markdown


def test_an_unfinished_run_of_quotes_says_both_what_it_is_and_what_it_lacks(state: Path) -> None:
    run_persona("DPA-1", INPUTS, model="evidence")
    (journal,) = journals(state)
    lines = journal.read_bytes().splitlines(keepends=True)
    journal.write_bytes(b"".join(lines[:3]))
    remark = kept_document(read_journal(journal)).splitlines()[2]
    assert remark.startswith("> Not a finished document: 1 of 4 sections")
    assert "No language model wrote this." in remark


@pytest.mark.parametrize("refused", [*"2345"])
def test_whichever_section_is_missing_side_by_side_the_others_are_shown(state: Path, refused: str) -> None:
    def answer(call: ModelCall) -> Answer:
        return ModelReply(text="I will not.", stop="refusal") if call.step == refused else good_answer(call)

    with pytest.raises(ModelError, match=f"refused step {refused}"):
        run_persona("DPA-1", INPUTS, model=ScriptedModel(answer), parallel=True)
    (journal,) = journals(state)
    record = read_journal(journal)
    assert {step for step, _ in record.steps} == {*"12345"} - {refused}
    assert "> Not a finished document: 3 of 4 sections" in kept_document(record)
