"""A journal to all that happened in its run; its one rule: it is performed over its own answers, nothing is asked."""

import asyncio
from dataclasses import dataclass, field, replace

from dramaturg.engine.brief import Brief
from dramaturg.engine.calls import ModelCall, ModelReply
from dramaturg.engine.events import AnswerRejected, Event, QuestionAnswered, StepAccepted
from dramaturg.engine.flow import perform
from dramaturg.engine.outcome import Outcome
from dramaturg.errors import JournalMiss, StepFailed
from dramaturg.evidence.artifact import Artifact
from dramaturg.models.retry import RetryPolicy
from dramaturg.run.budget import Tariffs
from dramaturg.run.drive import drive, remembered, replayed
from dramaturg.run.job import Job, thaw
from dramaturg.run.locks import is_held
from dramaturg.run.loop import PRIVATE_LOOP
from dramaturg.run.perform import Conditions, Tally, document_of, recorded_brief, result_of
from dramaturg.run.record import Record
from dramaturg.run.report import RunResult

_ROUNDS = 16  # of the loop: from one recorded answer to the next there are a few


@dataclass(frozen=True, slots=True, kw_only=True)
class Exchange:
    """A call and its answer; `seconds` is how long it took, None where that was not measured."""

    call: ModelCall
    reply: ModelReply
    seconds: float | None


@dataclass(slots=True, kw_only=True)
class _Told:
    """What a run says while it is performed again."""

    exchanges: list[Exchange] = field(default_factory=list)
    accepted: dict[str, StepAccepted] = field(default_factory=dict)
    rejected: list[AnswerRejected] = field(default_factory=list)
    answered: list[QuestionAnswered] = field(default_factory=list)

    def __call__(self, event: Event) -> None:
        if isinstance(event, StepAccepted):  # of a step that is done again only the last time counts
            self.accepted[event.step] = event
        elif isinstance(event, AnswerRejected):
            self.rejected.append(event)
        elif isinstance(event, QuestionAnswered):
            self.answered.append(event)

    def supplied(self, brief: Brief) -> tuple[Artifact, ...]:
        """Return what a person has supplied so far: the artifacts of calls that the run did not begin with."""
        seen = {artifact.id: artifact for each in self.exchanges for artifact in each.call.artifacts}
        return tuple(seen[name] for name in seen if name not in {artifact.id for artifact in brief.artifacts})


@dataclass(frozen=True, slots=True, kw_only=True)
class Retold:
    """A run told again.

    Attributes:
        record: Its journal.
        job: What was performed.
        brief: What it is decided by.
        outcome: What it decided; of a run that is not whole the sections it has.
        whole: Whether it came to its end.
        status: `done`, `failed`, `running`, `waiting` for a person, or `unfinished`.
        exchanges: Every call with its answer, in the order they were made.
        rejected: Answers that fell short.
        answered: What a person was asked and said.
    """

    record: Record
    job: Job
    brief: Brief
    outcome: Outcome
    whole: bool
    status: str
    exchanges: tuple[Exchange, ...]
    rejected: tuple[AnswerRejected, ...]
    answered: tuple[QuestionAnswered, ...]

    @property
    def remark(self) -> str:
        """What a reader must know of a document that is not whole; empty for one that is."""
        if self.whole:
            return ""
        held = f"{len(self.outcome.sections)} of {len([*self.job.plan.sections])} sections"
        return f"Not a finished document: {held}, run `{self.record.run}` is {self.status}."


def retell(record: Record) -> Retold:
    """Perform a run again over its own answers.

    Raises:
        JournalMiss: This version plans its persona otherwise.
    """
    job = thaw(record)
    brief = recorded_brief(job, record)
    told = _Told()
    answer = replayed(record, told)

    async def noted(call: ModelCall) -> ModelReply:
        try:
            reply = await answer(call)
        except JournalMiss:
            await _all_else(told)
            raise
        told.exchanges.append(Exchange(call=call, reply=reply, seconds=record.seconds.get(call.key)))
        return reply

    try:
        outcome = PRIVATE_LOOP.call(drive(perform(brief), noted, remembered(record, told), told))
        whole = True
    except (StepFailed, JournalMiss):
        made = (told.accepted[step.id].section for step in job.plan.steps if step.id in told.accepted)
        sections = tuple(section for section in made if section is not None)
        outcome, whole = Outcome(sections=sections, questions=(), findings=(), supplied=told.supplied(brief)), False
    return Retold(
        record=record,
        job=job,
        brief=brief,
        outcome=outcome,
        whole=whole,
        status=run_status(record),
        exchanges=tuple(told.exchanges),
        rejected=tuple(told.rejected),
        answered=tuple(told.answered),
    )


async def _all_else(told: _Told) -> None:
    """Wait until nothing else is told: sections side by side may have their answers where the first has none."""
    seen = -1
    while seen < len(told.exchanges):
        seen = len(told.exchanges)
        for _ in range(_ROUNDS):
            await asyncio.sleep(0)


def result_told(told: Retold, *, quotes: bool = False) -> RunResult:
    """Return the result of a run told again; its report counts the calls of the run, whenever they were made.

    Args:
        told: The run.
        quotes: Print the quoted lines below each entry of the document.
    """
    tally = Tally(emit=_Told(), tariffs=Tariffs(given=told.record.price))
    for each in told.exchanges:
        tally.count(each.call.model, each.reply.usage)
    conditions = Conditions(
        reasks=told.brief.reasks, retry=RetryPolicy(), strict=False, quotes=quotes, emit=tally.emit, respond=None
    )
    result = result_of(told.job, told.brief, told.outcome, tally, told.record.run, conditions)
    if told.whole:
        return result
    document = document_of(told.brief, told.outcome, told.remark, quotes=quotes)
    return replace(result, document=document, report=replace(result.report, findings=told.job.findings))


def run_status(record: Record, *, held: bool | None = None) -> str:
    """Return `done`, `failed`, `running`, or for a run that can be resumed `waiting` for a person or `unfinished`.

    A run of a database may also be `queued`, `paused`, `cancelled` or `given up`.

    Args:
        record: What its journal says.
        held: Whether a process held the journal before that was read; looked for now if not given.
    """
    if record.standing:
        return record.standing
    if record.end is not None:
        return record.end["status"]
    if is_held(record.path) if held is None else held:
        return "running"
    return "waiting" if record.waits else "unfinished"
