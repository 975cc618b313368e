"""The shipped personas, each with the example case that suits it best."""

from collections.abc import Mapping
from pathlib import Path

from tests.support import ROOT

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
