"""A job to the order that a worker takes and back; its one rule: an order holds all it needs, and no key.

The texts of the persona's chain, the prompts and the artifacts travel with it, so that any worker performs it under
the text it was given with, whatever is installed there.
"""

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from decimal import Decimal
from typing import Any
from urllib.parse import urlsplit

from dramaturg.engine.profile import Profile
from dramaturg.engine.prompts import Kernel
from dramaturg.errors import CallerError, JournalMiss
from dramaturg.evidence.artifact import Artifact
from dramaturg.models.hosts import is_loopback
from dramaturg.models.prices import Price
from dramaturg.models.spec import ModelSpec, parse_spec
from dramaturg.persona.library import persona_of
from dramaturg.persona.scan import scan
from dramaturg.plan.compile import compile_plan
from dramaturg.run.budget import Limits, Tariffs, require_prices
from dramaturg.run.inputs import artifact_notes
from dramaturg.run.job import Job, parent_in
from dramaturg.run.journal_folder import stem_of
from dramaturg.run.respond import Known, answers_of, cleaned
from dramaturg.run.secrets import Handling, screened
from dramaturg.run.team import Choice
from dramaturg.run.telemetry import carrier

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
    window: int | None
    limits: Limits
    price: Price | None


def cleared(job: Job, choice: Choice, terms: Terms, handling: Handling) -> tuple[Job, Terms]:
    """Return a job and its terms as they may go where its models are; SecretsFound if they may not."""
    if not leave_this_machine(named(choice)):
        return job, terms
    artifacts, told = screened(job.artifacts, handling)
    answers = {
        name: [cleaned(answer, name, handling) for answer in given] for name, given in answers_of(terms.answers).items()
    }
    return replace(job, artifacts=artifacts, notes=(*job.notes, *told)), replace(terms, answers=answers)


def leave_this_machine(models: Sequence[str]) -> bool:
    """Tell whether what models of these names are asked goes elsewhere than to the machine that asks."""
    return any(map(_is_elsewhere, map(parse_spec, models)))


def _is_elsewhere(spec: ModelSpec) -> bool:
    nearby = bool(spec.base_url) and is_loopback(urlsplit(spec.base_url).hostname or "")
    return spec.kind in ("anthropic", "openai") and not nearby


def order_of(job: Job, choice: Choice, terms: Terms) -> dict[str, Any]:
    """Return the order for a job, as plain JSON data.

    Raises:
        CallerError: A model is none that a worker could open, a budget cannot be kept because a price is not known, or
            an answer's file cannot be read.
    """
    models = named(choice)
    require_prices(terms.limits, Tariffs(given=terms.price), models)
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
        "model": choice.model,
        "models": dict(choice.others),
        "fallback": list(choice.fallback),
        "window": terms.window,
        "reasks": terms.reasks,
        "strict": terms.strict,
        "quotes": terms.quotes,
        "answers": {name: [asdict(answer) for answer in given] for name, given in answers_of(terms.answers).items()},
        "yes": terms.yes,
        "limits": limits_data(terms.limits),
        "price": str(terms.price) if terms.price else None,
        "trace": carrier(),
    }


def models_in(order: Mapping[str, Any]) -> list[str]:
    """Return the names of all models that an order may be asked of."""
    return [order["model"], *order["models"].values(), *order["fallback"]]


def named(choice: Choice) -> list[str]:
    """Return the names of all models that may be asked; CallerError for one that has only an object."""
    models = [choice.model, *choice.others.values(), *choice.fallback]
    names = [model for model in models if isinstance(model, str)]
    if len(names) != len(models):
        raise CallerError("a worker opens models by name; give each as a str, such as `anthropic:NAME`")
    return names


def limits_data(limits: Limits) -> dict[str, Any]:
    """Return limits as plain JSON data."""
    usd = None if limits.usd is None else str(limits.usd)
    return {"usd": usd, "tokens": limits.tokens, "seconds": limits.seconds}


def limits_of(data: Mapping[str, Any]) -> Limits:
    """Return limits that were kept."""
    usd = None if data["usd"] is None else Decimal(data["usd"])
    return Limits(usd=usd, tokens=data["tokens"], seconds=data["seconds"])


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
    return Job(plan=plan, artifacts=artifacts, kernel=kernel, notes=artifact_notes(plan, artifacts))


def profile_of(data: Mapping[str, Any]) -> Profile:
    """Return the traits of a model that were kept."""
    return Profile(**data)
