"""What a run amounts to for the caller; its one rule: plain data that becomes JSON without help."""

from collections.abc import Mapping, Sequence
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
        cost: US dollars of these calls; None where a price is not known.
        findings: Everything found on the way.
    """

    run: str
    persona: str
    plan_digest: str
    model: str
    calls: int
    replayed: int
    usage: Usage
    cost: float | None
    findings: tuple[Finding, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class HandedOver:
    """Work prepared for another persona: `run_persona(handed.persona, handed.inputs)` performs it.

    Attributes:
        persona: Its alias, as the step names it.
        mandate: What it is asked to do.
        inputs: Texts by artifact id: what the run worked from, its document and the mandate.
    """

    persona: str
    mandate: str
    inputs: Mapping[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class RunResult:
    """The document and how it came about.

    Attributes:
        document: What was asked for.
        report: What it took.
        handoffs: Work prepared for other personas.
        followed: What became of it, where the run was told to follow.
    """

    document: Document
    report: RunReport
    handoffs: tuple[HandedOver, ...] = ()
    followed: tuple["RunResult", ...] = ()

    @property
    def findings(self) -> tuple[Finding, ...]:
        """Everything found on the way."""
        return self.report.findings

    def to_json(self) -> dict[str, Any]:
        """Return the result as plain JSON data."""
        return {
            "document": asdict(self.document),
            "report": asdict(self.report),
            "handoffs": [asdict(handed) for handed in self.handoffs],
            "followed": [result.to_json() for result in self.followed],
        }


def result_schema() -> dict[str, Any]:
    """Return the JSON Schema (2020-12) of what `RunResult.to_json` gives."""
    from pydantic import TypeAdapter  # noqa: PLC0415 - a run that writes no JSON schema does not wait for this one

    schema = TypeAdapter(RunResult).json_schema(mode="serialization")
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", "title": "The result of a run", **schema}


def findings_json(findings: Sequence[Finding]) -> list[dict[str, Any]]:
    """Return findings as plain JSON data."""
    return [asdict(finding) for finding in findings]
