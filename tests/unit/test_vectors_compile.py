"""What a persona is planned as, and why: the vectors of `tests/vectors/compile`."""

from collections.abc import Mapping
from typing import Any

import pytest
from tests.cases import FOLDER, Vector, assert_findings, like, vectors

from dramaturg.data import personas_root
from dramaturg.errors import AuthorError
from dramaturg.findings.model import Finding
from dramaturg.persona.library import Library
from dramaturg.persona.model import Persona
from dramaturg.persona.resolve import resolve
from dramaturg.persona.scan import scan
from dramaturg.plan.compile import compile_plan
from dramaturg.plan.model import Kind, Level, PlannedStep

_STEP = ("id", "kind", "section", "format", "columns", "non_negotiable", "requirements", "branches", "hands_to")
_BRANCH = ("check", "goes_to", "bound")


@pytest.mark.parametrize("vector", vectors(FOLDER / "compile", "text shipped", "document document_because names steps"))
def test_a_persona_is_planned_as_its_vector_says(vector: Vector) -> None:
    try:
        plan = compile_plan(_persona(vector.given))
    except AuthorError as error:
        assert_findings(error.findings, vector.findings)
        assert not vector.expect
        return
    expect = vector.expect
    assert_findings(plan.findings, vector.findings)
    assert plan.document == expect["document"]
    assert plan.because[0].rule == expect.get("document_because", "document/persona-title")
    assert plan.names == expect.get("names", {})
    wanted = [dict.fromkeys(_STEP) | step for step in expect["steps"]]
    assert like([_told(step, want) for step, want in zip(plan.steps, wanted, strict=True)], wanted) == wanted
    for step in plan.steps:
        _check_the_section_itself(step)


def _persona(given: Mapping[str, Any]) -> Persona:
    if "shipped" in given:
        return Library((personas_root(),)).load(given["shipped"], strict=True)
    persona, _ = resolve(scan("x.persona.md", given["text"]), _no_parent)
    assert persona is not None, "the file itself has errors"
    return persona


def _no_parent(alias: str) -> Finding:
    raise AssertionError(f"no vector has a parent, `{alias}` is asked for")


def _told(step: PlannedStep, want: Mapping[str, Any]) -> dict[str, Any]:
    """Return a planned step as vectors write it; what does not apply is None."""
    bullets = [requirement for requirement in step.requirements if not requirement.whole_section]
    wanted = want["requirements"] or []
    told = [
        {str(bullet.level): bullet.id, "text": bullet.text, "because": bullet.because[-1].rule} for bullet in bullets
    ]
    return {
        "id": step.id,
        "kind": str(step.kind),
        "section": step.section or None,
        "format": str(step.format) if step.section else None,
        "columns": [*step.columns] or None,
        "non_negotiable": True if any(each.non_negotiable for each in step.requirements) else None,
        "needs": [*step.needs],
        "because": [reason.rule for reason in step.because],
        "requirements": like(told, wanted) if bullets else None,
        "branches": [{key: getattr(branch, key) for key in _BRANCH} for branch in step.branches] or None,
        "hands_to": step.hands_to or None,
    }


def _check_the_section_itself(step: PlannedStep) -> None:
    """Hold what is true of every step: a section owes itself, last and always; every other step owes nothing."""
    if step.kind is not Kind.SECTION:
        assert step.requirements == ()
        return
    *bullets, itself = step.requirements
    assert (itself.id, itself.level, itself.whole_section) == (step.section, Level.MUST, True)
    assert not any(bullet.whole_section or bullet.non_negotiable for bullet in bullets)
    assert len({bullet.id for bullet in bullets}) == len(bullets)
