"""Runs whose pages have everything a page can have, made by answers prepared beforehand."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from types import MappingProxyType
from typing import Any

from tests.support import BLUEPRINT, COMPOSE, envelope, item

from dramaturg import Runtime
from dramaturg.engine.calls import ModelCall, ModelReply, Usage
from dramaturg.models.scripted import ScriptedModel
from dramaturg.run.record import Record

Answers = Mapping[str, Sequence[dict[str, Any]]]
MODEL = "anthropic:claude-sonnet-5-5"
PERSONA = """---
alias: RLR-1
version: "2.1.0"
title: Release Reviewer
expected_artifacts:
  - id: blueprint
    type: primary
  - id: compose
    type: optional
---
<primary_directive>To say whether a release can go out.</primary_directive>
<operational_protocol>
<Step number="1" name="Ingest">Ingest the `BLUEPRINT`.</Step>
<Step number="2" name="Services" format="table">Produce a `SERVICES` table, each with: Service, Replicas, Port.</Step>
<Step number="3" name="Risks" format="findings">Produce a `RISKS` section. It MUST cover:
  - **Data loss:** What is stored, and what protects it.
  - **Capacity:** Whether the peak can be carried.
  - **Outage:** What stops the service.
It may include:
  - **Cost:** What it costs a month.</Step>
<Step number="4" name="Confirm">Ask for confirmation of the risks before anything else is written.</Step>
<Step number="5" name="Rollout" format="procedure">Produce a `ROLLOUT` section, including:
  - **Freeze:** How traffic is held off.
  - **Migrate:** How the schema is changed.</Step>
<Step number="6" name="Scripts" format="code">Produce a `SCRIPTS` section with the files that a person runs.</Step>
<Step number="7" name="Verdict" format="prose">Produce a `VERDICT` section: may it go out?</Step>
<Step number="8" name="Assemble">Combine all sections into a document titled "Release Review".</Step>
</operational_protocol>
"""
SCRIPT = """#!/bin/sh
set -eu
docker compose exec gateway parcelctl maintenance on
docker compose run --rm tracker alembic upgrade head
"""


def _quote(text: str, artifact: str = "BLUEPRINT") -> list[dict[str, str]]:
    return [{"artifact": artifact, "quote": text}]


def _row(service: str, replicas: str, port: str, quote: str) -> dict[str, Any]:
    cells = [("Service", service), ("Replicas", replicas), ("Port", port)]
    given = [{"column": column, "value": value} for column, value in cells]
    return item("SERVICES", text=f"The {service}", cells=given, evidence=_quote(quote))


ANSWERS: Answers = {
    "2": [
        _row("`gateway`", "2", "8080", "| `gateway` | Go 1.23 | 2 | 8080 |"),
        _row("`tracker`", "4", "8090", "| `tracker` | Python 3.12 | 4 | 8090 |"),
        _row("`console`", "2", "3000", "| `console` | TypeScript, static | 2 | 3000 |"),
    ],
    "3": [
        item("Data loss", text="Nothing says how `parcel-db` is backed up.", basis="missing", evidence=[]),
        item(
            "Capacity",
            text="Four trackers carry the peak of *90 events per second* if each takes 25.",
            basis="inference",
            evidence=_quote("peak of 90 per second between 17:00 and 19:00 UTC"),
            cells=[{"column": "Severity", "value": "medium"}],
        ),
        item(
            "Outage",
            text="If Auth0 is down, merchants keep working for an hour.",
            evidence=_quote("If Auth0 is down merchants keep working for an hour"),
            cells=[{"column": "Severity", "value": "high"}],
        ),
    ],
    "5": [
        item(
            "Freeze",
            text="Turn maintenance mode on; the gateway listens on port 8081.",
            command="docker compose exec gateway parcelctl maintenance on",
            expect="the API answers 503 with a `Retry-After` header",
            evidence=_quote("the API answers 503 with a `Retry-After` header and the console shows a banner"),
        ),
        item(
            "Migrate",
            text="Bring the schema to the release.",
            command="docker compose run --rm tracker alembic upgrade head",
            evidence=_quote("docker compose run --rm tracker alembic upgrade head"),
        ),
    ],
    "6": [
        item(
            "SCRIPTS",
            text="Freezes and migrates in one go.",
            file={"path": "bin/release.sh", "language": "sh", "content": SCRIPT},
            basis="inference",
            evidence=_quote("docker compose exec gateway parcelctl maintenance on"),
        )
    ],
    "7": [
        item(
            "VERDICT",
            text="It may go out once somebody has shown that a backup can be restored.",
            basis="inference",
            evidence=_quote("about 310 GB", "BLUEPRINT"),
        )
    ],
}


def _reply(call: ModelCall, answers: Answers) -> ModelReply:
    """Answer as a model that is good at most of it."""
    size = sum(len(message.text) for message in call.messages) // 4
    cached = size * 4 // 5 if call.step != "1" else 0
    text = envelope(answers.get(call.step, []), notes="Read." if call.step == "1" else "")
    usage = Usage(input=size, cache_read=cached, output=len(text) // 4)
    return ModelReply(text=text, usage=usage, model=MODEL.partition(":")[2])


def rich_run(
    folder: Path,
    inputs: Mapping[str, str | Path] | None = None,
    *,
    answers: Answers = MappingProxyType({}),
) -> Record:
    """Perform a persona with a section of every format on the example, and return its run.

    Args:
        folder: Where the persona's file may be written.
        inputs: Other artifacts.
        answers: Items of some steps that are answered otherwise.
    """
    persona = folder / "rlr-1.persona.md"
    persona.write_text(PERSONA, encoding="utf-8")
    told = {**ANSWERS, **answers}
    model = ScriptedModel(lambda call: _reply(call, told), name=MODEL)
    runtime = Runtime(model=model, answers={"4": "yes, go on"})
    result = runtime.run(str(persona), inputs or {"blueprint": BLUEPRINT, "compose": COMPOSE}, fresh=True)
    return runtime.record(result.report.run)
