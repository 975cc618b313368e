"""What a run has come to so far; its one rule: what is told of it was accepted, and says that it is not whole."""

from dramaturg.engine.events import StepAccepted
from dramaturg.engine.outcome import Outcome
from dramaturg.run.durable.client import Desk
from dramaturg.run.orders import job_of, profile_of
from dramaturg.run.perform import document_of


async def kept_document(desk: Desk, run: str) -> str:
    """Return the sections that a run has written down, as Markdown; empty if it has not begun."""
    standing = desk.standing(run)
    recorded = desk.recorded(run)
    if not recorded:
        return ""
    order = desk.order(run)
    job = job_of(order)
    brief = job.brief(profile_of(recorded[0]["profile"]), order["model"], order["reasks"])
    sections = {event.step: event.section async for event in desk.told(run) if isinstance(event, StepAccepted)}
    written = tuple(section for section in sections.values() if section is not None)
    held = f"{len(written)} of {len([*job.plan.sections])} sections"
    remark = f"Not a finished document: {held}, run `{run}` is {standing.status}."
    return document_of(brief, Outcome(sections=written, questions=(), findings=()), remark).markdown
