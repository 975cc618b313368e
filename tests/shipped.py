"""The shipped personas, each with the example case that suits it best, and a model that writes all they ask for."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from tests.support import ROOT, envelope, item

from dramaturg.engine.calls import ModelCall
from dramaturg.plan.model import Format, Kind, Plan, PlannedStep

_LEAST = 20
_CASES = ROOT / "evals" / "cases"
_PARCEL = _CASES / "parcel-tracking"
_OUTAGE = _CASES / "checkout-outage"
_LEDGER = _CASES / "ledger-bigint"
_INVOICE = _CASES / "invoice-import"
_RELAY = _CASES / "relay-release"
_STUCK = _CASES / "stuck-webhooks"
_DESIGN = _CASES / "document-sharing" / "design.md"

CASES: Mapping[str, Mapping[str, str | Path]] = {
    "ADR-1": {"decision_material": _LEDGER / "change-request.md", "constraints": _LEDGER / "conditions.md"},
    "ARV-1": {"architecture_proposal": _DESIGN},
    "BCAA-1": {"brief": _LEDGER / "change-request.md", "background": _LEDGER / "conditions.md"},
    "CAP-1": {"usage_report": _LEDGER / "conditions.md", "architecture": _PARCEL / "blueprint.md"},
    "CCA-1": {"configuration": _PARCEL / "compose.yml", "baseline": _PARCEL / "blueprint.md"},
    "CRV-1": {"source_code": _INVOICE / "invoice-import.ts", "change_description": _INVOICE / "pull-request.md"},
    "DEX-1": {"source_document": _STUCK / "incident.md", "target_schema": _LEDGER / "schema.sql"},
    "DKR-1": {"project_manifest": _PARCEL / "compose.yml", "runtime_notes": _PARCEL / "blueprint.md"},
    "DOC-1": {"source_material": _PARCEL},
    "DPA-1": {"architectural_blueprint": _PARCEL / "blueprint.md", "raw_docker_compose": _PARCEL / "compose.yml"},
    "IRW-1": {"incident_log": _OUTAGE / "incident.log", "chat_transcript": _OUTAGE / "chat.md"},
    "LOG-1": {"log_extract": _OUTAGE / "incident.log"},
    "MIG-1": {
        "current_schema": _LEDGER / "schema.sql",
        "change_request": _LEDGER / "change-request.md",
        "operating_conditions": _LEDGER / "conditions.md",
    },
    "PBA-1": {"performance_evidence": _STUCK / "incident.md"},
    "PLA-1": {"persona_files": ROOT / "personas" / "dpa-1.persona.md"},
    "PMF-1": {"incident_report": _STUCK / "incident.md", "chat_transcript": _OUTAGE / "chat.md"},
    "RBW-1": {"service_description": _PARCEL / "blueprint.md", "past_incidents": _STUCK / "incident.md"},
    "RCA-1": {"incident_record": _STUCK / "incident.md", "change_history": _STUCK / "changes.md"},
    "REQ-1": {"product_brief": _LEDGER / "change-request.md"},
    "RFP-1": {"source_code": _INVOICE / "invoice-import.ts", "planned_change": _INVOICE / "pull-request.md"},
    "RNW-1": {"change_log": _RELAY / "changes.md", "previous_notes": _RELAY / "previous-notes.md"},
    "SAA-1": {"system_description": _PARCEL / "blueprint.md", "deployment_manifest": _PARCEL / "compose.yml"},
    "SEC-1": {"source_code": _INVOICE},
    "TMD-1": {"system_description": _DESIGN},
    "TSA-1": {"system_description": _PARCEL / "blueprint.md", "incident_history": _STUCK / "incident.md"},
    "TSW-1": {"situation": _PARCEL / "blueprint.md", "constraints": _LEDGER / "conditions.md"},
    "UTE-1": {"source_code": _INVOICE / "invoice-import.ts"},
}


def writer(plan: Plan) -> Callable[[ModelCall], str]:
    """Return a model that fills every section of a plan as it is laid out, from true lines of the artifacts."""
    steps = {step.id: step for step in plan.steps}

    def answer(call: ModelCall) -> str:
        step = steps[call.step]
        lines = [(artifact.id, line.strip()) for artifact in call.artifacts for line in artifact.text.splitlines()]
        long = [(name, line) for name, line in lines if len(line) > _LEAST and not set(line) & set("|#`")]
        quotes = [(name, line) for name, line in long if not any(map(str.isdigit, line))] or long or lines
        items = [
            _item(step, f"entry {chr(97 + at)}", names, *quotes[(7 * at) % len(quotes)])
            for at, names in enumerate(_shares(step))
        ]
        forms = {"number": "85", "yes or no": "yes"}
        signals = [{"name": signal.name, "value": forms.get(signal.form, "as it is")} for signal in step.signals]
        return envelope(items, signals=signals, notes="Read.")

    return answer


def _shares(step: PlannedStep) -> list[list[str]]:
    """Return what each item of a step covers: one for each demand, three for a section without any."""
    if step.kind is not Kind.SECTION:
        return []
    names = [each.id for each in step.owes if not (each.column or each.whole_section)]
    return [[name] for name in names] or [[step.section]] * 3


def _item(step: PlannedStep, known_as: str, names: list[str], artifact: str, line: str) -> dict[str, Any]:
    said = f"{line.strip('-* ')} ({known_as})"
    empty = item("")
    return empty | {
        "text": said,
        "covers": [*names, *step.columns],
        "cells": [{"column": column, "value": f"{column} of {known_as}: {line[:40]}"} for column in step.columns],
        "command": f"echo {len(said)}" if step.format is Format.PROCEDURE else "",
        "expect": "a number" if step.format is Format.PROCEDURE else "",
        "file": {"path": "a/b.txt", "language": "text", "content": said}
        if step.format is Format.CODE
        else empty["file"],
        "evidence": [{"artifact": artifact, "quote": line}],
    }
