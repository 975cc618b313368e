"""Calls to OpenAI and to servers that speak its dialect; its one rule: one request a call, every odd answer named.

The vendor's own host is asked through the Responses API; every other server through chat completions, which is where
such servers enforce schemas.
"""

import hashlib
from collections.abc import Mapping
from typing import Any

import openai
from openai import AsyncOpenAI

from dramaturg.engine.events import Message, ModelCall, ModelReply, Stop, Usage
from dramaturg.engine.profile import Profile
from dramaturg.errors import ModelError
from dramaturg.models.faults import from_status, not_an_answer, unreachable
from dramaturg.models.profiles import takes_breakpoints

_SCHEMA_NAME = "step_output"
_CHAT_STOPS: Mapping[str, Stop] = {"stop": "end", "length": "length", "content_filter": "refusal"}
_RESPONSE_STOPS: Mapping[str, Stop] = {"max_output_tokens": "length", "content_filter": "refusal"}
_KEY_LENGTH = 32


class ResponsesModel:
    """A model of OpenAI's, on the vendor's own host."""

    def __init__(self, model: str, *, client: AsyncOpenAI, profile: Profile) -> None:
        self.name = f"openai:{model}"
        self.profile = profile
        self.destination = f"text goes to {client.base_url.host}"
        self._provider = "OpenAI"
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
        with _Translated(self._provider):
            response: Any = await self._client.responses.create(**request)
        return self._reply(response)

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

    def _reply(self, response: Any) -> ModelReply:
        output = getattr(response, "output", None)
        if not isinstance(output, list):
            raise not_an_answer(self._provider, "not a response")
        status = response.status
        reason = response.incomplete_details.reason if response.incomplete_details else None
        stop: Stop | None = "end" if status == "completed" else _RESPONSE_STOPS.get(reason or "")
        if stop is None:
            detail = response.error.message if response.error else f"status `{status}`, reason `{reason}`"
            raise not_an_answer(self._provider, detail)
        parts = [part for item in output if item.type == "message" for part in item.content]
        refusals = [part.refusal for part in parts if part.type == "refusal"]
        usage = response.usage
        return ModelReply(
            text="".join(refusals or [part.text for part in parts if part.type == "output_text"]),
            stop="refusal" if refusals else stop,
            usage=Usage()
            if usage is None
            else Usage(
                input=usage.input_tokens,
                cache_read=usage.input_tokens_details.cached_tokens or 0,
                cache_write=getattr(usage.input_tokens_details, "cache_write_tokens", None) or 0,
                output=usage.output_tokens,
                reasoning=usage.output_tokens_details.reasoning_tokens or 0,
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
        with _Translated(self._provider):
            completion: Any = await self._client.chat.completions.create(**request)
        return self._reply(completion)

    async def window(self) -> int | None:
        """Return the context size the server reports (llama.cpp and vLLM do), None if it does not."""
        with _Translated(self._provider):
            listing: Any = await self._client.models.list()
        models = getattr(listing, "data", None)
        if not isinstance(models, list):
            raise not_an_answer(self._provider, "not a list of models")
        model = next((model for model in models if model.id == self._model), models[0] if models else None)
        extra = (model.model_extra or {}) if model else {}
        meta = extra.get("meta")
        reported = extra.get("max_model_len") or (meta.get("n_ctx") if isinstance(meta, Mapping) else None)
        return reported if isinstance(reported, int) else None

    async def aclose(self) -> None:
        """Close the connections."""
        await self._client.close()

    def _reply(self, completion: Any) -> ModelReply:
        choices = getattr(completion, "choices", None)
        if not choices:
            raise not_an_answer(self._provider, "not a completion")
        message = choices[0].message
        stop = _CHAT_STOPS.get(choices[0].finish_reason or "")
        if stop is None:
            raise not_an_answer(self._provider, f"finish reason `{choices[0].finish_reason}`")
        refusal = getattr(message, "refusal", None)
        usage = completion.usage
        prompt = getattr(usage, "prompt_tokens_details", None)
        detail = getattr(usage, "completion_tokens_details", None)
        return ModelReply(
            text=refusal or message.content or "",
            stop="refusal" if refusal else stop,
            usage=Usage()
            if usage is None
            else Usage(
                input=usage.prompt_tokens,
                cache_read=getattr(prompt, "cached_tokens", None) or 0,
                output=usage.completion_tokens,
                reasoning=getattr(detail, "reasoning_tokens", None) or 0,
            ),
            model=completion.model or "",
            request_id=completion.id or "",
        )


class _Translated:
    """Turns the SDK's exceptions into ours, for a block that makes one request."""

    def __init__(self, provider: str) -> None:
        self.provider = provider

    def __enter__(self) -> None:
        return None

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> None:
        if translated := self._translate(error):
            raise translated from error

    def _translate(self, error: BaseException | None) -> ModelError | None:
        match error:
            case openai.APIStatusError():
                return from_status(self.provider, error.status_code, error.response.headers, error.message)
            case openai.APIConnectionError():
                return unreachable(self.provider, str(error.__cause__ or error))
            case openai.APIResponseValidationError():
                return not_an_answer(self.provider, error.message)
            case _:
                return None


def is_loopback(host: str) -> bool:
    """Tell whether a host is this machine."""
    return host == "localhost" or host.startswith("127.") or host.strip("[]") == "::1"


def _prefix_key(call: ModelCall) -> str:
    """Return a key that all calls of a run share, which routes them to the machine that holds their cache."""
    return hashlib.sha256(call.messages[0].text.encode()).hexdigest()[:_KEY_LENGTH]
