"""A run as the sequence of its events; its one rule: the same events, in the same order, as the callback gets."""

import asyncio
from collections.abc import AsyncGenerator, Callable, Coroutine, Generator
from queue import SimpleQueue
from typing import Any

from dramaturg.engine.events import Event
from dramaturg.errors import CallerError
from dramaturg.run.drive import Emit
from dramaturg.run.loop import PRIVATE_LOOP
from dramaturg.run.report import RunResult


class Stream:
    """Events of one run, to be taken once, by `for` or by `async for`; leaving early interrupts the run.

    A `for` that is left has let go of the run at once; an `async for` has when the loop gets to it, or at the end of a
    `contextlib.aclosing(aiter(stream))`. The run can then be resumed.
    """

    def __init__(self, start: Callable[[Emit], Coroutine[Any, Any, RunResult]]) -> None:
        self._start = start
        self._taken = False
        self._result: RunResult | None = None

    @property
    def result(self) -> RunResult:
        """The result, once every event has been taken."""
        if self._result is None:
            raise CallerError("the run has not ended; take all its events first")
        return self._result

    async def __aiter__(self) -> AsyncGenerator[Event, None]:
        self._take()
        queue: asyncio.Queue[Event | None] = asyncio.Queue()
        task = asyncio.ensure_future(self._start(queue.put_nowait))
        task.add_done_callback(lambda _: queue.put_nowait(None))
        try:
            while (event := await queue.get()) is not None:
                yield event
            self._result = await task
        finally:
            task.cancel()
            await asyncio.wait((task,))

    def __iter__(self) -> Generator[Event, None, None]:
        self._take()
        queue: SimpleQueue[Event | None] = SimpleQueue()
        running = PRIVATE_LOOP.start(self._start(queue.put))
        running.when_done(lambda: queue.put(None))
        try:
            while (event := queue.get()) is not None:
                yield event
            self._result = running.result()
        finally:
            running.stop()

    def _take(self) -> None:
        """Begin the run; a second loop would perform, and pay for, another one."""
        if self._taken:
            raise CallerError("the events of this stream have been taken; its `result` stays, a new stream runs again")
        self._taken = True
