"""A request to a response, and its body to the shape an adapter reads; its one rule: no odd body is guessed at.

The SDKs make an object of whatever arrives (a proxy's page, half a body, `null`), so adapters read the bytes.
"""

import json
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Annotated, Any, TypeVar

from httpx2 import Response
from pydantic import BaseModel, BeforeValidator, ConfigDict, ValidationError

from dramaturg.models.faults import not_an_answer

if TYPE_CHECKING:
    from anthropic import AsyncAnthropic
    from openai import AsyncOpenAI

_SHOWN = 80


class Shape(BaseModel):
    """A part of a body; what no adapter reads is ignored."""

    model_config = ConfigDict(extra="ignore", frozen=True)


def _count(value: Any) -> int:
    return value if isinstance(value, int) and value > 0 else 0


# What is told beside an answer may be missing or odd: it must never cost the answer itself, which was paid for.
BESIDE = BeforeValidator(lambda value: value if isinstance(value, Mapping) else {})
Count = Annotated[int, BeforeValidator(_count)]
Label = Annotated[str, BeforeValidator(lambda value: "" if value is None else str(value))]
Flag = Annotated[bool, BeforeValidator(bool)]
Text = Annotated[str, BeforeValidator(lambda value: "" if value is None else value)]

_Read = TypeVar("_Read", bound=Shape)


class Counted(Shape):
    """How many tokens a prompt takes."""

    input_tokens: Count


@asynccontextmanager
async def posted(
    client: "AsyncAnthropic | AsyncOpenAI", path: str, body: Mapping[str, Any], *, stream: bool
) -> AsyncIterator[Response]:
    """Send a request, and give its response for as long as the block lasts; that of a stream is not read yet.

    By the SDK's way for paths it does not know: its way for those it knows holds the body against its types, piece by
    piece, which takes longer than all else.

    Raises:
        APIStatusError, APIConnectionError: The SDK's own.
    """
    sent = {**body, "stream": True} if stream else body
    response = await client.post(path, cast_to=Response, body=sent, stream=stream)
    try:
        yield response
    finally:
        await response.aclose()


@asynccontextmanager
async def got(
    client: "AsyncAnthropic | AsyncOpenAI", path: str, query: Mapping[str, Any] | None = None
) -> AsyncIterator[Response]:
    """Get what stands at a path, and give its response for as long as the block lasts; raises as `posted` does."""
    response = await client.get(path, cast_to=Response, options={"params": query or {}})
    try:
        yield response
    finally:
        await response.aclose()


@asynccontextmanager
async def put(client: "AsyncAnthropic | AsyncOpenAI", path: str, content: bytes) -> AsyncIterator[Response]:
    """Send a request whose body is JSON already, and give its response; raises as `posted` does."""
    headers = {"Content-Type": "application/json"}
    response = await client.post(path, cast_to=Response, content=content, options={"headers": headers})
    try:
        yield response
    finally:
        await response.aclose()


def read_body(provider: str, shape: type[_Read], body: bytes | Mapping[str, Any]) -> _Read:
    """Read a body of status 200, or what was put together from a stream; ModelError, retryable, for another shape."""
    try:
        return shape.model_validate_json(body) if isinstance(body, bytes) else shape.model_validate(body)
    except ValidationError as error:
        fault = error.errors(include_url=False, include_context=False, include_input=False)[0]
        place = ".".join(str(key) for key in fault["loc"])
        whole = body if isinstance(body, bytes) else json.dumps(body).encode()
        begins = " ".join(whole[: _SHOWN * 4].decode(errors="replace").split())[:_SHOWN]
        what = (f"`{place}`: " if place else "") + fault["msg"] + (f"; it begins `{begins}`" if begins else "")
        raise not_an_answer(provider, what) from error
