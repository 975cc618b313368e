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
    try:
        lines = _lines(response)
        async for line in lines:
            watch("")  # anything that comes is a sign of life
            if line.startswith("data:"):
                data.append(line[5:].removeprefix(" "))
            elif not line and data:
                text, data = "\n".join(data), []
                event = None if text.strip() == _DONE else read_object(provider, text, "an event")
                if event is not None:
                    yield event
                if event is None or event.get("type") in last:
                    await _read_rest(lines)
                    return
    except httpx2.HTTPError as error:
        raise unreachable(provider, error) from error


async def _lines(response: httpx2.Response) -> AsyncIterator[str]:
    """Yield the lines of a stream: U+2028 and others at which Python ends a line as well stand in answers."""
    begun: list[bytes] = []
    after_return = False
    async for chunk in response.aiter_bytes():
        first, *others = _END.split(chunk[1:] if after_return and chunk.startswith(b"\n") else chunk)
        after_return = chunk.endswith(b"\r")
        begun.append(first)
        for other in others:
            yield b"".join(begun).decode(errors="replace")
            begun = [other]


async def _read_rest(lines: AsyncIterator[str]) -> None:
    """Read what follows the last event, so that the connection is kept; without it the answer is whole all the same."""
    with suppress(httpx2.HTTPError, TimeoutError):
        async with asyncio.timeout(_REST):
            async for _ in lines:
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
