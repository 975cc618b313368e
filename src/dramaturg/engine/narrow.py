"""A step's own schema for local engines; its one rule: one slot for each owed requirement, so the grammar covers them.

A grammar can force that something is said about every requirement, which a small model would otherwise skip. Bounds
follow from the room an answer has, because a grammar lets a small model fill every string to its end.
"""

import re
from collections.abc import Mapping, Sequence
from typing import Any

from dramaturg.plan.model import Format, Kind, PlannedStep, Requirement

_CHARACTERS_PER_TOKEN = 2.1  # what a small vocabulary needs for prose and JSON together, at worst
_SLOT_OVERHEAD = 130
_FREE_ITEMS = 3
_SHARES: Mapping[str, float] = {
    "text": 0.45,
    "command": 0.15,
    "expect": 0.15,
    "quote": 0.25,
    "content": 0.6,
    "value": 0.2,
}
_MIN_TEXT = 8
_MIN_BOUND = 24
_FLOORS: Mapping[str, int] = {"text": 60, "command": 96, "expect": 32, "quote": 96}  # what real ones need
_MAX_BOUND = 400
_SIGNALS, _QUESTIONS = "signals", "questions"
_BESIDE = ("notes", _SIGNALS, _QUESTIONS, "items")
_MAX_QUESTION = 200
_MOST_QUESTIONS = 3
_WITH_COMMAND = (Format.CHECKLIST, Format.PROCEDURE)


def narrowed_schema(
    step: PlannedStep, owes: Sequence[Requirement], artifacts: Sequence[str], room: int
) -> Mapping[str, Any]:
    """Return the JSON Schema of one step's answer.

    Args:
        step: The step asked for.
        owes: The requirements this call must cover.
        artifacts: Labels of the artifacts an item may cite.
        room: Tokens the answer may take.
    """
    characters = int(room * _CHARACTERS_PER_TOKEN)
    beside = _signals(step) | _questions(step)
    if step.kind is not Kind.SECTION:
        return _object({"notes": _string(min(characters - _SLOT_OVERHEAD, _MAX_BOUND), _MIN_TEXT), **beside})
    slots = slots_of(owes)
    places = sum(_FREE_ITEMS if requirement.whole_section else 1 for requirement in slots.values())
    share = characters // places - _SLOT_OVERHEAD
    return _object(
        {name: _slot(requirement, step, artifacts, share) for name, requirement in slots.items()} | _signals(step)
    )


def _signals(step: PlannedStep) -> dict[str, Any]:
    """Return one slot for each value that the step sets."""
    if not step.signals:
        return {}
    forms: Mapping[str, dict[str, Any]] = {
        "number": {"type": "number"},
        "yes or no": {"type": "string", "enum": ["yes", "no"]},
        "text": _string(_MIN_BOUND, 1),
    }
    return {_SIGNALS: _object({signal.name: forms[signal.form] for signal in step.signals})}


def _questions(step: PlannedStep) -> dict[str, Any]:
    """Return the slot for what a step asks a person."""
    confirms, asks = step.does(Kind.GATE), step.does(Kind.ASK)
    if not (confirms or asks):
        return {}
    kinds = [*(["confirm"] if confirms else []), *(["clarify", "artifact"] if asks else [])]
    entry = _object(
        {
            "id": _string(_MIN_BOUND, 1),
            "kind": {"type": "string", "enum": kinds},
            "text": _string(_MAX_QUESTION, _MIN_TEXT),
        }
    )
    most = _MOST_QUESTIONS if asks else 1
    return {_QUESTIONS: {"type": "array", "minItems": 1, "maxItems": most, "items": entry}}


def _slot(requirement: Requirement, step: PlannedStep, artifacts: Sequence[str], share: int) -> dict[str, Any]:
    """Return the schema of a slot: one item for a bullet, a few for the section itself.

    The section itself is never covered by a placeholder, so there the grammar does not offer `missing`.
    """
    if not requirement.whole_section:
        return _object(_fields(step, artifacts, share, ("evidence", "inference", "missing")))
    item = _object(_fields(step, artifacts, share, ("evidence", "inference")))
    return {"type": "array", "minItems": 1, "maxItems": _FREE_ITEMS, "items": item}


def slots_of(owes: Sequence[Requirement]) -> dict[str, Requirement]:
    """Return the property each requirement gets, in order."""
    slots: dict[str, Requirement] = {}
    for requirement in owes:
        name = re.sub(r"\W+", "_", requirement.id.casefold()).strip("_") or "item"
        names = (name, *(f"{name}_{number}" for number in range(2, len(owes) + 3)))
        slots[next(free for free in names if free not in slots and free not in _BESIDE)] = requirement
    return slots


def from_narrowed(answer: Mapping[str, Any], owes: Sequence[Requirement]) -> dict[str, Any]:
    """Return a narrowed answer in the shape of the envelope; anything unexpected is left for validation to name."""
    slots = slots_of(owes)
    free = {name: value for name, value in answer.items() if name not in slots}
    if isinstance(signals := free.get(_SIGNALS), Mapping):
        free[_SIGNALS] = [{"name": name, "value": str(value)} for name, value in signals.items()]
    items = []
    for name, requirement in slots.items():
        given = answer.get(name)
        items += [_item(item, requirement) for item in (given if isinstance(given, list) else [given])]
    return {**free, "items": [item for item in items if item]}


def _item(item: Any, covered: Requirement) -> dict[str, Any]:
    if not isinstance(item, Mapping):
        return {}
    evidence = item.get("evidence")
    return {**item, "covers": [covered.id], "evidence": [evidence] if isinstance(evidence, Mapping) else []}


def _fields(step: PlannedStep, artifacts: Sequence[str], share: int, bases: Sequence[str]) -> dict[str, Any]:
    layout, columns = step.format, step.columns

    def string(name: str, least: int = 0) -> dict[str, Any]:
        return _string(max(int(share * _SHARES[name]), _FLOORS.get(name, 0)), least)

    fields: dict[str, Any] = {"text": string("text", _MIN_TEXT)}
    if layout in _WITH_COMMAND:
        fields |= {"command": string("command"), "expect": string("expect")}
    if layout is Format.CODE:
        fields["file"] = _object(
            {"path": _string(_MIN_BOUND * 2, 1), "language": _string(_MIN_BOUND), "content": string("content", 1)}
        )
    if layout in (Format.TABLE, Format.FINDINGS):
        column = {"type": "string", "enum": [*columns]} if columns else _string(_MIN_BOUND, 1)
        cell = _object({"column": column, "value": string("value", 1)})
        fields["cells"] = {"type": "array", "minItems": len(columns) or 1, "maxItems": len(columns) or 3, "items": cell}
    fields["basis"] = {"type": "string", "enum": [*bases]}
    fields["evidence"] = _object({"artifact": {"type": "string", "enum": [*artifacts]}, "quote": string("quote")})
    return fields


def _object(properties: Mapping[str, Any]) -> dict[str, Any]:
    return {"type": "object", "properties": dict(properties), "required": [*properties], "additionalProperties": False}


def _string(most: int, least: int = 0) -> dict[str, Any]:
    bound = min(max(most, _MIN_BOUND), _MAX_BOUND)
    return (
        {"type": "string", "minLength": least, "maxLength": bound} if least else {"type": "string", "maxLength": bound}
    )
