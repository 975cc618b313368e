"""A flow and a model to an outcome; its one rule: carry out what the flow asks, decide nothing."""

from collections.abc import Awaitable, Callable

from dramaturg.engine.events import CallAnswered, Event, Flow, ModelCall, ModelReply, Retrying
from dramaturg.engine.outcome import Outcome
from dramaturg.errors import JournalMiss, ModelError
from dramaturg.models.model import Model
from dramaturg.models.retry import RetryPolicy, answer_with_retries
from dramaturg.run.journal import Journal
from dramaturg.run.record import Record

Emit = Callable[[Event], None]
Answer = Callable[[ModelCall], Awaitable[ModelReply]]


async def drive(flow: Flow, answer: Answer, emit: Emit) -> Outcome:
    """Run a flow to its end: answer its calls, pass its events on."""
    reply: ModelReply | None = None
    while True:
        try:
            request = flow.send(reply)
        except StopIteration as stop:
            outcome: Outcome = stop.value
            return outcome
        reply = None
        if isinstance(request, ModelCall):
            reply = await answer(request)
        else:
            emit(request)


def journaled(model: Model, journal: Journal, policy: RetryPolicy, emit: Emit) -> Answer:
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


def replayed(record: Record, emit: Emit) -> Answer:
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
