"""Models and the steps they are asked for; its one rule: who is asked what is settled before anything is."""

from collections.abc import Mapping, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from dramaturg.engine.brief import JUDGE, Respondent
from dramaturg.engine.profile import Profile
from dramaturg.errors import CallerError
from dramaturg.models.model import Model
from dramaturg.models.pool import Pool
from dramaturg.models.spec import ModelSpec, default_spec, parse_spec
from dramaturg.plan.model import Kind, Plan
from dramaturg.run.project import Place, Project
from dramaturg.run.record import Record
from dramaturg.run.settings import blaming

Named = str | Model
Where = Place | str  # as text, where a value was found
_MODEL = "DRAMATURG_MODEL"


@dataclass(frozen=True, slots=True, kw_only=True)
class Team:
    """The models of a run.

    Attributes:
        model: Whom to ask.
        specs: By the name of each model, the one by which it can be opened again.
        others: Whom to ask for some steps instead, by step id.
        fallback: Whom to ask where one of them cannot be had.
    """

    model: Model
    specs: Mapping[str, str]
    others: Mapping[str, Model] = field(default_factory=dict)
    fallback: Sequence[Model] = ()

    def asked(self, name: str) -> Sequence[Model]:
        """Return whom to ask in place of a model's name, one after the other."""
        own = next((each for each in (self.model, *self.others.values()) if each.name == name), self.model)
        return (own, *(each for each in self.fallback if each is not own))

    @property
    def all(self) -> tuple[Model, ...]:
        """Everyone who may be asked."""
        return (self.model, *self.others.values(), *self.fallback)

    @property
    def respondents(self) -> Mapping[str, Respondent]:
        """Name and traits of each of the others, by step id."""
        return {step: Respondent(model=each.name, profile=each.profile) for step, each in self.others.items()}


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """The models that are wanted.

    Attributes:
        model: The run's own.
        others: Those of some steps, by step id.
        fallback: Those to fall back on.
        found: Where each of them was found that nobody gave, by its name.
    """

    model: Named
    others: Mapping[str, Named] = field(default_factory=dict)
    fallback: Sequence[Named] = ()
    found: Mapping[str, Where] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """The models that are wanted of whatever is performed; see `Runtime`.

    Attributes:
        model: The run's own.
        place: Where it was found; None where it was given.
        models: Those that were given for some steps, by step id or kind of step.
        project: Names those that nobody gave.
        judge: Whoever judges claims.
        fallback: Those to fall back on.
    """

    model: Named
    place: Where | None
    models: Mapping[str, Named]
    project: Project
    judge: Named | None
    fallback: Sequence[Named]

    def spec(self) -> ModelSpec:
        """Return what the name of the run's own model says; CallerError if it is none."""
        with blaming(self.place):
            return parse_spec(str(self.model))

    def choice(self, plan: Plan) -> Choice:
        """Return the models for a plan.

        Raises:
            CallerError: One is wanted for what is neither a step of the plan nor a kind, or a name found means nothing.
        """
        settled = self._settled(plan)
        models = {**{key: model for key, (model, _) in settled.items()}, **self.models}
        others = models_of_steps(plan, models, {key: place for key, (_, place) in settled.items()})
        found: dict[str, Where] = dict(settled.values())
        if self.place is not None:
            found[str(self.model)] = self.place
        for name, place in found.items():
            with blaming(place):
                parse_spec(name)
        judging = {} if self.judge is None else {JUDGE: self.judge}
        return Choice(model=self.model, others={**others, **judging}, fallback=self.fallback, found=found)

    def _settled(self, plan: Plan) -> Mapping[str, tuple[str, Place]]:
        """Return the project's models for a plan and where they are set, by step id or kind; none that was given.

        The number of a step that this persona does not have is there for others, unless it stands below its alias.
        """
        steps = {step.id for step in plan.calls}
        return {
            keys[-1]: (model, self.project.place("models", *keys))
            for keys, model in self.project.models_of(plan.persona.alias).items()
            if keys[-1] not in self.models and (len(keys) > 1 or keys[-1] in steps or not keys[-1][:1].isdecimal())
        }


def wanted_models(
    project: Project,
    environment: Mapping[str, str],
    *,
    model: Named | None,
    models: Mapping[str, Named],
    judge: Named | None,
    fallback: str | Sequence[Named],
) -> Wanted:
    """Return the models that are wanted: what is not given is found in the environment or the project."""
    found, place = found_model(project, environment)
    return Wanted(
        model=found if model is None else model,
        place=place if model is None else None,
        models=models,
        project=project,
        judge=judge,
        fallback=(fallback,) if isinstance(fallback, str) else tuple(fallback),
    )


def found_model(project: Project, environment: Mapping[str, str]) -> tuple[str, Where | None]:
    """Return the model to use where none is given, and where it was found; None where nothing names one."""
    if named := environment.get(_MODEL):
        return named, f"`{_MODEL}`"
    if project.model:
        return project.model, project.place("model")
    return default_spec(environment), None


def chosen_then(record: Record, model: Named, fallback: Sequence[Named]) -> Choice:
    """Return the models that a run began with, to go on with; CallerError if `model`, an object, is none of them."""
    header = record.header
    if not isinstance(model, str) and model.name != header["model"]:
        raise CallerError(f"run `{record.run}` began with `{header['model']}`; resume it with that model")
    others = {step: each["spec"] for step, each in header.get("others", {}).items()}
    return Choice(model=header["spec"] if isinstance(model, str) else model, others=others, fallback=fallback)


def models_of_steps(plan: Plan, wanted: Mapping[str, Named], found: Mapping[str, Where]) -> Mapping[str, Named]:
    """Return which model each step is asked of, by step id, where another is wanted than the run's own.

    Args:
        plan: What is performed.
        wanted: Models by step id or by kind of step; the step counts first.
        found: Where each of these keys was found that nobody gave.

    Raises:
        CallerError: A key is neither, or is a kind that no model is asked for.
    """
    steps = {step.id: step for step in plan.calls}
    kinds = [kind.value for kind in Kind if kind is not Kind.ASSEMBLE]
    for key in wanted:
        if key not in steps and key not in kinds:
            near = get_close_matches(key, kinds, n=1)
            remedy = f"did you mean `{near[0]}`?" if near else f"use a kind ({', '.join(kinds)}) or a step's number"
            remedy = f"a model is asked for the steps {', '.join(steps)}" if key[:1].isdecimal() else remedy
            with blaming(found.get(key)):
                raise CallerError(f"`{key}` is neither a step of `{plan.persona.alias}` nor a kind of step; {remedy}")
    chosen = {step.id: wanted.get(step.id) or wanted.get(step.kind.value) for step in steps.values()}
    return {step: model for step, model in chosen.items() if model is not None}


async def open_team(choice: Choice, window: int | None, pool: Pool, undo: AsyncExitStack) -> Team:
    """Make the models of a run ready to be asked; those opened here are let go of when `undo` is.

    Raises:
        CallerError: A fallback could not answer the same calls, or there is nothing to judge or nobody who can.
    """
    specs: dict[str, str] = {}

    async def ready(named: Named) -> Model:
        if not isinstance(named, str):
            specs[named.name] = named.name
            return named
        with blaming(choice.found.get(named)):
            spec = parse_spec(named)
            model = await undo.enter_async_context(pool.lease(spec, window))
        specs[model.name] = lasting_spec(spec)
        return model

    own = await ready(choice.model)
    asked = {step: await ready(named) for step, named in choice.others.items()}
    fallback = [await ready(named) for named in choice.fallback]
    for stand_in in fallback:
        for model in (own, *asked.values()):
            _require_stand_in(model, stand_in)
    if JUDGE in asked:
        _require_judge(own, asked[JUDGE])
    others = {step: each for step, each in asked.items() if each is not own or step == JUDGE}
    return Team(model=own, specs=specs, others=others, fallback=fallback)


def _require_stand_in(model: Model, stand_in: Model) -> None:
    """Refuse a fallback that is asked in another form, or has less room."""
    traits, others = model.profile, stand_in.profile
    if (traits.narrowed, traits.writes) != (others.narrowed, others.writes):
        raise CallerError(
            f"`{stand_in.name}` cannot stand in for `{model.name}`: one of them is asked as local engines are, the "
            "other is not; name a fallback of the same kind"
        )
    if others.window is not None and (traits.window is None or others.window < traits.window):
        raise CallerError(
            f"`{stand_in.name}` cannot stand in for `{model.name}`: its window of {others.window:,} tokens is smaller; "
            "name a fallback with as much room"
        )


def _require_judge(model: Model, judge: Model) -> None:
    if not model.profile.writes:
        raise CallerError(
            f"`{model.name}` quotes and claims nothing, so that there is nothing to judge; leave the judge out"
        )
    if not judge.profile.writes:
        raise CallerError(f"`{judge.name}` is no language model and cannot judge; name one")


def recorded_others(header: Mapping[str, Any]) -> Mapping[str, Respondent]:
    """Return whom a recorded run asks for some steps, with the traits they had when it began."""
    return {
        step: Respondent(model=each["model"], profile=Profile(**each["profile"]))
        for step, each in header.get("others", {}).items()
    }


def lasting_spec(spec: ModelSpec) -> str:
    """Return a model's name that means the same in another folder, where its run may be resumed."""
    return f"gguf:{Path(spec.name).expanduser().absolute()}" if spec.kind == "gguf" else str(spec)


def parse_models(pairs: Sequence[str]) -> Mapping[str, str]:
    """Read models of a command line, `ingest=MODEL` or `3=MODEL`; CallerError for what is neither."""
    found: dict[str, str] = {}
    for pair in pairs:
        key, equals, model = pair.partition("=")
        if not equals or not key.strip() or not model.strip():
            raise CallerError(f"`--model-for {pair}` names no model; write `--model-for section=MODEL` or `3=MODEL`")
        found[key.strip()] = model.strip()
    return found
