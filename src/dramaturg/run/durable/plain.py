"""What is kept in the database, as JSON and nothing else; its one rule: what is read back is data, never code."""

import json
from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from dbos import Serializer

from dramaturg import errors
from dramaturg.engine.calls import Answer, ModelReply, Usage
from dramaturg.errors import DramaturgError, ModelError
from dramaturg.findings.model import Finding, Label, Severity, Span

_ERROR = "dramaturg.error"


class Plain(Serializer):
    """JSON for everything DBOS keeps; an exception is its name and its fields, and becomes one of ours or none."""

    def serialize(self, data: Any) -> str:
        """Return data as JSON; TypeError for what is none."""
        return json.dumps(data, default=_plain)

    def deserialize(self, serialized_data: str) -> Any:
        """Return what was kept."""
        data: Any = json.loads(serialized_data)
        return _error(data) if isinstance(data, Mapping) and _ERROR in data else data

    def name(self) -> str:
        """Return the name under which rows note it."""
        return "dramaturg_json"


def _plain(value: Any) -> Any:
    if isinstance(value, DramaturgError):
        fields = [[asdict(each) for each in field] if _findings(field) else field for field in value.args]
        return {_ERROR: type(value).__name__, "fields": fields}
    if isinstance(value, BaseException):
        return {_ERROR: type(value).__name__, "fields": [str(value)]}
    raise TypeError(f"{type(value).__name__} is not kept in the database")


def _findings(field: Any) -> bool:
    return isinstance(field, tuple) and bool(field) and isinstance(field[0], Finding)


def _error(data: Mapping[str, Any]) -> Exception:
    """Return the exception that was kept; what is none of ours is told as the machine's fault."""
    kind = getattr(errors, str(data[_ERROR]), None)
    fields = [_found(field) for field in data["fields"]]
    if isinstance(kind, type) and issubclass(kind, DramaturgError):
        return kind(*fields)
    return ModelError(f"the worker failed: {data[_ERROR]}: {' '.join(map(str, fields))}", retryable=False)


def _found(field: Any) -> Any:
    if isinstance(field, list) and field and isinstance(field[0], Mapping) and "rule" in field[0]:
        return tuple(finding_of(each) for each in field)
    return tuple(map(tuple, field)) if isinstance(field, list) else field


def finding_of(data: Mapping[str, Any]) -> Finding:
    """Return a finding that was kept, without its edits, which are for files at hand."""
    span = Span(**data["span"]) if data["span"] else None
    labels = tuple(Label(span=Span(**each["span"]), text=each["text"]) for each in data["labels"])
    kept = {key: data[key] for key in ("rule", "message", "note", "help", "step")}
    return Finding(severity=Severity(data["severity"]), span=span, labels=labels, **kept)


def reply_of(data: Mapping[str, Any]) -> ModelReply:
    """Return a model's reply that was kept."""
    return ModelReply(**{**data, "usage": Usage(**data["usage"])})


def answer_of(data: Mapping[str, Any]) -> Answer:
    """Return a person's answer that was kept."""
    return Answer(**data)
