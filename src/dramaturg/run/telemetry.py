"""A run to OpenTelemetry spans; its one rule: nothing is traced, nor imported, unless this process traces.

Whoever configures an SDK makes it trace: a host application, or the command where the environment says so.

Names and attributes are those of OpenTelemetry's semantic conventions for generative AI: `invoke_agent` for the run,
`chat` for a call; between them a span for each step. Prompts, artifacts and answers are recorded only where
`OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT` asks for them.
"""

import json
import os
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from dramaturg.engine.brief import Brief
from dramaturg.engine.calls import ModelCall, ModelReply
from dramaturg.engine.events import Event, StepAccepted, StepStarted
from dramaturg.errors import DramaturgError, ModelError
from dramaturg.models.spec import parse_spec

_API = "opentelemetry.trace"  # whoever configures an SDK has imported it; so have the vendors' SDKs, for themselves
_NAME = "dramaturg"
_CAPTURE = "OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT"
_PROVIDERS = ("anthropic", "openai")


def traces() -> bool:
    """Tell whether anybody sees a span that begins now: a provider was set, or the environment names one."""
    api = sys.modules.get(_API)
    return api is not None and not isinstance(api.get_tracer_provider(), api.ProxyTracerProvider)


def carrier() -> dict[str, str]:
    """Return what a worker needs to go on with the trace that is current here, as W3C Trace Context has it."""
    carried: dict[str, str] = {}
    if _API in sys.modules:  # a trace goes through what records nothing itself
        from opentelemetry.propagate import inject  # noqa: PLC0415 - only where somebody has imported it

        inject(carried)
    return carried


@dataclass(slots=True, kw_only=True)
class Trace:
    """The spans of one run; one without a tracer does nothing.

    Attributes:
        tracer: What makes spans; None for no tracing.
        capture: Whether messages are recorded.
        within: The context that the run's span belongs to; None for the current one.
    """

    tracer: Any = None
    capture: bool = False
    within: Any = None
    _run: Any = None
    _steps: dict[str, Any] = field(default_factory=dict)

    @classmethod
    def begin(cls, carried: Mapping[str, str] | None = None) -> "Trace":
        """Return the trace of a run, with a tracer where the host application traces.

        Args:
            carried: What `carrier` returned where the run was given; None for a run that is performed where it was.
        """
        if not traces():
            return cls()
        from opentelemetry.propagate import extract  # noqa: PLC0415 - as above

        captured = os.environ.get(_CAPTURE, "").casefold() in ("true", "1", "span_only", "span_and_event")
        within = extract(carried) if carried else None
        return cls(tracer=sys.modules[_API].get_tracer(_NAME), capture=captured, within=within)

    @contextmanager
    def handing_over(self, order: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
        """Span a run that others perform; gives its order with what their spans belong to."""
        if self.tracer is None:
            yield {**order}
            return
        from opentelemetry.trace import SpanKind  # noqa: PLC0415 - as above

        persona = order["persona"]
        attributes = {
            "gen_ai.operation.name": "invoke_agent",
            "gen_ai.agent.name": persona,
            "gen_ai.request.model": _model(order["model"]),
            "dramaturg.run": order["run"],
            "dramaturg.plan": order["plan"],
        }
        with self.tracer.start_as_current_span(
            f"invoke_agent {persona}", kind=SpanKind.CLIENT, attributes=attributes
        ) as span:
            try:
                yield {**order, "trace": carrier()}
            except DramaturgError as error:
                span.set_attribute("error.type", type(error).__name__)
                raise

    @contextmanager
    def running(self, brief: Brief, run: str) -> Iterator[None]:
        """Span a run; what was still under way when it ends is ended with it."""
        if self.tracer is None:
            yield
            return
        persona = brief.plan.persona
        attributes = {
            "gen_ai.operation.name": "invoke_agent",
            "gen_ai.agent.name": persona.alias,
            "gen_ai.agent.version": persona.version,
            "gen_ai.request.model": _model(brief.model),
            "dramaturg.run": run,
            "dramaturg.plan": brief.plan.digest,
        }
        name = f"invoke_agent {persona.alias}"
        with self.tracer.start_as_current_span(name, context=self.within, attributes=attributes) as self._run:
            try:
                yield
            except DramaturgError as error:
                self._run.set_attribute("error.type", type(error).__name__)
                raise
            finally:
                for span in self._steps.values():
                    span.end()
                self._steps.clear()

    def event(self, event: Event) -> None:
        """Begin or end the span of a step."""
        if self.tracer is None:
            return
        if isinstance(event, StepStarted):
            attributes = {"dramaturg.step": event.step, "dramaturg.step.title": event.title}
            parent = self._within(self._run)
            self._steps[event.step] = self.tracer.start_span(
                f"step {event.step} {event.title}", context=parent, attributes=attributes
            )
        elif isinstance(event, StepAccepted) and event.step in self._steps:
            self._steps.pop(event.step).end()

    @contextmanager
    def calling(self, call: ModelCall, model: str) -> Iterator[list[ModelReply]]:
        """Span a call to a model; the caller puts the reply into the list it is given."""
        replies: list[ModelReply] = []
        if self.tracer is None:
            yield replies
            return
        from opentelemetry.trace import SpanKind  # noqa: PLC0415 - it is imported already, by the host application

        context = self._within(self._steps.get(call.step, self._run))
        attributes = _of_call(call, model)
        with self.tracer.start_as_current_span(
            f"chat {attributes['gen_ai.request.model']}", context=context, kind=SpanKind.CLIENT, attributes=attributes
        ) as span:
            if self.capture:
                asked = [{"role": message.role, "content": message.text} for message in call.messages]
                span.set_attribute("gen_ai.input.messages", json.dumps(asked))
            try:
                yield replies
            except ModelError as error:
                span.set_attribute("error.type", "rate_limited" if error.limited else type(error).__name__)
                raise
            for reply in replies:
                span.set_attributes(_of_reply(reply))
                if self.capture:
                    said = [{"role": "assistant", "content": reply.text}]
                    span.set_attribute("gen_ai.output.messages", json.dumps(said))

    def _within(self, span: Any) -> Any:
        return sys.modules[_API].set_span_in_context(span) if span is not None else None


def _of_call(call: ModelCall, model: str) -> dict[str, Any]:
    kind = model.partition(":")[0]
    attributes: dict[str, Any] = {
        "gen_ai.operation.name": "chat",
        "gen_ai.provider.name": kind,
        "gen_ai.request.model": _model(model),
        "gen_ai.request.max_tokens": call.max_output,
        "gen_ai.output.type": "json",
        "dramaturg.step": call.step,
        "dramaturg.attempt": call.attempt,
    }
    if kind in _PROVIDERS and (address := parse_spec(model).base_url):
        host = urlsplit(address)
        attributes["server.address"] = host.hostname or ""
        if host.port:
            attributes["server.port"] = host.port
    return attributes


def _of_reply(reply: ModelReply) -> dict[str, Any]:
    return {
        "gen_ai.response.model": reply.model,
        "gen_ai.response.id": reply.request_id,
        "gen_ai.response.finish_reasons": [reply.stop],
        "gen_ai.usage.input_tokens": reply.usage.input,
        "gen_ai.usage.output_tokens": reply.usage.output,
        "gen_ai.usage.cache_read.input_tokens": reply.usage.cache_read,
        "gen_ai.usage.cache_creation.input_tokens": reply.usage.cache_write,
    }


def _model(name: str) -> str:
    """Return a model's own name."""
    kind = name.partition(":")[0]
    return parse_spec(name).name if kind in _PROVIDERS else name
