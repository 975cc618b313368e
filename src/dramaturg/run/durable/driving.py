"""A flow to its outcome inside a workflow; its one rule: what is begun depends on what was answered, never on when.

DBOS knows a step by its position. So the calls of a batch are begun in order, all under way are waited for, and the
replies are handed to the flow one by one in that order. Calls that failed are begun again, in order too, when the flow
can go on without them no further and what they met is overcome.
"""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field

from dramaturg.engine.calls import Answer, Answered, Batch, ModelCall, ModelReply, Questions, Reply
from dramaturg.engine.events import CallAnswered, Event, Flow, QuestionAnswered
from dramaturg.engine.outcome import Outcome
from dramaturg.errors import BudgetSpent, ModelError

Trouble = BudgetSpent | ModelError


@dataclass(frozen=True, slots=True, kw_only=True)
class Attempted:
    """What came of making a call once: a reply, or what kept it from coming; and what happened on the way."""

    reply: ModelReply | None = None
    trouble: Trouble | None = None
    happened: tuple[Event, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Durable:
    """What a workflow can do for a flow, each of it written down.

    Attributes:
        attempt: Makes a call; told how often that was tried before.
        overcome: Waits until what calls met may be over, told how often they were tried; returns how often that counts.
        ask: Asks a person.
        tell: Tells what has happened.
    """

    attempt: Callable[[ModelCall, int], Awaitable[Attempted]]
    overcome: Callable[[Sequence[Trouble], int], Awaitable[int]]
    ask: Callable[[Questions], Awaitable[tuple[Answer, ...]]]
    tell: Callable[[Sequence[Event]], Awaitable[None]]


async def drive_in_order(flow: Flow, durable: Durable) -> Outcome:
    """Run a flow to its end in an order that a recovered workflow repeats."""
    reply: Reply | None = None
    under_way = _UnderWay(durable=durable)
    happened: list[Event] = []
    try:
        while True:
            try:
                request = flow.send(reply)
            except StopIteration as stop:
                await _tell(durable, happened)
                outcome: Outcome = stop.value
                return outcome
            reply = None
            if not isinstance(request, ModelCall | Batch | Questions):
                happened.append(request)
                continue
            if isinstance(request, Questions):
                await _tell(durable, happened)
                reply = await durable.ask(request)
                happened += _answered(request, reply)
                continue
            await under_way.begin(request.calls if isinstance(request, Batch) else (request,))
            await _tell(durable, happened)
            answered = await under_way.next()
            happened += answered.happened
            reply = answered.reply if isinstance(request, ModelCall) else _of_batch(answered)
    finally:
        under_way.let_go()


async def _tell(durable: Durable, happened: list[Event]) -> None:
    """Tell what has happened since the last time, in one go: each telling is a row of the database."""
    if happened:
        await durable.tell(tuple(happened))
        happened.clear()


def _answered(request: Questions, answers: tuple[Answer, ...]) -> list[Event]:
    pairs = zip(request.questions, answers, strict=True)
    return [QuestionAnswered(question=question, answer=answer, replayed=False) for question, answer in pairs]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Settled:
    """A call with its reply."""

    call: ModelCall
    reply: ModelReply
    happened: tuple[Event, ...]


def _of_batch(settled: _Settled) -> Answered:
    return Answered(call=settled.call, reply=settled.reply)


@dataclass(slots=True, kw_only=True)
class _UnderWay:
    """Calls that have been begun, in that order; those of them that are settled, and those that have failed."""

    durable: Durable
    _begun: list[tuple[ModelCall, asyncio.Task[Attempted]]] = field(default_factory=list)
    _settled: deque[_Settled] = field(default_factory=deque)
    _failed: list[tuple[ModelCall, Trouble]] = field(default_factory=list)
    _happened: dict[int, tuple[Event, ...]] = field(default_factory=dict)
    _tries: int = 0

    async def begin(self, calls: Sequence[ModelCall], tries: int = 0) -> None:
        """Begin calls: each takes its position before anything else does."""
        self._begun += [(call, asyncio.ensure_future(self.durable.attempt(call, tries))) for call in calls]
        await asyncio.sleep(0)

    async def next(self) -> _Settled:
        """Return the next call that is settled; what failed is begun again once nothing else is left."""
        while not self._settled:
            if not self._begun:
                calls, troubles = zip(*self._failed, strict=True)
                self._failed = []
                self._tries = await self.durable.overcome(troubles, self._tries)
                await self.begin(calls, self._tries)
            await self._settle()
        return self._settled.popleft()

    async def _settle(self) -> None:
        """Wait for all that is under way."""
        await asyncio.wait([task for _, task in self._begun])
        begun, self._begun = self._begun, []
        for call, task in begun:
            attempted = task.result()
            happened = (*self._happened.pop(id(call), ()), *attempted.happened)
            if attempted.trouble is not None:
                self._happened[id(call)] = happened
                self._failed.append((call, attempted.trouble))
            elif attempted.reply is not None:
                self._settled.append(_settled(call, attempted.reply, happened))
        if not self._failed:
            self._tries = 0

    def let_go(self) -> None:
        """Let go of what is still under way."""
        for _, task in self._begun:
            task.cancel()


def _settled(call: ModelCall, reply: ModelReply, happened: Sequence[Event]) -> _Settled:
    model = reply.stand_in or call.model
    said = CallAnswered(step=call.step, attempt=call.attempt, usage=reply.usage, replayed=False, model=model)
    return _Settled(call=call, reply=reply, happened=(*happened, said))
