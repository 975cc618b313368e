"""What a flow asks for and is sent; its one rule: plain frozen data, equal when it means the same."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from dramaturg.evidence.artifact import Artifact
from dramaturg.plan.model import Requirement

Stop = Literal["end", "length", "refusal", "window", "loop"]
QuestionKind = Literal["confirm", "clarify", "artifact", "reset"]


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
        canonical = json.dumps(content, ensure_ascii=False, sort_keys=True)
        return hashlib.sha256(canonical.encode("utf-8", "surrogatepass")).hexdigest()  # a model's file may be named so


@dataclass(frozen=True, slots=True, kw_only=True)
class Batch:
    """Calls that may go out at once, beside those already under way; an empty one waits for another of these.

    A flow that yields one is sent an `Answered`: whichever call under way is answered first.
    """

    calls: tuple[ModelCall, ...]


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

    `stop` says why it ended: by itself, at the token limit, refused, with the window full, or cut because it went on
    with nothing new. `stand_in` names the model that answered in place of the call's; it is empty for the call's own.
    """

    text: str
    stop: Stop = "end"
    usage: Usage = field(default_factory=Usage)
    model: str = ""
    request_id: str = ""
    stand_in: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Answered:
    """Which call of those under way was answered, and how."""

    call: ModelCall
    reply: ModelReply


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """Something only a person can answer.

    Attributes:
        id: What an answer names it by: the step's id, with a counter where a step asks several (`3`, `3.2`).
        step: The plan step that asks.
        kind: `confirm` wants a yes, `clarify` a sentence, `artifact` a file, `reset` one of the `choices`.
        text: What is asked.
        about: What a confirmation is about, as Markdown; empty for nothing.
        choices: The answers there are; empty for any.
        round: How often the step has asked before.
    """

    id: str
    step: str
    kind: QuestionKind
    text: str
    about: str = ""
    choices: tuple[str, ...] = ()
    round: int = 0

    @property
    def key(self) -> str:
        """SHA-256 of the question: an answer that was given to another one does not count."""
        content = [self.id, self.step, self.kind, self.text, self.about, self.choices, self.round]
        return hashlib.sha256(json.dumps(content, ensure_ascii=False).encode()).hexdigest()


@dataclass(frozen=True, slots=True, kw_only=True)
class Questions:
    """What a step asks a person, all at once; a flow that yields them is sent one `Answer` each, in order."""

    step: str
    title: str
    questions: tuple[Question, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What a person said to a question.

    Attributes:
        text: In words; empty for no answer, with which a run goes on all the same.
        artifact: The text of the file that was handed over; None for none.
        name: That file's name.
    """

    text: str = ""
    artifact: str | None = None
    name: str = ""


Ask = ModelCall | Batch | Questions
Reply = ModelReply | Answered | tuple[Answer, ...]
