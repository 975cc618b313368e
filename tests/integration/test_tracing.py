"""Commands that send spans where the environment says so, to a collector that listens, and to one that does not."""

import os
import subprocess
import sys
from collections.abc import Mapping
from typing import Any

import pytest
from tests.chat_server import ChatServer
from tests.collector import Collector
from tests.commands import RUN, process
from tests.postgres import working
from tests.support import ROOT

from dramaturg.run.tracing import exporters_in

_CLIENT = 3
_PARENT = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"


def test_a_run_sends_its_spans_where_the_environment_says(chat: ChatServer, collector: Collector) -> None:
    environment: dict[str, Any] = {"OTEL_EXPORTER_OTLP_ENDPOINT": collector.endpoint, "TRACEPARENT": _PARENT}
    told = process(*RUN, "--model", chat.model, "--parallel", **environment)
    assert told.code == 0
    (run,) = collector.named("invoke_agent")
    assert (run.name, run.trace, run.parent) == ("invoke_agent DPA-1", _PARENT[3:35], _PARENT[36:52])
    assert run.resource["service.name"] == "dramaturg"
    steps = collector.named("step ")
    assert [step.parent for step in steps] == [run.id] * 5
    calls = collector.named("chat ")
    assert sorted(call.parent for call in calls) == sorted(step.id for step in steps)
    assert {call.kind for call in calls} == {_CLIENT}
    assert {span.trace for span in collector.spans} == {run.trace}
    assert not any("messages" in name for span in collector.spans for name in span.attributes)


def test_what_the_environment_calls_the_service_counts(collector: Collector) -> None:
    environment: dict[str, Any] = {"OTEL_EXPORTER_OTLP_ENDPOINT": collector.endpoint, "OTEL_SERVICE_NAME": "plans"}
    assert process(*RUN, "--model", "evidence", **environment).code == 0
    assert {span.resource["service.name"] for span in collector.spans} == {"plans"}


def test_spans_can_be_printed() -> None:
    told = process(*RUN, "--model", "evidence", "-o", os.devnull, OTEL_TRACES_EXPORTER="console")
    assert told.code == 0
    assert '"name": "invoke_agent DPA-1"' in told.out


def test_a_collector_that_is_gone_costs_no_document() -> None:
    with Collector() as gone:
        endpoint = gone.endpoint
    environment: dict[str, Any] = {"OTEL_EXPORTER_OTLP_ENDPOINT": endpoint, "OTEL_EXPORTER_OTLP_TIMEOUT": "1"}
    told = process(*RUN, "--model", "evidence", **environment)
    assert told.code == 0
    assert told.out.startswith("# Production Deployment Plan")
    assert "Traceback" not in told.err


@pytest.mark.parametrize(
    ("environment", "said"),
    [
        ({"OTEL_TRACES_EXPORTER": "zipkin"}, "there is no exporter `zipkin` of spans; install its package, or choose"),
        (
            {"OTEL_TRACES_EXPORTER": "otlp", "OTEL_EXPORTER_OTLP_PROTOCOL": "grpc"},
            "there is no exporter `otlp_proto_grpc` of spans",
        ),
    ],
)
def test_an_exporter_that_is_not_there_is_said_to_be(environment: Mapping[str, Any], said: str) -> None:
    told = process(*RUN, "--model", "evidence", **environment)
    assert (told.code, told.out) == (2, "")
    assert said in told.err


def test_without_the_extra_a_run_goes_on_and_says_what_it_lacks() -> None:
    script = "import sys; sys.modules['opentelemetry'] = None; from dramaturg.cli.main import main; main()"
    done = subprocess.run(
        [sys.executable, "-c", script, *RUN, "--model", "evidence"],
        cwd=ROOT,
        env=os.environ | {"OTEL_TRACES_EXPORTER": "otlp"},
        check=True,
        capture_output=True,
        text=True,
    )
    assert "note: spans are asked for by OTEL_…, which needs `pip install 'dramaturg[otel]'`\n" in done.stderr


@pytest.mark.parametrize(
    ("environment", "names"),
    [
        ({}, []),
        ({"OTEL_SERVICE_NAME": "x"}, []),
        ({"OTEL_EXPORTER_OTLP_ENDPOINT": "http://collector:4318"}, ["otlp_proto_http"]),
        ({"OTEL_EXPORTER_OTLP_TRACES_ENDPOINT": "http://collector:4318/v1/traces"}, ["otlp_proto_http"]),
        ({"OTEL_EXPORTER_OTLP_ENDPOINT": "http://collector:4318", "OTEL_TRACES_EXPORTER": "none"}, []),
        ({"OTEL_TRACES_EXPORTER": "otlp, console"}, ["otlp_proto_http", "console"]),
        ({"OTEL_TRACES_EXPORTER": "otlp", "OTEL_EXPORTER_OTLP_PROTOCOL": "grpc"}, ["otlp_proto_grpc"]),
        ({"OTEL_TRACES_EXPORTER": "otlp", "OTEL_SDK_DISABLED": "true"}, []),
    ],
)
def test_the_environment_decides_who_exports(environment: Mapping[str, str], names: list[str]) -> None:
    assert exporters_in(environment) == names


@pytest.mark.slow
def test_a_queued_run_and_who_queued_it_are_one_trace(
    url: str, chat: ChatServer, collector: Collector, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", collector.endpoint)
    with working(url) as worker:
        assert process(*RUN, "--model", chat.model, "--queue", url).code == 0
        assert worker.stop() == 0
    submitted, performed = sorted(collector.named("invoke_agent"), key=lambda span: span.kind, reverse=True)
    assert (submitted.kind, performed.parent) == (_CLIENT, submitted.id)
    assert {span.trace for span in collector.spans} == {submitted.trace}
    assert [call.attributes["gen_ai.operation.name"] for call in collector.named("chat ")] == ["chat"] * 5
