"""What the database holds of a run to the record of a run; its one rule: whoever reads it needs no worker and no model.

A record is what a journal says, so that a run of many machines is shown, reported and made a page of like any other.
"""

from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from dramaturg.engine.brief import Respondent
from dramaturg.engine.calls import Answer
from dramaturg.engine.events import QuestionAnswered
from dramaturg.errors import CallerError
from dramaturg.models.prices import parse_price
from dramaturg.run.durable.client import ENDS, Desk, QueuedRun
from dramaturg.run.durable.plain import reply_of
from dramaturg.run.header import header_of
from dramaturg.run.orders import job_of, profile_of
from dramaturg.run.record import Record


async def record_of(desk: Desk, run: str) -> Record:
    """Return the record of a run, finished or not.

    Raises:
        CallerError: There is no run of that id, or no worker has begun it.
    """
    standing = desk.standing(run)
    kept = [each for each in desk.recorded(run) if isinstance(each, Mapping)]
    opened = next((each for each in kept if "profile" in each), None)
    if opened is None:
        raise CallerError(f"run `{run}` is {standing.status}; no worker has begun it")
    answered = [each for each in kept if "reply" in each]
    return Record(
        path=Path(run),
        header=_header(desk.order(run), opened),
        replies={each["key"]: reply_of(each["reply"]) for each in answered},
        steps=tuple((each["step"], each["attempt"]) for each in answered),
        answers=await _answers(desk, run),
        waits=tuple((each.id, each.kind, each.text) for each in standing.questions),
        end=_end(standing),
        seconds={each["key"]: each["seconds"] for each in answered},
        standing=standing.status,
    )


def _header(order: Mapping[str, Any], opened: Mapping[str, Any]) -> Mapping[str, Any]:
    others = {
        step: Respondent(model=each["model"], profile=profile_of(each["profile"]))
        for step, each in opened["others"].items()
    }
    brief = job_of(order).brief(profile_of(opened["profile"]), opened["model"], order["reasks"], others)
    specs = {each.model: order["models"][step] for step, each in others.items()} | {brief.model: order["model"]}
    price = parse_price(order["price"]) if order["price"] else None
    return header_of(order["run"], brief, specs, _moment(opened["at"]), price)


async def _answers(desk: Desk, run: str) -> Mapping[str, Answer]:
    told = [event async for event in desk.told(run) if isinstance(event, QuestionAnswered)]
    return {event.question.key: event.answer for event in told}


def _end(standing: QueuedRun) -> Mapping[str, str] | None:
    if standing.status not in ENDS:
        return None
    return {"status": standing.status, "message": standing.message, "at": _moment(standing.changed)}


def _moment(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="seconds")
