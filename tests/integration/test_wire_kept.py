"""Streamed answers over a real socket: a connection that has brought one carries the next question too."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field

import httpx2
import pytest
from tests.servers import first_call, good_text
from tests.sse import streamed
from tests.vendors import VENDORS, Vendor

from dramaturg.models.watch import Watchdog

_HEAD = b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n"


@dataclass
class _Answering(httpx2.AsyncBaseTransport):
    """A vendor's server on a socket, and the way of an SDK's requests to it; `ends` its streams or leaves them open."""

    vendor: Vendor
    ends: bool
    connections: int = 0
    _inner: httpx2.AsyncHTTPTransport = field(default_factory=httpx2.AsyncHTTPTransport)
    _left: asyncio.Queue[None] = field(default_factory=asyncio.Queue)
    _port: int = 0

    @asynccontextmanager
    async def listening(self) -> AsyncIterator[None]:
        """Answer for as long as the block lasts."""
        server = await asyncio.start_server(self._connected, "127.0.0.1", 0)
        self._port = server.sockets[0].getsockname()[1]
        yield
        await self._inner.aclose()
        server.close()
        for _ in range(self.connections):
            await self._left.get()

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        """Send a request to the socket instead of to the vendor."""
        request.url = request.url.copy_with(scheme="http", host="127.0.0.1", port=self._port)
        return await self._inner.handle_async_request(request)

    async def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        with suppress(ConnectionError, asyncio.IncompleteReadError):
            while True:
                await self._answer(reader, writer)
        with suppress(ConnectionError):
            writer.close()
            await writer.wait_closed()
        self._left.put_nowait(None)

    async def _answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = (await reader.readuntil(b"\r\n\r\n")).decode().lower()
        length = int(head.split("content-length:")[1].split("\r\n")[0])
        body = json.loads(await reader.readexactly(length))
        stream = streamed(self.vendor.said(good_text(self.vendor, body)))
        writer.write(_HEAD + b"%x\r\n%b\r\n" % (len(stream), stream))
        await writer.drain()
        if self.ends:
            await asyncio.sleep(0.02)  # the end comes by itself, as a proxy may send it
            writer.write(b"0\r\n\r\n")


def _watch() -> Watchdog:
    return Watchdog(lambda _text: None, lambda _headers: None, stall=30)


@pytest.mark.parametrize("vendor", VENDORS, ids=lambda vendor: vendor.name)
@pytest.mark.parametrize("ends", [True, False])
def test_questions_go_over_one_connection_unless_a_stream_stays_open(vendor: Vendor, *, ends: bool) -> None:
    async def ask() -> tuple[list[str], int]:
        server = _Answering(vendor, ends)
        async with server.listening():
            model = vendor.model(server)
            answers = [await model.answer(first_call(), _watch()) for _ in range(3)]
            await model.aclose()
        return [answer.text for answer in answers], server.connections

    texts, connections = asyncio.run(ask())
    assert texts[0]
    assert len(set(texts)) == 1
    assert connections == (1 if ends else 3)
