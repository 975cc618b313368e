"""Variables of OpenTelemetry to spans that leave this process; its one rule: without them nothing is imported.

They are those of the OpenTelemetry specification (Environment Variable Specification): what is said here decides
whether there are spans and who exports them, the SDK and its exporters read the rest. `TRACEPARENT` and `TRACESTATE`
name the span that the process belongs to (Environment Variables as Context Propagation Carriers).
"""

from collections.abc import Mapping, Sequence
from importlib.metadata import entry_points, version
from importlib.util import find_spec
from typing import Any

from dramaturg.errors import CallerError

_GROUP = "opentelemetry_traces_exporter"  # of the entry points by which exporters can be found
_ENDPOINTS = ("OTEL_EXPORTER_OTLP_ENDPOINT", "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT")
_PROTOCOLS = ("OTEL_EXPORTER_OTLP_TRACES_PROTOCOL", "OTEL_EXPORTER_OTLP_PROTOCOL")
_OTLP = {"http/protobuf": "otlp_proto_http", "grpc": "otlp_proto_grpc"}


def begin_tracing(environment: Mapping[str, str]) -> str:
    """Begin to trace, if the environment says so and nothing in this process does yet.

    Returns:
        What keeps it from that; empty for nothing.

    Raises:
        CallerError: An exporter is not known, or not installed.
    """
    names = exporters_in(environment)
    if not names:
        return ""
    if find_spec("opentelemetry") is None or find_spec("opentelemetry.sdk") is None:
        return "spans are asked for by OTEL_…, which needs `pip install 'dramaturg[otel]'`"
    from opentelemetry import context, propagate, trace  # noqa: PLC0415 - the extra `otel`

    if isinstance(trace.get_tracer_provider(), trace.ProxyTracerProvider):
        trace.set_tracer_provider(_provider([_exporter(name) for name in names]))
    parents = {name: environment[name.upper()] for name in ("traceparent", "tracestate") if name.upper() in environment}
    if parents:
        context.attach(propagate.extract(parents))
    return ""


def exporters_in(environment: Mapping[str, str]) -> Sequence[str]:
    """Return the names of the exporters that an environment asks for."""
    if environment.get("OTEL_SDK_DISABLED", "").casefold() == "true":
        return []
    wanted = environment.get("OTEL_TRACES_EXPORTER") or (
        "otlp" if any(environment.get(name) for name in _ENDPOINTS) else "none"
    )
    names = [name.strip() for name in wanted.split(",")]
    protocol = next((environment[name] for name in _PROTOCOLS if environment.get(name)), "http/protobuf")
    return [_OTLP.get(protocol, protocol) if name == "otlp" else name for name in names if name not in ("", "none")]


def _exporter(name: str) -> Any:
    """Return a span exporter by its name."""
    found = [*entry_points(group=_GROUP, name=name)]
    if not found:
        there = ", ".join(sorted(each.name for each in entry_points(group=_GROUP)))
        raise CallerError(f"there is no exporter `{name}` of spans; install its package, or choose one of {there}")
    return found[0].load()()


def _provider(exporters: Sequence[Any]) -> Any:
    from opentelemetry.sdk.resources import SERVICE_NAME, SERVICE_VERSION, Resource  # noqa: PLC0415 - as above
    from opentelemetry.sdk.trace import TracerProvider  # noqa: PLC0415 - as above
    from opentelemetry.sdk.trace.export import BatchSpanProcessor  # noqa: PLC0415 - as above

    own = Resource({SERVICE_NAME: "dramaturg", SERVICE_VERSION: version("dramaturg")})
    told = Resource.create()
    named = not str(told.attributes[SERVICE_NAME]).startswith("unknown_service")
    provider = TracerProvider(resource=own.merge(told) if named else told.merge(own))
    for exporter in exporters:
        provider.add_span_processor(BatchSpanProcessor(exporter))
    return provider
