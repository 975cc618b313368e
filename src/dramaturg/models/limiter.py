"""Calls that want to go out to those that may; its one rule: as many as the provider bears, and each run its turn.

The number that may be under way grows with each answer, and doubles while calls wait, until the provider first says
that it is too much; after that it grows slowly (slow start, then additive increase, multiplicative decrease, as TCP has
it: RFC 5681). It is halved when calls are refused.
"""

import asyncio
from collections import OrderedDict, deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

START = 64
_LEAST = 1
_DOUBLES_AFTER = 0.5  # seconds: a refusal comes sooner than an answer


@dataclass(slots=True, kw_only=True)
class Place:
    """A call that may go out; when it began tells whether its refusal is news."""

    began: float


@dataclass(slots=True, kw_only=True)
class Limiter:
    """How many calls to one model of one provider may be under way, and whose turn it is.

    Attributes:
        limit: How many may be, a fraction of one more included.
        longest: No pause is longer, whatever a provider asks for.
        under_way: How many are.
        answered: How many answers came so far.
    """

    limit: float = START
    longest: float = 60.0
    under_way: int = 0
    answered: int = 0
    _waiting: OrderedDict[str, deque[asyncio.Future[None]]] = field(default_factory=OrderedDict)
    _settled: bool = False
    _pressed_at: float = -1.0
    _open_at: float = 0.0
    _timer: asyncio.TimerHandle | None = None

    @asynccontextmanager
    async def place(self, run: str) -> AsyncIterator[Place]:
        """Wait until a call of a run may go out; it counts until the block is left."""
        await self._turn(run)
        try:
            await self._pause()
            yield Place(began=_now())
        finally:
            self.under_way -= 1
            self._let_in()

    def eased(self) -> None:
        """Take note of an answer."""
        self.answered += 1
        self.limit += 1 / self.limit if self._settled else 1
        self._let_in()

    def pressed(self, place: Place, wait: float | None) -> None:
        """Take note of a refusal; those of calls that went out before the last one are no news."""
        if wait is not None:
            self._open_at = max(self._open_at, _now() + min(wait, self.longest))
        if place.began >= self._pressed_at:
            self._settled = True
            self.limit = max(_LEAST, min(self.limit, self.under_way) / 2)
            self._pressed_at = _now()

    def hold(self, wait: float) -> None:
        """Let nothing out for so many seconds, because an allowance is spent."""
        if wait > 0:
            self._open_at = max(self._open_at, _now() + min(wait, self.longest))

    async def _turn(self, run: str) -> None:
        if not self._waiting and self.under_way < int(self.limit):
            self.under_way += 1
            return
        turn: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.setdefault(run, deque()).append(turn)
        self._double_soon()
        try:
            await turn
        except asyncio.CancelledError:
            if turn.done() and not turn.cancelled():  # it was let in, and leaves at once
                self.under_way -= 1
                self._let_in()
            raise

    def _double_soon(self) -> None:
        if self._timer is None and not self._settled:
            self._timer = asyncio.get_running_loop().call_later(_DOUBLES_AFTER, self._double)

    def _double(self) -> None:
        self._timer = None
        if self._waiting and not self._settled:
            self.limit *= 2
            self._let_in()
        if self._waiting:
            self._double_soon()

    def _let_in(self) -> None:
        """Let in whoever's turn it is, one call of each run after the other."""
        while self._waiting and self.under_way < int(self.limit):
            run, turns = self._waiting.popitem(last=False)
            turn = turns.popleft()
            if turns:
                self._waiting[run] = turns
            if not turn.done():
                self.under_way += 1
                turn.set_result(None)

    async def _pause(self) -> None:
        """Wait for what a provider asked for; who asks for more meanwhile asks the calls that come later."""
        await asyncio.sleep(max(0.0, self._open_at - _now()))


def _now() -> float:
    return asyncio.get_running_loop().time()
