"""A batch to its results; its one rule: what goes out is found again, whatever dies meanwhile.

It is written down before it is sent, and its id once that is known. Where a process died between the two, or the answer
to the sending was lost, the batch is looked for at the vendor before anything is sent once more.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import TypeVar

from dramaturg.errors import ModelError
from dramaturg.evals.outbox import Sent, new_sent
from dramaturg.evals.replies import Replies
from dramaturg.models.batches import Batches, Results, results_of
from dramaturg.models.retry import RetryPolicy, request_with_retries

_Result = TypeVar("_Result")


@dataclass(frozen=True, slots=True, kw_only=True)
class Polling:
    """How patiently batches are waited for.

    Attributes:
        first: Seconds between the first two looks; each pause is longer than the one before.
        longest: No pause is longer.
        grows: By which factor.
        misses: Looks in a row that may fail: a network that is away for some minutes must not end a night's work.
    """

    first: float = 3.0
    longest: float = 60.0
    grows: float = 1.5
    misses: int = 30


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiting:
    """How far a batch is.

    Attributes:
        model: Who is asked.
        batch: The vendor's id.
        done: Questions that the vendor says are done.
        total: Questions.
        seconds: Since it was sent.
        ended: Whether it has ended.
    """

    model: str
    batch: str
    done: int
    total: int
    seconds: float
    ended: bool


OnBatch = Callable[[Waiting], None]


@dataclass(slots=True, kw_only=True)
class Carrier:
    """Takes batches to vendors, and fetches what became of them.

    Attributes:
        replies: Where it is written down.
        retry: How patiently a faltering vendor is asked.
        polling: How patiently a batch is waited for.
        told: Told how far each batch is, whenever that is known.
        known: The vendors' ids of batches that some eval of this process has sent.
    """

    replies: Replies
    retry: RetryPolicy
    polling: Polling
    told: OnBatch
    known: set[str]

    async def announce(self, batches: Batches, model: str, keys: Sequence[str]) -> Sent:
        """Write down that a batch is about to be sent."""
        sent = new_sent(model, keys, await self._patiently(batches.newest))
        self.replies.note(sent.to_json())
        return sent

    async def send(self, batches: Batches, sent: Sent, lines: Sequence[bytes]) -> Sent:
        """Send a batch; where the answer to that was lost, it is sent once more only if no other can be the one.

        Which of those that can it is, if any, their results will tell: until then it has no id.
        """
        tried = False

        async def attempt() -> str:
            nonlocal tried
            found = await self._candidates(batches, sent) if tried else ()
            tried = True
            return "" if found else await batches.send(lines, sent.mark)

        batch = await self._patiently(attempt)
        if not batch:
            return sent
        self._know(sent, batch)
        sent = replace(sent, batch=batch)
        self._tell(sent, 0, ended=False)
        return sent

    async def results(self, batches: Batches, sent: Sent) -> Results:
        """Return what became of the questions of a batch once it has ended."""
        if sent.batch:
            await self._ended(batches, sent)
            return await self._patiently(partial(batches.results, sent.batch))
        for candidate in await self._patiently(partial(self._candidates, batches, sent)):
            if candidate in self.known:
                continue  # another eval has learnt meanwhile that it is its own
            await self._ended(batches, replace(sent, batch=candidate))
            found = await self._patiently(partial(batches.results, candidate))
            if not found.found.keys().isdisjoint(sent.keys):
                self._know(sent, candidate)
                return found
        return results_of(sent.model, {})

    async def _candidates(self, batches: Batches, sent: Sent) -> Sequence[str]:
        """Return the vendor's ids of batches that may be one whose id is not known."""
        known = self.replies.batches | self.known
        return [each for each in await batches.begun(sent.mark, sent.size, sent.after) if each not in known]

    def _know(self, sent: Sent, batch: str) -> None:
        self.replies.note(sent.known_as(batch))
        self.known.add(batch)

    async def _ended(self, batches: Batches, sent: Sent) -> None:
        """Wait until a batch has ended."""
        pause, missed = self.polling.first, 0
        while True:
            try:
                look = await self._patiently(partial(batches.look, sent.batch))
            except ModelError as error:
                missed += 1
                if not error.retryable or missed > self.polling.misses:
                    raise
            else:
                missed = 0
                self._tell(sent, look.done, ended=look.ended)
                if look.ended:
                    return
            await asyncio.sleep(pause)
            pause = min(self.polling.longest, pause * self.polling.grows)

    async def _patiently(self, request: Callable[[], Awaitable[_Result]]) -> _Result:
        return await request_with_retries(request, self.retry)

    def _tell(self, sent: Sent, done: int, *, ended: bool) -> None:
        self.told(
            Waiting(
                model=sent.model,
                batch=sent.batch,
                done=done,
                total=sent.size,
                seconds=max(0.0, time.time() - sent.at),
                ended=ended,
            )
        )
