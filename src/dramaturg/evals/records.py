"""What came of a cell to a record; its one rule: plain data that says the same after it was written and read.

One record for each performance, with a part for each of its steps: outcome, scores, usage, cost and the keys of its
questions. `error` is a fault of the machinery and tells nothing of the persona; `unscored` means that no scorer had
anything to say.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any, Literal

from dramaturg.engine.calls import Usage

Outcome = Literal["pass", "fail", "error", "unscored"]
Arm = Literal["baseline", "candidate"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Scored:
    """What a scorer said: `value` from 0 to 1, whether that will do, why not, and a quantity on another scale."""

    value: float | None
    passed: bool | None
    why: tuple[str, ...] = ()
    measured: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class StepRecord:
    """What came of one step.

    Attributes:
        step: What the baseline calls it; `+` and its own id where the baseline has none.
        outcome: `fail` where it fell short or a score of it is below 1.
        scores: The value of each metric that speaks of single steps.
        usage: Tokens, recorded answers included.
        usd: Dollars, likewise, as if all were asked one by one; None where a price is not known.
        seconds: Seconds, likewise; 0 where a batch brought an answer.
        keys: The keys of its questions.
        new: How many of them were asked now.
    """

    step: str
    outcome: Outcome
    scores: Mapping[str, float] = field(default_factory=dict)
    usage: Usage = field(default_factory=Usage)
    usd: float | None = 0.0
    seconds: float = 0.0
    keys: tuple[str, ...] = ()
    new: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """What came of one performance.

    Attributes:
        arm: `baseline` or `candidate`.
        persona: As the suite calls it.
        case: The case's id.
        model: The model asked.
        repeat: From 0.
        outcome: Whether it passed.
        scores: What each scorer said, by metric.
        steps: Its steps, in the order first asked.
        judging: What judges were asked about it; `step` is the metric they were asked for.
        error: What the machinery failed with; empty for nothing.
        failure: What a step fell short of; empty for nothing.
        document: Digest of the document; empty for none.
    """

    arm: Arm
    persona: str
    case: str
    model: str
    repeat: int
    outcome: Outcome
    scores: Mapping[str, Scored] = field(default_factory=dict)
    steps: tuple[StepRecord, ...] = ()
    judging: tuple[StepRecord, ...] = ()
    error: str = ""
    failure: str = ""
    document: str = ""

    @property
    def stratum(self) -> tuple[str, str, str]:
        """What repeats have in common: persona, case and model."""
        return self.persona, self.case, self.model

    @property
    def place(self) -> tuple[str, str, str, str, int]:
        """Which performance it is."""
        return self.arm, *self.stratum, self.repeat

    @property
    def asked(self) -> tuple[StepRecord, ...]:
        """Its steps and what judges were asked about it."""
        return (*self.steps, *self.judging)

    @property
    def keys(self) -> frozenset[str]:
        """The keys of all its questions."""
        return frozenset(key for each in self.asked for key in each.keys)

    @property
    def calls(self) -> int:
        """How many questions it took."""
        return sum(len(each.keys) for each in self.asked)

    @property
    def new(self) -> int:
        """How many of them were asked now."""
        return sum(each.new for each in self.asked)

    @property
    def usd(self) -> float | None:
        """Dollars, recorded answers included; None where a price is not known."""
        known = [each.usd for each in self.asked if each.usd is not None]
        return sum(known) if len(known) == len(self.asked) else None

    def to_json(self) -> dict[str, Any]:
        """Return it as plain JSON data."""
        return {"type": "cell", **asdict(self)}


def record_of(data: Mapping[str, Any]) -> Record:
    """Return a record from its JSON data; LookupError or TypeError for what is none."""
    fields = {name: value for name, value in data.items() if name != "type"}
    scores = {name: Scored(**{**said, "why": tuple(said["why"])}) for name, said in data["scores"].items()}
    steps, judging = (tuple(map(_step_of, data.get(name, ()))) for name in ("steps", "judging"))
    return Record(**{**fields, "scores": scores, "steps": steps, "judging": judging})


def _step_of(data: Mapping[str, Any]) -> StepRecord:
    return StepRecord(**{**data, "usage": Usage(**data["usage"]), "keys": tuple(data["keys"])})
