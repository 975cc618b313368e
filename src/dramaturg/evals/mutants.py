"""Personas and cases to what they would be with one piece less; its one rule: a mutant is whole but for one cut.

A suite that does not notice the cut does not test the piece: it is untested, or useless. `operators` cut the text of a
persona; `blank` gives a case without one of its artifacts, or with nothing in it where the persona cannot do without.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from dramaturg.errors import AuthorError
from dramaturg.evals.arms import Arm, Blank, Part
from dramaturg.evals.operators import OPERATORS
from dramaturg.evals.reading import SuiteFile
from dramaturg.findings.model import Span
from dramaturg.persona.library import persona_of
from dramaturg.persona.scan import scan
from dramaturg.plan.compile import compile_plan
from dramaturg.run.job import parent_in

BLANK = "blank"
OPERATOR_NAMES = (*OPERATORS, BLANK)


@dataclass(frozen=True, slots=True, kw_only=True)
class Mutant:
    """What is performed, with one cut.

    Attributes:
        operator: Which kind of cut.
        what: What was done, in words.
        span: Where.
        arm: What is performed; None where nothing can be performed any more, which `check` tells.
    """

    operator: str
    what: str
    span: Span
    arm: Arm | None

    def __str__(self) -> str:
        return f"{self.span.path}:{self.span.line}: {self.what}"


def mutants_of(arm: Arm, persona: str, operators: Sequence[str] = ()) -> Iterator[Mutant]:
    """Yield the mutants of a persona, its parents included, operator by operator.

    Args:
        arm: What is performed.
        persona: What the suite calls the persona.
        operators: Names of operators; all without any.
    """
    part = arm.parts[persona]
    for name, operator in OPERATORS.items():
        if operators and name not in operators:
            continue
        for at, file in enumerate(part.plan.persona.chain):
            for what, span, text in operator(file, part.plan):
                cut = _performed(part, at, text)
                mutant = None if cut is None else replace(arm, name="mutant", parts={**arm.parts, persona: cut})
                yield Mutant(operator=name, what=what, span=span, arm=mutant)


def blanks_of(arm: Arm, file: SuiteFile, operators: Sequence[str] = ()) -> Iterator[Mutant]:
    """Yield a mutant for each artifact of each case, at its line in the suite."""
    if operators and BLANK not in operators:
        return
    for at, case in enumerate(file.suite.cases):
        for name in case.artifacts:
            blank = replace(arm, name="mutant", blank=Blank(case=case.id, artifact=name))
            what = f"artifact `{name}` of case `{case.id}` was blanked"
            yield Mutant(operator=BLANK, what=what, span=file.place("cases", at, "artifacts", name), arm=blank)


def _performed(part: Part, at: int, text: str) -> Part | None:
    """Return a persona of which one file has another text; None if it cannot be performed."""
    old = part.plan.persona.chain
    files = [scan(file.path, text if number == at else file.text) for number, file in enumerate(old)]
    try:
        persona = persona_of(files[-1], lambda alias: parent_in(files, alias))
        return Part(plan=compile_plan(persona), kernel=part.kernel)
    except AuthorError:
        return None
