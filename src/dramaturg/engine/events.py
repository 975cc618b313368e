"""What crosses the seam between engine and drivers; its one rule: plain frozen data, equal when it means the same."""

import hashlib
import json
from collections.abc import Generator, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from dramaturg.engine.outcome import Outcome, Section
from dramaturg.evidence.artifact import Artifact
from dramaturg.findings.model import Finding
from dramaturg.plan.model import Requirement

Stop = Literal["end", "length", "refusal", "window"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """A piece of a message; `cache` marks the end of a prefix that later calls repeat."""

    text: str
    cache: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """One turn of the conversation."""

    role: Literal["system", "user", "assistant"]
    parts: tuple[Part, ...]

    @property
    def text(self) -> str:
        """The whole turn."""
        return "".join(part.text for part in self.parts)


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelCall:
    """A question to a model.

    Attributes:
        step: The plan step's id.
        attempt: 0 for the first question of a step, then one more for each re-ask.
        sample: Which repeat of an eval this is.
        messages: The conversation, system turn first.
        schema: JSON Schema of the answer.
        owes: The requirements this answer must cover.
        artifacts: The run's artifacts, so that no adapter parses a prompt.
        model: Name of the model asked.
        max_output: Most tokens the answer may take.
    """

    step: str
    attempt: int
    sample: int
    messages: tuple[Message, ...]
    schema: Mapping[str, Any]
    owes: tuple[Requirement, ...]
    artifacts: tuple[Artifact, ...]
    model: str
    max_output: int

    @property
    def key(self) -> str:
        """SHA-256 of the call's canonical content: two calls with one key are the same question."""
        content = [
            self.step,
            self.attempt,
            self.sample,
            [[message.role, [[part.text, part.cache] for part in message.parts]] for message in self.messages],
            self.schema,
            [[requirement.id, requirement.text, requirement.level] for requirement in self.owes],
            [[artifact.id, artifact.digest] for artifact in self.artifacts],
            self.model,
            self.max_output,
        ]
        return hashlib.sha256(json.dumps(content, ensure_ascii=False, sort_keys=True).encode()).hexdigest()


@dataclass(frozen=True, slots=True, kw_only=True)
class Usage:
    """Tokens of one call or of many.

    `input` counts every prompt token, those read from or written to a cache included; `output` includes reasoning.
    """

    input: int = 0
    cache_read: int = 0
    cache_write: int = 0
    output: int = 0
    reasoning: int = 0

    def __add__(self, other: "Usage") -> "Usage":
        return Usage(
            input=self.input + other.input,
            cache_read=self.cache_read + other.cache_read,
            cache_write=self.cache_write + other.cache_write,
            output=self.output + other.output,
            reasoning=self.reasoning + other.reasoning,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelReply:
    """A model's answer, whatever it is worth.

    `stop` says why it ended: by itself, at the token limit, refused, or with the window full.
    """

    text: str
    stop: Stop = "end"
    usage: Usage = field(default_factory=Usage)
    model: str = ""
    request_id: str = ""


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


@dataclass(frozen=True, slots=True, kw_only=True)
class Retrying:
    """The provider faltered; the same request goes out again after `wait` seconds. The driver says this."""

    step: str
    reason: str
    wait: float


Event = RunOpened | RunStarted | StepStarted | AnswerRejected | StepAccepted | CallAnswered | Retrying
Flow = Generator[ModelCall | Event, ModelReply | None, Outcome]
