"""Every entry of every shipped persona's document is taken out once: each time that is told, and nothing else."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
from tests.shipped import CASES, writer

from dramaturg import compile_plan, load_persona, run_persona
from dramaturg.engine.manuscript import Shape, Unit
from dramaturg.engine.reader import read_manuscript
from dramaturg.engine.verify.document import verify_document
from dramaturg.evidence.artifact import Artifact
from dramaturg.findings.model import Finding
from dramaturg.models.scripted import ScriptedModel
from dramaturg.plan.model import Plan
from dramaturg.run.inputs import collect_artifacts

DOUBTS = ("R307", "R308", "R309")
_EACH = [(alias, by) for alias in CASES for by in ("evidence", "writer", "writer with quotes")]


@dataclass(frozen=True)
class Made:
    """A document, what it was made of, and how many of its claims the run doubted."""

    plan: Plan
    artifacts: tuple[Artifact, ...]
    markdown: str
    doubted: int

    def faults(self, markdown: str) -> list[Finding]:
        """Return what is wrong with an edition of it, but for what was open or doubtful in it from the beginning."""
        found = verify_document(self.plan, markdown, self.artifacts).findings
        return [finding for finding in found if finding.rule not in ("V401", "V309")]


def made(alias: str, by: str, state: Path) -> Made:
    """Return the document that a model makes of a persona's case."""
    plan = compile_plan(load_persona(alias))
    model = "evidence" if by == "evidence" else ScriptedModel(writer(plan))
    result = run_persona(alias, CASES[alias], model=model, yes=True, quotes=by.endswith("quotes"), state=state)
    artifacts, _ = collect_artifacts(plan, CASES[alias])
    doubted = sum(finding.rule in DOUBTS for finding in result.findings)
    return Made(plan=plan, artifacts=artifacts, markdown=result.document.markdown, doubted=doubted)


def without(text: str, unit: Unit) -> str:
    """Return a document without an entry, as somebody deletes it in an editor: with the blank lines that it leaves."""
    start = text.rfind("\n", 0, unit.start) + 1
    end = unit.end
    while text[end : end + 1] == "\n":
        end += 1
    last = unit.shape is not Shape.PARAGRAPH and text[unit.end : unit.end + 2] == "\n\n"
    gap = "\n" if last and not text[:start].endswith("\n\n") else ""
    return text[:start] + gap + text[end:]


def entries(text: str) -> Iterator[Unit]:
    """Yield the entries of a document's sections, each with what goes on with it."""
    for part in read_manuscript(text).parts:
        if part.depth > 1 and part.title != "Open questions":
            whole: list[Unit] = []
            for unit in part.units:
                if unit.goes_on and whole:
                    whole[-1] = replace(whole[-1], end=unit.end)
                else:
                    whole.append(unit)
            yield from whole


@pytest.mark.parametrize(
    ("alias", "by"),
    [pytest.param(*each, marks=[pytest.mark.slow] * (each[1] == "writer" and each[0] != "DPA-1")) for each in _EACH],
)
def test_an_entry_that_is_taken_out_is_told_where_it_stood(alias: str, by: str, state: Path) -> None:
    document = made(alias, by, state)
    assert document.faults(document.markdown) == []
    for unit in entries(document.markdown):
        damaged = without(document.markdown, unit)
        (fault,) = document.faults(damaged)
        assert fault.rule in ("V201", "V202", "V105")
        stood_in = document.markdown.count("\n", 0, unit.start) + 1
        assert fault.span
        assert abs(fault.span.line - stood_in) <= 2  # at what stands there now: the next entry, or the one before


@pytest.mark.parametrize("alias", CASES)
def test_what_a_run_doubts_is_doubted_again(alias: str, state: Path) -> None:
    document = made(alias, "writer", state)
    found = verify_document(document.plan, document.markdown, document.artifacts).findings
    assert sum(finding.rule == "V309" for finding in found) == document.doubted


def test_a_row_that_is_taken_out_is_told_by_the_words_it_began_with(state: Path) -> None:
    document = made("SAA-1", "writer", state)
    rows = [unit for unit in entries(document.markdown) if unit.shape is Shape.ROW]
    (fault,) = document.faults(without(document.markdown, rows[1]))
    assert fault.rule == "V202"
    assert fault.message.startswith("`COMPONENT INVENTORY`: an entry is gone since the document was made: `component ")
    assert fault.note == "it stood before this"
    two = without(without(document.markdown, rows[2]), rows[1])
    (fault,) = document.faults(two)
    assert "2 entries are gone" in fault.message
    assert fault.note == "it stood behind this"
