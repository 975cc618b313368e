"""Findings to a SARIF 2.1.0 log; its one rule: a place means the same whoever reads the log, wherever they read it.

Names and meanings: https://docs.oasis-open.org/sarif/sarif/v2.1.0/sarif-v2.1.0.html
"""

import os
from collections.abc import Iterable, Sequence
from pathlib import PurePosixPath
from typing import Any
from urllib.parse import quote

from dramaturg.findings.catalogue import Rule
from dramaturg.findings.model import Edit, Finding, Label, Span
from dramaturg.findings.render import SourceOf


def sarif_log(
    findings: Sequence[Finding],
    refused: Iterable[str],
    *,
    rules: Sequence[Rule],
    source_of: SourceOf,
    folder: str,
    version: str,
) -> dict[str, Any]:
    """Return the log of one check as JSON data.

    Args:
        findings: What was found.
        refused: What could not be checked, and why.
        rules: The rules of the findings, at least.
        source_of: Gives the text of a path, None where it cannot be read; a region has no end then.
        folder: The absolute working folder; files below it are named relative to `%SRCROOT%`.
        version: The version of the program that found it all.
    """
    writer = _Writer(source_of=source_of, folder=folder)
    index = {rule.id: position for position, rule in enumerate(rules)}
    failures = [{"level": "error", "message": {"text": reason}} for reason in refused]
    run = {
        "tool": {"driver": {"name": "dramaturg", "version": version, "rules": [_rule(rule) for rule in rules]}},
        "invocations": [{"executionSuccessful": not failures, "toolExecutionNotifications": failures}],
        "columnKind": "unicodeCodePoints",
        "results": [writer.result(finding, index[finding.rule]) for finding in findings],
    }
    return {"$schema": "https://json.schemastore.org/sarif-2.1.0.json", "version": "2.1.0", "runs": [run]}


def _rule(rule: Rule) -> dict[str, Any]:
    return {
        "id": rule.id,
        "shortDescription": {"text": rule.title},
        "fullDescription": {"text": rule.summary},
        "help": {"text": rule.page, "markdown": rule.page},
        "defaultConfiguration": {"level": str(rule.severity)},
    }


class _Writer:
    """Writes places as they are from one folder."""

    def __init__(self, *, source_of: SourceOf, folder: str) -> None:
        self.source_of = source_of
        self.folder = folder

    def result(self, finding: Finding, index: int) -> dict[str, Any]:
        """Return a finding as a result."""
        text = f"{finding.message}; {finding.help}" if finding.help else finding.message
        result: dict[str, Any] = {
            "ruleId": finding.rule,
            "ruleIndex": index,
            "level": str(finding.severity),
            "message": {"text": text},
        }
        if finding.span:
            said = {"message": {"text": finding.note}} if finding.note else {}
            result["locations"] = [{"physicalLocation": self.place(finding.span), **said}]
        if finding.labels:
            result["relatedLocations"] = [self.related(label, at) for at, label in enumerate(finding.labels, start=1)]
        if finding.edits:
            result["fixes"] = [{"description": {"text": finding.help or finding.message}, **self.fix(finding.edits)}]
        return result

    def related(self, label: Label, number: int) -> dict[str, Any]:
        """Return a label as a related location; one in no file of today, such as `HEAD~1:a.md`, in words only."""
        if self.source_of(label.span.path) is None:
            return {"id": number, "message": {"text": f"{label.span}: {label.text}"}}
        return {"id": number, "physicalLocation": self.place(label.span), "message": {"text": label.text}}

    def fix(self, edits: Sequence[Edit]) -> dict[str, Any]:
        """Return edits as the changes of each file."""
        changes = [
            {
                "artifactLocation": self.file(path),
                "replacements": [
                    {"deletedRegion": self.region(edit.span), "insertedContent": {"text": edit.text}}
                    for edit in edits
                    if edit.span.path == path
                ],
            }
            for path in dict.fromkeys(edit.span.path for edit in edits)
        ]
        return {"artifactChanges": changes}

    def place(self, span: Span) -> dict[str, Any]:
        """Return a span as a physical location."""
        return {"artifactLocation": self.file(span.path), "region": self.region(span)}

    def file(self, path: str) -> dict[str, str]:
        """Return a file as an artifact location."""
        whole = PurePosixPath(os.path.normpath(os.path.join(self.folder, path)))  # noqa: PTH118 - text only, no disk
        if whole.is_relative_to(self.folder):
            return {"uri": quote(os.fsencode(whole.relative_to(self.folder))), "uriBaseId": "%SRCROOT%"}
        return {"uri": whole.as_uri()}

    def region(self, span: Span) -> dict[str, int]:
        """Return a span as a region, whose end is exclusive."""
        begin = {"startLine": span.line, "startColumn": span.column}
        source = self.source_of(span.path)
        if source is None:
            return begin
        line, column = source.end(span)
        return begin | {"endLine": line, "endColumn": column}
