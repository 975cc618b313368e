"""Trying again: who is, how often, after what pause, and what is told meanwhile."""

import asyncio

import pytest
from tests.servers import first_call

from dramaturg import ModelError
from dramaturg.engine.calls import ModelCall, ModelReply
from dramaturg.models.breaker import Breaker
from dramaturg.models.limiter import Limiter
from dramaturg.models.retry import Line, RetryPolicy, answer_with_retries
from dramaturg.models.scripted import Answer, ScriptedModel
from dramaturg.models.watch import Watch

_NO_WAIT = RetryPolicy(first=0, longest=0)


def _line() -> Line:
    return Line(run="run", limiter=Limiter(), breaker=Breaker(provider="scripted"))


def _unheard(text: str) -> None:
    del text


def _asked(
    answers: list[Answer], policy: RetryPolicy = _NO_WAIT
) -> tuple[ModelReply | ModelError, list[tuple[str, float]], int]:
    """Return what came of it, what was told, and how often was asked."""
    model = ScriptedModel(answers)
    told: list[tuple[str, float]] = []

    def notice(error: ModelError, wait: float) -> None:
        told.append((error.message, wait))

    try:
        outcome: ModelReply | ModelError = asyncio.run(
            answer_with_retries(model, first_call(), policy, _line(), notice, _unheard)
        )
    except ModelError as error:
        outcome = error
    return outcome, told, len(model.calls)


def _fault(message: str, *, retryable: bool = True, retry_after: float | None = None) -> ModelError:
    return ModelError(message, retryable, "", retry_after)


def test_an_answer_is_taken_at_once() -> None:
    outcome, told, asked = _asked(["fine"])
    assert isinstance(outcome, ModelReply)
    assert (outcome.text, told, asked) == ("fine", [], 1)


def test_each_fault_is_told_with_the_pause_that_follows_it() -> None:
    outcome, told, asked = _asked([_fault("one"), _fault("two"), "fine"])
    assert isinstance(outcome, ModelReply)
    assert (told, asked) == ([("one", 0.0), ("two", 0.0)], 3)


@pytest.mark.parametrize("attempts", [1, 2, 5])
def test_the_last_fault_is_raised_when_the_attempts_are_spent(attempts: int) -> None:
    faults: list[Answer] = [_fault(str(number)) for number in range(9)]
    outcome, told, asked = _asked(faults, RetryPolicy(attempts=attempts, first=0, longest=0))
    assert outcome is faults[attempts - 1]
    assert (len(told), asked) == (attempts - 1, attempts)


def test_what_repeating_cannot_mend_is_asked_once() -> None:
    outcome, told, asked = _asked([_fault("never", retryable=False), "fine"])
    assert isinstance(outcome, ModelError)
    assert (outcome.message, told, asked) == ("never", [], 1)


@pytest.mark.parametrize(
    ("asked_for", "longest", "waited"),
    [(0.0, 60.0, 0.0), (0.001, 60.0, 0.001), (2.0, 0.001, 0.001)],
    ids=["at once", "as asked", "longer than that"],
)
def test_the_providers_pause_is_kept_up_to_the_longest_one(asked_for: float, longest: float, waited: float) -> None:
    _, told, _ = _asked([_fault("busy", retry_after=asked_for), "fine"], RetryPolicy(first=30, longest=longest))
    assert told == [("busy", waited)]


def test_pauses_of_our_own_stay_below_their_doubling_bound() -> None:
    policy = RetryPolicy(attempts=6, first=0.001, longest=0.004)
    _, told, _ = _asked([_fault("busy") for _ in range(6)], policy)
    bounds = [0.001, 0.002, 0.004, 0.004, 0.004]
    assert all(0 <= wait <= bound for (_, wait), bound in zip(told, bounds, strict=True))


def test_another_exception_is_a_defect_and_comes_through() -> None:
    class Broken(ScriptedModel):
        async def answer(self, call: ModelCall, watch: Watch | None = None) -> ModelReply:
            del watch
            raise ZeroDivisionError(type(call).__name__)

    with pytest.raises(ZeroDivisionError, match="ModelCall"):
        asyncio.run(answer_with_retries(Broken([]), first_call(), _NO_WAIT, _line(), lambda *_: None, _unheard))


class _Crowded(ScriptedModel):
    """Refuses a call for being one too many, so many times; each time others are answered."""

    def __init__(self, refusals: int, limiter: Limiter, answered: int) -> None:
        refused = [ModelError("crowded", retryable=True, limited=True) for _ in range(refusals)]
        super().__init__([*refused, "fine"])
        self._limiter, self._answered = limiter, answered

    async def answer(self, call: ModelCall, watch: Watch | None = None) -> ModelReply:
        for _ in range(self._answered):
            self._limiter.eased()
        return await super().answer(call, watch)


@pytest.mark.parametrize(
    ("refusals", "others", "asked"),
    [(7, 1, 8), (7, 0, 2), (30, 1, 8)],
    ids=["others are answered", "nobody is", "without end"],
)
def test_a_refusal_counts_only_if_the_provider_answers_nobody(refusals: int, others: int, asked: int) -> None:
    line = _line()
    model = _Crowded(refusals, line.limiter, others)
    policy = RetryPolicy(attempts=2, first=0, longest=0)
    try:
        asyncio.run(answer_with_retries(model, first_call(), policy, line, lambda *_: None, _unheard))
        answered = True
    except ModelError:
        answered = False
    assert (len(model.calls), answered) == (asked, asked > refusals)
