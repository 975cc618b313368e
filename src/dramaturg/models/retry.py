"""One policy for trying again; its one rule: this is the only layer that repeats a request.

The SDKs' own retries are off, and semantic re-asks are new questions that the engine decides, so attempts never
multiply.
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import TypeVar

from tenacity import (
    AsyncRetrying,
    RetryCallState,
    retry_if_exception,
    stop_after_attempt,
    wait_random_exponential,
)

from dramaturg.engine.calls import ModelCall, ModelReply, Usage
from dramaturg.errors import ModelError
from dramaturg.models.breaker import Breaker
from dramaturg.models.limiter import Limiter
from dramaturg.models.model import Model
from dramaturg.models.rates import wait_for_allowance
from dramaturg.models.turnstile import Turnstile
from dramaturg.models.watch import LoopError, Watchdog

_Result = TypeVar("_Result")
_CROWDED_OUT = 4  # times the attempts that a call is given which is refused while others are answered


@dataclass(frozen=True, slots=True, kw_only=True)
class RetryPolicy:
    """How often and how patiently a request is repeated.

    Attributes:
        attempts: Requests at most, the first included; what is refused while the provider answers others does not
            count, up to four times as many.
        first: Upper bound of the first pause in seconds; later ones double, each drawn at random below its bound.
        longest: No pause is longer, whatever the provider asks for: one vendor's SDK would sleep an hour if told so.
        first_word: Seconds until the first sign of an answer.
        stall: Seconds of silence once there was one.
    """

    attempts: int = 5
    first: float = 1.0
    longest: float = 60.0
    first_word: float = 300.0
    stall: float = 30.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """How the calls of one run reach one model: whose turn it is, and whether it is worth asking."""

    run: str
    limiter: Limiter
    breaker: Breaker
    turnstile: Turnstile = field(default_factory=Turnstile)


@dataclass(slots=True, kw_only=True)
class _Patience:
    """Says when a call has been tried often enough.

    A provider that answers others is not down: it is asked too much at once, which fewer at once mend. Of a crowd that
    is refused at first, some call would else give up by mere bad luck.
    """

    policy: RetryPolicy
    limiter: Limiter
    counted: int = 0
    answered: int = field(init=False)

    def __post_init__(self) -> None:
        self.answered = self.limiter.answered

    def __call__(self, state: RetryCallState) -> bool:
        """Tell whether an attempt that has failed was the last."""
        before, self.answered = self.answered, self.limiter.answered
        if not (_error(state).limited and self.answered > before):
            self.counted += 1
        return self.counted >= self.policy.attempts or state.attempt_number >= self.policy.attempts * _CROWDED_OUT


async def answer_with_retries(
    model: Model,
    call: ModelCall,
    policy: RetryPolicy,
    line: Line,
    notice: Callable[[ModelError, float], None],
    on_text: Callable[[str], None],
) -> ModelReply:
    """Ask until there is an answer, a fault that repeating cannot mend, or the attempts are spent.

    Args:
        model: Whom to ask.
        call: What to ask.
        policy: How patiently.
        line: By which way.
        notice: Told of each fault and the pause in seconds that follows it.
        on_text: Told each piece of the answer as it arrives.
    """
    line.breaker.check()
    asking = _retrying(policy, _Patience(policy=policy, limiter=line.limiter), notice)
    try:
        reply: ModelReply = await asking(_once, model, call, policy, line, on_text)
    except ModelError as error:
        if error.retryable:
            line.breaker.failed()
        raise
    line.breaker.succeeded()
    return reply


async def request_with_retries(request: Callable[[], Awaitable[_Result]], policy: RetryPolicy) -> _Result:
    """Make a request that is no call, such as one about a batch, as patiently as a policy says."""
    result: _Result = await _retrying(policy, stop_after_attempt(policy.attempts), lambda *_: None)(request)
    return result


def _retrying(
    policy: RetryPolicy,
    stop: Callable[[RetryCallState], bool],
    notice: Callable[[ModelError, float], None],
) -> AsyncRetrying:
    """Return what repeats a request while it fails in a way that may pass."""
    backoff = wait_random_exponential(multiplier=policy.first, max=policy.longest)

    def pause(state: RetryCallState) -> float:
        asked = _error(state).retry_after
        return min(policy.longest, asked) if asked is not None else backoff(state)

    def tell(state: RetryCallState) -> None:
        notice(_error(state), state.upcoming_sleep)

    return AsyncRetrying(
        stop=stop,
        retry=retry_if_exception(lambda error: isinstance(error, ModelError) and error.retryable),
        wait=pause,
        before_sleep=tell,
        reraise=True,
    )


async def _once(
    model: Model, call: ModelCall, policy: RetryPolicy, line: Line, on_text: Callable[[str], None]
) -> ModelReply:
    """Ask once, when it is the call's turn, and watch what arrives."""
    came = False

    def on_headers(headers: Mapping[str, str]) -> None:
        nonlocal came
        came = True
        line.limiter.hold(wait_for_allowance(headers))

    dog = Watchdog(on_text, on_headers, policy.stall)
    async with line.limiter.place(line.run) as place:
        try:
            async with asyncio.timeout(policy.first_word) as dog.limit:
                reply = await model.answer(call, dog)
        except LoopError:
            reply = ModelReply(text=dog.text, stop="loop", usage=_estimated(model, call, dog.text), model=model.name)
        except TimeoutError as error:
            silence = policy.stall if dog.alive else policy.first_word
            message = f"{model.name} has said nothing for {silence:g} s"
            raise ModelError(message, retryable=True, hint="the same command goes on where it stopped") from error
        except ModelError as error:
            if error.limited:
                line.limiter.pressed(place, error.retry_after)
            raise
        line.limiter.eased()
    if came:  # a model of this process waits for no question
        await _passed(line.turnstile)
    return reply


async def _passed(turnstile: Turnstile) -> None:
    """Pass, at once if cancelled: an answer that is paid for is written down first, and cancelled is what follows."""
    try:
        await turnstile.passing()
    except asyncio.CancelledError as error:
        task = asyncio.current_task()
        assert task is not None  # noqa: S101 - nothing else is cancelled
        task.uncancel()  # it is the same cancellation, which whoever made it counts once
        task.cancel(*error.args)


def _estimated(model: Model, call: ModelCall, text: str) -> Usage:
    """Return what a call that was cut has used, which no provider tells."""
    asked = "".join(message.text for message in call.messages)
    return Usage(input=model.profile.tokens(asked), output=model.profile.tokens(text))


def _error(state: RetryCallState) -> ModelError:
    error = state.outcome and state.outcome.exception()
    assert isinstance(error, ModelError)  # noqa: S101 - nothing else is tried again
    return error
