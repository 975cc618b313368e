"""One private event loop for synchronous callers; its one rule: it works where a loop already runs, as in Jupyter."""

import asyncio
import threading
from collections.abc import Coroutine
from concurrent.futures import Future
from typing import Any, TypeVar

_Result = TypeVar("_Result")
_PATIENCE = 5.0  # seconds an interrupted run gets to close its journal


class LoopThread:
    """An event loop on a daemon thread, started with the first call."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._loop: asyncio.AbstractEventLoop | None = None

    def call(self, coroutine: Coroutine[Any, Any, _Result]) -> _Result:
        """Run a coroutine to its end and return its result; an interrupt cancels it and waits until it has let go."""
        ended = threading.Event()

        async def watched() -> _Result:
            try:
                return await coroutine
            finally:
                ended.set()

        future = self.submit(watched())
        try:
            return future.result()
        except KeyboardInterrupt:
            future.cancel()
            ended.wait(_PATIENCE)
            raise

    def submit(self, coroutine: Coroutine[Any, Any, _Result]) -> Future[_Result]:
        """Begin a coroutine and return its future."""
        with self._lock:
            if self._loop is None:
                self._loop = asyncio.new_event_loop()
                threading.Thread(target=self._loop.run_forever, name="dramaturg", daemon=True).start()
            return asyncio.run_coroutine_threadsafe(coroutine, self._loop)


PRIVATE_LOOP = LoopThread()
