"""A run that others perform, as if it were here; its one rule: the caller sees the same events, result and errors."""

import asyncio
from collections.abc import Mapping
from contextlib import ExitStack
from typing import Any

from dramaturg.engine.events import RunQueued
from dramaturg.errors import AnswerNeeded
from dramaturg.run.budget import Limits
from dramaturg.run.drive import Respond
from dramaturg.run.durable.client import ENDS, Desk
from dramaturg.run.durable.held import Held, asked
from dramaturg.run.durable.receipts import Receipts
from dramaturg.run.durable.recording import record_of
from dramaturg.run.orders import leave_this_machine, limits_of, models_in
from dramaturg.run.perform import Conditions
from dramaturg.run.record import Record
from dramaturg.run.report import RunResult
from dramaturg.run.respond import discreet
from dramaturg.run.telemetry import Trace


async def perform_elsewhere(order: Mapping[str, Any], receipts: Receipts, conditions: Conditions) -> RunResult:
    """Give an order, follow its run to its end, and return its result.

    Args:
        order: What to perform; a run of the same that was ordered before and not delivered goes on instead.
        receipts: Those of the Postgres database that the order is given to.
        conditions: Who is told of what happens, and who answers what only a person can.

    Raises:
        AnswerNeeded, BudgetSpent, ModelError: The run rests; it goes on with `resume_elsewhere`, or the same order.
    """
    with await asyncio.to_thread(Desk, receipts.database) as desk, ExitStack() as undo:
        run = await asyncio.to_thread(undo.enter_context, receipts.following(order, desk.has_kept))
        if run == order["run"]:
            with Trace.begin().handing_over(order) as given:
                await asyncio.to_thread(desk.give, given)
                result = await _followed(desk, run, order, conditions)
        else:
            result = await _gone_on(desk, run, conditions)
    if not conditions.delivers:
        receipts.settle(run)
    return result


async def resume_elsewhere(run: str, receipts: Receipts, conditions: Conditions) -> RunResult:
    """Go on with a run that rests, within limits, and follow it to its end; otherwise as `perform_elsewhere`.

    One that rests for answers keeps the limits it has unless others are given.
    """
    with await asyncio.to_thread(Desk, receipts.database) as desk:
        result = await _gone_on(desk, run, conditions)
    if not conditions.delivers:
        receipts.settle(run)
    return result


async def recorded_elsewhere(database: str, run: str) -> Record:
    """Return what a database holds of a run; CallerError if it has none of that id, or none that has begun."""
    with await asyncio.to_thread(Desk, database) as desk:
        return await record_of(desk, run)


async def _gone_on(desk: Desk, run: str, conditions: Conditions) -> RunResult:
    standing = await asyncio.to_thread(desk.standing, run)
    held, order = standing.held, await asyncio.to_thread(desk.order, run)
    if held is not None and held.why != "answers":
        await asyncio.to_thread(desk.go_on, run, conditions.limits)
    keeps = standing.status not in ENDS if held is None else not held.by_itself
    bound = keeps and conditions.limits not in (Limits(), limits_of(order["limits"]))
    return await _followed(desk, run, order, conditions, bound=bound)


async def _followed(
    desk: Desk, run: str, order: Mapping[str, Any], conditions: Conditions, *, bound: bool = False
) -> RunResult:
    conditions.emit(RunQueued(run=run, alone=not await asyncio.to_thread(desk.workers), bound=bound))
    respond = conditions.respond
    if respond and conditions.secrets and leave_this_machine(models_in(order)):
        respond = discreet(respond, conditions.secrets)
    seen = 0
    while True:
        async for happened in desk.follow(run, seen):
            seen += 1
            for event in happened:
                conditions.emit(event)
        held = (await asyncio.to_thread(desk.standing, run)).held
        if held is None or held.why != "answers":
            return await asyncio.to_thread(desk.result, run)
        await _answered(desk, run, held, respond, conditions.limits)


async def _answered(desk: Desk, run: str, held: Held, respond: Respond | None, limits: Limits) -> None:
    """Ask what a run waits for, and pass the answers on; AnswerNeeded for what stays open."""
    said = {question.id: await respond(question) if respond else None for question in held.questions}
    answers = {name: answer for name, answer in said.items() if answer is not None}
    left = await asyncio.to_thread(desk.answer, run, answers, None if limits == Limits() else limits)
    if left:
        raise AnswerNeeded(run, asked(left))
