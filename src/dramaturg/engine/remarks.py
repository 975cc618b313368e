"""What a reader of the document should know of an accepted step, as findings; its one rule: only warn."""

from collections.abc import Iterator

from dramaturg.engine.outcome import Section
from dramaturg.findings.model import Finding, Severity
from dramaturg.plan.model import Kind, PlannedStep


def unperformed(step: PlannedStep) -> Iterator[Finding]:
    """Warn of what a step would have a person or a program do: here it is only thought about."""
    undone = {
        "asks-to-confirm": "waits for a person's confirmation",
        "asks-a-person": "asks a person",
        "condition": "may go another way",
        "goes-back": "may go another way",
        "names-a-persona": f"hands over to `{step.hands_to}`",
    }
    said = {
        Kind.GATE: "asks-to-confirm",
        Kind.ASK: "asks-a-person",
        Kind.BRANCH: "condition",
        Kind.HANDOFF: "names-a-persona",
    }
    also = (reason.rule.removeprefix("also/") for reason in step.because if reason.rule.startswith("also/"))
    what = said.get(step.kind) or next(also, "")
    if what:
        yield Finding(
            rule="R206",
            severity=Severity.WARNING,
            message=f"step {step.id} {undone[what]}; this version only thinks about it and goes on",
            span=step.span,
            help="read the document as one that was written without it",
            step=step.id,
        )


def placeholders(section: Section, step: PlannedStep) -> Iterator[Finding]:
    """Warn of demands that the artifacts do not answer, and of a section that says nothing else.

    With a language model a section of placeholders does not get this far.
    """
    for requirement in step.asks:
        covering = [entry for entry in section.entries if requirement.id in entry.covers]
        if covering and all(entry.basis == "missing" for entry in covering):
            yield Finding(
                rule="R205",
                severity=Severity.WARNING,
                message=f"`{section.title}`: the artifacts do not answer `{requirement.id}`",
                span=requirement.span,
                note="demanded here",
                help="answer it under Open questions, or supply an artifact that says it",
                step=step.id,
            )
    if all(entry.basis == "missing" for entry in section.entries):
        message = f"`{section.title}` holds nothing but placeholders"
        remedy = "supply an artifact that says it, or perform the persona with a language model"
        yield Finding(
            rule="R204", severity=Severity.WARNING, message=message, span=step.span, help=remedy, step=step.id
        )
