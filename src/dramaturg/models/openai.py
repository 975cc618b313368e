"""Calls to OpenAI and to servers that speak its dialect; its one rule: one request a call, every odd answer named.

The vendor's own host is asked through the Responses API; every other server through chat completions, which is where
such servers enforce schemas.
"""

import hashlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Annotated, Any

import openai
from openai import AsyncOpenAI
from pydantic import BeforeValidator, Field

from dramaturg.engine.calls import Message, ModelCall, ModelReply, Stop, Usage
from dramaturg.engine.profile import Profile
from dramaturg.models.faults import broke_off, from_status, unreachable
from dramaturg.models.profiles import takes_breakpoints
from dramaturg.models.servers import is_loopback
from dramaturg.models.wire import BESIDE, Count, Label, Shape, Text, read_body

_PROVIDER = "OpenAI"
_SCHEMA_NAME = "step_output"
_CHAT_STOPS: Mapping[str, Stop] = {"stop": "end", "length": "length", "content_filter": "refusal"}
_RESPONSE_STOPS: Mapping[str, Stop] = {"max_output_tokens": "length", "content_filter": "refusal"}
_PASSING = ("", "server_error", "rate_limit_exceeded")  # codes of a failed response that may succeed when repeated
_KEY_LENGTH = 32


class _Read(Shape):
    cached_tokens: Count = 0
    cache_write_tokens: Count = 0


class _Reasoned(Shape):
    reasoning_tokens: Count = 0


class _ResponseUsage(Shape):
    input_tokens: Count = 0
    input_tokens_details: Annotated[_Read, BESIDE] = _Read()
    output_tokens: Count = 0
    output_tokens_details: Annotated[_Reasoned, BESIDE] = _Reasoned()


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


class _ChatUsage(Shape):
    prompt_tokens: Count = 0
    prompt_tokens_details: Annotated[_Read, BESIDE] = _Read()
    completion_tokens: Count = 0
    completion_tokens_details: Annotated[_Reasoned, BESIDE] = _Reasoned()


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


class ResponsesModel:
    """A model of OpenAI's, on the vendor's own host."""

    def __init__(self, model: str, *, client: AsyncOpenAI, profile: Profile) -> None:
        self.name = f"openai:{model}"
        self.profile = profile
        self.destination = f"text goes to {client.base_url.host}"
        self._model = model
        self._client = client
        self._breakpoints = takes_breakpoints(model)

    async def answer(self, call: ModelCall) -> ModelReply:
        """Send one request and return its answer."""
        schema = {"type": "json_schema", "name": _SCHEMA_NAME, "strict": True, "schema": call.schema}
        request: dict[str, Any] = {
            "model": self._model,
            "input": [self._turn(message) for message in call.messages],
            "text": {"format": schema},
            "max_output_tokens": call.max_output,
            "prompt_cache_key": _prefix_key(call),
            "store": False,
        }
        with _translated(_PROVIDER):
            response = await self._client.responses.with_raw_response.create(**request)
        return self._reply(read_body(_PROVIDER, _Response, response.http_response.content))

    async def aclose(self) -> None:
        """Close the connections."""
        await self._client.close()

    def _turn(self, message: Message) -> dict[str, Any]:
        kind = "output_text" if message.role == "assistant" else "input_text"
        content: list[dict[str, Any]] = [{"type": kind, "text": part.text} for part in message.parts]
        for block, part in zip(content, message.parts, strict=True):
            if part.cache and self._breakpoints:
                block["prompt_cache_breakpoint"] = {"mode": "explicit"}
        return {"role": message.role, "content": content}

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

    async def answer(self, call: ModelCall) -> ModelReply:
        """Send one request and return its answer."""
        schema = {"name": _SCHEMA_NAME, "strict": True, "schema": call.schema}
        request: dict[str, Any] = {
            "model": self._model,
            "messages": [{"role": message.role, "content": message.text} for message in call.messages],
            "response_format": {"type": "json_schema", "json_schema": schema},
            "max_tokens": call.max_output,
        }
        if self.profile.narrowed:
            request |= {"temperature": 0, "seed": call.sample}
        with _translated(self._provider):
            response = await self._client.chat.completions.with_raw_response.create(**request)
        return self._reply(read_body(self._provider, _Completion, response.http_response.content))

    async def window(self) -> int | None:
        """Return the context size the server reports (llama.cpp and vLLM do), None if it does not."""
        with _translated(self._provider):
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

    def _reply(self, completion: _Completion) -> ModelReply:
        choice = completion.choices[0]
        stop = _CHAT_STOPS.get(choice.finish_reason)
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


@contextmanager
def _translated(provider: str) -> Iterator[None]:
    """Turn the SDK's exceptions into ours, for a block that makes one request."""
    try:
        yield
    except openai.APIStatusError as error:
        raise from_status(provider, error.status_code, error.response.headers, error.response.text) from error
    except openai.APIConnectionError as error:
        raise unreachable(provider, error) from error


def _prefix_key(call: ModelCall) -> str:
    """Return a key that all calls of a run share, which routes them to the machine that holds their cache."""
    return hashlib.sha256(call.messages[0].text.encode()).hexdigest()[:_KEY_LENGTH]
