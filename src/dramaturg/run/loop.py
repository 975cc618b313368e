"""One private event loop for synchronous callers; its one rule: it works where a loop already runs, as in Jupyter."""

import asyncio
import os
import threading
from collections.abc import Awaitable, Callable, Coroutine
from queue import SimpleQueue
from typing import Any, Generic, TypeVar

from dramaturg.errors import CallerError

_Result = TypeVar("_Result")
_Asked = TypeVar("_Asked")
_PATIENCE = 5.0  # seconds an interrupted run gets to close its journal


class Running(Generic[_Result]):
    """A coroutine under way on the loop of another thread."""

    def __init__(self, coroutine: Coroutine[Any, Any, _Result], loop: asyncio.AbstractEventLoop) -> None:
        self._ended = threading.Event()
        self._future = asyncio.run_coroutine_threadsafe(self._watched(coroutine), loop)

    def result(self) -> _Result:
        """Wait for its end and return its result."""
        return self._future.result()

    def stop(self) -> None:
        """Cancel it where it still runs, and wait until it has let go of what it held."""
        if not self._future.done():
            self._future.cancel()
            self._ended.wait(_PATIENCE)

    def when_done(self, then: Callable[[], None]) -> None:
        """Call back once it has ended, however it did."""
        self._future.add_done_callback(lambda _: then())

    async def _watched(self, coroutine: Coroutine[Any, Any, _Result]) -> _Result:
        try:
            return await coroutine
        finally:
            self._ended.set()


class LoopThread:
    """An event loop on a daemon thread, started with the first call; a forked process starts its own."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._process = 0
        self._thread: int | None = None

    def call(self, coroutine: Coroutine[Any, Any, _Result]) -> _Result:
        """Run a coroutine to its end and return its result; an interrupt stops it first."""
        running = self.start(coroutine)
        try:
            return running.result()
        finally:
            running.stop()

    def converse(
        self,
        begin: Callable[[Callable[[_Asked], Awaitable[Any]] | None], Coroutine[Any, Any, _Result]],
        answer: Callable[[_Asked], Any] | None,
    ) -> _Result:
        """Run a coroutine that asks, and answer it on the calling thread, where a terminal can be read and interrupted.

        Args:
            begin: Makes the coroutine, given what it asks with; None where nobody answers.
            answer: Answers one question; None for nobody.
        """
        if answer is None:
            return self.call(begin(None))
        asked: SimpleQueue[tuple[_Asked, asyncio.Future[Any]] | None] = SimpleQueue()

        async def ask(question: _Asked) -> object:
            said: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
            asked.put((question, said))
            return await said

        running = self.start(begin(ask))
        running.when_done(lambda: asked.put(None))
        try:
            while (request := asked.get()) is not None:
                question, said = request
                said.get_loop().call_soon_threadsafe(said.set_result, answer(question))
            return running.result()
        finally:
            running.stop()

    def start(self, coroutine: Coroutine[Any, Any, _Result]) -> Running[_Result]:
        """Begin a coroutine whose end the caller will wait for.

        Raises:
            CallerError: Called on the loop itself, as an `on_event` callback would: it would wait for ever.
        """
        if threading.get_ident() == self._thread and self._process == os.getpid():
            coroutine.close()
            raise CallerError("a run cannot be waited for inside another run's callback; use `arun_persona`")
        with self._lock:
            if self._loop is None or self._process != os.getpid():  # threads do not survive a fork
                self._loop, self._process = asyncio.new_event_loop(), os.getpid()
                thread = threading.Thread(target=self._loop.run_forever, name="dramaturg", daemon=True)
                thread.start()
                self._thread = thread.ident
            return Running(coroutine, self._loop)


PRIVATE_LOOP = LoopThread()
