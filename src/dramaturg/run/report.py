"""What a run amounts to for the caller; its one rule: plain data that becomes JSON without help."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

from dramaturg.engine.calls import Usage
from dramaturg.engine.outcome import Document
from dramaturg.findings.model import Finding


@dataclass(frozen=True, slots=True, kw_only=True)
class RunReport:
    """What a run used and found.

    Attributes:
        run: The run's id; empty when no journal was kept.
        persona: Alias and version.
        plan_digest: Identifies the plan performed.
        model: The model asked.
        calls: Answers taken from the model.
        replayed: Answers taken from the journal.
        usage: Tokens of the calls, the replayed ones not counted.
        findings: Everything found on the way.
    """

    run: str
    persona: str
    plan_digest: str
    model: str
    calls: int
    replayed: int
    usage: Usage
    findings: tuple[Finding, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class RunResult:
    """The document and how it came about."""

    document: Document
    report: RunReport

    @property
    def findings(self) -> tuple[Finding, ...]:
        """Everything found on the way."""
        return self.report.findings

    def to_json(self) -> dict[str, Any]:
        """Return the result as plain JSON data."""
        return {"document": asdict(self.document), "report": asdict(self.report)}


def findings_json(findings: Sequence[Finding]) -> list[dict[str, Any]]:
    """Return findings as plain JSON data."""
    return [asdict(finding) for finding in findings]
