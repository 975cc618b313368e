"""Findings to GitHub workflow commands, which annotate a pull request; its one rule: no text breaks out of its command.

The commands and their escapes: https://docs.github.com/actions/reference/workflow-commands-for-github-actions
"""

from collections.abc import Mapping

from dramaturg.findings.model import Finding, Severity, Span
from dramaturg.findings.render import SourceOf

_COMMANDS: Mapping[Severity, str] = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.NOTE: "notice"}
_TEXT = str.maketrans({"%": "%25", "\r": "%0D", "\n": "%0A"})
_PROPERTY = _TEXT | str.maketrans({":": "%3A", ",": "%2C"})


def github_command(finding: Finding, source_of: SourceOf) -> str:
    """Return the command that shows a finding at its place; what it refers to follows in lines of the message."""
    properties = {"title": finding.rule, **(_place(finding.span, source_of) if finding.span else {})}
    lines = [
        f"{finding.message}; {finding.help}" if finding.help else finding.message,
        *([f"{finding.span}: {finding.note}"] if finding.span and finding.note else []),
        *(f"{label.span}: {label.text}" for label in finding.labels),
    ]
    return workflow_command(_COMMANDS[finding.severity], "\n".join(lines), properties)


def workflow_command(name: str, message: str, properties: Mapping[str, str]) -> str:
    """Return one workflow command."""
    given = ",".join(f"{key}={value.translate(_PROPERTY)}" for key, value in properties.items())
    return f"::{name}{' ' if given else ''}{given}::{message.translate(_TEXT)}"


def _place(span: Span, source_of: SourceOf) -> dict[str, str]:
    """Return a place as properties; columns only where it ends in the line it begins in, GitHub takes no others."""
    place = {"file": span.path, "line": str(span.line)}
    source = source_of(span.path)
    line, column = source.end(span) if source else (span.line, span.column + span.length)
    if line == span.line:
        return place | {"col": str(span.column), "endColumn": str(column)}
    return place | {"endLine": str(line if column > 1 else line - 1)}
