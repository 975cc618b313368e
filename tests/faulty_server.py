"""A vendor's server on a real socket that fails in the ways servers do, then answers well, and keeps every request."""

import json
import socket
import struct
import threading
from collections.abc import Callable, Sequence
from contextlib import suppress
from http.server import BaseHTTPRequestHandler
from types import TracebackType
from typing import Any

import anthropic
import openai
from tests.listening import Listening
from tests.servers import good_text
from tests.sse import events_of, stream, streamed
from tests.vendors import ANTHROPIC, CHAT, LOCAL, RESPONSES, Body, Vendor

from dramaturg.models.anthropic import AnthropicModel
from dramaturg.models.chat import ChatModel
from dramaturg.models.model import Model
from dramaturg.models.openai import ResponsesModel
from dramaturg.models.profiles import hosted, local
from dramaturg.models.transport import carrying
from dramaturg.run.loop import PRIVATE_LOOP

STREAM = "text/event-stream"
_NO_LINGER = struct.pack("ii", 1, 0)
Fault = Callable[["Exchange"], None]


class Exchange:
    """One request, and what it can be answered with."""

    def __init__(self, handler: BaseHTTPRequestHandler, server: "FaultyServer", body: Body) -> None:
        self._handler = handler
        self.server = server
        self.body = body

    @property
    def answer(self) -> Body:
        """What a good server would say."""
        return self.server.vendor.said(good_text(self.server.vendor, self.body))

    def begin(self, status: int, kind: str, length: int | None = None, **headers: str) -> None:
        """Send the status and the headers."""
        self._handler.send_response(status)
        self._handler.send_header("content-type", kind)
        if length is not None:
            self._handler.send_header("content-length", str(length))
        for name, value in headers.items():
            self._handler.send_header(name.replace("_", "-"), value)
        self._handler.end_headers()

    def send(self, content: bytes) -> None:
        """Send a piece of the body."""
        self._handler.wfile.write(content)
        self._handler.wfile.flush()

    def reset(self) -> None:
        """Break the connection as a process does that dies."""
        self._handler.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _NO_LINGER)
        self._handler.connection.close()


def well(exchange: Exchange) -> None:
    """Answer as a stream."""
    content = streamed(exchange.answer)
    exchange.begin(200, STREAM, len(content))
    exchange.send(content)


def status(code: int, message: str = "not now", kind: str = "", **headers: str) -> Fault:
    """Answer with an error status."""

    def fail(exchange: Exchange) -> None:
        content = json.dumps(exchange.server.vendor.fault(message, kind)).encode()
        exchange.begin(code, "application/json", len(content), **headers)
        exchange.send(content)

    return fail


def _half(exchange: Exchange) -> bytes:
    events = events_of(exchange.answer)
    return stream(events[: len(events) // 2], done=False)


def reset_in_mid_stream(exchange: Exchange) -> None:
    """Send half a stream and break the connection."""
    exchange.begin(200, STREAM)
    exchange.send(_half(exchange))
    exchange.reset()


def ends_in_mid_stream(exchange: Exchange) -> None:
    """Send half a stream and close, as a proxy does that is restarted."""
    content = _half(exchange)
    exchange.begin(200, STREAM, len(content))
    exchange.send(content)


def no_http(exchange: Exchange) -> None:
    """Say something in another protocol."""
    exchange.send(b"SSH-2.0-OpenSSH_9.9\r\n")
    exchange.reset()


def nothing(exchange: Exchange) -> None:
    """Break the connection instead of an answer."""
    exchange.reset()


def silence(exchange: Exchange) -> None:
    """Send half a stream and say nothing more, until the client leaves."""
    exchange.begin(200, STREAM)
    exchange.send(_half(exchange))
    exchange.server.silent.wait(120)


def white_space(exchange: Exchange) -> None:
    """Begin an answer and go on with line ends until the client leaves, which is noted."""
    blank = exchange.server.vendor.said("\n" * 24)
    events = events_of(blank)
    (piece,) = (event for event in events if "\\n" in json.dumps(event) and "output" not in event.get("response", {}))
    exchange.begin(200, STREAM)
    first = events[0]
    exchange.send(stream([first], done=False))
    try:
        while True:
            exchange.send(stream([piece], done=False))
            if exchange.server.silent.wait(0.002):
                return
    except ConnectionError:
        exchange.server.left.set()


def half_a_body(exchange: Exchange) -> None:
    """Answer 200 with half of a JSON body, as a gateway does that cuts."""
    content = json.dumps(exchange.answer).encode()
    content = content[: len(content) // 2]
    exchange.begin(200, "application/json", len(content))
    exchange.send(content)


def error_in_mid_stream(exchange: Exchange) -> None:
    """Tell of an overload after half the answer."""
    told = {"type": "error", "error": {"type": "overloaded_error", "message": "too busy"}}
    content = _half(exchange) + stream([told], named=exchange.server.vendor is ANTHROPIC, done=False)
    exchange.begin(200, STREAM, len(content))
    exchange.send(content)


class FaultyServer(Listening):
    """The server, as a context manager.

    Args:
        vendor: Whose manner it has.
        faults: What it does with the first requests; afterwards it answers well.
        always: What it does with every request instead.
    """

    def __init__(self, vendor: Vendor, faults: Sequence[Fault] = (), always: Fault | None = None) -> None:
        self.vendor = vendor
        self.requests: list[Body] = []
        self.silent = threading.Event()
        self.left = threading.Event()
        self._faults = iter(faults)
        self._always = always
        self._turn = threading.Lock()
        self._opened: list[Model] = []
        super().__init__(_handler(self), waits=False)

    @property
    def model(self) -> Model:
        """An adapter whose SDK talks to this server over a real connection, until the server ends."""
        model = self._model()
        self._opened.append(model)
        return model

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for model in self._opened:
            PRIVATE_LOOP.call(model.aclose())
        super().__exit__(kind, error, trace)

    def _model(self) -> Model:
        if self.vendor is ANTHROPIC:
            http = carrying(anthropic.DefaultAioHttpClient)
            client = anthropic.AsyncAnthropic(api_key="key", base_url=self.address, max_retries=0, http_client=http)
            return AnthropicModel("claude-sonnet-5-5", client=client, profile=hosted())
        http = carrying(openai.DefaultAioHttpClient)
        dialect = openai.AsyncOpenAI(api_key="key", base_url=f"{self.address}/v1", max_retries=0, http_client=http)
        if self.vendor is RESPONSES:
            return ResponsesModel("gpt-5.6", client=dialect, profile=hosted())
        profile = local(32_768) if self.vendor is LOCAL else hosted()
        name = f"openai:qwen@{self.address}/v1"
        return ChatModel(name, "qwen", client=dialect, profile=profile, provider=self.vendor.provider)

    def take(self, body: Body) -> Fault:
        """Keep a request, and return what is done with it."""
        with self._turn:
            self.requests.append(body)
            return next(self._faults, self._always or well)

    def let_go(self) -> None:
        """End the silence."""
        self.silent.set()


def _handler(server: FaultyServer) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["content-length"])))
            with suppress(ConnectionError):  # the client has left
                server.take(body)(Exchange(self, server, body))

        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the name the base class gives it
            """Say nothing."""

    return Handler


STREAMING: tuple[Vendor, ...] = (ANTHROPIC, RESPONSES, CHAT, LOCAL)
