"""The logs an eval writes for inspect, read with inspect's own reader: they say what the eval says."""

import math
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path
from statistics import fmean
from typing import Any

import pytest
from tests.chat_server import ChatServer
from tests.commands import dramaturg
from tests.judges import Judge
from tests.suites import CALLS, Bench, answering, new_bench
from tests.support import good_answer

from dramaturg.engine.calls import ModelCall, ModelReply, Usage
from dramaturg.errors import CallerError, ModelError
from dramaturg.evals import Evaluated
from dramaturg.evals.records import Record
from dramaturg.evals.report.inspect.conversation import inspect_model
from dramaturg.evals.report.inspect.logs import write_logs
from dramaturg.models.prices import parse_price
from dramaturg.models.scripted import Answer

_BACKUP = "        - **Data Integrity:** A mandatory database backup and restore validation procedure.\n"
_SCORERS = (
    "scorers: [sections, coverage, calls, "
    "{contains: {within: ROLLBACK PLAN, texts: nothing of the kind, required: false}}]\n"
)
_SUITE = f"""personas: DPA-1
repeats: 3
{_SCORERS}cases:
  - id: parcels
    artifacts: {{architectural_blueprint: evals/cases/parcel-tracking/blueprint.md}}
    tags: [containers]
  - id: bert
    artifacts: {{architectural_blueprint: {{text: "We have one server. It is called Bert."}}}}
    scorers: [{{names: {{all: Bert}}}}]
"""
_NOTE = """---
alias: NOTE-1
title: Note Taker
expected_artifacts:
  - id: architectural_blueprint
    type: primary
---
<operational_protocol>
<Step number="1" name="Servers">Produce a `SERVERS` section.</Step>
</operational_protocol>
"""
_SAID = Usage(input=1000, cache_read=300, cache_write=100, output=100, reasoning=10)


@pytest.fixture(name="bench")
def _bench(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Bench:
    bench = new_bench(tmp_path / "project", monkeypatch)
    bench.checkout.write("two.suite.yaml", _SUITE)
    return bench


@pytest.fixture(name="read")
def _read() -> Callable[[Path], Any]:
    """Return inspect's own reader; inspect takes seconds to import."""
    from inspect_ai.log import read_eval_log  # noqa: PLC0415

    return lambda path: read_eval_log(str(path), resolve_attachments=True)


def _answered(call: ModelCall) -> Answer:
    """Answer well, but for the last repeat of one case, which the provider fails in the middle."""
    bert = "Bert" in call.artifacts[0].text
    if bert and call.sample == 2 and call.step == "3":
        return ModelError("the provider is gone", retryable=False)
    return ModelReply(text=good_answer(call), usage=_SAID, model="scripted")


def _evaluated(bench: Bench, answered: Callable[[ModelCall], Answer] = _answered) -> Evaluated:
    bench.edit((_BACKUP, ""))
    return bench.run("two.suite.yaml", models=[answering(answered)], price=parse_price("10/10"))


def _arm(result: Evaluated, log: Any) -> dict[tuple[str, int], Record]:
    records = [each for each in result.records if each.arm == log.eval.task_args["arm"]]
    return {(record.case, record.repeat + 1): record for record in records}


def test_each_arm_has_a_log_that_inspect_reads_and_counts_as_the_eval_does(
    bench: Bench, tmp_path: Path, read: Callable[[Path], Any]
) -> None:
    result = _evaluated(bench)
    told: list[tuple[int, int]] = []
    paths = write_logs(result, tmp_path / "logs", on_told=lambda done, total: told.append((done, total)))
    assert told == [(done, 12) for done in range(1, 13)]
    logs = [read(path) for path in paths]
    assert [log.eval.task for log in logs] == ["two: HEAD", "two: work tree"]
    for log in logs:
        records = _arm(result, log)
        passed = [record.outcome == "pass" for record in records.values() if record.outcome != "error"]
        assert (log.version, log.status, log.eval.model) == (2, "success", "dramaturg/scripted")
        assert (log.eval.dataset.samples, log.eval.config.epochs, len(log.samples)) == (2, 3, 6)
        assert (log.results.total_samples, log.results.completed_samples) == (6, 5)
        scores = {score.name: score for score in log.results.scores}
        assert [*scores] == [*result.suite.suite.metrics]
        assert scores["pass"].metrics["accuracy"].value == sum(passed) / len(passed)
        assert [*scores["pass"].metrics] == ["accuracy", "low_95", "high_95"]
        assert (scores["pass"].scored_samples, scores["pass"].unscored_samples) == (5, 1)
        assert scores["calls"].metrics["mean"].value == fmean(each.calls for each in records.values() if not each.error)
        calls = sum(record.calls for record in records.values())
        (usage,) = log.stats.model_usage.values()
        assert (usage.input_tokens, usage.output_tokens, usage.total_tokens) == (600 * calls, 100 * calls, 1100 * calls)
        assert (usage.input_tokens_cache_read, usage.input_tokens_cache_write) == (300 * calls, 100 * calls)
        assert usage.total_cost == pytest.approx(calls * 0.011)
        assert log.eval.metadata["verdict"] == "INCONCLUSIVE"
        assert "`Data Integrity` of `PRE-FLIGHT CHECKLIST` was lost" in log.eval.metadata["blamed"][0]


def test_a_sample_has_the_artifacts_the_document_the_conversation_and_every_score(
    bench: Bench, tmp_path: Path, read: Callable[[Path], Any]
) -> None:
    result = _evaluated(bench)
    for log in map(read, write_logs(result, tmp_path / "logs")):
        records = _arm(result, log)
        assert {(sample.id, sample.epoch) for sample in log.samples} == {*records}
        for sample in log.samples:
            record = records[sample.id, sample.epoch]
            if record.error:
                assert (sample.error.message, sample.scores) == (record.error, None)
                assert "We have one server." in sample.input
                assert sum(event.event == "model" for event in sample.events) == record.calls > 0
                continue
            assert sha256(sample.output.completion.encode()).hexdigest() == record.document
            assert [event.data for event in sample.events if event.event == "info"] == [sample.output.completion]
            assert ("We have one server." in sample.input) == (sample.id == "bert")
            if sample.id == "parcels":
                assert [message.role for message in sample.messages] == ["system", *["user", "assistant"] * CALLS]
            assert sum(event.event == "model" for event in sample.events) == record.calls
            assert not any(message.text.startswith("attachment:") for message in sample.messages)
            assert sample.metadata["tags"] == (["containers"] if sample.id == "parcels" else [])
            _same_scores(sample.scores, record)


def _same_scores(scores: Any, record: Record) -> None:
    assert [*scores] == ["pass", *record.scores]
    assert scores["pass"].value == {"pass": "C", "fail": "I"}[record.outcome]
    for metric, scored in record.scores.items():
        expected = scored.measured if scored.value is None else scored.value
        assert scores[metric].value == expected
        assert (scores[metric].explanation or "") == "\n".join(scored.why)
        assert scores[metric].metadata["passed"] == scored.passed


def test_a_score_that_has_nothing_to_say_is_none_to_inspect_too(
    bench: Bench, tmp_path: Path, read: Callable[[Path], Any]
) -> None:
    bench.checkout.write("two.suite.yaml", _SUITE.replace("[sections, coverage", "[{python: silent:nothing}"))
    bench.checkout.write("silent.py", "def nothing(view):\n    return None\n")
    (log, _) = map(read, write_logs(_evaluated(bench), tmp_path / "logs"))
    values = [sample.scores["nothing"].value for sample in log.samples if sample.scores]
    assert values
    assert all(math.isnan(value) for value in values)
    assert "nothing" not in {score.name for score in log.results.scores}


def test_a_log_of_which_half_failed_for_technical_reasons_is_no_success(
    bench: Bench, tmp_path: Path, read: Callable[[Path], Any]
) -> None:
    def gone(call: ModelCall) -> Answer:
        return ModelError(f"the provider is gone at {call.step}", retryable=False)

    for log in map(read, write_logs(_evaluated(bench, gone), tmp_path / "logs")):
        assert log.status == "error"
        assert log.error.message.startswith("INFRASTRUCTURE: 12 of 12 performances failed")
        assert {sample.error.message for sample in log.samples} == {"the provider is gone at 1"}


def test_where_answers_are_gone_the_scores_are_told_and_why_there_is_no_document(
    bench: Bench, tmp_path: Path, state: Path, read: Callable[[Path], Any]
) -> None:
    result = _evaluated(bench)
    for path in (state / "evals" / "two" / "replies").iterdir():
        path.unlink()
    (log, _) = map(read, write_logs(result, tmp_path / "logs"))
    (sample, *_) = (sample for sample in log.samples if not sample.error)
    assert sample.output.completion.startswith("its answers are not recorded here")
    assert sample.messages == []
    _same_scores(sample.scores, _arm(result, log)[sample.id, sample.epoch])


def test_samples_of_several_personas_and_models_are_told_apart(
    bench: Bench, tmp_path: Path, read: Callable[[Path], Any]
) -> None:
    both = _SUITE.replace("personas: DPA-1", "personas: [DPA-1, personas/note.persona.md]")
    bench.checkout.write("personas/note.persona.md", _NOTE)
    bench.checkout.write("two.suite.yaml", both.replace("repeats: 3", "repeats: 1"))
    result = bench.run("two.suite.yaml", baseline=None, models=["evidence", answering()])
    logs = [read(path) for path in write_logs(result, tmp_path / "logs")]
    assert [log.eval.model for log in logs] == ["dramaturg/evidence", "dramaturg/scripted"]
    names = {f"{case} · {persona}" for case in ("parcels", "bert") for persona in ("DPA-1", "NOTE-1")}
    assert all({sample.id for sample in log.samples} == names for log in logs)


def test_what_a_judge_took_is_told_as_the_graders(bench: Bench, tmp_path: Path, read: Callable[[Path], Any]) -> None:
    rubric = "scorers: [{rubric: {name: backed-up, criterion: A backup is taken.}}]\n"
    with ChatServer(Judge(lambda shown: "Data Integrity" in shown.document)) as server:
        bench.checkout.write("two.suite.yaml", f"judge: {server.model}\n{_SUITE}".replace(_SCORERS, rubric))
        result = bench.run("two.suite.yaml", baseline=None)
    (log,) = map(read, write_logs(result, tmp_path / "logs"))
    records = _arm(result, log)
    for sample in log.samples:
        record = records[sample.id, sample.epoch]
        took = sum((step.usage for step in record.judging), Usage())
        assert sample.role_usage["grader"].total_tokens == took.input + took.output > 0
        assert sample.scores["backed-up"].value == record.scores["backed-up"].value == 1


def test_a_log_says_the_same_each_time_it_is_written(bench: Bench, tmp_path: Path) -> None:
    result = _evaluated(bench)
    first, again = (write_logs(result, tmp_path / name) for name in ("first", "again"))
    assert [path.name for path in first] == [path.name for path in again]


def test_the_command_writes_them_beside_its_report(bench: Bench, tmp_path: Path) -> None:
    run = _evaluated(bench).run
    folder = tmp_path / "logs"
    told = dramaturg("eval", "report", run, "--inspect", str(folder))
    assert (told.code, told.out) == (0, dramaturg("eval", "report", run).out)
    assert told.err == f"2 logs of inspect in {folder}; look at them: inspect view --log-dir {folder}\n"
    assert len([*folder.glob("*.eval")]) == 2
    assert dramaturg("eval", "report", "--inspect", str(folder)).code == 2
    (tmp_path / "file").write_text("", encoding="utf-8")
    with pytest.raises(CallerError, match="cannot be written: Not a directory"):
        write_logs(_evaluated_again(bench), tmp_path / "file" / "logs")


def _evaluated_again(bench: Bench) -> Evaluated:
    return bench.run("two.suite.yaml", models=[answering(_answered)], price=parse_price("10/10"))


@pytest.mark.parametrize(
    ("ours", "theirs"),
    [
        ("anthropic:claude-haiku-4-5", "anthropic/claude-haiku-4-5"),
        ("openai:tiny@http://127.0.0.1:8080/v1", "openai/tiny"),
        ("evidence", "dramaturg/evidence"),
    ],
)
def test_models_are_named_as_inspect_names_them(ours: str, theirs: str) -> None:
    assert inspect_model(ours) == theirs
