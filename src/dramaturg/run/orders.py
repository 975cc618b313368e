"""A job to the order that a worker takes and back; its one rule: an order holds all it needs, and no key.

The texts of the persona's chain, the prompts and the artifacts travel with it, so that any worker performs it under
the text it was given with, whatever is installed there.
"""

import uuid
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from typing import Any
from urllib.parse import urlsplit

from dramaturg.engine.profile import Profile
from dramaturg.engine.prompts import Kernel
from dramaturg.errors import CallerError, JournalMiss
from dramaturg.evidence.artifact import Artifact
from dramaturg.models.hosts import is_loopback
from dramaturg.models.spec import ModelSpec, parse_spec
from dramaturg.persona.library import persona_of
from dramaturg.persona.scan import scan
from dramaturg.plan.compile import compile_plan
from dramaturg.run.inputs import undeclared_notes
from dramaturg.run.job import Job, parent_in
from dramaturg.run.journal import stem_of
from dramaturg.run.respond import Known, answers_of
from dramaturg.run.secrets import Handling, screened
from dramaturg.run.team import Choice

FORMAT = 1
_DIGITS = 8


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """How an order is to be performed, as `Runtime` takes it."""

    reasks: int
    strict: bool
    quotes: bool
    answers: Known
    yes: bool


def cleared(job: Job, choice: Choice, handling: Handling) -> Job:
    """Return a job whose artifacts may go where its models are; SecretsFound if they may not."""
    specs = [parse_spec(model) for model in (choice.model, *choice.others.values()) if isinstance(model, str)]
    if not any(map(_is_elsewhere, specs)):
        return job
    artifacts, told = screened(job.artifacts, handling)
    return replace(job, artifacts=artifacts, notes=(*job.notes, *told))


def _is_elsewhere(spec: ModelSpec) -> bool:
    nearby = bool(spec.base_url) and is_loopback(urlsplit(spec.base_url).hostname or "")
    return spec.kind in ("anthropic", "openai") and not nearby


def order_of(job: Job, choice: Choice, terms: Terms) -> dict[str, Any]:
    """Return the order for a job, as plain JSON data.

    Raises:
        CallerError: A model is none that a worker could open, or an answer's file cannot be read.
    """
    models = {"": choice.model, **choice.others}
    if not all(isinstance(model, str) for model in models.values()):
        raise CallerError("a worker opens models by name; give each as a str, such as `anthropic:NAME`")
    persona = job.plan.persona
    return {
        "format": FORMAT,
        "run": f"{stem_of(job.plan)}-{uuid.uuid4().hex[:_DIGITS]}",
        "plan": job.plan.digest,
        "schedule": job.plan.schedule,
        "persona": persona.alias,
        "chain": [{"path": file.path, "text": file.text} for file in persona.chain],
        "kernel": {"version": job.kernel.version, "sources": job.kernel.sources},
        "artifacts": [asdict(artifact) for artifact in job.artifacts],
        "model": models.pop(""),
        "models": models,
        "reasks": terms.reasks,
        "strict": terms.strict,
        "quotes": terms.quotes,
        "answers": {name: [asdict(answer) for answer in given] for name, given in answers_of(terms.answers).items()},
        "yes": terms.yes,
    }


def job_of(order: Mapping[str, Any]) -> Job:
    """Return the job of an order.

    Raises:
        CallerError: The order is of a format this version does not perform.
        JournalMiss: This version plans its persona otherwise.
    """
    if order.get("format") != FORMAT:
        raise CallerError(
            f"the order has format {order.get('format')}, this worker performs {FORMAT}; upgrade one of them"
        )
    files = [scan(file["path"], file["text"]) for file in order["chain"]]
    persona = persona_of(files[-1], lambda alias: parent_in(files, alias))
    plan = compile_plan(persona, schedule=order["schedule"])
    if plan.digest != order["plan"]:
        raise JournalMiss("", f"this worker compiles the persona of `{order['run']}` to another plan; use its version")
    kernel = Kernel(order["kernel"]["version"], order["kernel"]["sources"])
    artifacts = tuple(Artifact(**artifact) for artifact in order["artifacts"])
    return Job(plan=plan, artifacts=artifacts, kernel=kernel, notes=undeclared_notes(plan, artifacts))


def profile_of(data: Mapping[str, Any]) -> Profile:
    """Return the traits of a model that were kept."""
    return Profile(**data)
