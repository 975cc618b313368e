"""What crosses the seam: a call's key is its question, and usage adds up."""

from dataclasses import replace
from typing import Any

import pytest
from tests.support import dpa1_brief, good_answer, perform_by_hand

from dramaturg.engine.calls import Message, ModelCall, Part, Usage
from dramaturg.evidence.artifact import Artifact

CALL = perform_by_hand(dpa1_brief(), good_answer).calls[1]


def moved(call: ModelCall) -> tuple[Message, ...]:
    """Return the messages with a cache mark elsewhere."""
    first, *others = call.messages
    return (Message(role=first.role, parts=(Part(text=first.text, cache=False),)), *others)


@pytest.mark.parametrize(
    "change",
    [
        {"step": "9"},
        {"attempt": 1},
        {"sample": 1},
        {"messages": CALL.messages[:-1]},
        {"messages": moved(CALL)},
        {"schema": {"type": "object"}},
        {"owes": CALL.owes[1:]},
        {"owes": CALL.owes[::-1]},
        {"artifacts": (Artifact(id="architectural_blueprint", text="another"),)},
        {"model": "another"},
        {"max_output": 1},
    ],
    ids="+".join,
)
def test_another_question_has_another_key(change: dict[str, Any]) -> None:
    assert replace(CALL, **change).key != CALL.key


def test_a_key_depends_on_content_and_not_on_order_of_mappings_or_places_in_files() -> None:
    schema = dict(reversed([*CALL.schema.items()]))
    elsewhere = replace(CALL.owes[0].span, path="elsewhere.md", line=999)
    owes = (replace(CALL.owes[0], span=elsewhere), *CALL.owes[1:])
    assert replace(CALL, schema=schema, owes=owes).key == CALL.key


def test_usage_adds_up_field_by_field() -> None:
    one = Usage(input=10, cache_read=4, cache_write=3, output=2, reasoning=1)
    assert one + one == Usage(input=20, cache_read=8, cache_write=6, output=4, reasoning=2)
    assert one + Usage() == one


def test_a_message_reads_as_its_parts_in_order() -> None:
    assert Message(role="user", parts=(Part(text="a", cache=True), Part(text="b"))).text == "ab"
