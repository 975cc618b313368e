"""A performance to a sample of inspect; its one rule: a score without a value is none, never a nought."""

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from typing import Any

from dramaturg.engine.brief import Brief
from dramaturg.engine.calls import Usage
from dramaturg.evals.records import Record, Scored, StepRecord
from dramaturg.evals.report.inspect.conversation import Conversation, inspect_model, usage_of
from dramaturg.evals.report.page.again import Told
from dramaturg.evals.scoring import document_text
from dramaturg.evals.suite import PASS, Case

_ID = 22  # characters of the ids that inspect gives
_VALUES = {"pass": "C", "fail": "I"}  # inspect's own for what is right and what is not
_SHOWN = 1024  # characters of a text in a summary


@dataclass(frozen=True, slots=True, kw_only=True)
class Frame:
    """What the samples of a log have in common.

    Attributes:
        id: The log's id.
        began: When the eval began.
        cases: The suite's cases by their ids.
        personas: What each of several personas is called in the names of samples; empty where there is one.
    """

    id: str
    began: datetime
    cases: Mapping[str, Case]
    personas: Mapping[str, str]

    def name(self, record: Record) -> str:
        """Return what the repeats of a case of one persona are called."""
        return f"{record.case} · {self.personas[record.persona]}" if self.personas else record.case


def sample_of(record: Record, told: Told, frame: Frame) -> dict[str, Any]:
    """Return a sample: artifacts as its input, the document as its output, a repeat as its epoch."""
    usage = usage_in(record.steps)
    document = document_text(told.brief, told.outcome) if told.brief and told.outcome else ""
    said = document or told.why
    titles = {step.id: step.section or step.name for step in told.brief.plan.steps} if told.brief else {}
    conversation = Conversation(asked=told.asked, titles=titles, began=frame.began)
    output = {
        "model": inspect_model(record.model),
        "choices": [{"message": {"role": "assistant", "content": said}, "stop_reason": "stop"}],
        "usage": usage,
        "time": seconds_of(record),
    }
    messages, events = conversation.messages(), [*conversation.events(document)]
    return {
        "id": frame.name(record),
        "epoch": record.repeat + 1,
        "uuid": short_id(frame.id, *map(str, record.place)),
        "input": _given(told.brief),
        "target": "",
        "messages": messages,
        "output": output,
        "scores": None if record.error else scores_of(record),
        "metadata": _metadata(record, told, frame),
        "events": events,
        "attachments": conversation.attachments,
        "model_usage": {inspect_model(record.model): usage},
        "role_usage": {"grader": usage_in(record.judging)} if record.judging else {},
        "total_time": seconds_of(record),
        "working_time": seconds_of(record),
        "error": error_of(record.error) if record.error else None,
    }


def summary_of(sample: Mapping[str, Any]) -> dict[str, Any]:
    """Return what a list of samples shows of one: long texts cut short."""
    kept = ("id", "epoch", "uuid", "target", "scores", "model_usage", "role_usage", "total_time", "working_time")
    return {
        **{name: sample[name] for name in kept},
        "input": sample["input"][:_SHOWN],
        "metadata": {name: value for name, value in sample["metadata"].items() if name != "steps"},
        "error": sample["error"]["message"] if sample["error"] else None,
        "completed": True,
        "message_count": len(sample["messages"]),
    }


def scores_of(record: Record) -> dict[str, Any]:
    """Return what each scorer said, whether the performance passed first."""
    lines = [line for scored in record.scores.values() if scored.passed is False for line in scored.why]
    passed = {
        "value": _VALUES.get(record.outcome, math.nan),
        "explanation": record.failure or "\n".join(lines) or None,
    }
    return {PASS: passed, **{metric: _score(scored) for metric, scored in record.scores.items()}}


def value_of(scored: Scored) -> float | None:
    """Return the value of a score; of one that is only measured the quantity."""
    return scored.measured if scored.value is None else scored.value


def _score(scored: Scored) -> dict[str, Any]:
    value = value_of(scored)
    return {
        "value": math.nan if value is None else value,
        "explanation": "\n".join(scored.why) or None,
        "metadata": {"passed": scored.passed},
    }


def _given(brief: Brief | None) -> str:
    """Return the artifacts, each under its name."""
    if brief is None:
        return ""
    texts = [f"# {artifact.id}\n\n{artifact.text.rstrip()}" for artifact in brief.artifacts]
    return "\n\n".join(texts)


def _metadata(record: Record, told: Told, frame: Frame) -> dict[str, Any]:
    case = frame.cases[record.case]
    return {
        "outcome": record.outcome,
        "persona": record.persona,
        "case": record.case,
        "tags": [*case.tags],
        "remark": told.why or record.failure,
        "document": record.document,
        "usd": record.usd,
        "asked": record.new,
        "steps": [
            {
                "step": step.step,
                "outcome": step.outcome,
                "scores": dict(step.scores),
                "usd": step.usd,
                "keys": step.keys,
            }
            for step in record.steps
        ],
    }


def usage_in(steps: Iterable[StepRecord]) -> dict[str, Any]:
    """Return the tokens of steps, recorded answers included, and what they cost if that is known of all."""
    found = [*steps]
    usd = [step.usd for step in found if step.usd is not None]
    return usage_of(sum((step.usage for step in found), Usage()), sum(usd) if len(usd) == len(found) else None)


def seconds_of(record: Record) -> float:
    """Return the seconds of a performance, recorded answers included."""
    return sum(step.seconds for step in record.steps)


def error_of(message: str) -> dict[str, Any]:
    """Return what the machinery failed with; there is no traceback."""
    return {"message": message, "traceback": message, "traceback_ansi": message}


def short_id(*parts: str) -> str:
    """Return an id that the same parts have every time."""
    return sha256("\0".join(parts).encode()).hexdigest()[:_ID]
