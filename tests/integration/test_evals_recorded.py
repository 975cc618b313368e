"""Answers that go with a suite: a fresh clone asks nothing, an edit says what to do, and both arms find theirs."""

import shutil
from pathlib import Path

import pytest
from tests.chat_server import ChatServer
from tests.commands import dramaturg
from tests.suites import Bench, answering, new_bench
from tests.support import ROOT

from dramaturg.errors import CallerError, ModelError
from dramaturg.evals import Terms
from dramaturg.evals.answers import read_answers
from dramaturg.evals.recording import record_suite
from dramaturg.models.scripted import ScriptedModel

_SUITE = """personas: DPA-1
models: {model}
repeats: 2
recorded: answers/one.jsonl
cases:
  - id: parcels
    artifacts:
      architectural_blueprint: cases/parcel-tracking/blueprint.md
"""
_ONE = "evals/one.suite.yaml"
_RECORD = f"dramaturg eval record {_ONE}"
_CALLS = 5
_SHIPPED = sorted(path.name.removesuffix(".suite.yaml") for path in (ROOT / "evals").glob("*.suite.yaml"))
_RENEW = "python -m tests.record"
_EDIT = ("**Log Analysis:** Specific", "**Log Analysis:** Exact")


@pytest.fixture(name="bench")
def _bench(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Bench:
    bench = new_bench(tmp_path / "project", monkeypatch)
    bench.checkout.write(_ONE, _SUITE.format(model="evidence"))
    return bench


@pytest.mark.parametrize("name", _SHIPPED)
def test_a_shipped_suite_is_replayed_without_a_question(
    name: str, state: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """After an edit of a persona or prompt that is meant, one command is all there is to do."""
    monkeypatch.chdir(ROOT)
    told = dramaturg("eval", "run", f"evals/{name}.suite.yaml", "--replay", "strict")
    assert told.code == 0, f"{told.err}\nif the edit is meant, renew the answers of all suites: {_RENEW}"
    assert "0 of " in told.out
    assert not [*state.glob("evals/*/replies/*")]


@pytest.mark.parametrize("name", ["dpa-1", "mig-1", "rbw-1"])
def test_what_is_recorded_of_the_quoting_of_evidence_is_what_it_answers_today(name: str, tmp_path: Path) -> None:
    shutil.copytree(ROOT / "evals", tmp_path / "evals")
    recording = record_suite(tmp_path / f"evals/{name}.suite.yaml", Terms(replay="off"))
    before = (ROOT / f"evals/answers/{name}.jsonl").read_text(encoding="utf-8")
    remedy = (
        f"the quoting was changed: `dramaturg eval record evals/{name}.suite.yaml --replay off`, and look at the diff"
    )
    assert recording.path.read_text(encoding="utf-8") == before, remedy


def test_nothing_appears_in_the_repository_until_it_is_recorded(bench: Bench) -> None:
    bench.checkout.commit()
    told = dramaturg("eval", "run", _ONE)
    assert f"10 answers are new, kept on this machine only; to keep them with the suite: {_RECORD}" in told.err
    assert bench.checkout.git("status", "--short") == ""
    told = dramaturg("eval", "record", _ONE)
    assert told.out.startswith("evals/answers/one.jsonl: 10 questions, 5 different answers, ")
    assert told.out.endswith("; 10 new, 0 left out\n2 of 2 performances passed\n")
    assert bench.checkout.git("status", "--short") == "?? evals/answers/\n"
    assert "answers are new" not in dramaturg("eval", "run", _ONE).err


def test_answers_are_all_that_another_machine_needs(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    dramaturg("eval", "record", _ONE)
    monkeypatch.setenv("DRAMATURG_STATE", str(bench.checkout.folder.parent / "elsewhere"))
    moved = bench.checkout.folder.rename(bench.checkout.folder.parent / "moved")
    monkeypatch.chdir(moved)
    assert dramaturg("eval", "run", _ONE, "--replay", "strict", "--json").json["questions"]["asked"] == 0


def test_each_arm_finds_the_answers_that_went_with_its_revision(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    dramaturg("eval", "record", _ONE)
    bench.checkout.commit()
    bench.edit(_EDIT)
    told = dramaturg("eval", "record", _ONE)
    assert told.out.endswith(
        "; 4 new, 4 left out\n2 of 2 performances passed\n"
    )  # the edited step and the next, twice each
    monkeypatch.setenv("DRAMATURG_STATE", str(bench.checkout.folder.parent / "elsewhere"))
    told = dramaturg("eval", "run", _ONE, "--baseline", "HEAD", "--replay", "strict", "--inconclusive-ok", "--json")
    assert (told.code, told.json["questions"]["asked"]) == (0, 0)
    assert told.json["questions"]["needed"] == 2 * _CALLS + 4


def test_branches_that_record_side_by_side_are_merged_and_cost_no_more_than_both(bench: Bench) -> None:
    checkout = bench.checkout
    checkout.write(".gitattributes", (ROOT / ".gitattributes").read_text(encoding="utf-8"))
    dramaturg("eval", "record", _ONE)
    checkout.commit()
    checkout.git("switch", "--quiet", "--create", "other")
    bench.edit(("**Log Analysis:** Specific", "**Log Analysis:** Exact"))
    dramaturg("eval", "record", _ONE)
    checkout.commit()
    checkout.git("switch", "--quiet", "main")
    bench.edit(("container images or code artifacts are built", "images or code artifacts are built"))
    dramaturg("eval", "record", _ONE)
    checkout.commit()
    checkout.git("merge", "--quiet", "--message", "both", "other")
    assert dramaturg("eval", "run", _ONE, "--replay", "strict").code == 4  # what follows both edits was never asked
    recorded = dramaturg("eval", "record", _ONE, "--json").json
    assert (recorded["questions"], recorded["asked"]) == (10, 4)
    assert dramaturg("eval", "run", _ONE, "--replay", "strict").code == 0


def test_a_strict_replay_after_an_edit_tells_the_one_command(bench: Bench) -> None:
    dramaturg("eval", "record", _ONE)
    bench.edit(_EDIT)
    told = dramaturg("eval", "run", _ONE, "--replay", "strict")
    assert told.code == 4
    assert f"the prompt of the step itself (its text, or `prompts/`) has changed; record it: `{_RECORD}`" in told.err
    assert dramaturg("eval", "record", _ONE).code == 0
    assert dramaturg("eval", "run", _ONE, "--replay", "strict").code == 0


@pytest.mark.usefixtures("bench")
def test_the_command_that_is_told_records_what_was_missed() -> None:
    other = ("--models", "anthropic:claude-x")
    told = dramaturg("eval", "run", _ONE, *other, "--replay", "strict")
    assert (told.code, f"record it: `{_RECORD} --models anthropic:claude-x`" in told.err) == (4, True)
    told = dramaturg("eval", "run", _ONE, "--repeats", "9", "--replay", "strict")  # more than the suite has
    assert (told.code, "record it: give the command with `--replay auto` once" in told.err) == (4, True)
    told = dramaturg("eval", "run", _ONE, *other)
    assert (told.code, "or use `--models evidence`, which needs none" in told.err) == (2, True)


@pytest.mark.parametrize("window", [8192, 24_000])  # by which a server decides what it is asked
@pytest.mark.parametrize("verb", ["run", "record"])
def test_a_strict_replay_needs_no_server(bench: Bench, monkeypatch: pytest.MonkeyPatch, verb: str, window: int) -> None:
    with ChatServer(window=window) as server:
        bench.checkout.write(_ONE, _SUITE.format(model=f'"{server.model}"'))
        assert dramaturg("eval", verb, _ONE).code == 0
    assert len(server.requests) == 2 * _CALLS
    if verb == "record":
        monkeypatch.setenv("DRAMATURG_STATE", str(bench.checkout.folder.parent / "elsewhere"))
    told = dramaturg("eval", "run", _ONE, "--replay", "strict")
    assert (told.code, f"0 of {2 * _CALLS} questions were asked" in told.out) == (0, True)
    assert f"model {server.model}: nothing leaves this machine, recorded answers only" in told.err


@pytest.mark.parametrize("verb", ["run", "record"])
def test_a_server_is_missed_only_where_something_must_be_asked(bench: Bench, verb: str) -> None:
    with ChatServer(window=24_000) as server:
        bench.checkout.write(_ONE, _SUITE.format(model=f'"{server.model}"'))
        assert dramaturg("eval", verb, _ONE).code == 0
        bench.checkout.commit()
    bench.edit(('</Step>\n    <Step number="4"', '</Step>\n\n  <Step number="4"'))
    told = dramaturg("eval", "run", _ONE, "--baseline", "HEAD")
    assert (told.code, "NO WORSE" in told.out) == (0, True)
    assert f"0 of {2 * _CALLS} questions were asked" in told.out
    assert dramaturg("eval", "record", _ONE).code == 0
    bench.edit(_EDIT)
    for command in (("run", _ONE, "--baseline", "HEAD"), ("record", _ONE)):
        told = dramaturg("eval", *command)
        assert (told.code, told.out) == (3, "")
        assert told.err.count("the server at 127.0.0.1 could not be reached") == 1
    with ChatServer(window=24_000, port=server.port) as server:
        assert dramaturg("eval", "run", _ONE, "--baseline", "HEAD", "--inconclusive-ok").code == 0
    assert len(server.requests) == 4  # the edited step and the next, twice each


def test_a_server_that_was_never_asked_is_missed_at_once(bench: Bench) -> None:
    with ChatServer() as server:
        bench.checkout.write(_ONE, _SUITE.format(model=f'"{server.model}"'))
    told = dramaturg("eval", "run", _ONE)
    assert (told.code, "eval one-" in told.err) == (3, False)
    assert "the server at 127.0.0.1 could not be reached" in told.err


def test_damage_in_the_answers_of_another_eval_ends_no_strict_replay(bench: Bench, state: Path) -> None:
    with ChatServer(window=24_000) as server:
        bench.checkout.write(_ONE, _SUITE.format(model=f'"{server.model}"'))
        assert dramaturg("eval", "run", _ONE).code == 0
    (answers,) = state.glob("evals/*/replies/*.jsonl")
    key = "0" * 64
    (answers.parent / "other.jsonl").write_bytes(
        f'{{"key": "{key}", "case": "par\n{{"key": "{key}"}}\n{{"key": "{key}", "case": "\xff"}}\n'.encode("latin-1")
    )
    told = dramaturg("eval", "run", _ONE, "--replay", "strict")
    assert (told.code, f"0 of {2 * _CALLS} questions were asked" in told.out) == (0, True)
    bench.edit(_EDIT)
    told = dramaturg("eval", "run", _ONE, "--replay", "strict")
    assert (told.code, "the prompt of the step itself (its text, or `prompts/`) has changed" in told.err) == (4, True)


def test_nothing_is_looked_up_of_a_model_whose_name_tells_all(bench: Bench, state: Path) -> None:
    bench.checkout.write(_ONE, _SUITE.format(model='"anthropic:claude-x"'))
    record_suite(Path(_ONE), Terms(models=[ScriptedModel(answering()._function or [], name="anthropic:claude-x")]))
    (answers,) = state.glob("evals/*/replies/*.jsonl")
    (answers.parent / "unreadable.jsonl").mkdir()
    assert dramaturg("eval", "run", _ONE, "--replay", "strict").code == 0


def test_recorded_answers_need_neither_key_nor_weights(bench: Bench) -> None:
    model = ScriptedModel(answering()._function or [], name="anthropic:claude-x")
    bench.checkout.write(_ONE, _SUITE.format(model='"anthropic:claude-x"'))
    record_suite(Path(_ONE), Terms(models=[model]))
    assert len(model.calls) == 2 * _CALLS
    assert dramaturg("eval", "run", _ONE).code == 0
    told = dramaturg("eval", "run", _ONE, "--repeats", "3")
    assert (told.code, "`ANTHROPIC_API_KEY` is not set" in told.err) == (2, True)
    assert "or use `--models evidence`, which needs none" in told.err
    told = dramaturg("eval", "run", _ONE, "--repeats", "3", "--replay", "strict")
    assert (told.code, "only other repeats are recorded than 3" in told.err) == (4, True)
    told = dramaturg("eval", "run", _ONE, "--models", "openai:gpt-x")
    assert (told.code, "`OPENAI_API_KEY` is not set" in told.err) == (2, True)


def test_answers_of_other_models_stay_and_old_lines_are_not_written_anew(bench: Bench) -> None:
    path = bench.checkout.folder / "evals/answers/one.jsonl"
    dramaturg("eval", "record", _ONE)
    before = path.read_bytes()
    record_suite(Path(_ONE), Terms(models=[answering()]))
    assert path.read_bytes().endswith(before)
    assert len(read_answers(path)) == 4 * _CALLS
    dramaturg("eval", "record", _ONE, "--replay", "off")
    assert path.read_bytes().startswith(before)


def test_what_a_merge_leaves_is_read_and_what_is_damaged_is_told(bench: Bench) -> None:
    path = bench.checkout.folder / "evals/answers/one.jsonl"
    dramaturg("eval", "record", _ONE)
    lines = path.read_text(encoding="utf-8").splitlines()
    path.write_text("\n".join(["<<<<<<< main", *lines, "=======", *lines, ">>>>>>> edit", ""]), encoding="utf-8")
    assert len(read_answers(path)) == 2 * _CALLS
    assert dramaturg("eval", "run", _ONE, "--replay", "strict").code == 0
    path.write_text("\n".join(line[:-9] for line in lines), encoding="utf-8")
    told = dramaturg("eval", "run", _ONE, "--repeats", "1")
    assert told.code == 4
    said = "evals/answers/one.jsonl:1: the recorded answer is damaged (Unterminated string"
    assert said in told.err
    assert "; remove the line, then `eval record` asks for it anew" in told.err


def test_a_damaged_line_matters_only_where_its_answer_is_needed(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    path = bench.checkout.folder / "evals/answers/one.jsonl"
    with ChatServer(window=24_000) as server:
        bench.checkout.write(_ONE, _SUITE.format(model=f'"{server.model}"'))
        assert dramaturg("eval", "record", _ONE).code == 0
    monkeypatch.setenv("DRAMATURG_STATE", str(bench.checkout.folder.parent / "elsewhere"))
    whole = path.read_text(encoding="utf-8")
    key = "0" * 64
    nobodys = (f'{{"key": "{key}", "case": "par', f'{{"key": "{key}"}}', f'{{"key": "{"1" * 64}", "reply": 7}}')
    path.write_text("\n".join((*nobodys, whole)), encoding="utf-8")
    assert dramaturg("eval", "run", _ONE, "--replay", "strict").code == 0
    told = dramaturg("eval", "record", _ONE)
    assert (told.code, path.read_text(encoding="utf-8")) == (0, whole)
    first, *rest = whole.splitlines(keepends=True)
    path.write_text("".join((first.replace('"text": ', '"test": '), *rest)), encoding="utf-8")
    told = dramaturg("eval", "run", _ONE, "--replay", "strict")
    assert (told.code, "evals/answers/one.jsonl:1: the recorded answer is damaged (" in told.err) == (4, True)
    path.write_text("".join(rest), encoding="utf-8")
    told = dramaturg("eval", "run", _ONE, "--replay", "strict")
    assert (told.code, f"record it: `{_RECORD}`" in told.err) == (4, True)


def test_damage_at_the_revision_of_the_baseline_is_an_answer_that_was_never_recorded(bench: Bench) -> None:
    path = bench.checkout.folder / "evals/answers/one.jsonl"
    dramaturg("eval", "record", _ONE)
    whole = path.read_text(encoding="utf-8")
    path.write_text("\n".join(line[:-9] for line in whole.splitlines()), encoding="utf-8")
    bench.checkout.commit()
    path.write_text(whole, encoding="utf-8")
    bench.edit(_EDIT)
    told = dramaturg("eval", "run", _ONE, "--baseline", "HEAD", "--inconclusive-ok")
    assert (told.code, f"4 of {2 * _CALLS + 4} questions were asked" in told.out) == (0, True)


def test_a_performance_that_the_provider_lost_is_not_recorded(bench: Bench) -> None:
    gone = ModelError("the provider is gone", retryable=False)
    model = answering(lambda call: gone if call.sample else None)
    with pytest.raises(CallerError, match="1 performance failed for technical reasons; give the same command again"):
        record_suite(Path(_ONE), Terms(models=[model]))
    assert not (bench.checkout.folder / "evals/answers").exists()
