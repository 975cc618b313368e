"""What only Anthropic's Messages API does: its cache marks, its stop reasons, its usage, its refusals."""

from collections.abc import Iterator
from typing import Any

import pytest
from tests.servers import Server, perform, reply
from tests.vendors import ANTHROPIC, REFUSAL, Anthropic

from dramaturg import ModelError, StepFailed
from dramaturg.engine.calls import Usage


def _cached_blocks(body: dict[str, Any]) -> Iterator[tuple[str, int, bool]]:
    for turn in [{"role": "system", "content": body["system"]}, *body["messages"]]:
        for position, block in enumerate(turn["content"]):
            yield turn["role"], position, "cache_control" in block


def test_breakpoints_stand_after_the_system_turn_and_the_artifacts_in_every_call() -> None:
    server = Server(ANTHROPIC)
    perform(server)
    for body in server.bodies:
        marked = [(role, position) for role, position, cached in _cached_blocks(body) if cached]
        assert marked == [("system", 0), ("user", 0)]
        assert body["cache_control"] == {"type": "ephemeral"}


def test_nothing_is_sent_that_the_vendor_refuses() -> None:
    server = Server(ANTHROPIC)
    perform(server)
    sent = {"model", "max_tokens", "system", "messages", "output_config", "cache_control", "stream"}
    assert all(set(body) == sent for body in server.bodies)
    assert server.requests[0].headers["authorization"] == "Bearer key"


def test_input_counts_what_the_cache_read_and_wrote_because_the_vendor_leaves_it_out() -> None:
    got = reply(ANTHROPIC)
    assert got.usage == Usage(input=3210, cache_read=3000, cache_write=200, output=70, reasoning=7)
    assert (got.model, got.request_id) == ("claude-sonnet-5-5-20261001", "msg_1")


@pytest.mark.parametrize(
    ("usage", "counted"),
    [
        ({"input_tokens": 9, "output_tokens": 3}, Usage(input=9, output=3)),
        ({"input_tokens": 9, "output_tokens": 3, "cache_read_input_tokens": None}, Usage(input=9, output=3)),
        ({"input_tokens": 9, "output_tokens": 3, "output_tokens_details": None}, Usage(input=9, output=3)),
        (None, Usage()),
    ],
)
def test_usage_that_says_less_counts_less(usage: object, counted: Usage) -> None:
    assert reply(ANTHROPIC, usage=usage).usage == counted


def test_only_text_is_the_answer_and_several_blocks_are_joined() -> None:
    content = [
        {"type": "aside", "text": "not this"},
        {"type": "text", "text": '{"notes":'},
        {"type": "text", "text": ' ""}'},
    ]
    assert reply(ANTHROPIC, content=content).text == '{"notes": ""}'


@pytest.mark.parametrize(
    ("reason", "stop"),
    [
        ("end_turn", "end"),
        ("stop_sequence", "end"),
        ("max_tokens", "length"),
        ("model_context_window_exceeded", "window"),
        ("refusal", "refusal"),
    ],
)
def test_each_known_stop_reason_has_its_meaning(reason: str, stop: str) -> None:
    assert reply(ANTHROPIC, stop_reason=reason).stop == stop


@pytest.mark.parametrize("reason", ["tool_use", "pause_turn", "something_new", None])
def test_a_stop_reason_that_no_answer_has_is_a_fault_that_names_it(reason: str | None) -> None:
    with pytest.raises(ModelError) as raised:
        reply(ANTHROPIC, stop_reason=reason)
    assert raised.value.message == f"Anthropic broke off its answer (stop reason `{reason or ''}`)"
    assert raised.value.retryable


def test_a_full_window_fails_the_step_without_asking_for_more_room() -> None:
    server = Server(ANTHROPIC, [lambda text: ANTHROPIC.said(text, stop="model_context_window_exceeded")])
    with pytest.raises(StepFailed, match="because the window is full"):
        perform(server)
    assert len(server.requests) == 1


@pytest.mark.parametrize(
    ("details", "told"),
    [
        ({"type": "refusal", "category": "cyber", "explanation": REFUSAL}, REFUSAL),
        ({"type": "refusal", "category": "cyber", "explanation": None}, "cyber"),
        (None, "I cannot help with"),
    ],
    ids=["explained", "categorised", "bare"],
)
def test_a_refusal_tells_the_best_reason_there_is(details: object, told: str) -> None:
    content = [{"type": "text", "text": "I cannot help with"}]
    got = reply(ANTHROPIC, content=content, stop_reason="refusal", stop_details=details)
    assert (got.stop, got.text) == ("refusal", told)


@pytest.mark.parametrize("model", ["claude-opus-4-1@20250805", "claude-sonnet-5-5"])
def test_a_long_answer_is_asked_for_without_streaming_whatever_the_sdk_thinks_of_the_model(model: str) -> None:
    vendor = Anthropic(model)
    server = Server(vendor, [vendor.cut])
    perform(server)
    assert [body["max_tokens"] for body in server.bodies[:2]] == [10_000, 20_000]


def test_the_vendor_of_the_text_is_named_before_anything_is_sent() -> None:
    model = Server(ANTHROPIC).model
    assert (model.name, model.destination) == ("anthropic:claude-sonnet-5-5", "text goes to api.anthropic.com")
