"""What is kept in the database, as JSON and nothing else; its one rule: what is read back is data, never code."""

import json
from collections.abc import Mapping
from typing import Any

from dbos import Serializer
from pydantic import TypeAdapter

from dramaturg import errors
from dramaturg.engine.calls import Answer, ModelReply, Question
from dramaturg.engine.events import Event
from dramaturg.errors import DramaturgError, ModelError
from dramaturg.findings.model import Finding

_ERROR = "dramaturg.error"
_FINDINGS: TypeAdapter[tuple[Finding, ...]] = TypeAdapter(tuple[Finding, ...])
_REPLY = TypeAdapter(ModelReply)
_ANSWER = TypeAdapter(Answer)
_QUESTION = TypeAdapter(Question)
_EVENTS: Mapping[str, TypeAdapter[Any]] = {kind.__name__: TypeAdapter(kind) for kind in Event.__args__}


class Plain(Serializer):
    """JSON for everything DBOS keeps; an exception is its name and its fields, and becomes one of ours or none."""

    def serialize(self, data: Any) -> str:
        """Return data as JSON; TypeError for what is none."""
        return json.dumps(data, default=_plain)

    def deserialize(self, serialized_data: str) -> Any:
        """Return what was kept."""
        data: Any = json.loads(serialized_data)
        return error_of(data) if isinstance(data, Mapping) and _ERROR in data else data

    def name(self) -> str:
        """Return the name under which rows note it."""
        return "dramaturg_json"


def _plain(value: Any) -> Any:
    if isinstance(value, BaseException):
        return error_data(value)
    raise TypeError(f"{type(value).__name__} is not kept in the database")


def error_data(error: BaseException) -> dict[str, Any]:
    """Return an exception as plain data: its name, and its fields if it is one of ours."""
    if not isinstance(error, DramaturgError):
        return {_ERROR: type(error).__name__, "fields": [str(error)]}
    fields = [_FINDINGS.dump_python(field, mode="json") if _are_findings(field) else field for field in error.args]
    return {_ERROR: type(error).__name__, "fields": fields}


def _are_findings(field: Any) -> bool:
    return isinstance(field, tuple) and bool(field) and isinstance(field[0], Finding)


def error_of(data: Mapping[str, Any]) -> DramaturgError:
    """Return the exception that was kept; what is none of ours is told as the machine's fault."""
    kind = getattr(errors, str(data[_ERROR]), None)
    fields = [_field(field) for field in data["fields"]]
    if isinstance(kind, type) and issubclass(kind, DramaturgError):
        return kind(*fields)
    return ModelError(f"the worker failed: {data[_ERROR]}: {' '.join(map(str, fields))}", retryable=False)


def _field(field: Any) -> Any:
    if isinstance(field, list) and field and isinstance(field[0], Mapping) and "rule" in field[0]:
        return _FINDINGS.validate_python(field)
    return tuple(map(tuple, field)) if isinstance(field, list) else field


def event_data(event: Event) -> dict[str, Any]:
    """Return an event as plain data."""
    kind = type(event).__name__
    data: dict[str, Any] = _EVENTS[kind].dump_python(event, mode="json")
    return {"event": kind, **data}


def event_of(data: Mapping[str, Any]) -> Event:
    """Return an event that was kept."""
    fields = {key: value for key, value in data.items() if key != "event"}
    event: Event = _EVENTS[data["event"]].validate_python(fields)
    return event


def reply_data(reply: ModelReply) -> Mapping[str, Any]:
    """Return a model's reply as plain data."""
    data: Mapping[str, Any] = _REPLY.dump_python(reply, mode="json")
    return data


def reply_of(data: Mapping[str, Any]) -> ModelReply:
    """Return a model's reply that was kept."""
    return _REPLY.validate_python(data)


def question_data(question: Question) -> Mapping[str, Any]:
    """Return a question as plain data."""
    data: Mapping[str, Any] = _QUESTION.dump_python(question, mode="json")
    return data


def question_of(data: Mapping[str, Any]) -> Question:
    """Return a question that was kept."""
    return _QUESTION.validate_python(data)


def answer_of(data: Mapping[str, Any]) -> Answer:
    """Return a person's answer that was kept."""
    return _ANSWER.validate_python(data)
