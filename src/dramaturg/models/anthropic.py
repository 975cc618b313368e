"""Calls to Anthropic's Messages API; its one rule: one request for one call, every odd answer named.

Cache policy: breakpoints after the system turn and after the artifacts, and an automatic one at the end of the
conversation, so that the next step reads everything before it from the cache.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Annotated, Any

import anthropic
from anthropic import AsyncAnthropic, transform_schema
from httpx2 import Response

from dramaturg.engine.calls import Message, ModelCall, ModelReply, Stop, Usage
from dramaturg.engine.profile import Profile
from dramaturg.models.anthropic_batches import MessageBatches
from dramaturg.models.batches import Alone
from dramaturg.models.faults import broke_off, from_event
from dramaturg.models.messages import PROVIDER, translated
from dramaturg.models.sse import body, events, is_stream
from dramaturg.models.watch import Watch
from dramaturg.models.wire import BESIDE, Count, Counted, Label, Shape, Text, posted, read_body

_STOPS: Mapping[str, Stop] = {
    "end_turn": "end",
    "stop_sequence": "end",
    "max_tokens": "length",
    "refusal": "refusal",
    "model_context_window_exceeded": "window",
}


class _Thinking(Shape):
    thinking_tokens: Count = 0


class _Usage(Shape):
    input_tokens: Count = 0
    cache_read_input_tokens: Count = 0
    cache_creation_input_tokens: Count = 0
    output_tokens: Count = 0
    output_tokens_details: Annotated[_Thinking, BESIDE] = _Thinking()


class _Block(Shape):
    type: str
    text: Text = ""


class _Refusal(Shape):
    category: Text = ""
    explanation: Text = ""


class _Answer(Shape):
    id: Label = ""
    model: Label = ""
    content: tuple[_Block, ...]
    stop_reason: Text
    stop_details: Annotated[_Refusal, BESIDE] = _Refusal()
    usage: Annotated[_Usage, BESIDE] = _Usage()


class AnthropicModel:
    """A model of Anthropic's, asked through an SDK client whose own retries are off."""

    def __init__(self, model: str, *, client: AsyncAnthropic, profile: Profile) -> None:
        self.name = f"anthropic:{model}"
        self.profile = profile
        self.destination = f"text goes to {client.base_url.host}"
        self._model = model
        self._client = client
        self._schemas: dict[int, tuple[Mapping[str, Any], dict[str, Any]]] = {}
        self.batches = MessageBatches(Alone(client=client, request=self._request, read=_read_message))

    async def answer(self, call: ModelCall, watch: Watch | None = None) -> ModelReply:
        """Send one request and return its answer."""
        with translated():
            async with posted(self._client, "/v1/messages", self._request(call), stream=watch is not None) as response:
                return _reply(await _read(response, watch))

    async def count(self, text: str) -> int | None:
        """Return the tokens of a text; None where the server does not count."""
        asked = {"model": self._model, "messages": [{"role": "user", "content": text}]}
        with translated():
            try:
                async with posted(self._client, "/v1/messages/count_tokens", asked, stream=False) as response:
                    return read_body(PROVIDER, Counted, await body(PROVIDER, response)).input_tokens or None
            except anthropic.NotFoundError:
                return None

    async def aclose(self) -> None:
        """Close the connections."""
        await self._client.close()

    def _request(self, call: ModelCall) -> dict[str, Any]:
        """Return the body of a call's request."""
        system, *turns = call.messages
        return {
            "model": self._model,
            "max_tokens": call.max_output,
            "system": _blocks(system),
            "messages": [{"role": turn.role, "content": _blocks(turn)} for turn in turns],
            "cache_control": {"type": "ephemeral"},
            "output_config": {"format": {"type": "json_schema", "schema": self._schema(call.schema)}},
        }

    def _schema(self, schema: Mapping[str, Any]) -> dict[str, Any]:
        """Return the schema in the vendor's dialect; the constant envelope is transformed once."""
        if id(schema) not in self._schemas:  # the entry keeps the schema, so that no other one gets its id
            self._schemas[id(schema)] = (schema, transform_schema(dict(schema)))
        return self._schemas[id(schema)][1]


def _blocks(message: Message) -> list[dict[str, Any]]:
    blocks: list[dict[str, Any]] = []
    for part in message.parts:
        block: dict[str, Any] = {"type": "text", "text": part.text}
        if part.cache:
            block["cache_control"] = {"type": "ephemeral"}
        blocks.append(block)
    return blocks


@dataclass(slots=True)
class _Arriving:
    """An answer that is put together from its events."""

    answer: dict[str, Any] = field(default_factory=dict)
    text: list[str] = field(default_factory=list)
    ended: bool = False

    def take(self, event: Mapping[str, Any]) -> str:
        """Take an event, and return the text it brings; ModelError if it tells of one."""
        match event.get("type"):
            case "message_start":
                self.answer = dict(event.get("message") or {})
            case "content_block_delta":
                piece = (event.get("delta") or {}).get("text")
                self.text.append(piece if isinstance(piece, str) else "")
                return self.text[-1]
            case "message_delta":
                said = {key: value for key, value in (event.get("usage") or {}).items() if value is not None}
                self.answer |= {**(event.get("delta") or {}), "usage": {**(self.answer.get("usage") or {}), **said}}
            case "message_stop":
                self.ended = True
            case "error":
                raise from_event(PROVIDER, event.get("error"))
            case _:
                pass
        return ""


async def _read(response: Response, watch: Watch | None) -> _Answer:
    if watch is not None:
        watch.told(response.headers)
        if is_stream(response):
            return await _streamed(response, watch)
    return read_body(PROVIDER, _Answer, await body(PROVIDER, response))


async def _streamed(response: Response, watch: Watch) -> _Answer:
    """Put an answer together from its events; ModelError if it does not come to its end."""
    arriving = _Arriving()
    async for event in events(PROVIDER, response, watch, ("message_stop",)):
        if piece := arriving.take(event):
            watch(piece)
    if not arriving.ended:
        raise broke_off(PROVIDER, "the stream ended before the answer did")
    content = [{"type": "text", "text": "".join(arriving.text)}]
    return read_body(PROVIDER, _Answer, arriving.answer | {"content": content})


def _read_message(message: Mapping[str, Any]) -> ModelReply:
    """Return the answer that a message holds whole."""
    return _reply(read_body(PROVIDER, _Answer, message))


def _reply(answer: _Answer) -> ModelReply:
    """Translate an answer; the vendor's input tokens leave out the cached ones, ours do not."""
    stop = _STOPS.get(answer.stop_reason)
    if stop is None:
        raise broke_off(PROVIDER, f"stop reason `{answer.stop_reason}`")
    text = "".join(block.text for block in answer.content if block.type == "text")
    usage = answer.usage
    return ModelReply(
        text=answer.stop_details.explanation or answer.stop_details.category or text if stop == "refusal" else text,
        stop=stop,
        usage=Usage(
            input=usage.input_tokens + usage.cache_read_input_tokens + usage.cache_creation_input_tokens,
            cache_read=usage.cache_read_input_tokens,
            cache_write=usage.cache_creation_input_tokens,
            output=usage.output_tokens,
            reasoning=usage.output_tokens_details.thinking_tokens,
        ),
        model=answer.model,
        request_id=answer.id,
    )
