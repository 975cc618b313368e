"""A document, a plan and artifacts to all that is wrong with the document; its one rule: in the order it is read in."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from dramaturg.engine.colophon import Colophon, is_colophon, plan_key, read_colophon
from dramaturg.engine.manuscript import Manuscript
from dramaturg.engine.reader import read_manuscript
from dramaturg.engine.verify.citations import Citations
from dramaturg.engine.verify.demands import Demands
from dramaturg.engine.verify.forms import Form
from dramaturg.engine.verify.layout import lay_out
from dramaturg.engine.verify.questions import Questions, redacted
from dramaturg.engine.verify.statements import Statements
from dramaturg.engine.verify.structure import structure_faults
from dramaturg.evidence.artifact import Artifact
from dramaturg.evidence.locate import Shelf
from dramaturg.findings.model import Finding, Label, Severity, Span
from dramaturg.persona.model import same_id
from dramaturg.plan.model import Plan

_UNMET = ("V201", "V204")


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What holding a document against its persona came to.

    Attributes:
        findings: What is wrong with it, by place.
        manuscript: The document as it was read.
        colophon: What it was made of; None if it does not say so.
        demands: How many things are demanded: each section, and what it must cover.
        declared: For how many of these it only says that the answer is missing.
        unmet: How many it does not have at all.
        citations: How many of its citations are true.
        questions: How many open questions it lists.
        answered: How many of these have an answer below them.
    """

    findings: tuple[Finding, ...]
    manuscript: Manuscript
    colophon: Colophon | None
    demands: int
    declared: int
    unmet: int
    citations: int
    questions: int
    answered: int


def verify_document(plan: Plan, markdown: str, artifacts: Sequence[Artifact], path: str = "document") -> Verdict:
    """Hold a document against the persona's plan and against the artifacts.

    Args:
        plan: What the document must have.
        markdown: The document, by whomever it was written.
        artifacts: As they are today; citations of others are not checked.
        path: What to call the document in findings.
    """
    manuscript = read_manuscript(markdown, path)
    colophon, found = _made_of(plan, manuscript)
    layout, shelf = lay_out(plan, manuscript, colophon), Shelf(artifacts)
    found += structure_faults(plan, manuscript, layout)
    demands = [Demands(manuscript, section, colophon) for section in layout.sections]
    for each in demands:
        found += each.faults()
        found += Form(manuscript, each.section, each.covered, colophon).faults()
    citations = Citations(plan, manuscript, shelf, colophon)
    found += citations.faults()
    statements = Statements(plan, manuscript, layout, shelf)
    found += statements.unbacked()
    found += statements.doubtful(citations.false) if not (colophon and colophon.quotes_only) else ()
    questions = Questions(manuscript, layout, demands, colophon)
    found += questions.faults()
    found += redacted(manuscript)
    return Verdict(
        findings=tuple(sorted(found, key=_place)),
        manuscript=manuscript,
        colophon=colophon,
        demands=sum(len(step.owes) for step in (*layout.missing, *(each.step for each in demands))),
        declared=sum(len(each.declared) for each in demands),
        unmet=sum(len(step.owes) for step in (*layout.missing, *(each.step for each in demands if each.section.empty)))
        + sum(finding.rule in _UNMET for finding in found),
        citations=citations.held,
        questions=len(questions.asked),
        answered=len(questions.answered),
    )


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
