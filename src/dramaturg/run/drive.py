"""A flow, a model and a person to an outcome; its one rule: carry out what the flow asks, decide nothing."""

import asyncio
from collections.abc import Awaitable, Callable

from dramaturg.engine.calls import Answer, Answered, Batch, ModelCall, ModelReply, Question, Questions, Reply
from dramaturg.engine.events import CallAnswered, Event, Flow, QuestionAnswered, Retrying
from dramaturg.engine.outcome import Outcome
from dramaturg.errors import AnswerNeeded, JournalMiss, ModelError
from dramaturg.models.model import Model
from dramaturg.models.retry import RetryPolicy, answer_with_retries
from dramaturg.run.journal import Journal
from dramaturg.run.record import Record

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


def journaled(model: Model, journal: Journal, policy: RetryPolicy, emit: Emit) -> AskModel:
    """Return what answers from the journal first, and writes down what it had to ask."""

    async def answer(call: ModelCall) -> ModelReply:
        key = call.key
        kept = journal.get(key)
        if kept is not None:
            emit(CallAnswered(step=call.step, attempt=call.attempt, usage=kept.usage, replayed=True))
            return kept

        def notice(error: ModelError, wait: float) -> None:
            emit(Retrying(step=call.step, reason=error.message, wait=wait))

        reply = await answer_with_retries(model, call, policy, notice)
        if reply.stop != "refusal":  # a refusal kept would be all that a resumed run ever gets
            journal.keep(key, call, reply)
        emit(CallAnswered(step=call.step, attempt=call.attempt, usage=reply.usage, replayed=False))
        return reply

    return answer


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
        emit(CallAnswered(step=call.step, attempt=call.attempt, usage=kept.usage, replayed=True))
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
