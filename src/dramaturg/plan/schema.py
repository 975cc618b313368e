"""The frontmatter's keys to a JSON Schema for editors; its one rule: it is made of the tables that the reader reads by.

What depends on more than the frontmatter, such as whether a step of that number exists, is left to `check`. The
reader's one leniency that is not in the schema: `kind` and `format` may be written in any case.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from dramaturg.persona.frontmatter import ARTIFACT_KEYS, ARTIFACT_TYPES, CHOICES, KEYS, REQUIRED
from dramaturg.plan.model import Format, Kind
from dramaturg.plan.settings import SETTINGS

_SCALARS = ["string", "number", "boolean"]  # what YAML takes for a number or a boolean is read as the text it is
_SHAPES: Mapping[str, Sequence[str]] = {"text": _SCALARS, "a list": ["array"], "a mapping": ["object"]}
_TEXT: Mapping[str, Any] = {"type": [*_SCALARS, "null"]}
_SAID: Mapping[str, Any] = {"type": _SCALARS, "pattern": r"\S"}
_TOLD: Mapping[str, str] = {
    "alias": "What the persona is called: a name such as `DPA-1`, or a path such as `domains/programming/dpa-1`.",
    "version": 'The persona\'s version, in quotes: `"1.0"`; without them YAML makes a number of it.',
    "title": "What the persona is; the document's title where no step gives one.",
    "description": "What it is for, in a sentence or two.",
    "status": "A deprecated persona loads with a warning; of two of one alias the active one is meant.",
    "type": "Free, shown by `dramaturg list`: base, mixin, specialized, domains, …",
    "engine_version": "Which prompts and rules perform it; `v1` unless given.",
    "inherits_from": "The alias of its one parent.",
    "input_mode": "evidence-driven: what is claimed must be grounded in the artifacts; generative: it need not be.",
    "expected_artifacts": "The inputs a run needs (primary) or can use (optional).",
    "schedule": "sequential: one step after the other; parallel: sections that do not need each other side by side.",
    "allowed_tools": "The tools it may use; the nearest list of the chain counts.",
    "directives": "Rules by name; the same as `<Directive_NAME>` blocks in the body.",
    "output_contract": "What the result must be like; the same as an `<output_contract>` block in the body.",
    "steps": "By step number, what is to hold instead of what is inferred from the step's text.",
    "metadata": "Anything; it is not interpreted.",
}
_TOLD_OF_ARTIFACTS: Mapping[str, str] = {
    "id": "Its name; steps refer to it in backticks and capitals, `-`, `_` and space being the same.",
    "type": "primary: no run without it; optional: used where it is given.",
    "description": "What it holds.",
}
_TOLD_OF_STEPS: Mapping[str, str] = {
    "kind": "What the step does.",
    "section": "The title of the section it writes.",
    "format": "How the section is laid out.",
    "needs": "The numbers of the earlier steps whose results it is given.",
    "each": "The number of the earlier step for each of whose items it is performed.",
}


def frontmatter_schema() -> dict[str, Any]:
    """Return the JSON Schema (2020-12) of a persona's frontmatter."""
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Frontmatter of a dramaturg persona",
        **_closed({key: {"description": _TOLD[key], **_value(key)} for key in KEYS}, REQUIRED),
    }


def _value(key: str) -> Mapping[str, Any]:
    """Return what a key of the frontmatter may hold; one without a value counts as absent."""
    if key in REQUIRED:
        return _SAID
    if key in CHOICES:
        return {"enum": [*CHOICES[key], None]}
    shape: Mapping[str, Any] = {"type": [*_SHAPES[KEYS[key]], "null"]}
    if key == "expected_artifacts":
        return {**shape, "items": _artifact()}
    if key == "allowed_tools":
        return {**shape, "items": _TEXT}
    if key == "steps":
        return {**shape, "additionalProperties": _step()}
    return shape


def _artifact() -> Mapping[str, Any]:
    rules = {"id": _SAID, "type": {"enum": [*ARTIFACT_TYPES, None]}}
    texts = {key: {"description": _TOLD_OF_ARTIFACTS[key], **rules.get(key, _TEXT)} for key in ARTIFACT_KEYS}
    return _closed(texts, ["id"])


def _step() -> Mapping[str, Any]:
    rules: Mapping[str, Mapping[str, Any]] = {
        "kind": {"enum": [*Kind]},
        "section": {"type": _SCALARS, "pattern": r"\S"},
        "format": {"enum": [*Format]},
        "needs": {"anyOf": [_TEXT, {"type": "array", "items": {"type": _SCALARS}}]},
        "each": {"type": _SCALARS, "pattern": r"\S"},
    }
    return _closed({key: {"description": _TOLD_OF_STEPS[key], **rules[key]} for key in SETTINGS}, [])


def _closed(properties: Mapping[str, Any], required: Sequence[str]) -> dict[str, Any]:
    return {
        "type": "object",
        "properties": dict(properties),
        "required": [*required],
        "additionalProperties": False,
    }
