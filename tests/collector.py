"""A collector of spans on this machine, as OTLP over HTTP has it; it keeps what it is sent."""

from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler
from typing import Any

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from tests.listening import Listening


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """A span as it arrived: ids in hex, attributes by name, and those of what sent it."""

    name: str
    trace: str
    id: str
    parent: str
    kind: int
    attributes: dict[str, Any]
    resource: dict[str, Any]


class Collector(Listening):
    """The collector, as a context manager; `spans` is what has arrived."""

    def __init__(self) -> None:
        self.spans: list[Span] = []
        super().__init__(_handler(self))

    @property
    def endpoint(self) -> str:
        """What `OTEL_EXPORTER_OTLP_ENDPOINT` is to be."""
        return self.address

    def named(self, beginning: str) -> list[Span]:
        """Return the spans whose names begin so."""
        return [span for span in self.spans if span.name.startswith(beginning)]


def _handler(collector: Collector) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            content = self.rfile.read(int(self.headers["content-length"]))
            collector.spans += _spans(ExportTraceServiceRequest.FromString(content))
            self.send_response(200 if self.path == "/v1/traces" else 404)
            self.send_header("content-length", "0")
            self.end_headers()

        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the name the base class gives it
            """Say nothing."""

    return Handler


def _spans(request: Any) -> list[Span]:
    return [
        Span(
            name=span.name,
            trace=span.trace_id.hex(),
            id=span.span_id.hex(),
            parent=span.parent_span_id.hex(),
            kind=span.kind,
            attributes=_read(span.attributes),
            resource=_read(sent.resource.attributes),
        )
        for sent in request.resource_spans
        for scope in sent.scope_spans
        for span in scope.spans
    ]


def _read(attributes: Any) -> dict[str, Any]:
    return {each.key: getattr(each.value, each.value.WhichOneof("value")) for each in attributes}
