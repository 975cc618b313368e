"""Faults as frozen values; its one rule: a Finding is complete without the program that found it."""

from dataclasses import dataclass, replace
from enum import StrEnum

from dramaturg.findings.quick import maker, quick


class Severity(StrEnum):
    """How much a finding matters: an `error` fails the verb, a `warning` and a `note` do not."""

    ERROR = "error"
    WARNING = "warning"
    NOTE = "note"


@dataclass(frozen=True, slots=True)  # not by keyword alone: there are so many that it is felt
class Span:
    """A stretch of one file: 1-based line and column, length in characters, those of line ends included."""

    path: str
    line: int
    column: int
    length: int

    def __str__(self) -> str:
        return f"{self.path}:{self.line}:{self.column}"

    def within(self, text: str, start: int, end: int) -> "Span":
        """Return the span of `text[start:end]`, where `text` is what this span covers."""
        newlines = text.count("\n", 0, start)
        column = start - text.rfind("\n", 0, start) if newlines else self.column + start
        return make_span(self.path, self.line + newlines, column, end - start)


make_span = maker(Span)


@dataclass(frozen=True, slots=True, kw_only=True)
class Label:
    """A second place that explains a finding: the opener, the parent's line, a hop of a cycle."""

    span: Span
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Edit:
    """A mechanical remedy: the characters of `span` are replaced by `text`; an empty span inserts."""

    span: Span
    text: str


@quick
@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One fault in one text.

    Attributes:
        rule: Stable id such as `P204`.
        severity: Whether it fails the verb.
        message: What is wrong, identifiers in backticks, no trailing full stop.
        span: Where; None when the fault has no place in a file (an empty chain, a model's answer).
        note: What to print at the caret; empty for none.
        labels: Further places.
        help: The remedy; empty for none.
        step: The plan step the fault arose in; empty outside a run.
        edits: What mends it without a decision of the author's; empty where only a person can.
    """

    rule: str
    severity: Severity
    message: str
    span: Span | None = None
    note: str = ""
    labels: tuple[Label, ...] = ()
    help: str = ""
    step: str = ""
    edits: tuple[Edit, ...] = ()

    def __str__(self) -> str:
        place = f"{self.span}: " if self.span else ""
        remedy = f"; {self.help}" if self.help else ""
        return f"{place}{self.severity}[{self.rule}]: {self.message}{remedy}"

    @property
    def is_error(self) -> bool:
        """Whether this finding fails the verb."""
        return self.severity is Severity.ERROR

    def as_error(self) -> "Finding":
        """Return the same finding as an error, which is what `--strict` makes of a warning."""
        return replace(self, severity=Severity.ERROR) if self.severity is Severity.WARNING else self


def has_errors(findings: tuple[Finding, ...] | list[Finding]) -> bool:
    """Tell whether any of the findings is an error."""
    return any(finding.is_error for finding in findings)
