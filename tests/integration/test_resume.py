"""A run that stopped goes on where it stopped, under the text it began with, and asks nothing twice."""

import json
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from tests.commands import journals
from tests.support import BLUEPRINT, COMPOSE, INPUTS, asked, envelope, gone_at, good_answer, item

from dramaturg import CallerError, JournalMiss, ModelError, RunResult, Runtime, run_persona
from dramaturg.data import personas_root, prompts_root
from dramaturg.engine.calls import ModelCall
from dramaturg.engine.events import Event, RunOpened
from dramaturg.models.profiles import hosted
from dramaturg.models.scripted import Answer, ScriptedModel
from dramaturg.run.record import read_journal
from dramaturg.run.retell import run_status


def inferred(call: ModelCall) -> str:
    """Return a good answer whose claims rest on the artifacts without a quote, whatever they say."""
    evidence = [{"artifact": call.artifacts[0].id, "quote": ""}]
    return envelope([item(owed.id, basis="inference", evidence=evidence) for owed in call.owes])


def interrupted(step: str = "3", inputs: Any = INPUTS, **settings: Any) -> Path:
    """Perform DPA-1 until a step at which the model fails, and return the journal."""
    runtime = Runtime(model=gone_at(step), **settings)
    with pytest.raises(ModelError, match="the provider is gone"):
        runtime.run("DPA-1", inputs)
    return journals(runtime.state)[-1]


@pytest.fixture
def whole(tmp_path: Path) -> RunResult:
    """DPA-1 performed without a stop, elsewhere."""
    return run_persona("DPA-1", INPUTS, model=ScriptedModel(good_answer), state=tmp_path / "elsewhere")


@pytest.mark.parametrize(("step", "left"), [("1", "12345"), ("3", "345"), ("5", "5")])
def test_the_same_call_goes_on_and_asks_only_what_is_left(state: Path, whole: RunResult, step: str, left: str) -> None:
    journal = interrupted(step)
    assert run_status(read_journal(journal)) == "unfinished"
    model, events = ScriptedModel(good_answer), list[Event]()
    result = run_persona("DPA-1", INPUTS, model=model, on_event=events.append)
    assert asked(model) == [*left]
    assert result.document == whole.document
    assert (result.report.calls, result.report.replayed) == (len(left), 5 - len(left))
    assert isinstance(events[0], RunOpened)
    assert (events[0].run, events[0].kept) == (journal.stem, 5 - len(left))
    assert journals(state) == [journal]
    assert run_status(read_journal(journal)) == "done"


def test_a_run_may_stop_more_than_once(whole: RunResult) -> None:
    interrupted("2")
    interrupted("4")
    model = ScriptedModel(good_answer)
    assert run_persona("DPA-1", INPUTS, model=model).document == whole.document
    assert asked(model) == ["4", "5"]


def test_an_answer_that_was_rejected_is_not_asked_again_either() -> None:
    def answer(call: ModelCall) -> Answer:
        if call.step == "3":
            return ModelError("the provider is gone", retryable=False)
        return good_answer(call) if call.attempt else "no JSON"

    with pytest.raises(ModelError):
        run_persona("DPA-1", INPUTS, model=ScriptedModel(answer))
    model = ScriptedModel(good_answer)
    run_persona("DPA-1", INPUTS, model=model)
    assert asked(model) == ["3", "4", "5"]


@pytest.mark.parametrize(
    ("persona", "inputs", "model", "settings"),
    [
        ("DPA-1", BLUEPRINT, "scripted", {}),
        ("DPA-1", {"architectural_blueprint": COMPOSE, "raw_docker_compose": BLUEPRINT}, "scripted", {}),
        ("DPA-1", INPUTS, "another", {}),
        ("DPA-1", INPUTS, "scripted", {"reasks": 1}),
    ],
)
def test_another_question_is_another_run(
    state: Path, persona: str, inputs: Any, model: str, settings: dict[str, Any]
) -> None:
    journal = interrupted()
    scripted = ScriptedModel(inferred, name=model)
    result = run_persona(persona, inputs, model=scripted, **settings)
    assert asked(scripted) == [*"12345"]
    assert result.report.run != journal.stem
    assert run_status(read_journal(journal)) == "unfinished"
    assert len(journals(state)) == 2


def test_fresh_begins_anew(state: Path) -> None:
    journal = interrupted()
    model = ScriptedModel(good_answer)
    run_persona("DPA-1", INPUTS, model=model, fresh=True)
    assert asked(model) == [*"12345"]
    assert run_status(read_journal(journal)) == "unfinished"
    assert len(journals(state)) == 2


def test_a_finished_run_is_never_reused(state: Path) -> None:
    for number in (1, 2):
        model = ScriptedModel(good_answer)
        run_persona("DPA-1", INPUTS, model=model)
        assert asked(model) == [*"12345"]
        assert len(journals(state)) == number


@pytest.fixture
def copies(tmp_path: Path) -> Path:
    """A folder with personas, prompts and artifacts of its own, which may be changed."""
    folder = tmp_path / "copies"
    shutil.copytree(personas_root(), folder / "personas")
    shutil.copytree(prompts_root(), folder / "prompts")
    shutil.copy(BLUEPRINT, folder / "blueprint.md")
    return folder


def _changed(folder: Path) -> None:
    for path in folder.rglob("*.md*"):
        path.write_text("---\nalias: DPA-1\ntitle: Another\n---\n", encoding="utf-8")


@pytest.mark.parametrize("undo", [shutil.rmtree, _changed])
def test_a_run_is_resumed_under_the_text_it_began_with(
    tmp_path: Path, copies: Path, undo: Callable[[Path], None]
) -> None:
    settings: dict[str, Any] = {"personas": [copies / "personas"], "prompts": copies / "prompts"}
    inputs = copies / "blueprint.md"
    unbroken = run_persona("DPA-1", inputs, model=ScriptedModel(good_answer), state=tmp_path / "elsewhere", **settings)
    journal = interrupted("4", inputs, **settings)
    undo(copies)
    model = ScriptedModel(good_answer)
    result = Runtime(model=model).resume(journal.stem)
    assert result.document == unbroken.document
    assert asked(model) == ["4", "5"]
    again = Runtime().resume(journal.stem)
    assert again.document == unbroken.document
    assert (again.report.calls, again.report.replayed) == (0, 5)


def test_a_run_is_resumed_by_the_path_of_its_journal_too(tmp_path: Path, whole: RunResult) -> None:
    path = interrupted().rename(tmp_path / "moved.jsonl")
    model = ScriptedModel(good_answer)
    assert Runtime(model=model).resume(str(path)).document == whole.document
    assert asked(model) == ["3", "4", "5"]
    assert run_status(read_journal(path)) == "done"


def test_a_run_keeps_the_traits_of_the_model_it_began_with() -> None:
    journal = interrupted()
    roomier = replace(hosted(), max_output=hosted().max_output * 2)
    model = ScriptedModel(good_answer, profile=roomier)
    Runtime(model=model).resume(journal.stem)
    assert asked(model) == ["3", "4", "5"]
    assert {call.max_output for call in model.calls} == {hosted().max_output}


def test_a_run_is_not_resumed_with_another_model() -> None:
    journal = interrupted()
    model = ScriptedModel(good_answer, name="another")
    with pytest.raises(CallerError, match="began with `scripted`; resume it with that model"):
        Runtime(model=model).resume(journal.stem)
    assert model.calls == []


def test_a_run_that_this_version_plans_otherwise_is_not_resumed() -> None:
    journal = interrupted()
    text = journal.read_text(encoding="utf-8")
    journal.write_text(text.replace("Running critical smoke tests", "Running smoke tests", 1), encoding="utf-8")
    with pytest.raises(
        JournalMiss, match=r"compiles the persona of .* to another plan; start a new run with `--fresh`"
    ):
        Runtime(model=ScriptedModel(good_answer)).resume(journal.stem)


def test_a_journal_without_a_parent_of_its_persona_is_not_guessed_at() -> None:
    journal = interrupted()
    header, rest = journal.read_text(encoding="utf-8").split("\n", 1)
    frozen = json.loads(header)
    journal.write_text(json.dumps(frozen | {"chain": frozen["chain"][1:]}) + "\n" + rest, encoding="utf-8")
    with pytest.raises(JournalMiss, match="the journal does not hold `codegen-standards-1`"):
        Runtime(model=ScriptedModel(good_answer)).resume(journal.stem)


def test_a_caller_that_stops_listening_interrupts_the_run_and_can_go_on() -> None:
    def listen(event: Event) -> None:
        raise RuntimeError(f"no more after {event}")

    with pytest.raises(RuntimeError, match="no more after RunOpened"):
        run_persona("DPA-1", INPUTS, model=ScriptedModel(good_answer), on_event=listen)
    assert run_persona("DPA-1", INPUTS, model=ScriptedModel(good_answer)).report.run.endswith("-1")


def test_a_model_too_small_for_the_artifacts_leaves_no_run_behind(state: Path) -> None:
    model = ScriptedModel(good_answer, profile=replace(hosted(), window=2000))
    with pytest.raises(CallerError, match="larger than the model's window"):
        run_persona("DPA-1", INPUTS, model=model)
    assert journals(state) == []
    assert model.calls == []


@pytest.mark.parametrize("part", ["profile", "artifacts", "kernel", "inputs"])
def test_a_run_of_another_version_is_named_as_one(state: Path, part: str) -> None:
    journal = interrupted()
    header, *rest = journal.read_text(encoding="utf-8").splitlines(keepends=True)
    data = json.loads(header)
    if part == "profile":
        data["profile"]["voice"] = "calm"
    elif part == "artifacts":
        data["artifacts"][0]["pages"] = 3
    elif part == "kernel":
        del data["kernel"]["sources"]["step.md.j2"]
    else:
        data["inputs"] = "0" * 64
    journal.write_text(json.dumps(data) + "\n" + "".join(rest), encoding="utf-8")
    with pytest.raises(JournalMiss, match=f"run `{journal.stem}` was begun by another version"):
        Runtime(model=ScriptedModel(good_answer), state=state).resume(journal.stem)


def test_a_resumed_run_says_what_the_first_one_said_of_its_artifacts(state: Path) -> None:
    journal = interrupted()
    result = Runtime(model=ScriptedModel(good_answer), state=state).resume(journal.stem)
    assert [finding.rule for finding in result.findings if finding.rule.startswith("A")] == ["A101", "A104"]
