"""Servers that answer as the vendors do, for the SDKs to talk to in this process.

A server reads the prompt it is sent, as a model would, and gives the step what it asks for; a test lays down the turns
in which it does something else.
"""

import asyncio
import json
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Any

import httpx2
from tests.sse import streamed
from tests.support import INPUTS, QUOTE, dpa1_brief, envelope, item
from tests.vendors import Body, Vendor

from dramaturg import RunResult, Runtime
from dramaturg.engine.calls import ModelCall, ModelReply
from dramaturg.engine.events import Event
from dramaturg.engine.flow import perform as perform_plan
from dramaturg.models.model import Model
from dramaturg.models.retry import RetryPolicy

Turn = httpx2.Response | Exception | Callable[[str], Body]
NO_WAIT = RetryPolicy(first=0, longest=0)

_OFFERED = re.compile(r"^- `([^`]+)`$", re.MULTILINE)
_WHOLE = re.compile(r"^Name `(.+?)` in `covers`", re.MULTILINE)
_WANTED = re.compile(r"requirement ids in `covers`: (.+)\.$", re.MULTILINE)


@dataclass
class Server:
    """A vendor's server: takes its turns in order, then answers well; keeps every request.

    `always` is its turn once the others are taken.
    """

    vendor: Vendor
    turns: list[Turn] = field(default_factory=list)
    always: Callable[[], Turn] | None = None
    requests: list[httpx2.Request] = field(default_factory=list)

    @property
    def bodies(self) -> list[Body]:
        """The requests as JSON."""
        return [json.loads(request.content) for request in self.requests]

    @property
    def model(self) -> Model:
        """An adapter that asks this server."""
        return self.vendor.model(httpx2.MockTransport(self.take))

    def take(self, request: httpx2.Request) -> httpx2.Response:
        """Answer a request, or break the connection."""
        self.requests.append(request)
        turn: Turn = self.turns.pop(0) if self.turns else self.always() if self.always else self.vendor.said
        if isinstance(turn, Exception):
            raise turn
        if isinstance(turn, httpx2.Response):
            return turn
        answer = turn(good_text(self.vendor, self.bodies[-1]))
        if not self.bodies[-1].get("stream"):
            return httpx2.Response(200, json=answer)
        return httpx2.Response(200, content=streamed(answer), headers={"content-type": "text/event-stream"})


def page(status: int = 200) -> httpx2.Response:
    """Return a proxy's page."""
    return httpx2.Response(status, html="<html><title>Sign in to the network</title></html>")


def good_text(vendor: Vendor, body: Body) -> str:
    """Return what a good model answers to a request."""
    asked = _asked([text for role, text in vendor.talk(body) if role == "user"])
    schema = vendor.schema(body)
    if "items" in schema["properties"]:
        return envelope([item(covers) for covers in asked], notes="seen")
    return json.dumps(_filled(schema, ""))


def _asked(turns: list[str]) -> list[str]:
    """Return the requirements the last turn asks for; one that wants the whole answer again leaves them to the step."""
    wanted = _WANTED.search(turns[-1])
    if wanted:
        return re.findall(r"`(.+?)`", wanted[1])
    told = turns[-2] if "<validation_errors>" in turns[-1] else turns[-1]
    return _OFFERED.findall(told) or _WHOLE.findall(told)


def _filled(schema: Mapping[str, Any], name: str) -> Any:
    """Return something a schema allows, with a true quote where a quote belongs."""
    match schema:
        case {"enum": [first, *_]}:
            return first
        case {"type": "object", "properties": properties}:
            return {key: _filled(value, key) for key, value in properties.items()}
        case {"type": "array", "items": items}:
            return [_filled(items, name)]
        case _:
            return QUOTE if name == "quote" else "Do what is demanded"


def texts(vendor: Vendor, bodies: Iterable[Body]) -> list[str]:
    """Return the last turn of each request."""
    return [vendor.talk(body)[-1][1] for body in bodies]


def perform(server: Server, retry: RetryPolicy = NO_WAIT, **settings: Any) -> tuple[RunResult, list[Event]]:
    """Perform DPA-1 on the example with a server's answers."""
    events: list[Event] = []
    result = Runtime(model=server.model, retry=retry, **settings).run("DPA-1", INPUTS, on_event=events.append)
    return result, events


def reply(vendor: Vendor, **changes: Any) -> ModelReply:
    """Return what an adapter makes of an answer with some fields changed; what it raises comes through."""
    server = Server(vendor, [httpx2.Response(200, json=vendor.said("{}") | changes)])
    return asyncio.run(server.model.answer(first_call()))


@cache
def first_call() -> ModelCall:
    """Return DPA-1's first call on the example."""
    return next(request for request in perform_plan(dpa1_brief()) if isinstance(request, ModelCall))
