"""What a suite says; its one rule: a key that means nothing is refused; personas and cases alone must be given."""

import os
import re
from collections.abc import Callable, Iterator, Mapping
from pathlib import PurePath
from typing import Annotated, Self

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, model_validator

from dramaturg.errors import CallerError
from dramaturg.evals.scorers.judged import Judged, JudgeName, Pairwise, Rubric
from dramaturg.evals.scorers.kinds import USUAL, AnyScorer
from dramaturg.evals.scorers.model import Listed, Scorer, SomeTexts, Texts
from dramaturg.models.spec import parse_spec

PASS = "pass"  # noqa: S105 - the metric that every performance has
QUOTING = "evidence"  # the model that quotes the artifacts: what it is asked again it answers the same
MOST_REPEATS = 1_000
_NAME = r"^[\w][\w .+-]*$"


def _is_model(name: str) -> str:
    try:
        spec = parse_spec(name)
    except CallerError as error:
        raise ValueError(error.message) from error
    if spec.kind == "replay":
        raise ValueError("a recorded run cannot be asked anything new")
    return name


def _is_beside(name: str) -> str:
    path = PurePath(os.path.normpath(name))
    if name and ("\0" in name or path.is_absolute() or path.parts[:1] in ((), ("..",))):
        raise ValueError("it must be a relative path, beside the suite file or below; write `answers/NAME.jsonl`")
    return name


_Models = Annotated[tuple[Annotated[str, AfterValidator(_is_model)], ...], Field(min_length=1), Listed]


class _Said(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Given(_Said):
    """An artifact: a file or folder beside the suite file, or the text itself."""

    path: str = Field(default="", description="The path of a file, a folder or a pattern.")
    text: str = Field(default="", description="The whole text, instead of a path.")

    @model_validator(mode="after")
    def _one_of_them(self) -> Self:
        if bool(self.path.strip()) == bool(self.text.strip()):
            raise ValueError("give a path beside the suite file, or `text:` and the text itself")
        return self


def _path_or_text(written: object) -> object:
    return {"path": written} if isinstance(written, str) else written


class Case(_Said):
    """What personas are performed on, and what is to come of it."""

    id: str = Field(pattern=_NAME, description="What the case is called; records and reports name it so.")
    artifacts: Mapping[str, Annotated[Given, BeforeValidator(_path_or_text, json_schema_input_type=str | Given)]] = (
        Field(
            min_length=1, description="Artifacts by id: a path beside the suite file, or `text:` and the text itself."
        )
    )
    personas: Texts = Field(default=(), description="Which of the suite's personas perform it; all unless given.")
    tags: Texts = Field(default=(), description="What the case is an example of; `--tag` chooses by it.")
    cluster: str = Field(default="", description="What cases that share a source have in common; its own id if empty.")
    answers: Mapping[str, str | tuple[str, ...]] = Field(
        default={}, description="What a person answers, by the id of the question or of its step."
    )
    scorers: tuple[AnyScorer, ...] = Field(default=(), description="What else this case is scored by.")


class Gate(_Said):
    """When the verdict on an edit is red."""

    metrics: SomeTexts = Field(default=(PASS,), description="The metrics that decide: `pass`, or the names of scorers.")
    margin: float = Field(default=10, gt=0, le=100, description="Points that an edit may cost and still be no worse.")
    alpha: float = Field(default=0.05, gt=0, lt=0.5, description="How often a harmless edit may be called worse.")
    sequential: bool = Field(default=False, description="Ask pairs in random order, and stop when it is decided.")


class Judge(_Said):
    """Who judges where a scorer does not name a model of its own."""

    model: JudgeName = Field(min_length=1, description="The model, as `--model` names it.")


def _model_alone(written: object) -> object:
    return {"model": written} if isinstance(written, str) else written


class Suite(_Said):
    """Personas, the cases they are performed on, and what decides whether an edit made them worse."""

    name: str = Field(default="", pattern=r"^([\w][\w .+-]*)?$", description="Its name; that of the file unless given.")
    personas: SomeTexts = Field(description="Aliases, or paths of files beside the suite file.")
    models: _Models = Field(default=(QUOTING,), description="Models, as `--model` names them.")
    judge: Annotated[Judge | None, BeforeValidator(_model_alone, json_schema_input_type=str | Judge)] = Field(
        default=None, description="Who judges by rubrics and compares pairs: a model, as `--model` names it."
    )
    repeats: int = Field(default=1, ge=1, le=MOST_REPEATS, description="How often each case is performed.")
    reasks: int = Field(default=2, ge=0, le=5, description="How often the failing part of an answer is asked again.")
    recorded: Annotated[str, AfterValidator(_is_beside)] = Field(
        default="", description="File beside the suite file for the answers that go with it; `eval record` writes it."
    )
    scorers: tuple[AnyScorer, ...] = Field(
        default=USUAL, validate_default=True, description="What each performance is scored by."
    )
    gate: Gate = Field(default=Gate(), description="When the verdict is red.")
    cases: tuple[Case, ...] = Field(min_length=1, description="What the personas are performed on.")

    def scorers_of(self, case: Case) -> tuple[Scorer, ...]:
        """Return what a performance of a case is scored by."""
        return (*self.scorers, *case.scorers)

    @property
    def metrics(self) -> tuple[str, ...]:
        """Every metric of the suite, `pass` first."""
        return (PASS, *dict.fromkeys(scorer.metric for scorer in self.all_scorers))

    @property
    def all_scorers(self) -> tuple[Scorer, ...]:
        """The scorers of the suite, then those of its cases."""
        return (*self.scorers, *(scorer for case in self.cases for scorer in case.scorers))

    def placed_scorers(self) -> Iterator[tuple[tuple[str | int, ...], Scorer]]:
        """Yield each scorer with the keys and positions that lead to it."""
        for at, scorer in enumerate(self.scorers):
            yield ("scorers", at), scorer
        for number, case in enumerate(self.cases):
            for at, scorer in enumerate(case.scorers):
                yield ("cases", number, "scorers", at), scorer

    @property
    def rubrics(self) -> Mapping[str, Rubric]:
        """The rubrics of the suite and its cases, by metric."""
        return {scorer.metric: scorer for scorer in self.all_scorers if isinstance(scorer, Rubric)}

    @property
    def judged(self) -> Mapping[str, Judged]:
        """What judges are asked for, by metric: rubrics and comparisons of pairs."""
        return {scorer.metric: scorer for scorer in self.all_scorers if isinstance(scorer, Judged)}

    @property
    def pairwise(self) -> Mapping[str, Pairwise]:
        """The comparisons of pairs, by metric."""
        return {scorer.metric: scorer for scorer in self.all_scorers if isinstance(scorer, Pairwise)}

    def judged_by(self, model: str) -> Self:
        """Return the suite with another judge for everything that is judged."""
        return self.with_scorers(
            lambda each: each.model_copy(update={"model": model}) if isinstance(each, Judged) else each
        )

    @property
    def deciding(self) -> Self:
        """The suite without what judges only inform of: what a verdict does not need is not asked for it."""

        def idle(scorer: Scorer) -> bool:
            return isinstance(scorer, Judged) and not scorer.required and scorer.metric not in self.gate.metrics

        return self.with_scorers(lambda each: None if idle(each) else each)

    def with_scorers(self, change: Callable[[AnyScorer], AnyScorer | None]) -> Self:
        """Return the suite with each scorer changed, or left out where None comes of it."""

        def changed(scorers: tuple[AnyScorer, ...]) -> tuple[AnyScorer, ...]:
            return tuple(kept for kept in map(change, scorers) if kept is not None)

        cases = tuple(case.model_copy(update={"scorers": changed(case.scorers)}) for case in self.cases)
        return self.model_copy(update={"scorers": changed(self.scorers), "cases": cases})

    def judge_of(self, judged: Judged) -> str:
        """Return the name of the model that judges; empty where nobody does."""
        return judged.model or (self.judge.model if self.judge else "")


def slug(name: str) -> str:
    """Return a name as a part of file names."""
    return re.sub(r"[^a-z0-9]+", "-", name.casefold()).strip("-")[:40] or "suite"
