"""What many tests need: the example, a job made of it, a model that answers well, a flow driven by hand."""

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from dramaturg.data import personas_root, prompts_root
from dramaturg.engine.brief import Brief
from dramaturg.engine.calls import Answer as Said
from dramaturg.engine.calls import Answered, Batch, ModelCall, ModelReply, Question, Questions, Reply
from dramaturg.engine.events import Event
from dramaturg.engine.flow import perform
from dramaturg.engine.outcome import Outcome
from dramaturg.engine.profile import Profile
from dramaturg.errors import ModelError
from dramaturg.models.profiles import hosted
from dramaturg.models.scripted import Answer, ScriptedModel
from dramaturg.persona.library import Library
from dramaturg.plan.model import Requirement
from dramaturg.run.job import Job, Plans, prepare

ROOT = Path(__file__).resolve().parents[1]
EXAMPLE = ROOT / "evals" / "cases" / "parcel-tracking"
BLUEPRINT = EXAMPLE / "blueprint.md"
COMPOSE = EXAMPLE / "compose.yml"
INPUTS: dict[str, str | Path] = {"architectural_blueprint": BLUEPRINT, "raw_docker_compose": COMPOSE}
QUOTE = "All services run as containers on two hosts"


def dpa1_job() -> Job:
    """Return DPA-1 on the example, ready to be performed."""
    return prepare(Plans(Library((personas_root(),))), prompts_root(), "DPA-1", INPUTS)


def dpa1_brief(profile: Profile | None = None, reasks: int = 2, model: str = "scripted") -> Brief:
    """Return a brief for DPA-1 on the example."""
    return dpa1_job().brief(profile or hosted(), model, reasks)


def item(covers: str, **changes: Any) -> dict[str, Any]:
    """Return one well-formed item of the envelope that covers a requirement with a true quote."""
    return {
        "text": f"Do what is demanded: {covers}",
        "command": "",
        "expect": "",
        "file": {"path": "", "language": "", "content": ""},
        "cells": [],
        "covers": [covers],
        "basis": "evidence",
        "evidence": [{"artifact": "ARCHITECTURE_BLUEPRINT", "quote": QUOTE}],
    } | changes


def envelope(items: Sequence[dict[str, Any]] = (), **changes: Any) -> str:
    """Return an answer in the constant envelope."""
    return json.dumps({"notes": "", "signals": [], "questions": [], "items": [*items]} | changes)


def good_answer(call: ModelCall) -> str:
    """Return an answer to a hosted call that nothing is wrong with."""
    return envelope([item(requirement.id) for requirement in call.owes], notes="seen")


def gone_at(step: str) -> ScriptedModel:
    """Return a model that answers well and fails for good at one step."""

    def answer(call: ModelCall) -> Answer:
        return ModelError("the provider is gone", retryable=False) if call.step == step else good_answer(call)

    return ScriptedModel(answer)


def asked(model: ScriptedModel) -> list[str]:
    """Return the steps a model was asked for, in order."""
    return [call.step for call in model.calls]


def requirement_ids(requirements: Sequence[Requirement]) -> list[str]:
    """Return the ids of requirements, in order."""
    return [requirement.id for requirement in requirements]


@dataclass
class Performance:
    """A flow driven by hand: what it asked whom, what it said, what came of it."""

    calls: list[ModelCall] = field(default_factory=list)
    batches: list[int] = field(default_factory=list)
    questions: list[Question] = field(default_factory=list)
    events: list[Event] = field(default_factory=list)
    outcome: Outcome | None = None


def says_yes(question: Question) -> Said:
    """Answer as an agreeable person does who knows nothing."""
    return Said(text="yes" if question.kind == "confirm" else "")


def perform_by_hand(
    brief: Brief,
    answer: Callable[[ModelCall], str | ModelReply],
    person: Callable[[Question], Said] = says_yes,
    first: Callable[[Sequence[ModelCall]], int] = lambda _: 0,
) -> Performance:
    """Drive a flow to its end without any driver; exceptions of the flow come through.

    Args:
        brief: What to perform.
        answer: The model.
        person: Whoever is asked what only a person can answer.
        first: Says which of the calls under way is answered first.
    """
    performance = Performance()
    flow = perform(brief)
    reply: Reply | None = None
    under_way: list[ModelCall] = []

    def replied(call: ModelCall) -> ModelReply:
        performance.calls.append(call)
        given = answer(call)
        return given if isinstance(given, ModelReply) else ModelReply(text=given)

    while True:
        try:
            request = flow.send(reply)
        except StopIteration as stop:
            performance.outcome = stop.value
            return performance
        reply = None
        if isinstance(request, ModelCall):
            reply = replied(request)
        elif isinstance(request, Batch):
            under_way += request.calls
            performance.batches.append(len(request.calls))
            call = under_way.pop(first(under_way))
            reply = Answered(call=call, reply=replied(call))
        elif isinstance(request, Questions):
            performance.questions += request.questions
            reply = tuple(map(person, request.questions))
        else:
            performance.events.append(request)
