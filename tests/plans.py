"""Small personas made on the spot, for what the reference persona does not show, and models that answer as told."""

import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from tests.support import QUOTE, good_answer

from dramaturg.data import prompts_root
from dramaturg.engine.brief import Brief
from dramaturg.engine.calls import ModelCall, ModelReply
from dramaturg.engine.profile import Profile
from dramaturg.evidence.artifact import Artifact
from dramaturg.findings.model import Finding, Severity
from dramaturg.models.profiles import hosted
from dramaturg.persona.library import persona_of
from dramaturg.persona.model import PersonaFile
from dramaturg.persona.scan import scan
from dramaturg.plan.compile import compile_plan
from dramaturg.plan.model import Plan, PlannedStep
from dramaturg.run.kernels import load_kernel

PATH = "made-up.persona.md"
HEAD = """---
alias: MADE-UP-1
version: 1.0.0
title: Made Up
input_mode: {mode}
expected_artifacts:
  - id: blueprint
    type: primary
---

<operational_protocol>
"""
FIRST_LINE = HEAD.count("\n") + 1
BLUEPRINT = Artifact(
    id="blueprint", text="# Parts\n\nThe gateway listens on port 8080.\nThe tracker writes to PostgreSQL.\n"
)
Answer = Callable[[ModelCall], str | ModelReply]


def plan_of(protocol: str, mode: str = "evidence-driven") -> Plan:
    """Return the plan of a persona with this protocol, which begins in line `FIRST_LINE` of its file."""
    text = f"{HEAD.format(mode=mode)}{protocol.rstrip()}\n</operational_protocol>\n"
    return compile_plan(persona_of(scan(PATH, text), _orphan))


def step_of(protocol: str, mode: str = "evidence-driven") -> PlannedStep:
    """Return the plan's first section step."""
    return next(iter(plan_of(protocol, mode).sections))


def brief_of(
    plan: Plan, *, artifacts: Sequence[Artifact] = (BLUEPRINT,), profile: Profile | None = None, reasks: int = 2
) -> Brief:
    """Return a brief for a plan."""
    return Brief(
        plan=plan,
        artifacts=tuple(artifacts),
        kernel=load_kernel(prompts_root(), plan.persona),
        profile=profile or hosted(),
        model="scripted",
        reasks=reasks,
    )


def answering(told: Mapping[tuple[str, int], str | ModelReply | Answer], otherwise: Answer = good_answer) -> Answer:
    """Return a model that answers given steps and attempts as told, and all else well."""

    def answer(call: ModelCall) -> str | ModelReply:
        given = told.get((call.step, call.attempt), otherwise)
        return given(call) if callable(given) else given

    return answer


def answering_narrowed(call: ModelCall) -> str:
    """Return an answer to a local engine's call that nothing is wrong with, filled into the schema it was given."""
    return json.dumps(filled(call.schema))


def filled(schema: Mapping[str, Any], name: str = "") -> Any:
    """Return what a schema of ours asks for, with a true quote."""
    match schema["type"]:
        case "object":
            return {key: filled(value, key) for key, value in schema["properties"].items()}
        case "array":
            return [filled(schema["items"], name)] * schema.get("minItems", 1)
        case "number":
            return 85
        case _:
            pass
    if "enum" in schema:
        return schema["enum"][0]
    text = QUOTE if name == "quote" else f"The {name} of this item is as demanded."
    return text[: schema["maxLength"]].rsplit(" ", 1)[0]


def _orphan(alias: str) -> PersonaFile | Finding:
    return Finding(rule="P301", severity=Severity.ERROR, message=f"no persona is called `{alias}`")
