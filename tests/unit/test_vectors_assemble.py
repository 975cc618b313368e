"""Outcomes to documents, character for character: the vectors of `tests/vectors/assemble`.

`given.sections` become the section steps of a made-up persona, so that each document can be held to its plan too.
"""

from collections.abc import Mapping
from typing import Any

import pytest
from tests.cases import FOLDER, Vector, vectors
from tests.plans import plan_of

from dramaturg.engine.assemble import assemble
from dramaturg.engine.outcome import Basis, CodeFile, Entry, OpenQuestion, Outcome, Section
from dramaturg.engine.verify.structure import verify_structure
from dramaturg.evidence.locate import Citation
from dramaturg.plan.model import Format

_GIVEN = "document sections questions preface quotes"


@pytest.mark.parametrize("vector", vectors(FOLDER / "assemble", _GIVEN, "markdown"))
def test_a_document_reads_as_its_vector_says(vector: Vector) -> None:
    given = vector.given
    title = given.get("document", "The Document")
    steps = [
        f'<Step number="{at}" format="{section["format"]}" section="{section["title"]}">Produce it.</Step>'
        for at, section in enumerate(given["sections"], start=1)
    ]
    plan = plan_of(
        "\n".join([*steps, f'<Step number="99">Combine all sections into a document titled "{title}".</Step>'])
    )
    outcome = Outcome(
        sections=tuple(_section(section) for section in given["sections"]),
        questions=tuple(OpenQuestion(**question) for question in given.get("questions", [])),
        findings=(),
    )
    document = assemble(plan, outcome, preface=given.get("preface", ""), quotes=given.get("quotes", False))
    assert document.markdown == vector.expect["markdown"]
    assert (document.title, document.sections, document.questions) == (title, outcome.sections, outcome.questions)
    assert verify_structure(plan, document.markdown) == ()


def _section(given: Mapping[str, Any]) -> Section:
    entries = tuple(_entry(entry) for entry in given["entries"])
    return Section(step="1", title=given["title"], format=Format(given["format"]), entries=entries)


def _entry(given: Mapping[str, Any]) -> Entry:
    return Entry(
        text=given.get("text", ""),
        command=given.get("command", ""),
        expect=given.get("expect", ""),
        file=CodeFile(**given["file"]) if "file" in given else None,
        cells=tuple((column, value) for column, value in given.get("cells", [])),
        covers=tuple(given.get("covers", [])),
        basis=Basis(given.get("basis", "inference")),
        citations=tuple(_citation(citation) for citation in given.get("citations", [])),
        rests_on=tuple(given.get("rests_on", [])),
        unsupported=given.get("unsupported", False),
    )


def _citation(given: Mapping[str, Any]) -> Citation:
    first, last = given["lines"]
    return Citation(artifact="blueprint", label="BLUEPRINT", quote=given["quote"], lines=(first, last), heading=())
