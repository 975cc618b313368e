"""A step to its accepted answer; its one rule: the failing part is asked again, what was accepted stays."""

from collections.abc import Generator, Sequence
from dataclasses import dataclass, field, replace

from dramaturg.engine.brief import Brief, Respondent
from dramaturg.engine.calls import Message, ModelCall, ModelReply, Part
from dramaturg.engine.events import AnswerRejected, Event
from dramaturg.engine.narrow import narrowed_schema
from dramaturg.engine.prompts import inert
from dramaturg.engine.repair import merge, wanted
from dramaturg.engine.rules import Verdict, judge, read_answer, runs_on
from dramaturg.errors import ModelError, StepFailed
from dramaturg.evidence.locate import Shelf
from dramaturg.findings.model import Finding, Severity
from dramaturg.plan.model import PlannedStep, Requirement
from dramaturg.plan.outputs import StepOutput, envelope_schema

Asking = Generator[ModelCall | Event, ModelReply | None, "Accepted"]
_MORE_ROOM = 2
_REFUSAL_SHOWN = 300


@dataclass(frozen=True, slots=True, kw_only=True)
class Accepted:
    """An answer that will do: as read, what is to be said of it, and as later steps are shown it."""

    output: StepOutput
    verdict: Verdict
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """A step that is about to be asked.

    Attributes:
        brief: What the run is decided by.
        step: The step.
        messages: The conversation, the step's own turn last.
        shelf: The artifacts there are.
        room: Tokens the answer may take.
    """

    brief: Brief
    step: PlannedStep
    messages: tuple[Message, ...]
    shelf: Shelf
    room: int

    @property
    def respondent(self) -> Respondent:
        """Which model is asked."""
        return self.brief.respondent(self.step)

    def call(self, attempt: int, correction: tuple[Message, ...], owes: Sequence[Requirement]) -> ModelCall:
        """Return the call of an attempt."""
        labels = [artifact.label for artifact in self.shelf.artifacts]
        narrowed = self.respondent.profile.narrowed
        return ModelCall(
            step=self.step.id,
            attempt=attempt,
            sample=self.brief.sample,
            messages=(*self.messages, *correction),
            schema=narrowed_schema(self.step, owes, labels, self.room) if narrowed else envelope_schema(),
            owes=tuple(owes),
            artifacts=self.shelf.artifacts,
            model=self.respondent.model,
            max_output=self.room,
        )


def ask(question: Question) -> Asking:
    """Ask a step until its answer will do or the attempts are spent.

    Raises:
        StepFailed: It falls short after every attempt.
        ModelError: The model refused.
    """
    step = question.step
    draft = _Draft(question=question, owes=step.asks)
    reasks = question.brief.reasks
    for attempt in range(reasks + 1):
        reply = yield from _reply(question, question.call(attempt, draft.correction, draft.owes))
        faults = draft.take(reply)
        if not faults or attempt == reasks:
            break
        yield AnswerRejected(step=step.id, title=step.title, attempt=attempt, findings=faults)
    if draft.output is None or draft.verdict.fatal:
        raise StepFailed(step.id, step.title, draft.verdict.fatal or draft.faults, draft.raw)
    text = draft.raw if attempt == 0 else draft.output.model_dump_json()
    return Accepted(output=draft.output, verdict=draft.verdict, text=text)


def _reply(question: Question, call: ModelCall) -> Generator[ModelCall | Event, ModelReply | None, ModelReply]:
    """Ask once; an answer that was cut gets more room once, because asking again in the same room cuts it again."""
    step = question.step
    reply = yield from _replied(call)
    if reply.stop == "length":
        reply = yield from _replied(replace(call, max_output=call.max_output * _MORE_ROOM))
    if reply.stop == "refusal":
        raise refused(step, reply)
    if reply.stop in ("length", "window"):
        full = "because the window is full"
        room = f"after {call.max_output * _MORE_ROOM:,} tokens" if reply.stop == "length" else full
        cut = Finding(
            rule="R103",
            severity=Severity.ERROR,
            message=f"the answer was cut {room}",
            span=step.span,
            note="the step asked for",
            help="split the step, shorten the artifacts, or choose a model with more room",
            step=step.id,
        )
        raise StepFailed(step.id, step.title, (cut,), reply.text)
    return reply


def refused(step: PlannedStep, reply: ModelReply) -> ModelError:
    """Return the error for a step that a model refuses."""
    said = " ".join(reply.text.split())[:_REFUSAL_SHOWN]
    message = f"the model refused step {step.id} `{step.title}`" + (f": {said}" if said else "")
    return ModelError(message, retryable=False, hint="reword the step, or choose another model")


def _replied(call: ModelCall) -> Generator[ModelCall | Event, ModelReply | None, ModelReply]:
    reply = yield call
    if reply is None:
        raise TypeError("a ModelCall was not answered with a ModelReply")
    return reply


@dataclass(slots=True, kw_only=True)
class _Draft:
    """A step's answer while it is being corrected.

    Attributes:
        owes: What the next call must cover.
        correction: The two turns a re-ask adds to the question, empty before the first answer. They hold the last
            answer and its faults only, so a re-ask has the same size however many came before it.
    """

    question: Question
    owes: tuple[Requirement, ...]
    correction: tuple[Message, ...] = ()
    output: StepOutput | None = None
    verdict: Verdict = field(default_factory=Verdict)
    faults: tuple[Finding, ...] = ()
    raw: str = ""
    _partial: bool = False

    def take(self, reply: ModelReply) -> tuple[Finding, ...]:
        """Take an answer in, and return what is still wrong; for that, `owes` and `correction` are set anew."""
        brief, step = self.question.brief, self.question.step
        profile = self.question.respondent.profile
        self.raw = raw = reply.text
        looped = (runs_on(step),) if reply.stop == "loop" else None
        answer = looped or read_answer(raw, step, self.owes if profile.narrowed else None)
        if isinstance(answer, StepOutput):
            merging = self.output is not None and self._partial
            output = merge(self.output, self.verdict, answer, step) if self.output and merging else answer
            verdict = judge(output, step, self.question.shelf, grounded=brief.grounded, writes=profile.writes)
            self.faults = verdict.findings
            shown = output.model_dump_json() if merging else raw
            if self.output is None or self.verdict.fatal or not verdict.fatal:  # a correction never makes it worse
                self.output, self.verdict = output, verdict
        else:
            self.faults, shown = answer, raw
        if self.faults:
            self._correct(shown)
        return self.faults

    def _correct(self, shown: str) -> None:
        """Set what the next call must cover, and how it is told what is wrong with the answer it is shown."""
        step = self.question.step
        again = wanted(self.output, self.verdict, step) if self.output else None
        self._partial = again is not None
        self.owes = step.asks if again is None else again
        self.correction = (
            Message(role="assistant", parts=(Part(text=inert(shown)),)),
            Message(role="user", parts=(Part(text=self.question.brief.kernel.reask(step, self.faults, again)),)),
        )
