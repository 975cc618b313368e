"""Journals to what a person wants to know of them; its one rule: reading a run never asks and never writes."""

from collections.abc import Iterable
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

from dramaturg.errors import CallerError, JournalMiss
from dramaturg.run.budget import Tariffs
from dramaturg.run.locks import is_held
from dramaturg.run.perform import document_of
from dramaturg.run.record import Record, read_journal
from dramaturg.run.retell import retell, run_status


def run_summaries(journals: Iterable[Path]) -> list[dict[str, Any]]:
    """Return one row for each journal, with when it was last written; one that cannot be read hides no other.

    One that another process has removed meanwhile has no row.
    """
    return [row for path in journals if (row := _dated(path)) is not None]


def run_summary(record: Record, *, held: bool | None = None) -> dict[str, Any]:
    """Return a run's id, how it stands (see `run_status`), and what it asked."""
    return {
        "run": record.run,
        "status": run_status(record, held=held),
        "message": record.end["message"] if record.end else "",
        "delivered": record.is_over,
        "questions": [{"id": name, "kind": kind, "text": text} for name, kind, text in record.waits],
        "answers": len(record.replies),
        "cost": _cost(record),
        "persona": record.header["persona"],
        "model": record.header["model"],
        "journal": str(record.path),
    }


def kept_document(record: Record) -> str:
    """Return what a run has produced so far as Markdown; it says so where it is not whole."""
    told = retell(record)
    return document_of(told.brief, told.outcome, told.remark).markdown


def _cost(record: Record) -> float | None:
    """Return the dollars of all answers a run has; None where a price is not known."""
    tariffs = Tariffs(given=record.price)
    others = {step: each["model"] for step, each in record.header.get("others", {}).items()}
    total = Decimal(0)
    for (step, _), reply in zip(record.steps, record.replies.values(), strict=False):
        cost = tariffs.of(reply.stand_in or others.get(step, record.header["model"])).cost(reply.usage)
        if cost is None:
            return None
        total += cost
    return float(total)


def _dated(path: Path) -> dict[str, Any] | None:
    row = _row(path)
    try:
        written = path.stat().st_mtime
    except FileNotFoundError:
        return None
    return {**row, "written": datetime.fromtimestamp(written, UTC).isoformat(timespec="seconds")}


def _row(path: Path) -> dict[str, Any]:
    try:
        held = is_held(path)  # before it is read, so that a run which ends now is not called unfinished
        return run_summary(read_journal(path), held=held)
    except (JournalMiss, CallerError) as miss:
        unknown: dict[str, Any] = {
            "questions": [],
            "delivered": False,
            "cost": None,
            "answers": 0,
            "persona": "",
            "model": "",
            "journal": str(path),
        }
        return {"run": path.stem, "status": "unreadable", "message": miss.message, **unknown}
