"""Every schema a model is ever given, against the rules of both vendors and of local grammars.

OpenAI's strict mode wants every property required and nothing additional; Anthropic's transformation drops what it does
not know; a grammar lets an unbounded string run to the token limit. A schema of ours is plain enough for all three.
"""

import json
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

import pytest
from jsonschema import Draft202012Validator
from tests.plans import filled
from tests.support import dpa1_job

from dramaturg.engine.narrow import narrowed_schema
from dramaturg.engine.rules import judge, read_answer
from dramaturg.evidence.locate import Shelf
from dramaturg.plan.model import Format, Kind, PlannedStep, Requirement
from dramaturg.plan.outputs import Evidence, Item, StepOutput, envelope_schema, judgement_schema

JOB = dpa1_job()
LABELS = [artifact.label for artifact in JOB.artifacts]
STEPS = {step.id: step for step in JOB.plan.calls}
ROOMS = [160, 479, 2000]
DEEPEST = 4
FORBIDDEN = ("$ref", "$defs", "oneOf", "anyOf", "allOf", "not", "const", "pattern", "default", "title", "format")


def faults(node: Mapping[str, Any], depth: int = 0, path: str = "$") -> Iterator[str]:
    """Yield what a vendor or a grammar would stumble over."""
    yield from (f"{path}: {key}" for key in FORBIDDEN if key in node)
    match node.get("type"):
        case "object":
            yield from object_faults(node, depth + 1, path)
        case "array":
            yield from ([] if "maxItems" in node else [f"{path}: unbounded"])
            yield from faults(node["items"], depth, f"{path}[]")
        case "string":
            yield from ([] if "maxLength" in node or "enum" in node else [f"{path}: unbounded"])
        case other:
            yield f"{path}: type {other}"


def object_faults(node: Mapping[str, Any], depth: int, path: str) -> Iterator[str]:
    """Yield what is wrong with an object, and with what is in it."""
    properties = node.get("properties", {})
    wrong = {
        "too deep": depth > DEEPEST,
        "no properties": not properties,
        "open": node.get("additionalProperties") is not False,
        "optional properties": node.get("required") != [*properties],
    }
    yield from (f"{path}: {name}" for name, holds in wrong.items() if holds)
    for name, value in properties.items():
        yield from faults(value, depth, f"{path}.{name}")


def narrowed(step: PlannedStep, owes: tuple[Requirement, ...], room: int) -> dict[str, Any]:
    """Return a step's narrowed schema."""
    return dict(narrowed_schema(step, owes, LABELS, room))


def every_owing() -> list[Any]:
    """Return each step in each format with what a call to it may owe: a first answer, a single demand, everything."""
    found = []
    for step in STEPS.values():
        for layout in Format if step.kind is Kind.SECTION else [step.format]:
            formed = replace(step, format=layout)
            owings = {step.asks, step.requirements, *((requirement,) for requirement in step.requirements)}
            for owes in sorted(owings, key=lambda owing: [requirement.id for requirement in owing]):
                names = "+".join(requirement.id for requirement in owes)
                found.append(pytest.param(formed, owes, id=f"{step.id}-{layout}-{names}"))
    return found


def test_the_envelope_suits_both_vendors() -> None:
    assert [*faults(envelope_schema())] == []
    assert [*faults(judgement_schema())] == []


@pytest.mark.parametrize(("step", "owes"), every_owing())
def test_a_narrowed_schema_suits_both_vendors_and_grammars(step: PlannedStep, owes: tuple[Requirement, ...]) -> None:
    for room in ROOMS:
        schema = narrowed(step, owes, room)
        assert [*faults(schema)] == []
        Draft202012Validator.check_schema(schema)


@pytest.mark.parametrize(
    ("change", "fault"),
    [
        ({"type": "string"}, "$.x: unbounded"),
        ({"type": "array", "items": {"type": "string", "maxLength": 1}}, "$.x: unbounded"),
        ({"type": "array", "maxItems": 2, "items": {"type": "string"}}, "$.x[]: unbounded"),
        ({"$ref": "#/$defs/a"}, "$.x: $ref"),
        ({"anyOf": [{"type": "string", "maxLength": 1}]}, "$.x: anyOf"),
        ({"type": ["string", "null"], "maxLength": 1}, "$.x: type ['string', 'null']"),
        ({"type": "object", "additionalProperties": {"type": "string"}}, "$.x: open"),
        ({"type": "object", "properties": {"y": {"type": "string", "maxLength": 1}}}, "$.x: optional properties"),
    ],
)
def test_the_lint_sees_each_fault(change: dict[str, Any], fault: str) -> None:
    schema = {"type": "object", "properties": {"x": change}, "required": ["x"], "additionalProperties": False}
    assert fault in [*faults(schema)]


def test_the_lint_sees_depth() -> None:
    schema: dict[str, Any] = {"type": "string", "maxLength": 1}
    for _ in range(DEEPEST + 1):
        schema = {"type": "object", "properties": {"x": schema}, "required": ["x"], "additionalProperties": False}
    assert [*faults(schema)] == ["$.x.x.x.x: too deep"]


def test_the_envelope_is_valid_json_schema_and_says_what_the_validator_says() -> None:
    schema = dict(envelope_schema())
    Draft202012Validator.check_schema(schema)
    item = Item(text="x", evidence=(Evidence(artifact="a", quote="b"),))
    for output in (StepOutput(), StepOutput(notes="x", items=(item, Item()))):
        Draft202012Validator(schema).validate(output.model_dump(mode="json"))
    assert [*schema["properties"]] == [*StepOutput.model_fields]
    assert [*schema["properties"]["items"]["items"]["properties"]] == [*Item.model_fields]


@pytest.mark.parametrize(
    "answer",
    [
        pytest.param({"notes": "x" * 12001}, id="long notes"),
        pytest.param({"items": [Item(text="x").model_dump(mode="json")] * 81}, id="many items"),
        pytest.param({"items": [{**Item().model_dump(mode="json"), "basis": "guess"}]}, id="another basis"),
        pytest.param({"items": [{**Item().model_dump(mode="json"), "mood": "good"}]}, id="another field"),
    ],
)
def test_what_the_schema_forbids_the_validator_rejects(answer: dict[str, Any]) -> None:
    whole = StepOutput().model_dump(mode="json") | answer
    assert not Draft202012Validator(dict(envelope_schema())).is_valid(whole)
    assert isinstance(read_answer(json.dumps(whole), STEPS["2"], None), tuple)


def test_the_envelope_is_made_once_and_is_the_same_bytes_every_time() -> None:
    assert envelope_schema() is envelope_schema()
    text = json.dumps(envelope_schema())
    envelope_schema.cache_clear()
    assert json.dumps(envelope_schema()) == text


@pytest.mark.parametrize(("step", "owes"), every_owing())
def test_an_answer_to_a_narrowed_schema_is_an_envelope_that_covers_what_is_owed(
    step: PlannedStep, owes: tuple[Requirement, ...]
) -> None:
    schema = narrowed(step, owes, ROOMS[1])
    answer = filled(schema)
    Draft202012Validator(schema).validate(answer)
    output = read_answer(json.dumps(answer), step, owes)
    assert isinstance(output, StepOutput)
    Draft202012Validator(dict(envelope_schema())).validate(output.model_dump(mode="json"))
    verdict = judge(output, step, Shelf(JOB.artifacts), grounded=True, writes=True)
    assert not set(verdict.uncovered) & set(owes)


@pytest.mark.parametrize("step", [None, *STEPS.values()], ids=["envelope", *STEPS])
def test_anthropics_own_transformation_keeps_every_field(step: PlannedStep | None) -> None:
    from anthropic import transform_schema  # noqa: PLC0415 - a second and a half that only this test needs

    schema = dict(envelope_schema()) if step is None else narrowed(step, step.asks, ROOMS[1])
    assert shape(transform_schema(schema)) == shape(schema)


def shape(node: Any) -> Any:
    """Return the fields, types and choices of a schema, without bounds and descriptions."""
    if "enum" in node:
        return node["enum"]
    if node["type"] == "object":
        assert node["additionalProperties"] is False
        assert node["required"] == [*node["properties"]]
        return {name: shape(value) for name, value in node["properties"].items()}
    return [shape(node["items"])] if node["type"] == "array" else node["type"]
