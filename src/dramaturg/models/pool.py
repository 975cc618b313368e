"""Models that several runs share; its one rule: opened once for a loop, closed when the last run lets go.

A client holds connections, and one for each of two hundred runs would open as many; weights are loaded once.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from weakref import WeakKeyDictionary

from dramaturg.models.breaker import Breaker
from dramaturg.models.limiter import Limiter
from dramaturg.models.model import Model, let_go
from dramaturg.models.retry import Line, RetryPolicy
from dramaturg.models.spec import ModelSpec, open_model
from dramaturg.models.turnstile import Turnstile

_Loop = asyncio.AbstractEventLoop


@dataclass(slots=True, kw_only=True)
class _Shared:
    opening: asyncio.Task[Model]
    users: int = 0


@dataclass(slots=True, kw_only=True)
class Pool:
    """The models that are open, and what is known of how much their providers bear."""

    _shared: WeakKeyDictionary[_Loop, dict[tuple[str, int | None], _Shared]] = field(default_factory=WeakKeyDictionary)
    _limiters: WeakKeyDictionary[_Loop, dict[str, Limiter]] = field(default_factory=WeakKeyDictionary)
    _turnstiles: WeakKeyDictionary[_Loop, Turnstile] = field(default_factory=WeakKeyDictionary)
    _breakers: dict[str, Breaker] = field(default_factory=dict)

    @asynccontextmanager
    async def lease(self, spec: ModelSpec, window: int | None) -> AsyncIterator[Model]:
        """Give a model for as long as the block lasts; CallerError or ModelError as `open_model` raises them."""
        here = self._shared.setdefault(asyncio.get_running_loop(), {})
        key = (str(spec), window)
        shared = here.get(key)
        if shared is None:
            shared = here[key] = _Shared(opening=asyncio.ensure_future(open_model(spec, window)))
        shared.users += 1
        try:
            yield await asyncio.shield(shared.opening)
        finally:
            shared.users -= 1
            if not shared.users:
                here.pop(key, None)
                await let_go(shared.opening)

    def line(self, model: Model, run: str, policy: RetryPolicy) -> Line:
        """Return the way of a run's calls to a model, which all runs on the running loop share."""
        here = self._limiters.setdefault(asyncio.get_running_loop(), {})
        limiter = here.setdefault(model.name, Limiter(longest=policy.longest))
        breaker = self._breakers.setdefault(model.name, Breaker(provider=model.name))
        return Line(run=run, limiter=limiter, breaker=breaker, turnstile=self.turnstile)

    @property
    def turnstile(self) -> Turnstile:
        """What all runs on the running loop pass before they work, when they begin and when an answer has come."""
        return self._turnstiles.setdefault(asyncio.get_running_loop(), Turnstile())
