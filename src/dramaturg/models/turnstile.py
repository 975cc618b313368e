"""Answers that have come to those that are worked on; its one rule: one at a time, until its next question is out.

A hundred answers that come together would be read, checked and written down side by side, a piece of each in turn, so
that all their next questions went out when the last answer was done: processor and provider would wait for each other
by turns. One after the other, the provider has the first question while the second answer is read.
"""

import asyncio
from collections import deque
from dataclasses import dataclass, field

_ROUNDS = 5  # of the loop: three from an answer to the last byte of the next question, and some to spare
_LONG = 0.02  # seconds after which whoever passed last needs no rounds any more


@dataclass(slots=True, kw_only=True)
class Turnstile:
    """Lets the tasks of one loop pass, each some rounds of the loop after the one before."""

    _waiting: deque[asyncio.Future[None]] = field(default_factory=deque)
    _passed: float = -1.0
    _left: int = 0

    async def passing(self) -> None:
        """Wait for the caller's turn."""
        loop = asyncio.get_running_loop()
        if not self._waiting and loop.time() - self._passed > _LONG:
            self._passed = loop.time()
            return
        turn: asyncio.Future[None] = loop.create_future()
        self._waiting.append(turn)
        if not self._left:
            self._count(loop, _ROUNDS)
        await turn

    def _count(self, loop: asyncio.AbstractEventLoop, left: int) -> None:
        """Count the rounds of the loop, and let the next in line pass after the last one."""
        self._left = left
        if left:
            loop.call_soon(self._count, loop, left - 1)
            return
        while self._waiting:
            turn = self._waiting.popleft()
            if not turn.done():  # else its task was cancelled
                turn.set_result(None)
                self._passed = loop.time()
                break
        if self._waiting:
            self._count(loop, _ROUNDS)
