"""A suite with faults to what of it can still be held against the world; its one rule: no fault follows from another.

What stands in a part that is at fault is left out, and so is what is judged by it; a case that is at fault keeps its
place with nothing that could be wrong with it.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import yaml
from pydantic import ValidationError

from dramaturg.evals.nodes import plain_data, reader_of
from dramaturg.evals.reading import SuiteFile
from dramaturg.evals.suite import Suite
from dramaturg.persona.composing import compose

_SCORED = ("scorers", "gate", "judge")  # each is judged by the others


def sound_part(path: Path, text: str) -> tuple[SuiteFile, frozenset[int]] | None:
    """Return what is sound of a suite that is refused, and the positions of cases that are not; None for nothing."""
    reader = reader_of(path, text, "the suite", {})
    root = compose(text, reader)
    if not isinstance(root, yaml.MappingNode):
        return None
    data = plain_data(root, reader)
    try:
        Suite.model_validate(data)
        faults: list[tuple[str | int, ...]] = []
    except ValidationError as error:
        faults = [tuple(each["loc"]) for each in error.errors(include_url=False)]
    lost = frozenset(int(fault[1]) for fault in faults if fault[0] == "cases" and len(fault) > 1)
    try:
        return SuiteFile(path=path, text=text, suite=Suite.model_validate(_without(data, faults, lost))), lost
    except ValidationError:
        return None


def _without(data: Mapping[str, Any], faults: Sequence[tuple[str | int, ...]], lost: frozenset[int]) -> dict[str, Any]:
    """Return the parts of a suite without fault."""
    kept = {key: value for key, value in data.items() if not any(fault[0] == key for fault in faults) or key == "cases"}
    scored = not lost and not any(fault[0] in _SCORED for fault in faults)
    if not scored:
        kept = {key: value for key, value in kept.items() if key not in _SCORED}
    if isinstance(data.get("cases"), list):
        kept["cases"] = [_case(None if at in lost else each, scored=scored) for at, each in enumerate(data["cases"])]
    return kept


def _case(given: Any, *, scored: bool) -> Any:
    if not isinstance(given, dict):
        return {"id": "lost", "artifacts": {"lost": {"text": "lost"}}}
    return given if scored else {key: value for key, value in given.items() if key != "scorers"}
