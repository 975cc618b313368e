"""What only compatible servers do: chat completions, narrowed schemas on this machine, usage of many shapes."""

from typing import Any

import pytest
from tests.servers import Server, perform, reply
from tests.vendors import CHAT, LOCAL, REFUSAL

from dramaturg import ModelError
from dramaturg.engine.calls import Usage
from dramaturg.plan.outputs import envelope_schema


def _choice(message: dict[str, Any], stop: str | None = "stop") -> list[dict[str, Any]]:
    return [{"index": 0, "finish_reason": stop, "message": {"role": "assistant"} | message}]


def test_a_server_elsewhere_gets_the_constant_schema_and_the_vendors_own_sampling() -> None:
    server = Server(CHAT)
    perform(server)
    sent = {"model", "messages", "response_format", "max_tokens", "stream", "stream_options"}
    assert all(set(body) == sent for body in server.bodies)
    assert all(CHAT.schema(body) == envelope_schema() for body in server.bodies)


def test_a_server_on_this_machine_gets_each_steps_own_schema_and_no_chance() -> None:
    server = Server(LOCAL)
    perform(server)
    slots = [[*LOCAL.schema(body)["properties"]] for body in server.bodies]
    assert slots[1] == ["configuration", "data_integrity", "dependencies", "artifacts"]
    assert len({str(LOCAL.schema(body)) for body in server.bodies}) == len(server.bodies)
    assert all((body["temperature"], body["seed"]) == (0, 0) for body in server.bodies)


def test_a_narrowed_answer_that_is_wrong_is_asked_again_with_the_reason() -> None:
    server = Server(LOCAL, [LOCAL.said, lambda _: LOCAL.said("{}")])
    result, _ = perform(server)
    told = LOCAL.talk(server.bodies[2])[-1][1]
    assert all(f"no item covers `{name}`" in told for name in ("Configuration", "Data Integrity", "Dependencies"))
    covered = {name for entry in result.document.sections[0].entries for name in entry.covers}
    assert covered >= {"Configuration", "Data Integrity", "Dependencies", "Artifacts"}


def test_input_is_taken_as_the_server_counts_it_which_includes_the_cache() -> None:
    got = reply(CHAT)
    assert got.usage == Usage(input=3210, cache_read=3000, cache_write=200, output=70, reasoning=7)
    assert (got.model, got.request_id) == ("qwen-7b", "chatcmpl-1")


@pytest.mark.parametrize(
    ("usage", "counted"),
    [
        ({"prompt_tokens": 9, "completion_tokens": 3, "total_tokens": 12}, Usage(input=9, output=3)),
        ({"prompt_tokens": 9, "completion_tokens": 3, "prompt_tokens_details": None}, Usage(input=9, output=3)),
        ({"prompt_tokens": 9, "completion_tokens": None}, Usage(input=9)),
        ({"prompt_tokens": -1, "completion_tokens": "many"}, Usage()),
        ("unknown", Usage()),
        (None, Usage()),
    ],
)
def test_odd_usage_never_costs_the_answer(usage: object, counted: Usage) -> None:
    got = reply(CHAT, usage=usage, id=7, model=None)
    assert (got.usage, got.request_id, got.model) == (counted, "7", "")


@pytest.mark.parametrize(
    ("choices", "stop", "text"),
    [
        (_choice({"content": "{}"}), "end", "{}"),
        (_choice({"content": None}), "end", ""),
        (_choice({"content": '{"no'}, "length"), "length", '{"no'),
        (_choice({"content": None, "refusal": REFUSAL}), "refusal", REFUSAL),
        (_choice({"content": "half of"}, "content_filter"), "refusal", "content_filter"),
    ],
)
def test_each_known_finish_has_its_meaning(choices: list[dict[str, Any]], stop: str, text: str) -> None:
    got = reply(CHAT, choices=choices)
    assert (got.stop, got.text) == (stop, text)


@pytest.mark.parametrize("finish", ["tool_calls", "abort", "", None])
def test_a_finish_that_no_answer_has_is_a_fault_that_names_it(finish: str | None) -> None:
    with pytest.raises(ModelError) as raised:
        reply(CHAT, choices=_choice({"content": "{}"}, finish))
    assert (
        raised.value.message == f"the server at llm.example.org broke off its answer (finish reason `{finish or ''}`)"
    )
    assert raised.value.retryable


@pytest.mark.parametrize("choices", [[], None, {}, [None], [{"finish_reason": "stop"}], _choice({"content": [1]})])
def test_a_completion_without_a_choice_is_no_answer(choices: object) -> None:
    with pytest.raises(ModelError, match=r"200 without an answer in it .*`choices") as raised:
        reply(CHAT, choices=choices)
    assert raised.value.retryable


@pytest.mark.parametrize(("vendor", "told"), [(CHAT, "text goes to llm.example.org"), (LOCAL, "nothing leaves")])
def test_where_the_text_goes_is_told_before_anything_is_sent(vendor: Any, told: str) -> None:
    assert Server(vendor).model.destination.startswith(told)
