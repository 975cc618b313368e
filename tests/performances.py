"""Flows of the reference persona driven by hand: answers that fall short, and what a performance shows of them."""

from collections.abc import Sequence
from typing import Any

from tests.support import Performance, envelope, item

from dramaturg.engine.calls import ModelCall
from dramaturg.engine.events import AnswerRejected
from dramaturg.engine.outcome import Entry

INVENTED = [{"artifact": "ARCHITECTURE_BLUEPRINT", "quote": "Backups are taken every hour by pg_dump"}]
CHECKS = ["Configuration", "Data Integrity", "Dependencies", "Artifacts"]
PHASES = [
    "Enabling maintenance mode",
    "Applying database migrations",
    "Deploying the new application versions",
    "Running critical smoke tests",
    "Disabling maintenance mode",
]


def covering(names: Sequence[str], **changes: Any) -> str:
    """Return an answer with a good item for each requirement."""
    return envelope([item(name, **changes) for name in names])


def calls_of(performance: Performance, step: str) -> list[ModelCall]:
    """Return the calls of a step."""
    return [call for call in performance.calls if call.step == step]


def entries_of(performance: Performance, title: str) -> tuple[Entry, ...]:
    """Return the entries of a section."""
    assert performance.outcome is not None
    return next(section.entries for section in performance.outcome.sections if section.title == title)


def reasons_in(call: ModelCall) -> str:
    """Return what a re-ask says between its tags."""
    text = call.messages[-1].text
    return text[text.index("<validation_errors>") : text.index("</validation_errors>")]


def rejections(performance: Performance) -> list[tuple[str, int, list[str]]]:
    """Return step, attempt and rules of every rejection."""
    return [
        (event.step, event.attempt, [finding.rule for finding in event.findings])
        for event in performance.events
        if isinstance(event, AnswerRejected)
    ]
