"""A plan to what identifies it; its one rule: what is asked counts, where it was read does not."""

import hashlib
from collections.abc import Sequence
from typing import Any

from dramaturg.persona.model import Persona
from dramaturg.plan.model import PlannedStep


def plan_digest(persona: Persona, steps: Sequence[PlannedStep], document: str, envelope: str) -> str:
    """Return what identifies the plan: its meaning and the texts it came from, not where they were read."""
    meaning: list[Any] = [persona.digest, persona.alias, persona.engine_version, envelope, document]
    for step in steps:
        owed = [[each.id, each.text, str(each.level), each.column] for each in step.requirements]
        ways = [[branch.check, branch.goes_to, branch.bound] for branch in step.branches]
        what = [step.id, str(step.kind), step.section, str(step.format), step.instruction, step.hands_to]
        signals = [[signal.name, signal.form] for signal in step.signals]
        meaning.append([*what, owed, step.needs, ways, step.also, signals, step.each])
    return hashlib.sha256(repr(meaning).encode("utf-8", "backslashreplace")).hexdigest()
