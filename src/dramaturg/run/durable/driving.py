"""A flow to its outcome inside a workflow; its one rule: what is begun depends on what was answered, never on when.

DBOS knows a step by its position. So the calls of a batch are begun in order, all under way are waited for, and their
replies are handed to the flow one by one in the order in which the calls were begun.
"""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable

from dramaturg.engine.calls import Answer, Answered, Batch, ModelCall, ModelReply, Questions, Reply
from dramaturg.engine.events import Event, Flow
from dramaturg.engine.outcome import Outcome

AskModel = Callable[[ModelCall], Awaitable[ModelReply]]
AskPerson = Callable[[Questions], Awaitable[tuple[Answer, ...]]]
Tell = Callable[[Event], Awaitable[None]]


async def drive_in_order(flow: Flow, ask_model: AskModel, ask_person: AskPerson, tell: Tell) -> Outcome:
    """Run a flow to its end in an order that a recovered workflow repeats."""
    reply: Reply | None = None
    under_way: list[tuple[ModelCall, asyncio.Task[ModelReply]]] = []
    answered: deque[Answered] = deque()
    try:
        while True:
            try:
                request = flow.send(reply)
            except StopIteration as stop:
                outcome: Outcome = stop.value
                return outcome
            reply = None
            if isinstance(request, ModelCall):
                reply = await ask_model(request)
            elif isinstance(request, Batch):
                under_way += [(call, asyncio.ensure_future(ask_model(call))) for call in request.calls]
                await asyncio.sleep(0)  # each takes its position before anything else does
                if not answered:
                    answered.extend(await _all(under_way))
                    under_way.clear()
                reply = answered.popleft()
            elif isinstance(request, Questions):
                reply = await ask_person(request)
            else:
                await tell(request)
    finally:
        for _, task in under_way:
            task.cancel()


async def _all(under_way: list[tuple[ModelCall, asyncio.Task[ModelReply]]]) -> list[Answered]:
    """Wait for all that is under way; a fault is raised once the others are written down."""
    await asyncio.wait([task for _, task in under_way])
    return [Answered(call=call, reply=task.result()) for call, task in under_way]
