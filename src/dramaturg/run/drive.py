"""A flow, a model and a person to an outcome; its one rule: carry out what the flow asks, decide nothing."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, replace

from dramaturg.engine.calls import Answer, Answered, Batch, ModelCall, ModelReply, Question, Questions, Reply
from dramaturg.engine.events import CallAnswered, Event, FellBack, Flow, ItemArrived, QuestionAnswered, Retrying
from dramaturg.engine.outcome import Outcome
from dramaturg.errors import AnswerNeeded, JournalMiss, ModelError
from dramaturg.models.model import Model
from dramaturg.models.retry import Line, RetryPolicy, answer_with_retries
from dramaturg.run.arriving import Arriving
from dramaturg.run.budget import Purse
from dramaturg.run.journal import Journal
from dramaturg.run.record import Record
from dramaturg.run.telemetry import Trace

Emit = Callable[[Event], None]
AskModel = Callable[[ModelCall], Awaitable[ModelReply]]
AskPerson = Callable[[Questions], Awaitable[tuple[Answer, ...]]]
Respond = Callable[[Question], Awaitable[Answer | None]]
_UnderWay = dict[asyncio.Task[ModelReply], ModelCall]


async def drive(flow: Flow, ask_model: AskModel, ask_person: AskPerson, emit: Emit) -> Outcome:
    """Run a flow to its end: answer its calls and questions, pass its events on."""
    reply: Reply | None = None
    under_way: _UnderWay = {}
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
                reply = await _first_answered(request, under_way, ask_model)
            elif isinstance(request, Questions):
                reply = await ask_person(request)
            else:
                emit(request)
    finally:
        await _let_go(under_way)


async def _first_answered(batch: Batch, under_way: _UnderWay, ask_model: AskModel) -> Answered:
    """Begin the calls of a batch, and wait for the first answer among all under way.

    Where one fails, the others are waited for: they are paid for, and a resumed run has their answers.
    """
    for call in batch.calls:
        under_way[asyncio.ensure_future(ask_model(call))] = call
    await asyncio.wait(under_way, return_when=asyncio.FIRST_COMPLETED)
    task = next(task for task in under_way if task.done())
    call = under_way.pop(task)
    if task.exception() is not None and under_way:
        await asyncio.wait(under_way)
    return Answered(call=call, reply=task.result())


async def _let_go(under_way: _UnderWay) -> None:
    for task in under_way:
        task.cancel()
    await asyncio.gather(*under_way, return_exceptions=True)


@dataclass(frozen=True, slots=True, kw_only=True)
class Asking:
    """How the calls of a run are made.

    Attributes:
        models: Gives whom to ask in place of a model's name: itself, then those to fall back on.
        line: Gives the way to a model.
        policy: How patiently a faltering provider is asked again.
        purse: Says whether a call may still be made.
        emit: Told of what happens.
        trace: Spans each call.
    """

    models: Callable[[str], Sequence[Model]]
    line: Callable[[Model], Line]
    policy: RetryPolicy
    purse: Purse
    emit: Emit
    trace: Trace

    async def __call__(self, call: ModelCall) -> ModelReply:
        """Ask the model that a call names, and where it cannot be had the next."""
        candidates = self.models(call.model)
        for model, instead in zip(candidates, (*candidates[1:], None), strict=True):
            try:
                reply = await self._one(model, call)
                return reply if model is candidates[0] else replace(reply, stand_in=model.name)
            except ModelError as error:
                if instead is None or not error.retryable:
                    raise
                said = FellBack(step=call.step, model=model.name, instead=instead.name, reason=error.message)
                self.emit(said)
        raise AssertionError("a call names no model")

    async def _one(self, model: Model, call: ModelCall) -> ModelReply:
        def notice(error: ModelError, wait: float) -> None:
            self.emit(Retrying(step=call.step, reason=error.message, wait=wait))

        def item(number: int, text: str) -> None:
            self.emit(ItemArrived(step=call.step, attempt=call.attempt, number=number, text=text))

        with self.trace.calling(call, model.name) as replies:
            reply = await answer_with_retries(model, call, self.policy, self.line(model), notice, Arriving(item))
            replies.append(reply)
        return reply


def journaled(asking: Asking, journal: Journal) -> AskModel:
    """Return what answers from the journal first, and writes down what it had to ask."""
    purse, emit = asking.purse, asking.emit

    async def answer(call: ModelCall) -> ModelReply:
        key = call.key
        kept = journal.get(key)
        if kept is not None:
            purse.used(call, kept)
            emit(_answered(call, kept, replayed=True))
            return kept
        began = time.monotonic()
        async with purse.holding(call):
            reply = await asking(call)
            purse.used(call, reply)
        if reply.stop != "refusal":  # a refusal kept would be all that a resumed run ever gets
            journal.keep(key, call, reply, time.monotonic() - began)
        emit(_answered(call, reply, replayed=False))
        return reply

    return answer


def _answered(call: ModelCall, reply: ModelReply, *, replayed: bool) -> CallAnswered:
    model = reply.stand_in or call.model
    return CallAnswered(step=call.step, attempt=call.attempt, usage=reply.usage, replayed=replayed, model=model)


def questioned(respond: Respond | None, journal: Journal, emit: Emit) -> AskPerson:
    """Return what asks a person, never twice; AnswerNeeded, once all were asked, if a question stays open."""

    async def ask(asked: Questions) -> tuple[Answer, ...]:
        answers: list[Answer] = []
        open_ones: list[Question] = []
        for question in asked.questions:
            kept = journal.get_answer(question.key)
            answer = kept or (await respond(question) if respond else None)
            if answer is None:
                open_ones.append(question)
                continue
            if kept is None:
                journal.keep_answer(question, answer)
            emit(QuestionAnswered(question=question, answer=answer, replayed=kept is not None))
            answers.append(answer)
        if open_ones:
            raise AnswerNeeded(journal.run, tuple((each.id, each.kind, each.text) for each in open_ones))
        return tuple(answers)

    return ask


def replayed(record: Record, emit: Emit) -> AskModel:
    """Return what answers from a finished journal only; JournalMiss when it has no answer."""

    async def answer(call: ModelCall) -> ModelReply:
        kept = record.replies.get(call.key)
        if kept is None:
            seen = (call.step, call.attempt) in record.steps
            why = "was asked with another prompt" if seen else "was never asked"
            raise JournalMiss(
                call.step,
                f"`{record.run}` has no answer for step {call.step}, attempt {call.attempt}: it {why}; "
                "the persona, the prompts, an artifact or the model differ from what was recorded",
            )
        emit(_answered(call, kept, replayed=True))
        return kept

    return answer


def remembered(record: Record, emit: Emit) -> AskPerson:
    """Return what gives the answers a person once gave; JournalMiss where there is none."""

    async def ask(asked: Questions) -> tuple[Answer, ...]:
        answers: list[Answer] = []
        for question in asked.questions:
            kept = record.answers.get(question.key)
            if kept is None:
                raise JournalMiss(question.step, f"`{record.run}` has no answer to question {question.id}")
            emit(QuestionAnswered(question=question, answer=kept, replayed=True))
            answers.append(kept)
        return tuple(answers)

    return ask
