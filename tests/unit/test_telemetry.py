"""Spans for whoever traces, and nothing for whoever does not; a log of what happened without what was said."""

import io
import json
import subprocess
import sys
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

import pytest
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from tests.commands import RUN, dramaturg
from tests.support import INPUTS, gone_at, good_answer

from dramaturg import ModelError, Runtime
from dramaturg.engine.calls import Answer, Question
from dramaturg.engine.events import QuestionAnswered
from dramaturg.models.scripted import ScriptedModel
from dramaturg.run.log import EventLog
from dramaturg.run.telemetry import Trace


@pytest.fixture(name="exporter")
def _exporter(monkeypatch: pytest.MonkeyPatch) -> InMemorySpanExporter:
    """Configure an SDK as a host application does, for one test."""
    exporter = InMemorySpanExporter()
    provider = TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    monkeypatch.setattr("opentelemetry.trace.get_tracer_provider", lambda: provider)
    return exporter


def _named(spans: Sequence[ReadableSpan], name: str) -> ReadableSpan:
    (span,) = (each for each in spans if each.name == name)
    return span


def test_a_run_holds_its_steps_and_a_step_its_calls(exporter: InMemorySpanExporter) -> None:
    result = Runtime(model=ScriptedModel(good_answer), parallel=True).run("DPA-1", INPUTS)
    spans = exporter.get_finished_spans()
    run = _named(spans, "invoke_agent DPA-1")
    assert run.attributes is not None
    assert run.attributes["dramaturg.run"] == result.report.run
    steps = {span.name: span for span in spans if span.name.startswith("step ")}
    assert next(iter(steps)) == "step 1 Ingest & Scope"
    assert len(steps) == 5
    assert {span.parent and span.parent.span_id for span in steps.values()} == {run.context and run.context.span_id}
    calls = [span for span in spans if span.name == "chat scripted"]
    within = {span.context.span_id for span in steps.values() if span.context}
    assert {span.parent.span_id for span in calls if span.parent} == within
    told = calls[0].attributes
    assert told is not None
    assert (told["gen_ai.operation.name"], told["gen_ai.response.finish_reasons"]) == ("chat", ("end",))
    assert not any("messages" in key for key in told)


def test_messages_are_recorded_only_when_they_are_asked_for(
    exporter: InMemorySpanExporter, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT", "true")
    Runtime(model=ScriptedModel(good_answer)).run("DPA-1", INPUTS)
    call = next(span for span in exporter.get_finished_spans() if span.name == "chat scripted")
    assert call.attributes is not None
    assert json.loads(str(call.attributes["gen_ai.input.messages"]))[0]["role"] == "system"
    assert "seen" in str(call.attributes["gen_ai.output.messages"])


def test_what_fails_is_marked_and_every_span_ends(exporter: InMemorySpanExporter) -> None:
    with pytest.raises(ModelError):
        Runtime(model=gone_at("3")).run("DPA-1", INPUTS)
    spans = exporter.get_finished_spans()
    run = _named(spans, "invoke_agent DPA-1")
    assert run.attributes is not None
    assert run.attributes["error.type"] == "ModelError"
    assert "step 3 EXECUTION PLAN" in [span.name for span in spans]


def test_without_a_host_that_traces_nothing_is_imported() -> None:
    script = "import sys; from dramaturg import run_persona; from pathlib import Path; "
    script += f"run_persona('DPA-1', Path({str(RUN[2])!r}), model='evidence'); "
    script += "print([name for name in sys.modules if name.startswith('opentelemetry')])"
    done = subprocess.run([sys.executable, "-c", script], check=True, capture_output=True, text=True)
    assert done.stdout == "[]\n"


def test_a_trace_without_a_tracer_does_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(sys.modules, "opentelemetry.trace")
    assert Trace.begin().tracer is None


def test_the_log_says_what_happened_and_not_what_was_said(tmp_path: Path) -> None:
    log = tmp_path / "run.jsonl"
    assert dramaturg(*RUN, "--model", "evidence", "--log", str(log), "--quiet").code == 0
    lines = [json.loads(line) for line in log.read_text(encoding="utf-8").splitlines()]
    assert lines[0]["event"] == "RunOpened"
    assert {line["run"] for line in lines} == {lines[0]["run"]}
    assert [line["items"] for line in lines if line["event"] == "StepAccepted" and "items" in line] != []
    assert "registry.parcel.example" not in log.read_text(encoding="utf-8")


def test_a_persons_answer_is_noted_without_its_words() -> None:
    stream = io.StringIO()
    log = EventLog(stream, lambda: datetime(2026, 1, 1, tzinfo=UTC))
    question = Question(id="2.1", step="2", kind="clarify", text="Who?")
    log(QuestionAnswered(question=question, answer=Answer(text="me"), replayed=False))
    assert json.loads(stream.getvalue()) == {
        "time": "2026-01-01T00:00:00.000+00:00",
        "event": "QuestionAnswered",
        "run": "",
        "question": "2.1",
        "kind": "clarify",
        "step": "2",
        "replayed": False,
    }


def test_a_log_that_cannot_be_written_is_refused_before_anything_is_asked(tmp_path: Path) -> None:
    told = dramaturg(*RUN, "--model", "evidence", "--log", str(tmp_path / "none" / "run.jsonl"))
    assert (told.code, "cannot be written" in told.err) == (2, True)
