"""Journals to what a person wants to know of them; its one rule: reading a run never asks and never writes."""

from collections.abc import Iterable
from typing import Any

from dramaturg.engine.assemble import assemble
from dramaturg.engine.events import Event, StepAccepted
from dramaturg.engine.flow import perform
from dramaturg.engine.outcome import Outcome, Section
from dramaturg.engine.profile import Profile
from dramaturg.errors import JournalMiss, StepFailed
from dramaturg.run.drive import drive, replayed
from dramaturg.run.job import thaw
from dramaturg.run.journal import Record, is_performed
from dramaturg.run.loop import PRIVATE_LOOP


def run_summaries(records: Iterable[Record]) -> list[dict[str, Any]]:
    """Return one row for each run: its id, how it stands, and what it asked."""
    return [
        {
            "run": record.run,
            "status": run_status(record),
            "message": record.end["message"] if record.end else "",
            "answers": len(record.replies),
            "persona": record.header["persona"],
            "model": record.header["model"],
            "journal": str(record.path),
        }
        for record in records
    ]


def run_status(record: Record) -> str:
    """Return `done`, `failed`, `running`, or `unfinished` for a run that can be resumed."""
    if record.end is not None:
        return str(record.end["status"])
    return "running" if is_performed(record.path) else "unfinished"


def kept_document(record: Record) -> str:
    """Return what a run has produced so far as Markdown; it says so where it is not whole."""
    job = thaw(record)
    brief = job.brief(Profile(**record.header["profile"]), record.header["model"], record.header["reasks"])
    sections: list[Section] = []

    def keep(event: Event) -> None:
        if isinstance(event, StepAccepted) and event.section is not None:
            sections.append(event.section)

    try:
        outcome = PRIVATE_LOOP.call(drive(perform(brief), replayed(record, keep), keep))
        preface = ""
    except (StepFailed, JournalMiss):
        total = len([*job.plan.sections])
        outcome = Outcome(sections=tuple(sections), questions=(), findings=())
        preface = (
            f"Not a finished document: {len(sections)} of {total} sections, run `{record.run}` is {run_status(record)}."
        )
    return assemble(job.plan, outcome, preface=preface, quotes=not brief.profile.writes).markdown
