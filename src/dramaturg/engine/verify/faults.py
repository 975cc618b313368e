"""A fault of a document to a finding; its one rule: a rule has one severity, whoever finds it broken."""

from dramaturg.findings.model import Edit, Finding, Label, Severity, Span

_WARNINGS = ("V103", "V106", "V109", "V302")


def fault(
    rule: str,
    message: str,
    span: Span,
    *,
    note: str = "",
    labels: tuple[Label, ...] = (),
    remedy: str = "",
    edits: tuple[Edit, ...] = (),
) -> Finding:
    """Return the finding of a rule at a place of the document."""
    return Finding(
        rule=rule,
        severity=Severity.WARNING if rule in _WARNINGS else Severity.ERROR,
        message=message,
        span=span,
        note=note,
        labels=labels,
        help=remedy,
        edits=edits,
    )
