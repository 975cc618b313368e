"""What a reader of the document should know of an accepted step, as findings; its one rule: only warn."""

from collections.abc import Iterator, Sequence

from dramaturg.engine.outcome import Basis, Entry, Section
from dramaturg.evidence.claims import Claim, Doubt, Ledger
from dramaturg.evidence.locate import Citation, shown_lines
from dramaturg.findings.model import Finding, Severity
from dramaturg.plan.model import Branch, Kind, PlannedStep

_PLACES = 8
_REMEDIES = {
    "R307": "strike it, or supply the artifact that says it",
    "R308": "read the quote beside the claim; strike the claim, or cite what says it",
    "R309": "read the quote beside the claim; correct the claim, or cite what says it",
}


def unperformed(step: PlannedStep) -> Iterator[Finding]:
    """Say what a step does not do where no language model writes anything to confirm, to ask or to decide by."""
    undone = {
        Kind.GATE: "asks a person to confirm what was written",
        Kind.ASK: "asks a person what is not clear",
        Kind.BRANCH: "may go another way",
    }
    for kind, what in undone.items():
        if step.does(kind):
            yield Finding(
                rule="R206",
                severity=Severity.NOTE,
                message=f"step {step.id} {what}; no language model wrote anything, so it is passed over",
                span=step.span,
                help="perform the persona with a language model",
                step=step.id,
            )


def stalled(step: PlannedStep, subject: PlannedStep, rejections: int) -> Finding:
    """Say that a person has not confirmed what was revised again and again."""
    return Finding(
        rule="R208",
        severity=Severity.ERROR,
        message=f"[ANALYSIS STALLED] `{subject.title}` was rejected {rejections} times",
        span=step.span,
        note="confirmation was asked for here",
        help="supply what the rejections ask for as an artifact, or reword the step, and run it afresh",
        step=step.id,
    )


def bound_spent(step: PlannedStep, branch: Branch) -> Finding:
    """Warn that a way back was taken as often as it may be, and its condition still holds."""
    condition = f"`{branch.check}` still holds" if branch.check else "it would be taken again"
    return Finding(
        rule="R209",
        severity=Severity.WARNING,
        message=f"step {step.id} went back to step {branch.goes_to} {branch.bound} times, the most it may; {condition}",
        span=branch.span,
        help="read what follows as undecided, or allow more rounds",
        step=step.id,
    )


def passed_over(step: PlannedStep, skipped: PlannedStep) -> Finding:
    """Note a section that is not in the document because a condition leads past it."""
    return Finding(
        rule="R210",
        severity=Severity.NOTE,
        message=f"`{skipped.title}` was not written: step {step.id} goes on past it",
        span=skipped.span,
        help="",
        step=skipped.id,
    )


def placeholders(section: Section, step: PlannedStep) -> Iterator[Finding]:
    """Warn of demands that the artifacts do not answer, and of a section that says nothing else.

    With a language model a section of placeholders does not get this far.
    """
    hollow = all(entry.basis == "missing" for entry in section.entries)
    for requirement in step.asks:
        if hollow and requirement.whole_section:
            continue  # said below
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
    if hollow:
        message = f"`{section.title}` holds nothing but placeholders"
        remedy = "supply an artifact that says it, or perform the persona with a language model"
        yield Finding(
            rule="R204", severity=Severity.WARNING, message=message, span=step.span, help=remedy, step=step.id
        )


def unseen(parts: Sequence[str]) -> Finding:
    """Warn that the artifacts were shown in parts, and of the parts that no step was shown."""
    shown = "; ".join(parts[:_PLACES])
    more = f"; and {len(parts) - _PLACES} more" if len(parts) > _PLACES else ""
    what = f"no step was shown {shown}{more}" if parts else "each part was shown to some step"
    return Finding(
        rule="A107",
        severity=Severity.WARNING,
        message=f"the artifacts are larger than the model's window and were shown in parts: {what}",
        help="choose a model with a larger window, or give shorter artifacts",
    )


def several_places(sections: Sequence[Section]) -> Iterator[Finding]:
    """Tell of quotes that stand at several places: the citation names the first, which may not be the one meant."""
    for section in sections:
        told: set[Citation] = set()
        for citation in (citation for entry in section.entries for citation in entry.citations):
            if citation.elsewhere and citation not in told:
                told.add(citation)
                yield _several(citation, section)


def doubtful(sections: Sequence[Section], ledger: Ledger) -> Iterator[Finding]:
    """Warn of claims whose quotes stand where they should and prove something else, or less than is claimed."""
    for name, step, claim in claims_of(sections):
        yield from (_doubted(doubt, name, step) for doubt in ledger.doubts(claim))


def claims_of(sections: Sequence[Section]) -> Iterator[tuple[str, str, Claim]]:
    """Yield each claim of basis `evidence`: what a finding calls it, its step's id, and what it states and cites."""
    for section in sections:
        for position, entry in enumerate(section.entries, start=1):
            if entry.basis is Basis.EVIDENCE:
                about = f" (`{entry.covers[0]}`)" if entry.covers else ""
                yield f"`{section.title}`, item {position}{about}", section.step, _claim(entry)


def doubts_of(entry: Entry, ledger: Ledger) -> Iterator[Doubt]:
    """Yield why the quotes of an entry may not prove it; what is declared an inference claims no proof."""
    if entry.basis is Basis.EVIDENCE:
        yield from ledger.doubts(_claim(entry))


def _claim(entry: Entry) -> Claim:
    said = (entry.text, entry.expect, *(value for _, value in entry.cells))
    return Claim(text=". ".join(part for part in said if part), command=entry.command, citations=entry.citations)


def _doubted(doubt: Doubt, name: str, step: str) -> Finding:
    return Finding(
        rule=doubt.rule,
        severity=Severity.WARNING,
        message=f"{name}: {doubt.what}",
        help=_REMEDIES[doubt.rule],
        step=step,
    )


def _several(citation: Citation, section: Section) -> Finding:
    others = ", ".join(shown_lines(lines) for lines in citation.elsewhere[:_PLACES])
    more = f" and {len(citation.elsewhere) - _PLACES} more" if len(citation.elsewhere) > _PLACES else ""
    return Finding(
        rule="R306",
        severity=Severity.NOTE,
        message=f"`{section.title}`: what {citation} quotes also stands at {others}{more}",
        help="quote more of the lines around it, so that it is found in one place",
        step=section.step,
    )
