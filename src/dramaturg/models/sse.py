"""A stream of server-sent events to their data; its one rule: an event counts once its blank line has come.

A connection can carry the next question only when all of its last answer has been read.

The format is that of the WHATWG HTML standard, section 9.2; only `data` is read, the vendors repeat the type in it.
"""

import asyncio
import json
import re
from collections.abc import AsyncIterator, Collection, Mapping
from contextlib import suppress
from typing import Any

import httpx2

from dramaturg.models.faults import not_an_answer, unreachable
from dramaturg.models.watch import Watch

_DONE = "[DONE]"
_END = re.compile(rb"\r\n|\n|\r")
_REST = 0.2  # seconds that the end of a stream may come after its last event; a new connection takes about as long
STREAM = "text/event-stream"


def is_stream(response: httpx2.Response) -> bool:
    """Tell whether a response is a stream; a server that was asked for one may answer at once all the same."""
    return response.headers.get("content-type", "").startswith(STREAM)


async def events(
    provider: str, response: httpx2.Response, watch: Watch, last: Collection[str] = ()
) -> AsyncIterator[Mapping[str, Any]]:
    """Yield the data of each event as a JSON object, up to `[DONE]` or one of the types that are the last.

    Raises:
        ModelError: The connection broke, or what came is no JSON object; retryable.
    """
    data: list[str] = []
    cut = _Lines()
    try:
        chunks = response.aiter_bytes()
        async for chunk in chunks:
            watch("")  # anything that comes is a sign of life
            for line in cut(chunk):
                if line.startswith("data:"):
                    data.append(line[5:].removeprefix(" "))
                elif not line and data:
                    text, data = "\n".join(data), []
                    event = None if text.strip() == _DONE else read_object(provider, text, "an event")
                    if event is not None:
                        yield event
                    if event is None or event.get("type") in last:
                        await _read_rest(chunks)
                        return
    except httpx2.HTTPError as error:
        raise unreachable(provider, error) from error


class _Lines:
    """Cuts a stream into its lines: U+2028 and others at which Python ends a line as well stand in answers."""

    def __init__(self) -> None:
        self._begun: list[bytes] = []
        self._after_return = False

    def __call__(self, chunk: bytes) -> list[str]:
        """Return the lines that end in a chunk; what follows them begins the next one."""
        first, *others = _END.split(chunk[1:] if self._after_return and chunk.startswith(b"\n") else chunk)
        self._after_return = chunk.endswith(b"\r")
        self._begun.append(first)
        if not others:
            return []
        ended = [b"".join(self._begun), *others[:-1]]
        self._begun = [others[-1]]
        return [line.decode(errors="replace") for line in ended]


async def _read_rest(chunks: AsyncIterator[bytes]) -> None:
    """Read what follows the last event, so that the connection is kept; without it the answer is whole all the same."""
    with suppress(httpx2.HTTPError, TimeoutError):
        async with asyncio.timeout(_REST):
            async for _ in chunks:
                pass


async def body(provider: str, response: httpx2.Response) -> bytes:
    """Return a whole body; ModelError, retryable, where the connection breaks before its end."""
    try:
        return await response.aread()
    except httpx2.HTTPError as error:
        raise unreachable(provider, error) from error


def read_object(provider: str, text: str, what: str) -> Mapping[str, Any]:
    """Read a JSON object of which an answer has several; ModelError, retryable, for anything else."""
    try:
        data: Any = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise not_an_answer(provider, f"{what} that is no JSON; it begins `{text[:80]}`") from error
    if not isinstance(data, Mapping):
        raise not_an_answer(provider, f"{what} that is no JSON object; it begins `{text[:80]}`")
    return data
