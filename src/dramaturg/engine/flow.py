"""A plan to an Outcome, as a conversation of plain data; its one rule: same replies, same run.

The flow is a generator: it yields calls and events, is sent replies, and returns an Outcome. It opens no socket and
reads no clock, which is what makes a run resumable by running it again over the replies it already had.
"""

from collections.abc import Generator, Sequence
from dataclasses import dataclass, field, replace

from dramaturg.engine.calls import Message, ModelCall, ModelReply, Part
from dramaturg.engine.events import AnswerRejected, Event, Flow, RunStarted, StepAccepted, StepStarted
from dramaturg.engine.narrow import narrowed_schema
from dramaturg.engine.outcome import OpenQuestion, Outcome, Section
from dramaturg.engine.profile import Profile, answer_room
from dramaturg.engine.prompts import Kernel, artifacts_block, inert
from dramaturg.engine.remarks import placeholders, unperformed
from dramaturg.engine.repair import merge, wanted
from dramaturg.engine.rules import Verdict, judge, read_answer
from dramaturg.engine.settle import open_questions, settle
from dramaturg.errors import ModelError, StepFailed
from dramaturg.evidence.artifact import Artifact
from dramaturg.evidence.locate import Shelf
from dramaturg.findings.model import Finding, Severity
from dramaturg.plan.model import Kind, Plan, PlannedStep, Requirement
from dramaturg.plan.outputs import StepOutput, envelope_schema

_MORE_ROOM = 2
_REFUSAL_SHOWN = 300


@dataclass(frozen=True, slots=True, kw_only=True)
class Brief:
    """Everything a run is decided by.

    Attributes:
        plan: What to perform.
        artifacts: What it is given, primary ones first.
        kernel: The prompts.
        profile: The traits of the model asked.
        model: Its name.
        reasks: How often the failing part of an answer is asked again.
        sample: Which repeat of an eval this is.
    """

    plan: Plan
    artifacts: tuple[Artifact, ...]
    kernel: Kernel
    profile: Profile
    model: str
    reasks: int = 2
    sample: int = 0

    @property
    def prefix(self) -> tuple[str, str]:
        """The text every call begins with: the system turn and the artifacts."""
        return self.kernel.system(self.plan.persona), artifacts_block(self.artifacts)

    @property
    def room(self) -> int:
        """Tokens each answer may take; CallerError if the artifacts do not fit the window."""
        return answer_room(self.profile, "".join(self.prefix), len(self.plan.calls))


def perform(brief: Brief) -> Flow:
    """Perform a plan.

    Yields:
        Events, which are answered with None, and ModelCalls, which are answered with a ModelReply.

    Returns:
        The Outcome. Assembling it is not part of the flow.

    Raises:
        CallerError: Before the first call, if the artifacts do not fit the model's window.
        StepFailed: A step's answer falls short after every attempt.
        ModelError: The model refused.
    """
    stage = _Stage(brief=brief, room=brief.room, shelf=Shelf(brief.artifacts), history=_opening(brief))
    steps = brief.plan.calls
    yield RunStarted(
        persona=brief.plan.persona.alias,
        document=brief.plan.document,
        steps=tuple((step.id, step.title) for step in steps),
    )
    sections: list[Section] = []
    questions: list[OpenQuestion] = []
    findings: list[Finding] = []
    for position, step in enumerate(steps, start=1):
        yield StepStarted(step=step.id, title=step.title, position=position, total=len(steps))
        output, verdict = yield from stage.step(step)
        findings += unperformed(step)
        section = None
        if step.kind is Kind.SECTION:
            section = settle(output, step, stage.shelf, grounded=stage.grounded, writes=brief.profile.writes)
            sections.append(section)
        questions += open_questions(output, section, step)
        notes = verdict.findings if section is None else (*verdict.findings, *placeholders(section, step))
        findings += notes
        yield StepAccepted(step=step.id, title=step.title, section=section, findings=notes)
    return Outcome(sections=tuple(sections), questions=tuple(questions), findings=tuple(findings))


@dataclass(slots=True, kw_only=True)
class _Stage:
    """The conversation so far."""

    brief: Brief
    room: int
    shelf: Shelf
    history: tuple[Message, ...]

    @property
    def grounded(self) -> bool:
        return self.brief.plan.persona.input_mode == "evidence-driven"

    def step(self, step: PlannedStep) -> Generator[ModelCall | Event, ModelReply | None, tuple[StepOutput, Verdict]]:
        """Ask a step until its answer will do or the attempts are spent; keep the accepted answer in the history."""
        asked = _extended(self.history, self.brief.kernel.step(step, len(self.brief.plan.steps)))
        draft = _Draft(step=step, stage=self, owes=step.asks)
        for attempt in range(self.brief.reasks + 1):
            reply = yield from self.ask(step, attempt, (*asked, *draft.correction), draft.owes)
            faults = draft.take(reply.text)
            if not faults or attempt == self.brief.reasks:
                break
            yield AnswerRejected(step=step.id, title=step.title, attempt=attempt, findings=faults)
        if draft.output is None or draft.verdict.fatal:
            raise StepFailed(step.id, step.title, draft.verdict.fatal or draft.faults, draft.raw)
        accepted = draft.raw if attempt == 0 else draft.output.model_dump_json()
        self.history = (*asked, Message(role="assistant", parts=(Part(text=inert(accepted)),)))
        return draft.output, draft.verdict

    def ask(
        self, step: PlannedStep, attempt: int, messages: tuple[Message, ...], owes: tuple[Requirement, ...]
    ) -> Generator[ModelCall | Event, ModelReply | None, ModelReply]:
        """Ask once; an answer that was cut gets more room once, because asking again in the same room cuts it again."""
        call = self.call(step, attempt, messages, owes)
        reply = yield from _replied(call)
        if reply.stop == "length":
            reply = yield from _replied(replace(call, max_output=call.max_output * _MORE_ROOM))
        if reply.stop == "refusal":
            said = " ".join(reply.text.split())[:_REFUSAL_SHOWN]
            message = f"the model refused step {step.id} `{step.title}`" + (f": {said}" if said else "")
            raise ModelError(message, retryable=False, hint="reword the step, or choose another model")
        if reply.stop in ("length", "window"):
            room = (
                f"after {call.max_output * _MORE_ROOM:,} tokens"
                if reply.stop == "length"
                else "because the window is full"
            )
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

    def call(
        self, step: PlannedStep, attempt: int, messages: tuple[Message, ...], owes: Sequence[Requirement]
    ) -> ModelCall:
        labels = [artifact.label for artifact in self.brief.artifacts]
        narrowed = self.brief.profile.narrowed
        return ModelCall(
            step=step.id,
            attempt=attempt,
            sample=self.brief.sample,
            messages=messages,
            schema=narrowed_schema(step, owes, labels, self.room) if narrowed else envelope_schema(),
            owes=tuple(owes),
            artifacts=self.brief.artifacts,
            model=self.brief.model,
            max_output=self.room,
        )


@dataclass(slots=True, kw_only=True)
class _Draft:
    """A step's answer while it is being corrected.

    Attributes:
        owes: What the next question must cover.
        correction: The two turns a re-ask adds to the question, empty before the first answer. They hold the last
            answer and its faults only, so a re-ask has the same size however many came before it.
    """

    step: PlannedStep
    stage: _Stage
    owes: tuple[Requirement, ...]
    correction: tuple[Message, ...] = ()
    output: StepOutput | None = None
    verdict: Verdict = field(default_factory=Verdict)
    faults: tuple[Finding, ...] = ()
    raw: str = ""
    _partial: bool = False

    def take(self, raw: str) -> tuple[Finding, ...]:
        """Take an answer in, and return what is still wrong; with that, `owes` and `correction` are set anew."""
        brief = self.stage.brief
        self.raw = raw
        answer = read_answer(raw, self.step, self.owes if brief.profile.narrowed else None)
        if isinstance(answer, StepOutput):
            merging = self.output is not None and self._partial
            output = merge(self.output, self.verdict, answer, self.step) if self.output and merging else answer
            verdict = judge(
                output, self.step, self.stage.shelf, grounded=self.stage.grounded, writes=brief.profile.writes
            )
            self.faults = verdict.findings
            shown = output.model_dump_json() if merging else raw
            if self.output is None or self.verdict.fatal or not verdict.fatal:  # a correction never makes it worse
                self.output, self.verdict = output, verdict
        else:
            self.faults, shown = answer, raw
        again = wanted(self.output, self.verdict, self.step) if self.output else None
        self._partial = again is not None
        self.owes = self.step.asks if again is None else again
        self.correction = (
            Message(role="assistant", parts=(Part(text=inert(shown)),)),
            Message(role="user", parts=(Part(text=brief.kernel.reask(self.step, self.faults, again)),)),
        )
        return self.faults


def _opening(brief: Brief) -> tuple[Message, ...]:
    system, artifacts = brief.prefix
    return (
        Message(role="system", parts=(Part(text=system, cache=True),)),
        Message(role="user", parts=(Part(text=artifacts, cache=True),)),
    )


def _extended(history: tuple[Message, ...], text: str) -> tuple[Message, ...]:
    """Return the history with the user's next turn; the first one joins the artifacts in their turn."""
    if history[-1].role == "user":
        return (*history[:-1], replace(history[-1], parts=(*history[-1].parts, Part(text=text))))
    return (*history, Message(role="user", parts=(Part(text=text),)))


def _replied(call: ModelCall) -> Generator[ModelCall | Event, ModelReply | None, ModelReply]:
    reply = yield call
    if reply is None:
        raise TypeError("a ModelCall was not answered with a ModelReply")
    return reply
