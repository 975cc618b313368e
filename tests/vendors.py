"""How each vendor speaks on the wire: its SDK and adapter, what its requests say, the forms its answers take."""

from collections.abc import Mapping
from typing import Any, Protocol

import httpx2
from anthropic import AsyncAnthropic
from openai import AsyncOpenAI

from dramaturg.engine.profile import Profile
from dramaturg.models.anthropic import AnthropicModel
from dramaturg.models.chat import ChatModel
from dramaturg.models.model import Model
from dramaturg.models.openai import ResponsesModel
from dramaturg.models.profiles import hosted, local

Body = dict[str, Any]
Talk = list[tuple[str, str]]


class Vendor(Protocol):
    """How a vendor speaks: what a request says, and the forms of an answer."""

    name: str
    provider: str
    limit: str  # the field that bounds an answer's tokens

    def model(self, server: httpx2.AsyncBaseTransport) -> Model:
        """Return the adapter, its SDK client talking to a server."""
        ...

    def talk(self, body: Body) -> Talk:
        """Return role and text of each turn of a request."""
        ...

    def schema(self, body: Body) -> Mapping[str, Any]:
        """Return the schema a request asks for."""
        ...

    def said(self, text: str) -> Body:
        """Return an answer that ended by itself."""
        ...

    def cut(self, text: str) -> Body:
        """Return an answer that met its token limit."""
        ...

    def refused(self, text: str, /) -> Body:
        """Return a refusal in the vendor's own form, with the sentence `REFUSAL`."""
        ...

    def odd(self, text: str) -> Body:
        """Return an answer that stopped for a reason nobody has heard of."""
        ...

    def unmetered(self, text: str) -> Body:
        """Return an answer without usage."""
        ...

    def fault(self, message: str, code: str = "") -> Body:
        """Return the body that comes with an error status."""
        ...


REFUSAL = "I will not plan this."


class Anthropic:
    """The Messages API."""

    name = "anthropic"
    provider = "Anthropic"
    limit = "max_tokens"

    def __init__(self, model: str = "claude-sonnet-5-5") -> None:
        self.asked = model

    def model(self, server: httpx2.AsyncBaseTransport) -> Model:
        http = httpx2.AsyncClient(transport=server)
        client = AsyncAnthropic(api_key="key", base_url="https://api.anthropic.com", max_retries=0, http_client=http)
        return AnthropicModel(self.asked, client=client, profile=hosted())

    def talk(self, body: Body) -> Talk:
        turns = [{"role": "system", "content": body["system"]}, *body["messages"]]
        return [(turn["role"], "".join(block["text"] for block in turn["content"])) for turn in turns]

    def schema(self, body: Body) -> Mapping[str, Any]:
        schema: Mapping[str, Any] = body["output_config"]["format"]["schema"]
        return schema

    def said(self, text: str, stop: str = "end_turn") -> Body:
        usage = {
            "input_tokens": 10,
            "cache_creation_input_tokens": 200,
            "cache_read_input_tokens": 3000,
            "output_tokens": 70,
            "output_tokens_details": {"thinking_tokens": 7},
        }
        content = [{"type": "thinking", "thinking": "hm", "signature": "s"}, {"type": "text", "text": text}]
        head = {"id": "msg_1", "type": "message", "role": "assistant", "model": "claude-sonnet-5-5-20261001"}
        return head | {
            "content": content,
            "stop_reason": stop,
            "stop_sequence": None,
            "stop_details": None,
            "usage": usage,
        }

    def cut(self, text: str) -> Body:
        return self.said(text[: len(text) // 2], stop="max_tokens")

    def refused(self, text: str) -> Body:
        details = {"type": "refusal", "category": "general_harms", "explanation": REFUSAL}
        return self.said(text[:20], stop="refusal") | {"stop_details": details}

    def odd(self, text: str) -> Body:
        return self.said(text, stop="siesta")

    def unmetered(self, text: str) -> Body:
        return _without(self.said(text), "usage")

    def fault(self, message: str, code: str = "") -> Body:
        error = {"type": code or "invalid_request_error", "message": message}
        return {"type": "error", "error": error, "request_id": "req_1"}


class _OpenAI:
    """What both of OpenAI's interfaces share."""

    def fault(self, message: str, code: str = "") -> Body:
        return {"error": {"message": message, "type": "invalid_request_error", "param": None, "code": code or None}}


class Responses(_OpenAI):
    """The Responses API."""

    name = "responses"
    provider = "OpenAI"
    limit = "max_output_tokens"

    def __init__(self, model: str = "gpt-5.6") -> None:
        self.asked = model

    def model(self, server: httpx2.AsyncBaseTransport) -> Model:
        http = httpx2.AsyncClient(transport=server)
        client = AsyncOpenAI(api_key="key", base_url="https://api.openai.com/v1", max_retries=0, http_client=http)
        return ResponsesModel(self.asked, client=client, profile=hosted())

    def talk(self, body: Body) -> Talk:
        return [(turn["role"], "".join(block["text"] for block in turn["content"])) for turn in body["input"]]

    def schema(self, body: Body) -> Mapping[str, Any]:
        schema: Mapping[str, Any] = body["text"]["format"]["schema"]
        return schema

    def said(self, text: str, **content: Any) -> Body:
        block = {"type": "output_text", "text": text, "annotations": [], "logprobs": []} | content
        message = {"type": "message", "id": "msg_1", "role": "assistant", "status": "completed", "content": [block]}
        usage = {
            "input_tokens": 3210,
            "input_tokens_details": {"cached_tokens": 3000, "cache_write_tokens": 200},
            "output_tokens": 70,
            "output_tokens_details": {"reasoning_tokens": 7},
            "total_tokens": 3280,
        }
        return {
            "id": "resp_1",
            "object": "response",
            "created_at": 0,
            "status": "completed",
            "error": None,
            "incomplete_details": None,
            "model": "gpt-5.6-2026-09-01",
            "output": [{"type": "reasoning", "id": "rs_1", "summary": [], "content": None}, message],
            "usage": usage,
        }

    def stopped(self, text: str, reason: str) -> Body:
        """Return an answer that is incomplete, and why."""
        return self.said(text) | {"status": "incomplete", "incomplete_details": {"reason": reason}}

    def cut(self, text: str) -> Body:
        return self.stopped(text[: len(text) // 2], "max_output_tokens")

    def refused(self, _text: str, /) -> Body:
        return self.said("", type="refusal", refusal=REFUSAL)

    def odd(self, text: str) -> Body:
        return self.stopped(text, "siesta")

    def unmetered(self, text: str) -> Body:
        return _without(self.said(text), "usage")


class Chat(_OpenAI):
    """Chat completions of a server elsewhere, or of one on this machine, which is sent narrowed schemas."""

    limit = "max_tokens"

    def __init__(self, name: str, address: str, profile: Profile) -> None:
        self.name = name
        self.provider = f"the server at {httpx2.URL(address).host}"
        self.address = address
        self.profile = profile

    def model(self, server: httpx2.AsyncBaseTransport) -> Model:
        http = httpx2.AsyncClient(transport=server)
        client = AsyncOpenAI(api_key="key", base_url=self.address, max_retries=0, http_client=http)
        name = f"openai:qwen@{self.address}"
        return ChatModel(name, "qwen", client=client, profile=self.profile, provider=self.provider)

    def talk(self, body: Body) -> Talk:
        return [(turn["role"], turn["content"]) for turn in body["messages"]]

    def schema(self, body: Body) -> Mapping[str, Any]:
        schema: Mapping[str, Any] = body["response_format"]["json_schema"]["schema"]
        return schema

    def said(self, text: str, stop: str = "stop", refusal: str | None = None) -> Body:
        message = {"role": "assistant", "content": text or None, "refusal": refusal}
        usage = {
            "prompt_tokens": 3210,
            "prompt_tokens_details": {"cached_tokens": 3000, "cache_write_tokens": 200},
            "completion_tokens": 70,
            "completion_tokens_details": {"reasoning_tokens": 7},
            "total_tokens": 3280,
        }
        choice = {"index": 0, "finish_reason": stop, "message": message}
        head = {"id": "chatcmpl-1", "object": "chat.completion", "created": 0, "model": "qwen-7b"}
        return head | {"choices": [choice], "usage": usage}

    def cut(self, text: str) -> Body:
        return self.said(text[: len(text) // 2], stop="length")

    def refused(self, _text: str, /) -> Body:
        return self.said("", refusal=REFUSAL)

    def odd(self, text: str) -> Body:
        return self.said(text, stop="siesta")

    def unmetered(self, text: str) -> Body:
        return _without(self.said(text), "usage")


def _without(body: Body, key: str) -> Body:
    return {name: value for name, value in body.items() if name != key}


ANTHROPIC = Anthropic()
RESPONSES = Responses()
CHAT = Chat("chat", "https://llm.example.org/v1", hosted())
LOCAL = Chat("local", "http://127.0.0.1:8080/v1", local(32_768))
HOSTED: tuple[Vendor, ...] = (ANTHROPIC, RESPONSES, CHAT)
VENDORS: tuple[Vendor, ...] = (*HOSTED, LOCAL)
