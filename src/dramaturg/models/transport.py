"""What carries an SDK's requests; its one rule: of the clients that the SDK offers, the cheapest for many at once.

Both SDKs offer aiohttp in place of the HTTP client that they take by themselves. That one looks at each idle connection
whenever a request begins or ends, and parses in Python: 1 to 2 ms of processor time a request, ten times aiohttp's.
"""

from collections.abc import AsyncIterator
from typing import Any
from urllib.request import getproxies

from aiohttp import ClientError
from httpx2 import AsyncByteStream, AsyncClient, ByteStream, Request, Response

FAULTS = (ClientError,)  # what the SDKs let through of it, such as an answer that is no HTTP
_PROXIES = frozenset({"http", "https", "all"})
_LARGE = 2**20  # bytes of a body from which aiohttp warns, which is an error where warnings are
_PIECE = 2**16


def carrying(offered: type[AsyncClient]) -> AsyncClient | None:
    """Return the client that an SDK offers for many requests at once.

    None, for the SDK's usual one, where the environment names a proxy: aiohttp knows no SOCKS, and proxies differ.
    """
    return None if _PROXIES.intersection(getproxies()) else in_pieces(offered)()


def in_pieces(offered: type[AsyncClient]) -> type[AsyncClient]:
    """Return a kind of client that sends a large body in pieces, between which the loop does other work."""
    return type(offered.__name__, (_Sending, offered), {})


class _Sending(AsyncClient):
    async def send(self, request: Request, **how: Any) -> Response:
        if isinstance(request.stream, ByteStream) and len(request.content) > _LARGE:  # else it is in pieces already
            request = Request(
                request.method,
                request.url,
                headers=request.headers,
                stream=_Pieces(request.content),
                extensions=request.extensions,
            )
        return await super().send(request, **how)


class _Pieces(AsyncByteStream):
    def __init__(self, content: bytes) -> None:
        self._content = content

    async def __aiter__(self) -> AsyncIterator[bytes]:
        for begin in range(0, len(self._content), _PIECE):
            yield self._content[begin : begin + _PIECE]
