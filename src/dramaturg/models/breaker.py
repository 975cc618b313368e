"""A provider's failures to whether it is worth asking; its one rule: one call tries before the others do."""

import time
from collections.abc import Callable
from dataclasses import dataclass

from dramaturg.errors import ModelError


@dataclass(slots=True, kw_only=True)
class Breaker:
    """Keeps calls from a provider that fails them all.

    Attributes:
        provider: What errors call it.
        failures: How many calls must fail in a row, retries included, before no more go out.
        pause: Seconds until one may try again.
        clock: Gives seconds.
    """

    provider: str
    failures: int = 3
    pause: float = 30.0
    clock: Callable[[], float] = time.monotonic
    _failed: int = 0
    _open_until: float = 0.0

    def check(self) -> None:
        """Raise ModelError while nothing may go out; afterwards let one call try."""
        wait = self._open_until - self.clock()
        if self._failed < self.failures:
            return
        if wait > 0:
            message = f"{self.provider} is not asked for another {wait:.0f} s: {self._failed} calls in a row failed"
            raise ModelError(message, retryable=True, hint="the same command goes on where it stopped")
        self._open_until = self.clock() + self.pause  # until the one that tries has its answer

    def succeeded(self) -> None:
        """Take note of an answer."""
        self._failed = 0

    def failed(self) -> None:
        """Take note of a call that failed for good."""
        self._failed += 1
        if self._failed >= self.failures:
            self._open_until = self.clock() + self.pause
