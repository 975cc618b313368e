"""What each shipped persona is planned as: gold plans, written from what it means, in `tests/vectors/library`."""

from collections.abc import Mapping
from typing import Any

import pytest
from tests.cases import FOLDER, Vector, like, vectors

from dramaturg.data import personas_root
from dramaturg.persona.library import Library
from dramaturg.plan.compile import compile_plan
from dramaturg.plan.model import PlannedStep

_GOLD = FOLDER / "library"
_STEP = ("id", "kind", "section", "format", "columns", "non_negotiable", "requirements", "branches", "hands_to")
_BRANCH = ("check", "goes_to", "bound")


@pytest.mark.parametrize("vector", vectors(_GOLD, "shipped", "document names steps"))
def test_a_shipped_persona_is_planned_as_its_gold_plan_says(vector: Vector) -> None:
    plan = compile_plan(_library().load(vector.given["shipped"], strict=True))
    assert plan.findings == ()
    assert plan.document == vector.expect["document"]
    assert plan.names == vector.expect["names"]
    wanted = [dict.fromkeys(_STEP) | step for step in vector.expect["steps"]]
    assert like([_told(step) for step in plan.steps], wanted) == wanted


def test_every_shipped_persona_with_steps_has_one_gold_plan_and_no_plan_is_without_its_persona() -> None:
    library = _library()
    performed = [entry.alias for entry in library.entries if library.load(entry.alias).steps]
    golden = [parameter.values[0].given["shipped"] for parameter in vectors(_GOLD, "shipped", "document names steps")]
    assert sorted(golden) == sorted(performed)
    assert len(golden) >= 20


def test_a_gold_plan_lies_in_the_file_of_its_persona() -> None:
    for parameter in vectors(_GOLD, "shipped", "document names steps"):
        assert parameter.id == parameter.values[0].given["shipped"].casefold()


def _library() -> Library:
    return Library((personas_root(),))


def _told(step: PlannedStep) -> Mapping[str, Any]:
    """Return a planned step as gold plans write it; what does not apply is None."""
    owed = [{str(demand.level): demand.id} for demand in step.requirements if not demand.whole_section]
    branches = [{key: getattr(branch, key) for key in _BRANCH} for branch in step.branches]
    return {
        "id": step.id,
        "kind": str(step.kind),
        "section": step.section or None,
        "format": str(step.format) if step.section else None,
        "columns": [*step.columns] or None,
        "non_negotiable": any(demand.non_negotiable for demand in step.requirements) or None,
        "requirements": owed or None,
        "branches": branches or None,
        "hands_to": step.hands_to or None,
        "needs": [*step.needs],
    }
