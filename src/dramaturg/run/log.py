"""Events to lines of JSON; its one rule: a line says what happened and when, never what was asked or answered."""

import json
from collections.abc import Callable
from dataclasses import fields
from datetime import UTC, datetime
from typing import IO, Any

from dramaturg.engine.events import Event, StepAccepted

_TOLD = (str, int, float, bool)


class EventLog:
    """Writes a line for each event.

    Args:
        stream: Where to; each line is flushed, so that it can be followed.
        now: Gives the time.
    """

    def __init__(self, stream: IO[str], now: Callable[[], datetime] = lambda: datetime.now(UTC)) -> None:
        self._stream = stream
        self._now = now
        self._run = ""

    def __call__(self, event: Event) -> None:
        """Write an event down."""
        self._run = getattr(event, "run", self._run)
        line: dict[str, Any] = {
            "time": self._now().isoformat(timespec="milliseconds"),
            "event": type(event).__name__,
            "run": self._run,
        }
        self._stream.write(json.dumps(line | _told(event)) + "\n")
        self._stream.flush()


def _told(event: Event) -> dict[str, Any]:
    """Return the plain fields of an event: texts of the model, of artifacts and of people are none."""
    told: dict[str, Any] = {}
    for field in fields(event):
        value = getattr(event, field.name)
        if field.name == "usage":
            told |= {f"tokens_{each.name}": getattr(value, each.name) for each in fields(value)}
        elif field.name == "question":
            told |= {"question": value.id, "kind": value.kind, "step": value.step}
        elif field.name == "findings":
            told["findings"] = [finding.rule for finding in value]
        elif isinstance(value, _TOLD) and field.name != "text":
            told[field.name] = value
    if isinstance(event, StepAccepted) and event.section is not None:
        told["items"] = len(event.section.entries)
    return told
