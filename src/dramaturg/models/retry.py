"""One policy for trying again; its one rule: this is the only layer that repeats a request.

The SDKs' own retries are off, and semantic re-asks are new questions that the engine decides, so attempts never
multiply.
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from tenacity import AsyncRetrying, RetryCallState, retry_if_exception, stop_after_attempt, wait_random_exponential

from dramaturg.engine.calls import ModelCall, ModelReply
from dramaturg.errors import ModelError
from dramaturg.models.model import Model


@dataclass(frozen=True, slots=True, kw_only=True)
class RetryPolicy:
    """How often and how patiently a request is repeated.

    Attributes:
        attempts: Requests at most, the first included.
        first: Upper bound of the first pause in seconds; later ones double, each drawn at random below its bound.
        longest: No pause is longer, whatever the provider asks for: one vendor's SDK would sleep an hour if told so.
    """

    attempts: int = 5
    first: float = 1.0
    longest: float = 60.0


async def answer_with_retries(
    model: Model, call: ModelCall, policy: RetryPolicy, notice: Callable[[ModelError, float], None]
) -> ModelReply:
    """Ask until there is an answer, a fault that repeating cannot mend, or the attempts are spent.

    Args:
        model: Whom to ask.
        call: What to ask.
        policy: How patiently.
        notice: Told of each fault and the pause in seconds that follows it.
    """
    backoff = wait_random_exponential(multiplier=policy.first, max=policy.longest)

    def pause(state: RetryCallState) -> float:
        asked = _error(state).retry_after
        return min(policy.longest, asked) if asked is not None else backoff(state)

    def tell(state: RetryCallState) -> None:
        notice(_error(state), state.upcoming_sleep)

    asking: Callable[[ModelCall], Awaitable[ModelReply]] = model.answer
    return await AsyncRetrying(
        stop=stop_after_attempt(policy.attempts),
        retry=retry_if_exception(lambda error: isinstance(error, ModelError) and error.retryable),
        wait=pause,
        before_sleep=tell,
        reraise=True,
    )(asking, call)


def _error(state: RetryCallState) -> ModelError:
    error = state.outcome and state.outcome.exception()
    assert isinstance(error, ModelError)  # noqa: S101 - nothing else is tried again
    return error
