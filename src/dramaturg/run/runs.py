"""Journals to what a person wants to know of them; its one rule: reading a run never asks and never writes."""

from collections.abc import Iterable
from decimal import Decimal
from pathlib import Path
from typing import Any

from dramaturg.engine.events import Event, StepAccepted
from dramaturg.engine.flow import perform
from dramaturg.engine.outcome import Outcome, Section
from dramaturg.errors import JournalMiss, StepFailed
from dramaturg.run.budget import Tariffs
from dramaturg.run.drive import drive, remembered, replayed
from dramaturg.run.job import thaw
from dramaturg.run.journal import is_performed
from dramaturg.run.loop import PRIVATE_LOOP
from dramaturg.run.perform import document_of, recorded_brief
from dramaturg.run.record import Record, read_journal


def run_summaries(journals: Iterable[Path]) -> list[dict[str, Any]]:
    """Return one row for each journal; one that cannot be read says why, and hides no other."""
    return [_row(path) for path in journals]


def run_summary(record: Record) -> dict[str, Any]:
    """Return a run's id, how it stands, and what it asked."""
    return {
        "run": record.run,
        "status": run_status(record),
        "message": record.end["message"] if record.end else "",
        "questions": [{"id": name, "kind": kind, "text": text} for name, kind, text in record.waits],
        "answers": len(record.replies),
        "cost": _cost(record),
        "persona": record.header["persona"],
        "model": record.header["model"],
        "journal": str(record.path),
    }


def run_status(record: Record) -> str:
    """Return `done`, `failed`, `running`, or for a run that can be resumed `waiting` for a person or `unfinished`."""
    if record.end is not None:
        return record.end["status"]
    if is_performed(record.path):
        return "running"
    return "waiting" if record.waits else "unfinished"


def kept_document(record: Record) -> str:
    """Return what a run has produced so far as Markdown; it says so where it is not whole."""
    job = thaw(record)
    brief = recorded_brief(job, record)
    sections: list[Section] = []

    def keep(event: Event) -> None:
        if isinstance(event, StepAccepted) and event.section is not None:
            sections.append(event.section)

    try:
        outcome = PRIVATE_LOOP.call(drive(perform(brief), replayed(record, keep), remembered(record, keep), keep))
    except (StepFailed, JournalMiss):
        total = len([*job.plan.sections])
        held = f"{len(sections)} of {total} sections"
        remark = f"Not a finished document: {held}, run `{record.run}` is {run_status(record)}."
        return document_of(brief, Outcome(sections=tuple(sections), questions=(), findings=()), remark).markdown
    return document_of(brief, outcome).markdown


def _cost(record: Record) -> float | None:
    """Return the dollars of all answers a run has; None where a price is not known."""
    tariffs = Tariffs()
    others = {step: each["model"] for step, each in record.header.get("others", {}).items()}
    total = Decimal(0)
    for (step, _), reply in zip(record.steps, record.replies.values(), strict=False):
        cost = tariffs.of(others.get(step, record.header["model"])).cost(reply.usage)
        if cost is None:
            return None
        total += cost
    return float(total)


def _row(path: Path) -> dict[str, Any]:
    try:
        return run_summary(read_journal(path))
    except JournalMiss as miss:
        unknown: dict[str, Any] = {
            "questions": [],
            "cost": None,
            "answers": 0,
            "persona": "",
            "model": "",
            "journal": str(path),
        }
        return {"run": path.stem, "status": "unreadable", "message": miss.message, **unknown}
