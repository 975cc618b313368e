"""Calls to OpenAI's Responses API; its one rule: one request for one call, every odd answer named."""

import hashlib
import json
from collections.abc import Mapping
from typing import Annotated, Any

import openai
from httpx2 import Response
from openai import AsyncOpenAI
from pydantic import BeforeValidator

from dramaturg.engine.calls import Message, ModelCall, ModelReply, Stop, Usage
from dramaturg.engine.profile import Profile
from dramaturg.models.batches import Alone
from dramaturg.models.dialect import SCHEMA_NAME, Cached, Reasoned, translated
from dramaturg.models.faults import broke_off, from_event
from dramaturg.models.openai_batches import ResponseBatches
from dramaturg.models.profiles import takes_breakpoints
from dramaturg.models.sse import body, events, is_stream
from dramaturg.models.watch import Watch
from dramaturg.models.wire import BESIDE, Count, Counted, Label, Shape, Text, posted, read_body

_PROVIDER = "OpenAI"
_RESPONSE_STOPS: Mapping[str, Stop] = {"max_output_tokens": "length", "content_filter": "refusal"}
_PASSING = ("", "server_error", "rate_limit_exceeded")  # codes of a failed response that may succeed when repeated
_KEY_LENGTH = 32
_LAST = ("response.completed", "response.incomplete", "response.failed")


class _ResponseUsage(Shape):
    input_tokens: Count = 0
    input_tokens_details: Annotated[Cached, BESIDE] = Cached()
    output_tokens: Count = 0
    output_tokens_details: Annotated[Reasoned, BESIDE] = Reasoned()


class _Content(Shape):
    type: str
    text: Text = ""
    refusal: Text = ""


class _Output(Shape):
    content: tuple[_Content, ...]


class _Reason(Shape):
    reason: Text = ""


class _Failure(Shape):
    code: Text = ""
    message: Text = ""


def _messages(output: Any) -> Any:
    """Leave out what a model puts out besides messages, such as its reasoning."""
    if not isinstance(output, list):
        return output
    return [item for item in output if not isinstance(item, Mapping) or item.get("type") == "message"]


class _Response(Shape):
    id: Label = ""
    model: Label = ""
    status: Text
    incomplete_details: Annotated[_Reason, BESIDE] = _Reason()
    error: Annotated[_Failure, BESIDE] = _Failure()
    output: Annotated[tuple[_Output, ...], BeforeValidator(_messages)]
    usage: Annotated[_ResponseUsage, BESIDE] = _ResponseUsage()


class ResponsesModel:
    """A model of OpenAI's, on the vendor's own host."""

    def __init__(self, model: str, *, client: AsyncOpenAI, profile: Profile) -> None:
        self.name = f"openai:{model}"
        self.profile = profile
        self.destination = f"text goes to {client.base_url.host}"
        self._model = model
        self._client = client
        self._breakpoints = takes_breakpoints(model)
        self.batches = ResponseBatches(Alone(client=client, request=self._request, read=self._read_response))

    async def answer(self, call: ModelCall, watch: Watch | None = None) -> ModelReply:
        """Send one request and return its answer."""
        with translated(_PROVIDER):
            async with posted(self._client, "/responses", self._request(call), stream=watch is not None) as response:
                return self._reply(await _read(response, watch))

    async def count(self, text: str) -> int | None:
        """Return the tokens of a text; None where the server does not count."""
        asked = {"model": self._model, "input": text}
        with translated(_PROVIDER):
            try:
                async with posted(self._client, "/responses/input_tokens", asked, stream=False) as response:
                    return read_body(_PROVIDER, Counted, await body(_PROVIDER, response)).input_tokens or None
            except openai.NotFoundError:
                return None

    async def aclose(self) -> None:
        """Close the connections."""
        await self._client.close()

    def _request(self, call: ModelCall) -> dict[str, Any]:
        """Return the body of a call's request."""
        schema = {"type": "json_schema", "name": SCHEMA_NAME, "strict": True, "schema": call.schema}
        return {
            "model": self._model,
            "max_output_tokens": call.max_output,
            "prompt_cache_key": _prefix_key(call),
            "store": False,
            "input": [self._turn(message) for message in call.messages],
            "text": {"format": schema},
        }

    def _turn(self, message: Message) -> dict[str, Any]:
        kind = "output_text" if message.role == "assistant" else "input_text"
        content: list[dict[str, Any]] = [{"type": kind, "text": part.text} for part in message.parts]
        for block, part in zip(content, message.parts, strict=True):
            if part.cache and self._breakpoints:
                block["prompt_cache_breakpoint"] = {"mode": "explicit"}
        return {"role": message.role, "content": content}

    def _read_response(self, response: Mapping[str, Any]) -> ModelReply:
        """Return the answer that a response holds whole."""
        return self._reply(read_body(_PROVIDER, _Response, response))

    def _reply(self, response: _Response) -> ModelReply:
        reason = response.incomplete_details.reason
        stop: Stop | None = "end" if response.status == "completed" else _RESPONSE_STOPS.get(reason)
        if stop is None:
            failure = response.error
            what = failure.message or f"status `{response.status}`" + (f", reason `{reason}`" if reason else "")
            raise broke_off(_PROVIDER, what, retryable=failure.code in _PASSING)
        parts = [part for item in response.output for part in item.content]
        refusal = "".join(part.refusal for part in parts if part.type == "refusal")
        text = "".join(part.text for part in parts if part.type == "output_text")
        usage = response.usage
        return ModelReply(
            text=refusal or (reason if stop == "refusal" else text),
            stop="refusal" if refusal else stop,
            usage=Usage(
                input=usage.input_tokens,
                cache_read=usage.input_tokens_details.cached_tokens,
                cache_write=usage.input_tokens_details.cache_write_tokens,
                output=usage.output_tokens,
                reasoning=usage.output_tokens_details.reasoning_tokens,
            ),
            model=response.model,
            request_id=response.id,
        )


async def _read(response: Response, watch: Watch | None) -> _Response:
    if watch is not None:
        watch.told(response.headers)
        if is_stream(response):
            return await _streamed_response(response, watch)
    return read_body(_PROVIDER, _Response, await body(_PROVIDER, response))


async def _streamed_response(response: Response, watch: Watch) -> _Response:
    """Return the response that the last event of a stream holds whole."""
    whole: _Response | None = None
    async for event in events(_PROVIDER, response, watch, _LAST):
        match event.get("type"):
            case "response.output_text.delta":
                watch(str(event.get("delta", "")))
            case kind if kind in _LAST:
                whole = read_body(_PROVIDER, _Response, json.dumps(event.get("response")).encode())
            case "error":
                raise from_event(_PROVIDER, event.get("error") or event)
            case _:
                pass
    if whole is None:
        raise broke_off(_PROVIDER, "the stream ended before the answer did")
    return whole


def _prefix_key(call: ModelCall) -> str:
    """Return a key that all calls of a run share, which routes them to the machine that holds their cache."""
    return hashlib.sha256(call.messages[0].text.encode()).hexdigest()[:_KEY_LENGTH]
