"""The suite's models to a JSON Schema for editors; its one rule: what it refuses, reading refuses, and the reverse.

What depends on more than the file, such as whether an artifact is there, is left to `eval run`.
"""

from collections.abc import Mapping, MutableMapping
from typing import Any

from dramaturg.evals.judging.labelled import Labels
from dramaturg.evals.scorers.kinds import SCORERS
from dramaturg.evals.scorers.model import Scorer
from dramaturg.evals.suite import Suite

SCHEMA_FILE = "suite.schema.json"
LABELS_SCHEMA_FILE = "labels.schema.json"
_SCALARS = ["string", "number", "boolean"]  # what YAML takes for a number or a boolean is read as the text it is


def suite_schema() -> dict[str, Any]:
    """Return the JSON Schema (2020-12) of a suite file."""
    made = Suite.model_json_schema()
    kinds = {cls.__name__: kind for kind, cls in SCORERS.items()}
    for name, kind in kinds.items():
        made["$defs"][name]["properties"].pop("kind")
        made["$defs"][name]["title"] = kind
        if SCORERS[kind].some_of:
            made["$defs"][name]["anyOf"] = [{"required": [field]} for field in SCORERS[kind].some_of]
    made["$defs"]["scorer"] = _scorer(made["$defs"])
    for holder in (made, made["$defs"]["Case"]):
        holder["properties"]["scorers"]["items"] = {"$ref": "#/$defs/scorer"}
    _loosen(made)
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **made, "title": "Suite of a dramaturg eval"}


def labels_schema() -> dict[str, Any]:
    """Return the JSON Schema (2020-12) of a file of labels, by which judges are checked."""
    made = Labels.model_json_schema()
    made["oneOf"] = [{"required": ["labels"]}, {"required": ["pairs"]}]
    _loosen(made)
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **made, "title": "Labels for a judge of evals"}


def _scorer(defs: Mapping[str, Any]) -> dict[str, Any]:
    """Return what stands in a list of scorers: a name, or one name with what it is given."""
    alone = [kind for kind, cls in SCORERS.items() if not (cls.some_of or _is_given_more(cls))]
    return {
        "anyOf": [
            {"enum": alone},
            {
                "type": "object",
                "minProperties": 1,
                "maxProperties": 1,
                "additionalProperties": False,
                "properties": {kind: _given(cls, defs) for kind, cls in SCORERS.items()},
            },
        ]
    }


def _is_given_more(cls: type[Scorer]) -> bool:
    return any(each.is_required() for each in cls.model_fields.values())


def _given(cls: type[Scorer], defs: Mapping[str, Any]) -> dict[str, Any]:
    fields: list[Mapping[str, Any]] = [{"$ref": f"#/$defs/{cls.__name__}"}]
    if not cls.some_of:
        fields.append({"type": "null"})
    if cls.short:
        fields.append(defs[cls.__name__]["properties"][cls.short])
    return {"description": (cls.__doc__ or "").partition("\n")[0], "anyOf": fields}


def _loosen(node: Any) -> None:
    """Let text be written without quotes, wherever text may stand."""
    if isinstance(node, MutableMapping):
        if node.get("type") == "string" and "enum" not in node and "const" not in node:
            node["type"] = _SCALARS
        for each in [*node.values()]:
            _loosen(each)
    elif isinstance(node, list):
        for each in node:
            _loosen(each)
