"""A persona and a model to what a run costs at most; its one rule: nothing is asked, and nothing is rounded down."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any
from urllib.parse import urlsplit

from dramaturg.engine.profile import Profile
from dramaturg.models import profiles
from dramaturg.models.hosts import is_loopback
from dramaturg.models.prices import parse_price
from dramaturg.models.spec import ModelSpec
from dramaturg.persona.model import fold_id
from dramaturg.run.budget import Estimate, Tariffs, estimates
from dramaturg.run.inputs import Given, collect_artifacts
from dramaturg.run.job import Job
from dramaturg.run.runtime import Runtime

_NOTHING = "-"


@dataclass(frozen=True, slots=True, kw_only=True)
class Costs:
    """What a run takes at most.

    Attributes:
        model: The model asked.
        steps: Each step that it is asked for, once.
        attempts: How often an answer can be asked for, re-asks included.
        lacking: Primary artifacts that were not given, which count nothing.
    """

    model: str
    steps: Sequence[Estimate]
    attempts: int
    lacking: Sequence[str]

    @property
    def once(self) -> Decimal | None:
        """Dollars if each answer is accepted at once; None where a price is not known."""
        known = [each.usd for each in self.steps if each.usd is not None]
        return sum(known, Decimal(0)) if len(known) == len(self.steps) else None

    @property
    def most(self) -> Decimal | None:
        """Dollars if each answer is asked for as often as can be."""
        return None if self.once is None else self.once * self.attempts

    def to_json(self) -> dict[str, Any]:
        """Return all of it as plain JSON data, dollars as numbers."""
        steps = [
            {"step": each.step.id, "title": each.step.title, "model": each.model}
            | {"tokens_in": each.tokens_in, "tokens_out": each.tokens_out, "usd": _number(each.usd)}
            for each in self.steps
        ]
        totals = {"once": _number(self.once), "most": _number(self.most), "attempts": self.attempts}
        return {"model": self.model, "steps": steps, "usd": totals, "lacking": [*self.lacking]}


def costs_of(
    persona: str,
    inputs: Mapping[str, Given],
    *,
    model: str | None = None,
    price: str | None = None,
    parallel: bool | None = None,
    reasks: int = 2,
) -> Costs:
    """Return what a run costs at most; see `Runtime` for the parameters.

    Raises:
        AuthorError, CallerError: As a run would.
    """
    runtime = Runtime(model=model, parallel=parallel, reasks=reasks)
    spec = runtime.wanted.spec()
    tariffs = Tariffs(given=None if price is None else parse_price(price))
    job, lacking = _job(runtime, persona, inputs)
    brief = job.brief(_profile(spec), str(spec), reasks)
    return Costs(model=str(spec), steps=estimates(brief, tariffs), attempts=reasks + 1, lacking=lacking)


def _job(runtime: Runtime, persona: str, inputs: Mapping[str, Given]) -> tuple[Job, Sequence[str]]:
    """Return the job, and the primary artifacts that stand in it as nothing because they are not given."""
    job = runtime.job(persona)
    there = {fold_id(name) for name in inputs}
    names = {spec.id: {fold_id(spec.id), fold_id(job.plan.names[spec.id])} for spec in job.plan.persona.artifacts}
    lacking = [spec.id for spec in job.plan.persona.artifacts if spec.primary and not names[spec.id] & there]
    artifacts, notes = collect_artifacts(job.plan, {**dict.fromkeys(lacking, _NOTHING), **inputs})
    return Job(plan=job.plan, artifacts=artifacts, kernel=job.kernel, notes=notes), lacking


def _profile(spec: ModelSpec) -> Profile:
    """Return the traits a model is likely to have, without opening it."""
    match spec.kind:
        case "evidence":
            return profiles.quoting()
        case "gguf":
            return profiles.local(None)
        case "openai" if spec.base_url and is_loopback(urlsplit(spec.base_url).hostname or ""):
            return profiles.local(None)
        case _:
            return profiles.hosted()


def _number(usd: Decimal | None) -> float | None:
    return None if usd is None else float(usd)
