"""A chat server on this machine that answers any schema, for tests in which a whole process talks to a model.

It speaks as much of the OpenAI dialect as `openai:NAME@URL` needs, keeps every request, and can hold answers back.
"""

import json
import threading
from collections.abc import Callable, Mapping
from contextlib import suppress
from http.server import BaseHTTPRequestHandler
from typing import Any

from tests.listening import Listening
from tests.sse import streamed

Answer = Callable[[int, Mapping[str, Any]], str | int]

_PROSE = "Do what the persona demands, and look at the result. "


def instance_of(schema: Mapping[str, Any]) -> Any:
    """Return a small valid instance of a schema: the least of everything, and of a choice what claims least."""
    match schema["type"]:
        case "object":
            return {name: instance_of(value) for name, value in schema["properties"].items()}
        case "array":
            return [instance_of(schema["items"])] * schema.get("minItems", 0)
        case "number":
            return 0
        case _ if "enum" in schema:
            return "inference" if "inference" in schema["enum"] else schema["enum"][0]
        case _:
            least = schema.get("minLength", 0)
            return (_PROSE * least)[:least]


def well(number: int, request: Mapping[str, Any]) -> str:
    """Answer a request with an instance of its schema."""
    del number
    return json.dumps(instance_of(request["response_format"]["json_schema"]["schema"]))


class ChatServer(Listening):
    """The server, as a context manager.

    Args:
        answer: Gives the answer to the n-th request, counted from 1: its text, or an HTTP status to fail with.
        held_from: The first request that gets no answer until `release` is called; None holds nothing back.
        delay: Seconds each answer takes.
        window: Tokens of context it reports.
        letters: How many of them it counts as one token.
        port: Where it is reached; a free one for 0.
    """

    def __init__(
        self,
        answer: Answer = well,
        *,
        held_from: int | None = None,
        delay: float = 0.0,
        window: int = 8192,
        letters: int = 1,
        port: int = 0,
    ) -> None:
        self.requests: list[dict[str, Any]] = []
        self.window = window
        self.letters = letters
        self._answer = answer
        self._held_from = held_from
        self._delay = delay
        self._arrived = threading.Condition()
        self._released = threading.Event()
        super().__init__(_handler(self), port=port)

    @property
    def model(self) -> str:
        """The name by which `--model` reaches it."""
        return f"openai:tiny@{self.address}/v1"

    @property
    def prompts(self) -> list[str]:
        """What it was asked, in order: the whole conversation of each request as one text."""
        return [json.dumps(request["messages"]) for request in self.requests]

    def let_go(self) -> None:
        """Answer what is held back."""
        self.release()

    def wait_for(self, count: int) -> None:
        """Wait until that many requests have arrived; fail after five minutes."""
        assert self.arrived(count, within=300), f"{len(self.requests)} of {count} requests arrived"

    def arrived(self, count: int, within: float = 5) -> bool:
        """Wait for so many requests, and tell whether they came."""
        with self._arrived:
            return self._arrived.wait_for(lambda: len(self.requests) >= count, timeout=within)

    def release(self) -> None:
        """Answer what is held back, and everything from now on."""
        self._released.set()

    def take(self, request: dict[str, Any]) -> str | int:
        """Keep a request and return its answer when it is due."""
        with self._arrived:
            self.requests.append(request)
            number = len(self.requests)
            self._arrived.notify_all()
        if self._held_from is not None and number >= self._held_from:
            self._released.wait()
        elif self._delay:
            self._released.wait(self._delay)
        return self._answer(number, request)


def _handler(server: ChatServer) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            meta = {"n_ctx": server.window}
            listed = {"id": "tiny", "object": "model", "created": 0, "owned_by": "tests", "meta": meta}
            self._send(200, {"object": "list", "data": [listed]})

        def do_POST(self) -> None:
            with suppress(ConnectionError):  # the client was killed
                request = _request(self)
                answer = server.take(request)
                if isinstance(answer, int):
                    self._send(answer, {"error": {"message": "not now"}})
                    return
                asked = len(json.dumps(request["messages"])) // server.letters
                whole = _completion(answer, prompt=asked, said=len(answer) // server.letters)
                if request.get("stream"):
                    self._send_bytes(200, streamed(whole), "text/event-stream")
                else:
                    self._send(200, whole)

        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the name the base class gives it
            """Say nothing."""

        def _send(self, status: int, body: Mapping[str, Any]) -> None:
            self._send_bytes(status, json.dumps(body).encode(), "application/json")

        def _send_bytes(self, status: int, content: bytes, kind: str) -> None:
            with suppress(ConnectionError):  # the client was killed
                self.send_response(status)
                self.send_header("content-type", kind)
                self.send_header("content-length", str(len(content)))
                self.send_header("retry-after", "0")
                self.end_headers()
                self.wfile.write(content)

    return Handler


def _request(handler: BaseHTTPRequestHandler) -> dict[str, Any]:
    """Return what is asked; ConnectionError if the client was killed before it had said it."""
    content = handler.rfile.read(int(handler.headers["content-length"]))
    if not content:
        raise ConnectionResetError
    request: dict[str, Any] = json.loads(content)
    return request


def _completion(text: str, *, prompt: int, said: int) -> dict[str, Any]:
    choice = {"index": 0, "finish_reason": "stop", "message": {"role": "assistant", "content": text}}
    usage = {"prompt_tokens": prompt, "completion_tokens": said, "total_tokens": prompt + said}
    return {"id": "c", "object": "chat.completion", "created": 0, "model": "tiny", "choices": [choice], "usage": usage}
