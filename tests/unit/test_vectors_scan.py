"""What a persona file is read as, and what is wrong with it: the vectors of `tests/vectors/scan`."""

from collections.abc import Sequence
from typing import Any

import pytest
from tests.cases import FOLDER, Vector, assert_findings, at, like, vectors

from dramaturg.persona.model import ArtifactSpec, Directive, Slot, Step
from dramaturg.persona.scan import scan

_EXPECTED = "values artifacts slots directives overrides steps"


@pytest.mark.parametrize("vector", vectors(FOLDER / "scan", "text", _EXPECTED))
def test_a_file_is_read_as_its_vector_says(vector: Vector) -> None:
    file = scan("x.persona.md", vector.given["text"])
    expect = vector.expect
    steps = [_step(step) for step in file.steps]
    assert dict(file.frontmatter.values) == expect.get("values", {"alias": "x-1", "title": "X"})
    assert [_artifact(artifact) for artifact in file.frontmatter.artifacts] == expect.get("artifacts", [])
    assert _texts(file.slots) == expect.get("slots", {})
    assert _texts(file.directives) == expect.get("directives", {})
    pieces: tuple[Slot | Directive, ...] = (*file.slots, *file.directives)
    assert [piece.name for piece in pieces if piece.override] == expect.get("overrides", [])
    assert like(steps, expect.get("steps", [])) == expect.get("steps", [])
    assert_findings(file.findings, vector.findings)


def _texts(pieces: Sequence[Slot | Directive]) -> dict[str, str]:
    return {piece.name: piece.text for piece in pieces}


def _step(step: Step) -> dict[str, Any]:
    conditions = [{"check": each.check, "text": each.text, **at(each.span)} for each in step.conditions]
    said = {"attributes": dict(step.attributes), "parent": step.parent, "conditions": conditions}
    data = {"number": step.number, "name": step.name, "text": step.text, **at(step.origin.span)}
    return data | {key: value for key, value in said.items() if value}


def _artifact(artifact: ArtifactSpec) -> dict[str, Any]:
    data = {"id": artifact.id, "primary": artifact.primary, "description": artifact.description}
    return data | at(artifact.origin.span)
