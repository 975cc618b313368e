"""What only OpenAI's Responses API does: its cache key and marks, its states, its two forms of refusal, its usage."""

from typing import Any

import httpx2
import pytest
from tests.servers import Server, perform, reply
from tests.vendors import REFUSAL, RESPONSES, Responses

from dramaturg import ModelError
from dramaturg.engine.calls import Usage
from dramaturg.engine.events import Retrying


def _message(*content: dict[str, Any]) -> dict[str, Any]:
    return {"type": "message", "id": "m", "role": "assistant", "status": "completed", "content": [*content]}


def test_one_cache_key_serves_all_calls_of_a_run_and_nothing_is_stored_at_the_vendor() -> None:
    server = Server(RESPONSES)
    perform(server)
    assert len({body["prompt_cache_key"] for body in server.bodies}) == 1
    assert all(body["store"] is False for body in server.bodies)
    sent = {"model", "input", "text", "max_output_tokens", "prompt_cache_key", "store", "stream"}
    assert all(set(body) == sent for body in server.bodies)


@pytest.mark.parametrize(
    ("model", "marked"),
    [
        ("gpt-5.6", [("system", 0), ("user", 0)]),
        ("gpt-5.10-mini", [("system", 0), ("user", 0)]),
        ("gpt-6", [("system", 0), ("user", 0)]),
        ("gpt-5.5", []),
        ("gpt-4o", []),
        ("gpt-4.1", []),
        ("o5", []),
        ("ft:gpt-5.6:mine", []),
    ],
)
def test_breakpoints_are_sent_only_to_models_that_take_them(model: str, marked: list[tuple[str, int]]) -> None:
    server = Server(Responses(model))
    perform(server)
    for body in server.bodies:
        blocks = [
            (turn["role"], position)
            for turn in body["input"]
            for position, block in enumerate(turn["content"])
            if block.get("prompt_cache_breakpoint") == {"mode": "explicit"}
        ]
        assert blocks == marked


def test_what_the_model_said_goes_back_as_its_output_and_the_rest_as_input() -> None:
    server = Server(RESPONSES)
    perform(server)
    kinds = {(turn["role"], block["type"]) for turn in server.bodies[-1]["input"] for block in turn["content"]}
    assert kinds == {("system", "input_text"), ("user", "input_text"), ("assistant", "output_text")}


def test_input_is_taken_as_the_vendor_counts_it_which_includes_the_cache() -> None:
    got = reply(RESPONSES)
    assert got.usage == Usage(input=3210, cache_read=3000, cache_write=200, output=70, reasoning=7)
    assert (got.model, got.request_id) == ("gpt-5.6-2026-09-01", "resp_1")


@pytest.mark.parametrize(
    ("usage", "counted"),
    [
        ({"input_tokens": 9, "output_tokens": 3}, Usage(input=9, output=3)),
        ({"input_tokens": 9, "input_tokens_details": None, "output_tokens": 3}, Usage(input=9, output=3)),
        (
            {"input_tokens": 9, "input_tokens_details": {"cached_tokens": None}, "output_tokens": 3},
            Usage(input=9, output=3),
        ),
        (None, Usage()),
    ],
)
def test_usage_that_says_less_counts_less(usage: object, counted: Usage) -> None:
    assert reply(RESPONSES, usage=usage).usage == counted


def test_reasoning_is_left_out_of_the_answer_and_several_pieces_are_joined() -> None:
    output = [
        {"type": "reasoning", "id": "r", "summary": [], "content": [{"type": "reasoning_text", "text": "not this"}]},
        _message({"type": "output_text", "text": '{"notes":'}, {"type": "output_text", "text": " "}),
        _message({"type": "output_text", "text": '""}'}),
    ]
    assert reply(RESPONSES, output=output).text == '{"notes": ""}'


def test_a_refusal_in_the_content_is_a_refusal_though_the_response_is_complete() -> None:
    got = reply(RESPONSES, output=[_message({"type": "refusal", "refusal": REFUSAL})])
    assert (got.stop, got.text) == ("refusal", REFUSAL)


def test_an_answer_the_content_filter_cut_is_a_refusal_that_says_so() -> None:
    server = Server(RESPONSES, [lambda text: RESPONSES.stopped(text[:30], "content_filter")])
    with pytest.raises(ModelError) as raised:
        perform(server)
    assert raised.value.message.endswith(": content_filter")
    assert not raised.value.retryable
    assert len(server.requests) == 1


@pytest.mark.parametrize("reason", ["max_messages", "steered", None])
def test_a_response_that_is_incomplete_for_another_reason_is_a_fault_that_names_it(reason: str | None) -> None:
    with pytest.raises(ModelError, match=f"reason `{reason}`" if reason else "status `incomplete`") as raised:
        reply(RESPONSES, status="incomplete", incomplete_details={"reason": reason})
    assert raised.value.retryable


@pytest.mark.parametrize("status", ["queued", "in_progress", "cancelled"])
def test_a_response_that_is_not_finished_is_a_fault_that_names_its_state(status: str) -> None:
    with pytest.raises(ModelError, match=f"status `{status}`") as raised:
        reply(RESPONSES, status=status)
    assert raised.value.retryable


@pytest.mark.parametrize(
    ("code", "retryable"),
    [("server_error", True), ("rate_limit_exceeded", True), ("invalid_prompt", False), ("bio_policy", False)],
)
def test_a_response_that_failed_says_why_and_is_repeated_only_where_that_can_help(
    code: str, *, retryable: bool
) -> None:
    with pytest.raises(ModelError) as raised:
        reply(RESPONSES, status="failed", output=[], error={"code": code, "message": "It went wrong."})
    assert raised.value.message == "OpenAI broke off its answer (It went wrong.)"
    assert raised.value.retryable is retryable


def test_an_account_without_credit_is_not_asked_again_though_the_status_says_too_many() -> None:
    spent = RESPONSES.fault("You exceeded your current quota", "insufficient_quota")
    server = Server(RESPONSES, always=lambda: httpx2.Response(429, json=spent))
    with pytest.raises(ModelError) as raised:
        perform(server)
    assert len(server.requests) == 1
    assert raised.value.hint == "check the account's credit"


@pytest.mark.parametrize(
    ("status", "told", "requests"), [(503, "false", 1), (400, "true", 6)], ids=["not a 503", "even a 400"]
)
def test_the_vendors_own_word_on_trying_again_overrules_the_status(status: int, told: str, requests: int) -> None:
    first = httpx2.Response(status, json=RESPONSES.fault("hm"), headers={"x-should-retry": told})
    server = Server(RESPONSES, [first])
    if told == "true":
        _, events = perform(server)
        assert any(isinstance(event, Retrying) for event in events)
    else:
        with pytest.raises(ModelError, match="hm"):
            perform(server)
    assert len(server.requests) == requests


def test_the_vendor_of_the_text_is_named_before_anything_is_sent() -> None:
    model = Server(RESPONSES).model
    assert (model.name, model.destination) == ("openai:gpt-5.6", "text goes to api.openai.com")
