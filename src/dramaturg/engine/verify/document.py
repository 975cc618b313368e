"""A document, a plan and artifacts to all that is wrong with the document; its one rule: in the order it is read in."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from dramaturg.engine.colophon import Colophon, is_colophon, plan_key, read_colophon
from dramaturg.engine.manuscript import Manuscript, read_manuscript
from dramaturg.engine.verify.citations import Citations
from dramaturg.engine.verify.layout import lay_out
from dramaturg.engine.verify.structure import structure_faults
from dramaturg.evidence.artifact import Artifact
from dramaturg.evidence.locate import Shelf
from dramaturg.findings.model import Finding, Label, Severity, Span
from dramaturg.persona.model import same_id
from dramaturg.plan.model import Plan


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What holding a document against its persona came to.

    Attributes:
        findings: What is wrong with it, by place.
        citations: How many citations are true.
        colophon: What the document was made of; None if it does not say so.
    """

    findings: tuple[Finding, ...]
    citations: int
    colophon: Colophon | None


def verify_document(plan: Plan, markdown: str, artifacts: Sequence[Artifact], path: str = "document") -> Verdict:
    """Hold a document against the persona's plan and against the artifacts.

    Args:
        plan: What the document must have.
        markdown: The document, by whomever it was written.
        artifacts: As they are today; citations of others are not checked.
        path: What to call the document in findings.
    """
    manuscript = read_manuscript(markdown, path)
    colophon, told = _made_of(plan, manuscript)
    layout = lay_out(plan, manuscript, colophon)
    citations = Citations(plan, manuscript, Shelf(artifacts), colophon)
    found = [*structure_faults(plan, manuscript, layout), *citations.faults(), *told]
    return Verdict(findings=tuple(sorted(found, key=_place)), citations=citations.held, colophon=colophon)


def _made_of(plan: Plan, manuscript: Manuscript) -> tuple[Colophon | None, list[Finding]]:
    """Return the colophon of a document, and what is to be said of it."""
    text = manuscript.source.text
    places = [(start, end) for start, end in manuscript.comments if is_colophon(text[start:end])]
    if not places:
        return None, []
    start, end = places[-1]
    span = manuscript.span(start, min(end, start + len(text[start:end].split("\n", 1)[0].rstrip())))
    try:
        colophon = read_colophon(text[start:end])
    except ValueError as error:
        message = f"what the document says of its making cannot be read: {error}"
        remedy = "restore the comment from the document's history, or strike it"
        return None, [Finding(rule="V112", severity=Severity.WARNING, message=message, span=span, help=remedy)]
    return colophon, [*_strange(plan, colophon, span)]


def _strange(plan: Plan, colophon: Colophon, span: Span) -> Iterator[Finding]:
    """Say that a document was made by another persona, or by one that was another then."""
    alias = colophon.persona.partition(" ")[0]
    labels = (Label(span=plan.persona.head, text="held against this"),)
    if not same_id(alias, plan.persona.alias):
        message = f"the document was made by `{colophon.persona}`, not by `{plan.persona.alias}`"
        remedy = f"verify it with `{alias}`"
        yield Finding(rule="V110", severity=Severity.WARNING, message=message, span=span, labels=labels, help=remedy)
    elif colophon.plan != plan_key(plan):
        message = f"`{plan.persona.alias}` has changed since it made the document as `{colophon.persona}`"
        remedy = "perform it again if the change matters; `dramaturg diff` shows what was changed"
        yield Finding(rule="V111", severity=Severity.NOTE, message=message, span=span, labels=labels, help=remedy)


def _place(finding: Finding) -> tuple[int, int, str]:
    span = finding.span
    return (span.line, span.column, finding.rule) if span else (0, 0, finding.rule)
