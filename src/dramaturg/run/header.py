"""A brief to the first line of a journal; its one rule: it holds everything the run is decided by."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from dramaturg.engine.brief import Brief
from dramaturg.models.prices import Price
from dramaturg.run.record import FORMAT


def inputs_digest(brief: Brief) -> str:
    """Return what two runs share that would ask the same questions."""
    content = [
        brief.plan.digest,
        brief.kernel.digest,
        [[artifact.id, artifact.digest, artifact.primary] for artifact in brief.artifacts],
        brief.model,
        asdict(brief.profile),
        brief.reasks,
        brief.sample,
        [[step, asdict(each)] for step, each in sorted(brief.others.items())],
    ]
    return hashlib.sha256(json.dumps(content).encode()).hexdigest()


def header_of(
    run: str, brief: Brief, specs: Mapping[str, str], began: str, price: Price | None = None
) -> dict[str, Any]:
    """Return the header of a run.

    Args:
        run: Its id.
        brief: What it is decided by.
        specs: By the name of each model asked, the one by which it can be opened again.
        began: When it begins.
        price: What tokens of models cost whose price is not known; None where that was not said.
    """
    return {
        "type": "run",
        "format": FORMAT,
        "run": run,
        "plan": brief.plan.digest,
        "inputs": inputs_digest(brief),
        "schedule": brief.plan.schedule,
        "persona": brief.plan.persona.alias,
        "chain": [{"path": file.path, "text": file.text} for file in brief.plan.persona.chain],
        "kernel": {"version": brief.kernel.version, "sources": brief.kernel.sources},
        "artifacts": [asdict(artifact) for artifact in brief.artifacts],
        "spec": specs[brief.model],
        "model": brief.model,
        "profile": asdict(brief.profile),
        "reasks": brief.reasks,
        "sample": brief.sample,
        "began": began,
        "others": {step: {"spec": specs[each.model], **asdict(each)} for step, each in sorted(brief.others.items())},
        "price": str(price) if price else None,
    }
