"""What was asked and answered to messages and events of inspect; its one rule: a text that recurs is stored once.

Each question repeats the conversation before it. So a long text is an attachment of its sample, and stands in messages
and events as a reference, as inspect itself condenses its logs.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Any

from dramaturg.engine.calls import Message, ModelCall, Usage
from dramaturg.evals.replies import Kept

_LONG = 100  # characters from which on inspect makes a text an attachment
_DIGEST_SHOWN = 32
_STOPS = {"end": "stop", "length": "max_tokens", "refusal": "content_filter", "window": "model_length"}
_ASKED_FOR_NO_TOOL: dict[str, Any] = {"tools": [], "tool_choice": "none", "config": {}}


@dataclass(frozen=True, slots=True, kw_only=True)
class Conversation:
    """The questions of a performance and their answers.

    Attributes:
        asked: In the order answered.
        titles: The name of each step.
        began: What times are counted from. When each question was asked is not recorded; how long it took is.
        attachments: The long texts of what was made of it, by what they are referred to.
    """

    asked: Sequence[tuple[ModelCall, Kept]]
    titles: dict[str, str]
    began: datetime
    attachments: dict[str, str] = field(default_factory=dict)

    def messages(self) -> list[dict[str, Any]]:
        """Return the conversation as the last question had it, and its answer."""
        if not self.asked:
            return []
        call, kept = self.asked[-1]
        return [*self._messages(call.messages), self._said(kept, call.model)]

    def events(self, document: str) -> Iterator[dict[str, Any]]:
        """Yield each question with its answer, in a span for each step, then the document if there is one."""
        began, step = 0.0, ""
        for number, (call, kept) in enumerate(self.asked):
            if call.step != step:
                yield from self._ended(step, began)
                step = call.step
                name = f"step {step}: {self.titles.get(step, '')}".rstrip(": ")
                yield self._event("span_begin", f"begin-{step}", began, id=step, name=name, type="solver")
            took = kept.seconds
            output = {
                "model": inspect_model(call.model),
                "choices": [{"message": self._said(kept, call.model), "stop_reason": _stop(kept)}],
                "usage": usage_of(kept.reply.usage),
                "time": took,
            }
            yield self._event(
                "model",
                f"model-{number}",
                began,
                span_id=step,
                model=inspect_model(call.model),
                input=self._messages(call.messages),
                output=output,
                working_time=took,
                completed=(self.began + timedelta(seconds=began + took)).isoformat(),
                **_ASKED_FOR_NO_TOOL,
            )
            began += took
        yield from self._ended(step, began)
        if document:
            yield self._event("info", "document", began, source="document", data=document)

    def _ended(self, step: str, at: float) -> Iterator[dict[str, Any]]:
        if step:
            yield self._event("span_end", f"end-{step}", at, id=step)

    def _event(self, kind: str, uuid: str, at: float, **more: Any) -> dict[str, Any]:
        when = (self.began + timedelta(seconds=at)).isoformat()
        return {"event": kind, "uuid": uuid, "timestamp": when, "working_start": at, **more}

    def _messages(self, messages: Sequence[Message]) -> list[dict[str, Any]]:
        return [self._message(message.role, message.text) for message in messages]

    def _said(self, kept: Kept, model: str) -> dict[str, Any]:
        said = self._message("assistant", kept.reply.text)
        return {**said, "source": "generate", "model": inspect_model(kept.reply.stand_in or model)}

    def _message(self, role: str, text: str) -> dict[str, Any]:
        digest = sha256(f"{role}\0{text}".encode("utf-8", "surrogatepass")).hexdigest()[:_DIGEST_SHOWN]
        return {"id": digest, "role": role, "content": self._stored(text, digest)}

    def _stored(self, text: str, digest: str) -> str:
        if len(text) <= _LONG:
            return text
        self.attachments[digest] = text
        return f"attachment://{digest}"


def inspect_model(name: str) -> str:
    """Return a model's name as inspect writes it: `vendor/name`, without the address of its server."""
    kind, _, rest = name.partition(":")
    return f"{kind}/{rest.partition('@')[0]}" if rest else f"dramaturg/{kind}"


def usage_of(usage: Usage, usd: float | None = None) -> dict[str, Any]:
    """Return tokens as inspect counts them: those of a cache apart from the others that went in."""
    counted: dict[str, Any] = {
        "input_tokens": usage.input - usage.cache_read - usage.cache_write,
        "output_tokens": usage.output,
        "total_tokens": usage.input + usage.output,
        "input_tokens_cache_read": usage.cache_read,
        "input_tokens_cache_write": usage.cache_write,
        "reasoning_tokens": usage.reasoning,
    }
    return counted if usd is None else {**counted, "total_cost": usd}


def _stop(kept: Kept) -> str:
    return _STOPS.get(kept.reply.stop, "unknown")
