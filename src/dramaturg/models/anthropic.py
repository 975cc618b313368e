"""Calls to Anthropic's Messages API; its one rule: one request for one call, every odd answer named.

Cache policy: breakpoints after the system turn and after the artifacts, and an automatic one at the end of the
conversation, so that the next step reads everything before it from the cache.
"""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import anthropic
from anthropic import AsyncAnthropic, transform_schema

from dramaturg.engine.events import Message, ModelCall, ModelReply, Stop, Usage
from dramaturg.engine.profile import Profile
from dramaturg.models.faults import from_status, not_an_answer, unreachable

if TYPE_CHECKING:
    from anthropic.types import MessageParam, TextBlockParam

_PROVIDER = "Anthropic"
_STOPS: Mapping[str, Stop] = {
    "end_turn": "end",
    "stop_sequence": "end",
    "max_tokens": "length",
    "refusal": "refusal",
    "model_context_window_exceeded": "window",
}


class AnthropicModel:
    """A model of Anthropic's, asked through an SDK client whose own retries are off."""

    def __init__(self, model: str, *, client: AsyncAnthropic, profile: Profile) -> None:
        self.name = f"anthropic:{model}"
        self.profile = profile
        self.destination = f"text goes to {client.base_url.host}"
        self._model = model
        self._client = client
        self._schemas: dict[int, tuple[Mapping[str, Any], dict[str, Any]]] = {}

    async def answer(self, call: ModelCall) -> ModelReply:
        """Send one request and return its answer."""
        system, *turns = call.messages
        try:
            message = await self._client.messages.create(
                model=self._model,
                max_tokens=call.max_output,
                system=_blocks(system),
                messages=[_turn(turn) for turn in turns],
                output_config={"format": {"type": "json_schema", "schema": self._schema(call.schema)}},
                cache_control={"type": "ephemeral"},
            )
        except anthropic.APIStatusError as error:
            raise from_status(_PROVIDER, error.status_code, error.response.headers, error.message) from error
        except anthropic.APIConnectionError as error:
            raise unreachable(_PROVIDER, str(error.__cause__ or error)) from error
        except anthropic.APIResponseValidationError as error:
            raise not_an_answer(_PROVIDER, error.message) from error
        return _reply(message)

    async def aclose(self) -> None:
        """Close the connections."""
        await self._client.close()

    def _schema(self, schema: Mapping[str, Any]) -> dict[str, Any]:
        """Return the schema in the vendor's dialect; the constant envelope is transformed once."""
        kept = self._schemas.get(id(schema))
        if kept is None or kept[0] is not schema:
            kept = self._schemas[id(schema)] = (schema, transform_schema(dict(schema)))
        return kept[1]


def _blocks(message: Message) -> "list[TextBlockParam]":
    blocks: list[TextBlockParam] = []
    for part in message.parts:
        block: TextBlockParam = {"type": "text", "text": part.text}
        if part.cache:
            block["cache_control"] = {"type": "ephemeral"}
        blocks.append(block)
    return blocks


def _turn(message: Message) -> "MessageParam":
    if message.role == "assistant":
        return {"role": "assistant", "content": _blocks(message)}
    return {"role": "user", "content": _blocks(message)}


def _reply(message: Any) -> ModelReply:
    """Translate an answer; the SDK makes a `Message` full of None, or a string, of a page that is no answer."""
    content = getattr(message, "content", None)
    usage = getattr(message, "usage", None)
    stop = _STOPS.get(getattr(message, "stop_reason", None) or "")
    if not isinstance(content, list) or usage is None:
        raise not_an_answer(_PROVIDER, "not a message")
    if stop is None:
        raise not_an_answer(_PROVIDER, f"stop reason `{message.stop_reason}`")
    read = usage.cache_read_input_tokens or 0
    written = usage.cache_creation_input_tokens or 0
    details = getattr(usage, "output_tokens_details", None)
    return ModelReply(
        text="".join(block.text for block in content if block.type == "text"),
        stop=stop,
        usage=Usage(
            input=usage.input_tokens + read + written,
            cache_read=read,
            cache_write=written,
            output=usage.output_tokens,
            reasoning=getattr(details, "thinking_tokens", None) or 0,
        ),
        model=message.model,
        request_id=message.id,
    )
