"""Whole runs through both SDKs, against servers that answer as the vendors do: every odd turn, its right ending."""

from collections.abc import Callable
from itertools import pairwise
from typing import Any

import httpx2
import pytest
from tests.servers import Server, page, perform, texts
from tests.support import envelope, item
from tests.vendors import HOSTED, REFUSAL, VENDORS, Vendor

from dramaturg import ModelError, StepFailed
from dramaturg.engine.events import AnswerRejected, CallAnswered, Event, Retrying
from dramaturg.models.retry import RetryPolicy

_CALLS = 5
_SECTIONS = ["PRE-FLIGHT CHECKLIST", "EXECUTION PLAN", "POST-DEPLOYMENT VALIDATION CHECKLIST", "ROLLBACK PLAN"]
_JSON = {"content-type": "application/json"}

every_vendor = pytest.mark.parametrize("vendor", VENDORS, ids=lambda vendor: vendor.name)
hosted_vendor = pytest.mark.parametrize("vendor", HOSTED, ids=lambda vendor: vendor.name)


def _waits(events: list[Event]) -> list[float]:
    return [event.wait for event in events if isinstance(event, Retrying)]


def _reasons(events: list[Event]) -> list[str]:
    return [event.reason for event in events if isinstance(event, Retrying)]


def _rejections(events: list[Event]) -> list[str]:
    return [finding.message for event in events if isinstance(event, AnswerRejected) for finding in event.findings]


@every_vendor
def test_a_good_server_is_asked_once_for_each_step(vendor: Vendor) -> None:
    server = Server(vendor)
    result, events = perform(server)
    assert len(server.requests) == _CALLS
    assert [section.title for section in result.document.sections] == _SECTIONS
    assert not any(finding.is_error for finding in result.findings)
    assert result.report.usage == sum(
        (event.usage for event in events if isinstance(event, CallAnswered)), start=type(result.report.usage)()
    )
    assert result.report.usage.input == _CALLS * 3210


@pytest.mark.parametrize("status", [408, 409, 429, 500, 503, 529])
@every_vendor
def test_a_server_that_falters_is_sent_the_same_request_again(vendor: Vendor, status: int) -> None:
    server = Server(vendor, [httpx2.Response(status, json=vendor.fault("overloaded"))])
    result, events = perform(server)
    assert len(server.requests) == _CALLS + 1
    assert server.requests[0].content == server.requests[1].content
    assert _reasons(events) == [f"{vendor.provider} answered {status}: overloaded"]
    assert len(result.document.sections) == len(_SECTIONS)


def _unreadable() -> list[Any]:
    return [
        pytest.param(page, "`<html><title>Sign in to the network</title></html>`", id="html"),
        pytest.param(lambda: httpx2.Response(200, content=b'{"id": "x", "con', headers=_JSON), "EOF", id="half"),
        pytest.param(lambda: httpx2.Response(200, content=b"", headers=_JSON), "EOF", id="empty"),
        pytest.param(lambda: httpx2.Response(200, content=b"\xff\xfe{", headers=_JSON), "Invalid JSON", id="binary"),
        pytest.param(lambda: httpx2.Response(200, content=b"[" * 9999, headers=_JSON), "recursion", id="deep"),
        pytest.param(lambda: httpx2.Response(200, json={"error": {"message": "no"}}), '"message":"no"', id="error"),
        pytest.param(lambda: httpx2.Response(200, content=b"null", headers=_JSON), "object", id="null"),
    ]


@pytest.mark.parametrize(("body", "shown"), _unreadable())
@every_vendor
def test_a_200_that_holds_no_answer_is_asked_again_and_what_came_is_shown(
    vendor: Vendor, body: Callable[[], httpx2.Response], shown: str
) -> None:
    server = Server(vendor, [body()])
    _, events = perform(server)
    assert len(server.requests) == _CALLS + 1
    assert _reasons(events)[0].startswith(f"{vendor.provider} answered 200 without an answer in it")
    assert shown in _reasons(events)[0]


@pytest.mark.parametrize(
    ("fault", "shown"),
    [(httpx2.ConnectError("connection refused"), "connection refused"), (httpx2.ReadTimeout(""), "ReadTimeout")],
    ids=["refused", "silent"],
)
@every_vendor
def test_a_connection_that_breaks_is_tried_again_and_named(vendor: Vendor, fault: Exception, shown: str) -> None:
    server = Server(vendor, [fault])
    _, events = perform(server)
    assert len(server.requests) == _CALLS + 1
    assert _reasons(events) == [f"{vendor.provider} could not be reached: {shown}"]


def _lasting() -> list[Any]:
    return [
        pytest.param(lambda: httpx2.Response(503), "503", id="503"),
        pytest.param(page, "200 without an answer", id="html"),
        pytest.param(lambda: httpx2.ConnectError("refused"), "refused", id="unreachable"),
    ]


@pytest.mark.parametrize(("turn", "shown"), _lasting())
@every_vendor
def test_no_layer_of_retries_multiplies_another(
    vendor: Vendor, turn: Callable[[], httpx2.Response | Exception], shown: str
) -> None:
    server = Server(vendor, always=turn)
    with pytest.raises(ModelError, match=shown) as raised:
        perform(server, RetryPolicy(attempts=3, first=0, longest=0))
    assert len(server.requests) == 3
    assert raised.value.retryable


@every_vendor
def test_a_server_that_asks_for_patience_is_not_waited_for_longer_than_allowed(vendor: Vendor) -> None:
    limited = httpx2.Response(429, json=vendor.fault("slow down"), headers={"retry-after": "2"})
    server = Server(vendor, [limited])
    _, events = perform(server, RetryPolicy(first=0, longest=0.001))
    assert _waits(events) == [0.001]
    assert len(server.requests) == _CALLS + 1


def _final() -> list[Any]:
    return [
        pytest.param(401, "invalid key", "", "check the API key", id="401"),
        pytest.param(403, "not yours", "", "check that the key may use this model", id="403"),
        pytest.param(404, "no such model", "", "check the model's name", id="404"),
        pytest.param(413, "request too large", "", "give shorter artifacts", id="413"),
        pytest.param(
            400, "prompt is too long: 213462 tokens > 200000 maximum", "", "give shorter", id="long-anthropic"
        ),
        pytest.param(400, "Your input exceeds it", "context_length_exceeded", "give shorter", id="long-openai"),
        pytest.param(400, "exceeds the available context size", "", "give shorter artifacts", id="long-llama.cpp"),
        pytest.param(400, "This model's maximum context length is 8192", "", "give shorter artifacts", id="long-vllm"),
        pytest.param(400, "unknown field", "", "see the provider's message", id="400"),
    ]


@pytest.mark.parametrize(("status", "message", "code", "hint"), _final())
@every_vendor
def test_what_repeating_cannot_mend_is_asked_once_and_says_what_helps(
    vendor: Vendor, status: int, message: str, code: str, hint: str
) -> None:
    server = Server(vendor, always=lambda: httpx2.Response(status, json=vendor.fault(message, code)))
    with pytest.raises(ModelError) as raised:
        perform(server)
    assert len(server.requests) == 1
    assert not raised.value.retryable
    assert raised.value.message == f"{vendor.provider} answered {status}: {message}"
    assert raised.value.hint.startswith(hint)


@every_vendor
def test_a_run_that_a_server_broke_goes_on_without_asking_anything_twice(vendor: Vendor) -> None:
    broken = Server(vendor, [vendor.said, vendor.said, httpx2.Response(401, json=vendor.fault("expired"))])
    with pytest.raises(ModelError, match="expired"):
        perform(broken)
    mended = Server(vendor)
    result, _ = perform(mended)
    assert [len(broken.requests), len(mended.requests)] == [3, 3]
    assert mended.requests[0].content == broken.requests[2].content
    assert (result.report.calls, result.report.replayed) == (3, 2)


@every_vendor
def test_a_cut_answer_gets_more_room_once_and_is_no_re_ask(vendor: Vendor) -> None:
    server = Server(vendor, [vendor.said, vendor.cut])
    _, events = perform(server)
    cut, again = server.bodies[1], server.bodies[2]
    assert len(server.requests) == _CALLS + 1
    assert again == cut | {vendor.limit: 2 * cut[vendor.limit]}
    assert _rejections(events) == []


@every_vendor
def test_an_answer_that_is_cut_twice_fails_its_step(vendor: Vendor) -> None:
    server = Server(vendor, [vendor.said, vendor.cut, vendor.cut])
    with pytest.raises(StepFailed) as raised:
        perform(server)
    assert len(server.requests) == 3
    assert (raised.value.step, raised.value.title) == ("2", _SECTIONS[0])
    assert [finding.rule for finding in raised.value.findings] == ["R103"]


@every_vendor
def test_a_refusal_is_asked_once_and_its_reason_is_told(vendor: Vendor) -> None:
    server = Server(vendor, [vendor.said, vendor.refused])
    with pytest.raises(ModelError) as raised:
        perform(server)
    assert len(server.requests) == 2
    assert not raised.value.retryable
    assert raised.value.message == f"the model refused step 2 `{_SECTIONS[0]}`: {REFUSAL}"


@every_vendor
def test_an_answer_that_stops_for_an_unknown_reason_is_asked_again_and_the_reason_named(vendor: Vendor) -> None:
    server = Server(vendor, [vendor.odd])
    _, events = perform(server)
    assert len(server.requests) == _CALLS + 1
    assert _reasons(events)[0].startswith(f"{vendor.provider} broke off its answer")
    assert "siesta" in _reasons(events)[0]


@every_vendor
def test_an_answer_without_usage_is_taken_and_counts_nothing(vendor: Vendor) -> None:
    server = Server(vendor, [vendor.unmetered])
    result, _ = perform(server)
    assert len(server.requests) == _CALLS
    assert result.report.usage.input == (_CALLS - 1) * 3210


@every_vendor
def test_an_answer_that_is_no_json_is_asked_again_with_the_reason(vendor: Vendor) -> None:
    server = Server(vendor, [vendor.said, lambda _: vendor.said("Sure! Here is the plan")])
    _, events = perform(server)
    assert len(server.requests) == _CALLS + 1
    reask = texts(vendor, server.bodies)[2]
    assert "the answer is not JSON" in _rejections(events)[0]
    assert f"- {_rejections(events)[0]}" in reask
    assert "Give the whole answer to step 2 again." in reask
    assert vendor.talk(server.bodies[2])[-2] == ("assistant", "Sure! Here is the plan")


@hosted_vendor
def test_a_requirement_without_an_answer_is_asked_again_alone_and_merged(vendor: Vendor) -> None:
    partly = envelope([item(name) for name in ("Configuration", "Dependencies", "Artifacts")])
    server = Server(vendor, [vendor.said, lambda _: vendor.said(partly)])
    result, events = perform(server)
    reask = texts(vendor, server.bodies)[2]
    assert len(server.requests) == _CALLS + 1
    assert len(_rejections(events)) == 1
    assert f"- {_rejections(events)[0]}" in reask
    assert "no item covers `Data Integrity`" in reask
    assert "each with the requirement ids in `covers`: `Data Integrity`." in reask
    covered = [entry.covers[0] for entry in result.document.sections[0].entries]
    assert covered == ["Configuration", "Data Integrity", "Dependencies", "Artifacts"]


@hosted_vendor
def test_a_requirement_that_is_never_answered_fails_its_step_after_the_last_re_ask(vendor: Vendor) -> None:
    server = Server(vendor, [vendor.said], always=lambda: lambda _: vendor.said(envelope()))
    with pytest.raises(StepFailed, match="Data Integrity") as raised:
        perform(server, reasks=2)
    assert len(server.requests) == 1 + 3
    assert raised.value.step == "2"
    assert raised.value.raw == envelope()


@hosted_vendor
def test_an_invented_quote_is_asked_again_and_then_marked(vendor: Vendor) -> None:
    def invented(text: str) -> dict[str, Any]:
        return vendor.said(text.replace("All services run", "No services run"))

    server = Server(vendor, [vendor.said, invented, invented, invented])
    result, events = perform(server, reasks=2)
    assert len(server.requests) == _CALLS + 2
    first, second = texts(vendor, server.bodies)[2:4]
    assert all(f"- {reason}" in first for reason in _rejections(events)[:4])
    assert all(f"- {reason}" in second for reason in _rejections(events)[4:8])
    assert all(entry.unsupported for entry in result.document.sections[0].entries)
    assert [finding.rule for finding in result.findings].count("R302") == 4
    assert "[UNSUPPORTED]" in result.document.markdown


@every_vendor
def test_each_call_extends_the_one_before_it_byte_for_byte(vendor: Vendor) -> None:
    server = Server(vendor, [vendor.said, lambda _: vendor.said("not JSON")])
    perform(server)
    asked = [vendor.talk(body) for body in server.bodies]
    reask = asked.pop(2)
    assert reask[: len(asked[1])] == asked[1]
    for before, after in pairwise(asked):
        assert after[: len(before)] == before
        assert [role for role, _ in after[len(before) :]] == ["assistant", "user"]


@hosted_vendor
def test_one_schema_serves_every_call_of_a_hosted_vendor(vendor: Vendor) -> None:
    server = Server(vendor, [vendor.said, lambda _: vendor.said("not JSON")])
    perform(server)
    first, *others = [vendor.schema(body) for body in server.bodies]
    assert all(schema == first for schema in others)
