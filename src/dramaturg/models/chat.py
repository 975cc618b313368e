"""Calls to servers that speak OpenAI's dialect; its one rule: one request a call, every odd answer named.

Chat completions are where such servers enforce schemas.
"""

from collections.abc import Mapping
from typing import Annotated, Any

import openai
from httpx2 import Response
from openai import AsyncOpenAI
from pydantic import Field

from dramaturg.engine.calls import ModelCall, ModelReply, Stop, Usage
from dramaturg.engine.profile import Profile
from dramaturg.models.dialect import SCHEMA_NAME, Cached, Reasoned, translated
from dramaturg.models.faults import broke_off, from_event
from dramaturg.models.hosts import is_loopback
from dramaturg.models.sse import body, events, is_stream
from dramaturg.models.watch import Watch
from dramaturg.models.wire import BESIDE, Count, Label, Shape, Text, posted, read_body

_STOPS: Mapping[str, Stop] = {"stop": "end", "length": "length", "content_filter": "refusal"}
_BESIDE = ("id", "model", "usage")  # what chunks say beside the answer


class _ChatUsage(Shape):
    prompt_tokens: Count = 0
    prompt_tokens_details: Annotated[Cached, BESIDE] = Cached()
    completion_tokens: Count = 0
    completion_tokens_details: Annotated[Reasoned, BESIDE] = Reasoned()


class _ChatMessage(Shape):
    content: Text = ""
    refusal: Text = ""


class _Choice(Shape):
    finish_reason: Text = ""
    message: _ChatMessage


class _Completion(Shape):
    id: Label = ""
    model: Label = ""
    choices: Annotated[tuple[_Choice, ...], Field(min_length=1)]
    usage: Annotated[_ChatUsage, BESIDE] = _ChatUsage()


class _Meta(Shape):
    n_ctx: Count = 0


class _Listed(Shape):
    id: Label = ""
    max_model_len: Count = 0
    meta: Annotated[_Meta, BESIDE] = _Meta()


class _Listing(Shape):
    data: tuple[_Listed, ...]


class ChatModel:
    """A model behind any compatible server; `provider` is what errors call it."""

    def __init__(self, name: str, model: str, *, client: AsyncOpenAI, profile: Profile, provider: str) -> None:
        self.name = name
        self.profile = profile
        host = client.base_url.host
        self.destination = "nothing leaves this machine" if is_loopback(host) else f"text goes to {host}"
        self._provider = provider
        self._model = model
        self._client = client

    async def answer(self, call: ModelCall, watch: Watch | None = None) -> ModelReply:
        """Send one request and return its answer."""
        schema = {"name": SCHEMA_NAME, "strict": True, "schema": call.schema}
        request: dict[str, Any] = {
            "model": self._model,
            "messages": [{"role": message.role, "content": message.text} for message in call.messages],
            "max_tokens": call.max_output,
            "response_format": {"type": "json_schema", "json_schema": schema},
        }
        if self.profile.narrowed:
            request |= {"temperature": 0, "seed": call.sample}
        if watch is not None:
            request["stream_options"] = {"include_usage": True}
        with translated(self._provider):
            async with posted(self._client, "/chat/completions", request, stream=watch is not None) as response:
                return self._reply(await self._read(response, watch))

    async def window(self) -> int | None:
        """Return the context size the server reports (llama.cpp and vLLM do), None if it does not."""
        with translated(self._provider):
            try:
                response = await self._client.models.with_raw_response.list()
            except openai.NotFoundError:  # a server that lists no models can answer all the same
                return None
        listed = read_body(self._provider, _Listing, response.http_response.content).data
        named = [model for model in listed if model.id == self._model]
        # A server of one model answers to any name; of several, another one's window says nothing.
        model = named[0] if named else listed[0] if len(listed) == 1 else _Listed()
        return model.max_model_len or model.meta.n_ctx or None

    async def aclose(self) -> None:
        """Close the connections."""
        await self._client.close()

    async def _read(self, response: Response, watch: Watch | None) -> _Completion:
        if watch is not None:
            watch.told(response.headers)
            if is_stream(response):
                return await _streamed_chat(self._provider, response, watch)
        return read_body(self._provider, _Completion, await body(self._provider, response))

    def _reply(self, completion: _Completion) -> ModelReply:
        choice = completion.choices[0]
        stop = _STOPS.get(choice.finish_reason)
        if stop is None:
            raise broke_off(self._provider, f"finish reason `{choice.finish_reason}`")
        message = choice.message
        usage = completion.usage
        return ModelReply(
            text=message.refusal or (choice.finish_reason if stop == "refusal" else message.content),
            stop="refusal" if message.refusal else stop,
            usage=Usage(
                input=usage.prompt_tokens,
                cache_read=usage.prompt_tokens_details.cached_tokens,
                cache_write=usage.prompt_tokens_details.cache_write_tokens,
                output=usage.completion_tokens,
                reasoning=usage.completion_tokens_details.reasoning_tokens,
            ),
            model=completion.model,
            request_id=completion.id,
        )


async def _streamed_chat(provider: str, response: Response, watch: Watch) -> _Completion:
    """Put a completion together from its chunks; ModelError if it does not come to its end."""
    whole: dict[str, Any] = {}
    said: dict[str, list[str]] = {"content": [], "refusal": []}
    reason = ""
    async for chunk in events(provider, response, watch):
        if "error" in chunk:
            raise from_event(provider, chunk["error"])
        whole |= {key: chunk[key] for key in _BESIDE if chunk.get(key)}
        for choice in chunk.get("choices") or ():
            reason = choice.get("finish_reason") or reason
            delta = choice.get("delta") or {}
            for key, pieces in said.items():
                if isinstance(piece := delta.get(key), str):
                    pieces.append(piece)
                    watch(piece)
    if not reason:
        raise broke_off(provider, "the stream ended before the answer did")
    message = {key: "".join(pieces) for key, pieces in said.items()}
    whole["choices"] = [{"finish_reason": reason, "message": message}]
    return read_body(provider, _Completion, whole)
