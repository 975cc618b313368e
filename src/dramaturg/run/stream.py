"""A run as the sequence of its events; its one rule: the same events, in the same order, as the callback gets."""

import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine, Iterator
from queue import SimpleQueue
from typing import Any

from dramaturg.engine.events import Event
from dramaturg.errors import CallerError
from dramaturg.run.drive import Emit
from dramaturg.run.loop import PRIVATE_LOOP
from dramaturg.run.report import RunResult


class Stream:
    """Events of one run, for `for` and for `async for`; leaving the loop early interrupts the run, which can resume."""

    def __init__(self, start: Callable[[Emit], Coroutine[Any, Any, RunResult]]) -> None:
        self._start = start
        self._result: RunResult | None = None

    @property
    def result(self) -> RunResult:
        """The result, once every event has been taken."""
        if self._result is None:
            raise CallerError("the run has not ended; take all its events first")
        return self._result

    async def __aiter__(self) -> AsyncIterator[Event]:
        queue: asyncio.Queue[Event | None] = asyncio.Queue()
        task = asyncio.ensure_future(self._start(queue.put_nowait))
        task.add_done_callback(lambda _: queue.put_nowait(None))
        try:
            while (event := await queue.get()) is not None:
                yield event
            self._result = await task
        finally:
            task.cancel()

    def __iter__(self) -> Iterator[Event]:
        queue: SimpleQueue[Event | None] = SimpleQueue()
        future = PRIVATE_LOOP.submit(self._start(queue.put))
        future.add_done_callback(lambda _: queue.put(None))
        try:
            while (event := queue.get()) is not None:
                yield event
            self._result = future.result()
        finally:
            future.cancel()
