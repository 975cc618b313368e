"""Answers as vendors stream them: the whole answer of `tests.vendors` cut into events."""

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

Body = Mapping[str, Any]
_PIECE = 24


def events_of(body: Body) -> Sequence[Body]:
    """Return the events in which a vendor sends an answer; which vendor shows in the answer."""
    if body.get("type") == "message":
        return [*_anthropic(body)]
    if body.get("object") == "response":
        return [*_responses(body)]
    return [*_chat(body)]


def stream(events: Sequence[Body], *, named: bool = False, done: bool = True) -> bytes:
    """Return events as server-sent events; `named` gives each its type, `done` ends them as OpenAI does."""
    lines = [
        (f"event: {event['type']}\n" if named and "type" in event else "") + f"data: {json.dumps(event)}\n\n"
        for event in events
    ]
    return ("".join(lines) + ("data: [DONE]\n\n" if done else "")).encode()


def streamed(body: Body) -> bytes:
    """Return an answer as the bytes of its stream."""
    anthropic = body.get("type") == "message"
    return stream(events_of(body), named=anthropic, done=not anthropic)


def _pieces(text: str) -> Iterator[str]:
    return (text[at : at + _PIECE] for at in range(0, len(text), _PIECE))


def _anthropic(body: Body) -> Iterator[Body]:
    usage = body.get("usage") or {}
    start = {**body, "content": [], "stop_reason": None, "stop_details": None}
    if "usage" in body:
        start["usage"] = {**usage, "output_tokens": 1}
    yield {"type": "message_start", "message": start}
    yield {"type": "ping"}
    for index, block in enumerate(body["content"]):
        yield {"type": "content_block_start", "index": index, "content_block": {**block, "text": ""}}
        if block["type"] == "thinking":
            delta = {"type": "thinking_delta", "thinking": block["thinking"]}
            yield {"type": "content_block_delta", "index": index, "delta": delta}
        for piece in _pieces(block.get("text", "")):
            yield {"type": "content_block_delta", "index": index, "delta": {"type": "text_delta", "text": piece}}
        yield {"type": "content_block_stop", "index": index}
    delta = {key: body[key] for key in ("stop_reason", "stop_sequence", "stop_details") if key in body}
    end: dict[str, Any] = {"type": "message_delta", "delta": delta}
    if "usage" in body:
        end["usage"] = {key: usage[key] for key in ("output_tokens", "output_tokens_details") if key in usage}
    yield end
    yield {"type": "message_stop"}


def _responses(body: Body) -> Iterator[Body]:
    yield {"type": "response.created", "response": {**body, "status": "in_progress", "output": []}}
    for item in body["output"]:
        for part in item.get("content") or ():
            for piece in _pieces(part.get("text") or ""):
                yield {"type": "response.output_text.delta", "delta": piece}
    status = body["status"] if body["status"] in ("completed", "failed") else "incomplete"
    yield {"type": f"response.{status}", "response": body}


def _chat(body: Body) -> Iterator[Body]:
    head = {**{key: body[key] for key in ("id", "model") if key in body}, "object": "chat.completion.chunk"}
    for choice in body["choices"]:
        yield {**head, "choices": [{"index": 0, "delta": {"role": "assistant", "content": ""}, "finish_reason": None}]}
        for key in ("content", "refusal"):
            for piece in _pieces((choice.get("message") or {}).get(key) or ""):
                yield {**head, "choices": [{"index": 0, "delta": {key: piece}, "finish_reason": None}]}
        yield {**head, "choices": [{"index": 0, "delta": {}, "finish_reason": choice.get("finish_reason")}]}
    if "usage" in body:
        yield {**head, "choices": [], "usage": body["usage"]}
