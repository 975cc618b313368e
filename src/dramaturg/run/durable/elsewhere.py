"""A run that others perform, as if it were here; its one rule: the caller sees the same result and the same errors."""

import asyncio
import inspect
from collections.abc import Mapping
from typing import Any

from dramaturg.engine.calls import Question
from dramaturg.engine.events import BranchTaken, Event, StepAccepted, StepStarted
from dramaturg.errors import AnswerNeeded
from dramaturg.run.drive import Emit
from dramaturg.run.durable.client import Desk
from dramaturg.run.report import RunResult
from dramaturg.run.respond import OnQuestion, answer_of


def perform_elsewhere(database: str, order: Mapping[str, Any], emit: Emit, on_question: OnQuestion | None) -> RunResult:
    """Give an order, follow its run to the end, and return its result.

    Args:
        database: URL of the Postgres database.
        order: What to perform.
        emit: Told of the steps, without their texts.
        on_question: Asked what only a person can answer.

    Raises:
        AnswerNeeded: The run waits for a person; it goes on once `Desk.answer` has answered.
    """
    with Desk(database) as desk:
        run = desk.give(order)
        for said in desk.follow(run):
            if said["event"] == "Questions":
                _answer(desk, run, desk.still_open(run, said["questions"]), on_question)
            elif event := event_of(said):
                emit(event)
        return desk.result(run)


def event_of(said: Mapping[str, Any]) -> Event | None:
    """Return what a worker tells as the event it was; None for what has no meaning without its texts."""
    kept = {key: value for key, value in said.items() if key not in ("event", "items")}
    match said["event"]:
        case "StepStarted":
            return StepStarted(**kept)
        case "StepAccepted":
            return StepAccepted(**kept, section=None, findings=())
        case "BranchTaken":
            return BranchTaken(**kept)
        case _:
            return None


def question_of(data: Mapping[str, Any]) -> Question:
    """Return a question as a worker put it."""
    kept = {key: value for key, value in data.items() if key not in ("key", "choices")}
    return Question(**kept, choices=tuple(data["choices"]))


def _answer(desk: Desk, run: str, waits: list[Mapping[str, Any]], on_question: OnQuestion | None) -> None:
    left = []
    for each in waits:
        said: object = on_question(question_of(each)) if on_question else None
        if inspect.isawaitable(said):
            said = asyncio.run(_awaited(said))
        answer = answer_of(said, f"question {each['id']}")
        if answer is None:
            left.append((str(each["id"]), str(each["kind"]), str(each["text"])))
        else:
            desk.answer(run, {str(each["id"]): answer})
    if left:
        raise AnswerNeeded(run, tuple(left))


async def _awaited(said: Any) -> object:
    return await said
