"""What a chain of files amounts to, and where each piece comes from: the vectors of `tests/vectors/resolve`."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from tests.cases import FOLDER, Vector, assert_findings, vectors

from dramaturg.persona.library import Library
from dramaturg.persona.model import Directive, Persona, PersonaFile, Slot, Step
from dramaturg.persona.resolve import resolve

_DEFAULTS = {"version": "", "status": "active", "engine_version": "v1", "input_mode": "evidence-driven"}
_EMPTY: dict[str, Any] = {
    "slots": {},
    "directives": {},
    "steps": {},
    "step_settings": {},
    "artifacts": {},
    "allowed_tools": [],
}
_EXPECTED = " ".join(["lineage title", *_DEFAULTS, *_EMPTY])


@pytest.mark.parametrize("vector", vectors(FOLDER / "resolve", "files persona strict", _EXPECTED))
def test_a_chain_amounts_to_what_its_vector_says(
    vector: Vector, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    for name, text in vector.given["files"].items():
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(text, encoding="utf-8")
    library = Library((tmp_path,))
    leaf = library.read(vector.given["persona"])
    assert isinstance(leaf, PersonaFile)
    persona, findings = resolve(leaf, library.read, strict=vector.given.get("strict", False))
    assert_findings(findings, vector.findings)
    if persona is None:
        assert not vector.expect
        return
    told, wanted = _told(persona), {**_DEFAULTS, **_EMPTY, **vector.expect}
    assert told == wanted
    for ordered in ("slots", "directives", "steps"):
        assert [*told[ordered]] == [*wanted[ordered]], "the order of the pieces"


def _told(persona: Persona) -> dict[str, Any]:
    return {
        "lineage": [*persona.lineage],
        "title": persona.title,
        **{key: getattr(persona, key) for key in _DEFAULTS},
        "slots": _pieces(persona.slots),
        "directives": _pieces(persona.directives),
        "steps": {step.number: _piece(step) for step in persona.steps},
        "step_settings": dict(persona.step_settings),
        "artifacts": {artifact.id: artifact.origin.alias for artifact in persona.artifacts},
        "allowed_tools": [*persona.allowed_tools],
    }


def _pieces(pieces: Sequence[Slot | Directive]) -> dict[str, Any]:
    return {piece.name: _piece(piece) for piece in pieces}


def _piece(piece: Slot | Directive | Step) -> dict[str, Any]:
    return {"text": piece.text, "from": piece.origin.alias, "line": piece.origin.span.line}
