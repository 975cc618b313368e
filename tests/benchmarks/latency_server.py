"""A model server that answers well after a fixed time: `… latency_server SECONDS` prints its port."""

import asyncio
import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from functools import lru_cache
from typing import Any

from tests.servers import good_text
from tests.sse import streamed
from tests.vendors import CHAT


@contextmanager
def serving(latency: float) -> Iterator[str]:
    """Start the server in a process of its own; give the name of its model."""
    command = [sys.executable, "-m", "tests.benchmarks.latency_server", str(latency)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        port = process.stdout.readline().strip()
        try:
            yield f"openai:m@http://127.0.0.1:{port}/v1"
        finally:
            process.terminate()


async def _answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, latency: float) -> None:
    """Answer the requests of one connection."""
    with suppress(ConnectionError, asyncio.IncompleteReadError):
        while True:
            head = (await reader.readuntil(b"\r\n\r\n")).decode().lower()
            if head.startswith("get "):
                _send(
                    writer, "application/json", json.dumps({"data": [{"id": "m", "meta": {"n_ctx": 200_000}}]}).encode()
                )
                continue
            length = int(head.split("content-length:")[1].split("\r\n")[0])
            arrived = asyncio.get_running_loop().time()
            content = _stream(await reader.readexactly(length))
            await asyncio.sleep(max(0.0, arrived + latency - asyncio.get_running_loop().time()))
            _send(writer, "text/event-stream", content)
            await writer.drain()
    writer.close()


@lru_cache(maxsize=64)  # runs of one plan ask the same: the server's own work must not be what is measured
def _stream(request: bytes) -> bytes:
    body: dict[str, Any] = json.loads(request)
    return streamed(CHAT.said(good_text(CHAT, body)))


def _send(writer: asyncio.StreamWriter, kind: str, content: bytes) -> None:
    writer.write(
        f"HTTP/1.1 200 OK\r\ncontent-type: {kind}\r\ncontent-length: {len(content)}\r\n\r\n".encode() + content
    )


async def _serve(latency: float) -> None:
    server = await asyncio.start_server(lambda r, w: _answer(r, w, latency), "127.0.0.1", 0, backlog=1024)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(_serve(float(sys.argv[1])))
