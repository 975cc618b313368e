"""What answers are worth, held to their step and the artifacts: the vectors of `tests/vectors/rules`.

`given.protocol` is the text between the tags of a made-up persona's protocol; findings count their lines from its
first one. `given.answer` is an answer in the envelope, or a text where it is no such thing.
"""

import json
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest
from tests.cases import FOLDER, Vector, assert_findings, vectors
from tests.plans import FIRST_LINE, step_of

from dramaturg.engine.rules import Verdict, judge, read_answer
from dramaturg.evidence.artifact import Artifact
from dramaturg.evidence.locate import Shelf
from dramaturg.findings.model import Finding
from dramaturg.plan.model import PlannedStep
from dramaturg.plan.outputs import StepOutput

_GIVEN = "protocol mode writes artifacts answer slots"
_EXPECT = "items rejected misplaced uncovered fails"
_GROUNDED = "evidence-driven"
_DEFAULT_ARTIFACTS = {"blueprint": "The gateway listens on port 8080.\nThe tracker writes to PostgreSQL.\n"}


@pytest.mark.parametrize("vector", vectors(FOLDER / "rules", _GIVEN, _EXPECT))
def test_an_answer_is_worth_what_its_vector_says(vector: Vector) -> None:
    given = vector.given
    step = step_of(given["protocol"], given.get("mode", _GROUNDED))
    answer = _read(given, step)
    verdict = _judged(answer, step, given) if isinstance(answer, StepOutput) else Verdict(findings=answer)
    assert_findings([_from_first_line(finding) for finding in verdict.findings], vector.findings)
    assert all(finding.step == step.id for finding in verdict.findings)
    told = {
        "items": len(answer.items) if isinstance(answer, StepOutput) else 0,
        "rejected": sorted(verdict.rejected),
        "misplaced": sorted(verdict.misplaced),
        "uncovered": [requirement.id for requirement in verdict.uncovered],
        "fails": bool(verdict.fatal),
    }
    assert told == {**told, "rejected": [], "misplaced": [], "uncovered": [], "fails": False, **vector.expect}


def _judged(answer: StepOutput, step: PlannedStep, given: Mapping[str, Any]) -> Verdict:
    artifacts = given.get("artifacts", _DEFAULT_ARTIFACTS)
    shelf = Shelf([Artifact(id=name, text=text) for name, text in artifacts.items()])
    grounded = given.get("mode", _GROUNDED) == _GROUNDED
    return judge(answer, step, shelf, grounded=grounded, writes=given.get("writes", True))


def _read(given: Mapping[str, Any], step: PlannedStep) -> "StepOutput | tuple[Finding, ...]":
    """Read the answer; with `slots`, as the answer to a schema narrowed to the requirements of these ids."""
    text = given["answer"] if isinstance(given["answer"], str) else json.dumps(given["answer"])
    owes = [requirement for requirement in step.requirements if requirement.id in given.get("slots", [])]
    return read_answer(text, step, owes if "slots" in given else None)


def _from_first_line(finding: Finding) -> Finding:
    span = finding.span
    return replace(finding, span=replace(span, line=span.line - FIRST_LINE + 1)) if span else finding
