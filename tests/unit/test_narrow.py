"""Schemas for local engines: a slot for each demand, and what is filled in becomes the envelope again."""

import json
from dataclasses import replace
from typing import Any

import pytest
from tests.performances import calls_of, entries_of
from tests.plans import answering, answering_narrowed, filled, step_of
from tests.support import dpa1_brief, perform_by_hand, requirement_ids

from dramaturg.engine.calls import ModelCall
from dramaturg.engine.narrow import from_narrowed, narrowed_schema, slots_of
from dramaturg.evidence.artifact import Outline
from dramaturg.models.profiles import local
from dramaturg.plan.model import Format, Requirement

STEP = step_of(
    '<Step number="1">Produce a `CHECKLIST`. It MUST cover:\n- **Ports:** open ones.\n- **Stores:** all.\n</Step>'
)
PORTS, STORES, SECTION = STEP.requirements
ROOM = 479
LOCAL = local(8192)


def named(*names: str) -> list[Requirement]:
    """Return requirements of these names."""
    return [replace(PORTS, id=name) for name in names]


def schema_of(layout: Format, *owes: Requirement, room: int = ROOM) -> dict[str, Any]:
    """Return the schema of the step in another format."""
    return dict(narrowed_schema(replace(STEP, format=layout), owes, ["BLUEPRINT"], room))


@pytest.mark.parametrize(
    ("names", "slots"),
    [
        (["Data Integrity", "Log/Analysis"], ["data_integrity", "log_analysis"]),
        (["Ports", "ports!", "Ports?"], ["ports", "ports_2", "ports_3"]),
        (["Ports 2", "Ports", "Ports!"], ["ports_2", "ports", "ports_3"]),
        (["…", "!!"], ["item", "item_2"]),
        (["Höhe"], ["höhe"]),
    ],
)
def test_each_demand_has_a_slot_of_its_own(names: list[str], slots: list[str]) -> None:
    owes = named(*names)
    assert [*slots_of(owes)] == slots
    assert [*slots_of(owes).values()] == owes


def test_a_bullet_gets_one_item_and_the_section_a_few() -> None:
    properties = schema_of(Format.CHECKLIST, PORTS, SECTION)["properties"]
    assert properties["ports"]["type"] == "object"
    assert properties["checklist"]["type"] == "array"
    assert (properties["checklist"]["minItems"], properties["checklist"]["maxItems"]) == (1, 3)


def test_only_a_bullet_may_be_called_missing() -> None:
    properties = schema_of(Format.CHECKLIST, PORTS, SECTION)["properties"]
    assert properties["ports"]["properties"]["basis"]["enum"] == ["evidence", "inference", "missing"]
    assert properties["checklist"]["items"]["properties"]["basis"]["enum"] == ["evidence", "inference"]


@pytest.mark.parametrize(
    ("layout", "fields"),
    [
        (Format.CHECKLIST, ["text", "command", "expect", "basis", "evidence"]),
        (Format.PROCEDURE, ["text", "command", "expect", "basis", "evidence"]),
        (Format.CODE, ["text", "file", "basis", "evidence"]),
        (Format.TABLE, ["text", "cells", "basis", "evidence"]),
        (Format.FINDINGS, ["text", "cells", "basis", "evidence"]),
        (Format.PROSE, ["text", "basis", "evidence"]),
    ],
)
def test_a_format_asks_for_the_fields_it_shows(layout: Format, fields: list[str]) -> None:
    assert [*schema_of(layout, PORTS)["properties"]["ports"]["properties"]] == fields


def test_a_quote_can_only_name_the_artifacts_supplied() -> None:
    evidence = schema_of(Format.PROSE, PORTS)["properties"]["ports"]["properties"]["evidence"]
    assert evidence["properties"]["artifact"]["enum"] == ["BLUEPRINT"]


def longest(schema: Any) -> int:
    """Return how many characters of text an answer to a schema may hold at most."""
    match schema.get("type"):
        case "object":
            return sum(longest(value) for value in schema["properties"].values())
        case "array":
            return int(schema["maxItems"]) * longest(schema["items"])
        case _:
            return int(schema.get("maxLength", 0))


@pytest.mark.parametrize("room", [ROOM, 1000, 2000])
@pytest.mark.parametrize(
    "owes", [[PORTS, STORES], [SECTION], [PORTS, STORES, SECTION]], ids=["bullets", "section", "all"]
)
def test_an_answer_that_fills_every_string_still_fits_the_room_a_cut_one_gets(
    room: int, owes: list[Requirement]
) -> None:
    assert longest(schema_of(Format.CHECKLIST, *owes, room=room)) <= 2 * room * LOCAL.characters_per_token


def test_what_the_example_would_have_a_model_write_fits_the_strings_of_a_small_window() -> None:
    call = next(call for call in perform_by_hand(dpa1_brief(LOCAL), answering_narrowed).calls if call.step == "3")
    commands = [passage.text for passage in Outline(call.artifacts[0]).passages() if passage.language == "sh"]
    assert len(commands) == 6
    for slot in call.schema["properties"].values():
        longest_command = slot["properties"]["command"]["maxLength"]
        longest_quote = slot["properties"]["evidence"]["properties"]["quote"]["maxLength"]
        assert max(map(len, commands)) <= min(longest_command, longest_quote)


def test_less_room_means_shorter_strings() -> None:
    sizes = [longest(schema_of(Format.CHECKLIST, PORTS, STORES, room=room)) for room in (200, 400, 800)]
    assert sizes == sorted(set(sizes))


def test_a_step_without_a_section_is_asked_for_notes_only() -> None:
    call = perform_by_hand(dpa1_brief(LOCAL), answering_narrowed).calls[0]
    assert [*call.schema["properties"]] == ["notes"]


def test_a_filled_schema_is_the_envelope_with_every_demand_covered() -> None:
    owes = [PORTS, STORES, SECTION]
    items = from_narrowed(filled(schema_of(Format.CHECKLIST, *owes)), owes)["items"]
    assert [item["covers"] for item in items] == [["Ports"], ["Stores"], ["CHECKLIST"]]
    assert all(isinstance(item["evidence"], list) for item in items)


def test_a_whole_run_on_narrowed_schemas_covers_everything() -> None:
    performance = perform_by_hand(dpa1_brief(LOCAL), answering_narrowed)
    assert len(performance.calls) == 5
    assert performance.outcome is not None
    assert performance.outcome.findings == ()
    for call in performance.calls[1:]:
        assert [*call.schema["properties"]] == [*slots_of(call.owes)]


def test_a_narrowed_reask_has_slots_for_what_is_wanted_only() -> None:
    def inventing(call: ModelCall) -> str:
        answer = filled(call.schema)
        if "data_integrity" in answer:
            answer["data_integrity"]["evidence"]["quote"] = "Backups run every hour"
        return json.dumps(answer)

    performance = perform_by_hand(dpa1_brief(LOCAL), inventing)
    asked = calls_of(performance, "2")
    assert [[*call.schema["properties"]] for call in asked[1:]] == [["data_integrity"]] * 2
    assert [requirement_ids(call.owes) for call in asked[1:]] == [["Data Integrity"]] * 2
    assert [entry.unsupported for entry in entries_of(performance, "PRE-FLIGHT CHECKLIST")] == [
        False,
        True,
        False,
        False,
    ]


def test_placeholders_in_every_slot_lead_to_slots_for_the_section() -> None:
    def missing(call: ModelCall) -> str:
        return json.dumps({name: slot | {"basis": "missing"} for name, slot in filled(call.schema).items()})

    performance = perform_by_hand(dpa1_brief(LOCAL), answering({("2", 0): missing}, answering_narrowed))
    again = calls_of(performance, "2")[1]
    assert [*again.schema["properties"]] == ["pre_flight_checklist"]
    entries = entries_of(performance, "PRE-FLIGHT CHECKLIST")
    assert [str(entry.basis) for entry in entries] == ["missing"] * 4 + ["evidence"]
