"""The envelope a step's answer comes in; its one rule: one constant schema for every plan.

Hosted vendors drop the prompt cache when the schema changes, so nothing of a persona may enter it. All fields are
required, objects nest at most four deep, and every string and list is bounded.
"""

from collections.abc import Mapping
from functools import cache
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

_Name = Annotated[str, Field(max_length=120)]
_Line = Annotated[str, Field(max_length=600)]
_Text = Annotated[str, Field(max_length=4000)]
_Command = Annotated[str, Field(max_length=4000)]
_Quote = Annotated[str, Field(max_length=1200)]
_File = Annotated[str, Field(max_length=60000)]
_Notes = Annotated[str, Field(max_length=12000)]


class _Envelope(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Evidence(_Envelope):
    """A quote and the artifact it was copied from."""

    artifact: _Name
    quote: _Quote


class File(_Envelope):
    """A file given whole."""

    path: _Line = ""
    language: _Name = ""
    content: _File = ""


class Cell(_Envelope):
    """One cell of a table row."""

    column: _Name
    value: _Text


class Item(_Envelope):
    """One action, check or statement of a section."""

    text: _Text = ""
    command: _Command = ""
    expect: _Line = ""
    file: File = File()
    cells: Annotated[tuple[Cell, ...], Field(max_length=12)] = ()
    covers: Annotated[tuple[_Line, ...], Field(max_length=16)] = ()
    basis: Literal["evidence", "inference", "missing"] = "inference"
    evidence: Annotated[tuple[Evidence, ...], Field(max_length=8)] = ()


class Signal(_Envelope):
    """A named value that conditions of a protocol look at."""

    name: _Name
    value: _Line


class Asked(_Envelope):
    """Something only a person can decide."""

    id: _Name
    kind: Literal["confirm", "clarify", "artifact"]
    text: _Line


class StepOutput(_Envelope):
    """The answer to one step."""

    notes: _Notes = ""
    signals: Annotated[tuple[Signal, ...], Field(max_length=16)] = ()
    questions: Annotated[tuple[Asked, ...], Field(max_length=16)] = ()
    items: Annotated[tuple[Item, ...], Field(max_length=80)] = ()


class Judged(_Envelope):
    """What a judge says of one claim, the reason first."""

    claim: _Name
    because: _Line
    verdict: Literal["supported", "partly", "unsupported", "contradicted", "unclear"]


class Judgement(_Envelope):
    """What a judge says of some claims."""

    verdicts: Annotated[tuple[Judged, ...], Field(max_length=24)]


@cache
def envelope_schema() -> Mapping[str, Any]:
    """Return the JSON Schema of `StepOutput` without references, titles and defaults, every field required."""
    return flat_schema(StepOutput)


@cache
def judgement_schema() -> Mapping[str, Any]:
    """Return the JSON Schema of `Judgement`, likewise."""
    return flat_schema(Judgement)


def flat_schema(model: type[BaseModel]) -> Mapping[str, Any]:
    """Return the JSON Schema of an answer as both vendors take it: no references, every field required."""
    schema = model.model_json_schema()
    plain = _plain(schema, schema.get("$defs", {}))
    assert isinstance(plain, dict)  # noqa: S101 - the root of a model's schema is an object
    return plain


def _plain(node: Any, definitions: Mapping[str, Any]) -> Any:
    if isinstance(node, list):
        return [_plain(item, definitions) for item in node]
    if not isinstance(node, dict):
        return node
    if "$ref" in node:
        return _plain(definitions[node["$ref"].rsplit("/", 1)[-1]], definitions)
    if node.get("type") == "object":
        properties = {name: _plain(value, definitions) for name, value in node["properties"].items()}
        return {"type": "object", "properties": properties, "required": [*properties], "additionalProperties": False}
    kept = ("type", "enum", "items", "maxLength", "maxItems")
    return {key: _plain(value, definitions) for key, value in node.items() if key in kept}
