"""The sections that steps write to what is wrong with them together; its one rule: a document has each heading once."""

from collections.abc import Sequence

from dramaturg.findings.model import Finding, Label, Severity
from dramaturg.persona.model import Persona
from dramaturg.plan.model import Kind, PlannedStep


def section_faults(persona: Persona, steps: Sequence[PlannedStep]) -> list[Finding]:
    """Report a protocol that writes no section, and a title used twice."""
    writing = [step for step in steps if step.kind is Kind.SECTION]
    if not writing:
        said = f"the protocol of `{persona.alias}`" if persona.steps else f"`{persona.alias}` has no steps, so it"
        return [
            Finding(
                rule="P401",
                severity=Severity.ERROR,
                message=f"{said} writes no section",
                span=persona.steps[0].opener if persona.steps else persona.head,
                help='add a `<Step>` that says what to produce, or give a step `kind="section"`',
            )
        ]
    seen: dict[str, PlannedStep] = {}
    firsts = [(step, seen.setdefault(step.section.casefold(), step)) for step in writing]
    return [_repeated(step, first) for step, first in firsts if first is not step]


def _repeated(step: PlannedStep, first: PlannedStep) -> Finding:
    return Finding(
        rule="P403",
        severity=Severity.ERROR,
        message=f"a second step writes the section `{step.section}`",
        span=step.span,
        labels=(Label(span=first.span, text="the first one"),),
        help='give one of them another title with `section="…"`',
    )
