"""What a flow and its drivers tell of a run; its one rule: plain frozen data, one event for one thing that happened."""

from collections.abc import Generator
from dataclasses import dataclass

from dramaturg.engine.calls import Answer, Ask, Question, Reply, Usage
from dramaturg.engine.outcome import Outcome, Section
from dramaturg.findings.model import Finding


@dataclass(frozen=True, slots=True, kw_only=True)
class RunOpened:
    """The first event of a run, from the driver: which run it is, what answers, and where the text goes.

    `kept` is the number of answers the journal already holds; `findings` is what there is to say of the persona and
    the artifacts before anything is asked.
    """

    run: str
    model: str
    destination: str
    kept: int
    findings: tuple[Finding, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class RunQueued:
    """A run waits for a worker; it goes on whether or not anybody follows it. The driver says this.

    `alone` says that no worker lives which could take it; `bound` that it keeps the limits it has, though
    others are given now.
    """

    run: str
    alone: bool = False
    bound: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class RunStarted:
    """The plan is about to be performed."""

    persona: str
    document: str
    steps: tuple[tuple[str, str], ...]  # id and title of each step a model is asked for


@dataclass(frozen=True, slots=True, kw_only=True)
class StepStarted:
    """A step is about to be asked; `position` counts from 1."""

    step: str
    title: str
    position: int
    total: int


@dataclass(frozen=True, slots=True, kw_only=True)
class AnswerRejected:
    """An answer falls short and the failing part is asked again."""

    step: str
    title: str
    attempt: int
    findings: tuple[Finding, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class StepAccepted:
    """A step is done; `section` is None where it writes none."""

    step: str
    title: str
    section: Section | None
    findings: tuple[Finding, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class CallAnswered:
    """A reply arrived, from the model or (`replayed`) from the journal. The driver says this, not the engine."""

    step: str
    attempt: int
    usage: Usage
    replayed: bool
    model: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ItemArrived:
    """An item of an answer is complete while the rest is still being written. The driver says this.

    `number` counts from 1 within the answer; `text` is what the item says, before anything is checked.
    """

    step: str
    attempt: int
    number: int
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class FellBack:
    """A model cannot be had, and another is asked instead. The driver says this."""

    step: str
    model: str
    instead: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Retrying:
    """The provider faltered; the same request goes out again after `wait` seconds. The driver says this."""

    step: str
    reason: str
    wait: float


@dataclass(frozen=True, slots=True, kw_only=True)
class QuestionAnswered:
    """A person answered, now or (`replayed`) earlier. The driver says this."""

    question: Question
    answer: Answer
    replayed: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class BranchTaken:
    """A step goes on elsewhere than with the next one.

    `check` is the condition that held, empty for a person's wish; `goes_to` the step to go on with; `round` counts the
    times this way was taken, this one included, and `bound` is the most there may be, 0 for a way that leads on.
    """

    step: str
    title: str
    check: str
    goes_to: str
    round: int
    bound: int


Event = (
    RunOpened
    | RunQueued
    | RunStarted
    | StepStarted
    | AnswerRejected
    | StepAccepted
    | CallAnswered
    | ItemArrived
    | FellBack
    | Retrying
    | QuestionAnswered
    | BranchTaken
)
Flow = Generator[Ask | Event, Reply | None, Outcome]
