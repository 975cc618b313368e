"""A loop whose clock only goes when there is nothing else to do: what waits, waits exactly so long, and no longer."""

import asyncio
import selectors
from collections.abc import Coroutine
from typing import Any, TypeVar

_Result = TypeVar("_Result")


class _Leaping(selectors.DefaultSelector):
    """Waits for nothing: the time that would be waited for has passed."""

    passed = 0.0

    def select(self, timeout: float | None = None) -> Any:
        assert timeout is not None, "everything waits for what never comes"
        self.passed += max(0.0, timeout)
        return super().select(0)


class _Loop(asyncio.SelectorEventLoop):
    def __init__(self) -> None:
        self._leaping = _Leaping()
        super().__init__(self._leaping)

    def time(self) -> float:
        return self._leaping.passed


def run_by_the_clock(coroutine: Coroutine[Any, Any, _Result]) -> _Result:
    """Run a coroutine that needs no thread and no socket, however slow the machine is."""
    with asyncio.Runner(loop_factory=_Loop) as runner:
        return runner.run(coroutine)
