"""What every scorer is given and gives; its one rule: a score says how much, whether that will do, and why not.

A scorer is a part of a suite file, checked like the rest of it: its fields are the keys that it may have there.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Annotated, ClassVar, Self

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, model_validator

from dramaturg.engine.calls import Usage
from dramaturg.engine.outcome import Outcome
from dramaturg.evals.yardstick import Yardstick
from dramaturg.plan.model import Plan


def _listed(written: object) -> object:
    return [written] if isinstance(written, str) else written


Listed = BeforeValidator(_listed, json_schema_input_type=str | Annotated[list[str], Field(min_length=1)])
Texts = Annotated[tuple[str, ...], BeforeValidator(_listed, json_schema_input_type=str | list[str])]
SomeTexts = Annotated[tuple[str, ...], Field(min_length=1), Listed]


@dataclass(frozen=True, slots=True, kw_only=True)
class Effort:
    """What a performance took, asked now or recorded: calls, tokens, seconds, dollars (None: unknown).

    Dollars are those of calls that are made one by one, so that what was asked in batches compares with what was not.
    """

    calls: int = 0
    usage: Usage = field(default_factory=Usage)
    seconds: float | None = 0.0
    usd: float | None = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class View:
    """What a scorer sees of one performance.

    Attributes:
        case: The id of the case.
        tags: Its tags.
        plan: What was performed.
        yardstick: What the baseline demands, as this arm calls it.
        outcome: What came of it; None where a step fell short.
        markdown: The document; empty where there is none.
        failed: The step that fell short, as the baseline calls it; empty for none.
        failure: Why it did.
        writes: Whether a language model answered.
        effort: What it took.
        judged: What judges said of it, by metric.
    """

    case: str
    tags: tuple[str, ...]
    plan: Plan
    yardstick: Yardstick
    outcome: Outcome | None
    markdown: str
    failed: str
    failure: str
    writes: bool
    effort: Effort
    judged: Mapping[str, "Score"] = field(default_factory=dict)

    @property
    def passed_over(self) -> frozenset[str]:
        """The steps that a condition led past, as the baseline calls them: what they owe is not owed this time."""
        skipped = self.outcome.skipped if self.outcome else ()
        return frozenset(self.yardstick.step(step) for step in skipped)


@dataclass(frozen=True, slots=True, kw_only=True)
class Score:
    """What a scorer says.

    Attributes:
        value: From 0 to 1, higher is better; None if there is nothing to say.
        why: What is missing to 1, one line each.
        steps: The value of single steps, by what the baseline calls them.
        measured: A quantity that has another scale, in the scorer's unit.
        abstained: Whether there would have been something to say, and nobody could tell.
    """

    value: float | None
    why: tuple[str, ...] = ()
    steps: Mapping[str, float] = field(default_factory=dict)
    measured: float | None = None
    abstained: bool = False


class Scorer(BaseModel):
    """A scorer as a suite writes it.

    Attributes:
        kind: Which one it is; the key it stands under.
        name: What its metric is called; its kind unless given.
        at_least: The value from which on a performance passes.
        required: Whether a performance that does not pass here fails.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    short: ClassVar[str] = ""  # the field that a value stands for which is no mapping
    unit: ClassVar[str] = ""
    some_of: ClassVar[tuple[str, ...]] = ()  # fields of which one must be given: without any it would check nothing

    kind: str
    name: str = Field(default="", pattern=r"^[\w.-]*$", description="What its metric is called; its kind unless given.")
    at_least: float = Field(default=1.0, ge=0, le=1, description="The value from which on a performance passes.")
    required: bool = Field(default=True, description="Whether a performance that does not pass here fails.")

    @model_validator(mode="after")
    def _checks_something(self) -> Self:
        if self.some_of and all(getattr(self, name) in (None, ()) for name in self.some_of):
            raise ValueError(f"it checks nothing; give {' or '.join(f'`{name}`' for name in self.some_of)}")
        return self

    @property
    def metric(self) -> str:
        """What its values are called."""
        return self.name or self.kind

    def score(self, view: View) -> Score:
        """Score a performance; one without a document is worth nothing."""
        if view.outcome is None:
            return Score(value=0.0, why=(view.failure,), steps={view.failed: 0.0} if view.failed else {})
        return self.judge(view, view.outcome)

    def judge(self, view: View, outcome: Outcome) -> Score:
        """Score a performance that has a document."""
        raise NotImplementedError

    def passes(self, score: Score) -> bool | None:
        """Tell whether a score will do; None where there is none."""
        return None if score.value is None else score.value >= self.at_least
