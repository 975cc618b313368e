"""A job and a model to a result; its one rule: the same way for a new run, a resumed one and a replayed one."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from decimal import Decimal

from dramaturg.engine.assemble import assemble
from dramaturg.engine.brief import Brief, Respondent
from dramaturg.engine.calls import Usage
from dramaturg.engine.colophon import colophon_of, without_colophon
from dramaturg.engine.events import CallAnswered, Event, RunOpened
from dramaturg.engine.flow import perform
from dramaturg.engine.outcome import Document, Handoff, Outcome
from dramaturg.engine.profile import Profile
from dramaturg.engine.remarks import doubtful, several_places, unseen
from dramaturg.engine.verify.structure import verify_structure
from dramaturg.errors import AnswerNeeded, BudgetSpent, StepFailed
from dramaturg.evidence.claims import Ledger
from dramaturg.findings.model import Finding
from dramaturg.models.model import leaves_this_machine
from dramaturg.models.pool import Pool
from dramaturg.models.retry import RetryPolicy
from dramaturg.plan.model import Kind
from dramaturg.run.budget import Limits, Purse, Tariffs
from dramaturg.run.drive import Asking, Emit, Respond, drive, journaled, questioned, remembered, replayed
from dramaturg.run.job import Job, other_version
from dramaturg.run.journal import Journal
from dramaturg.run.measure import measured
from dramaturg.run.record import Record
from dramaturg.run.report import HandedOver, RunReport, RunResult
from dramaturg.run.respond import discreet
from dramaturg.run.secrets import Handling, screened
from dramaturg.run.team import Team, recorded_others
from dramaturg.run.telemetry import Trace

OpenJournal = Callable[[Brief, Mapping[str, str]], Journal]

DOCUMENT, MANDATE = "handed_over_document", "mandate"
_QUOTES_ONLY = (
    "No language model wrote this. Each demand of the persona stands with the lines of the artifacts that come nearest "
    "to it; whether they satisfy it is for the reader to judge. What no line answers is listed under Open questions."
)


@dataclass(slots=True, kw_only=True)
class Tally:
    """Passes events on and counts what the answers cost; `usd` is None where a price is not known."""

    emit: Emit
    tariffs: Tariffs
    trace: Trace = field(default_factory=Trace.begin)
    calls: int = 0
    replayed: int = 0
    usage: Usage = field(default_factory=Usage)
    usd: Decimal | None = Decimal(0)

    def __call__(self, event: Event) -> None:
        """Count an event and pass it on."""
        if isinstance(event, CallAnswered) and event.replayed:
            self.replayed += 1
        elif isinstance(event, CallAnswered):
            self.count(event.model, event.usage)
        self.trace.event(event)
        self.emit(event)

    def count(self, model: str, usage: Usage) -> None:
        """Count a call."""
        self.calls += 1
        self.usage += usage
        cost = self.tariffs.of(model).cost(usage)
        self.usd = None if cost is None or self.usd is None else self.usd + cost


@dataclass(frozen=True, slots=True, kw_only=True)
class Conditions:
    """How a job is performed, whoever answers.

    Attributes:
        reasks: How often the failing part of an answer is asked again.
        retry: How patiently a faltering provider is asked again.
        strict: Make warnings errors.
        quotes: Print the quoted lines below each entry of the document.
        emit: Told of everything that happens.
        respond: Asked what only a person can answer; None lets the run pause.
        pool: What is shared with the other runs of the process.
        limits: What the run may use.
        tariffs: What tokens cost.
        begun_with: The brief's traits that a resumed run began with: of its model, and of those for some steps; None
            for those the models have now.
        secrets: What to do with secrets in what leaves this machine; None where that was decided before. A resumed run
            goes on with the artifacts it began with.
        delivers: Whether the caller still has to deliver the result and will say so; the run gives it again until then.
    """

    reasks: int
    retry: RetryPolicy
    strict: bool
    quotes: bool
    emit: Emit
    respond: Respond | None
    pool: Pool = field(default_factory=Pool)
    limits: Limits = field(default_factory=Limits)
    tariffs: Tariffs = field(default_factory=Tariffs)
    begun_with: tuple[Profile, Mapping[str, Respondent]] | None = None
    secrets: Handling | None = None
    delivers: bool = False


async def perform_job(job: Job, team: Team, open_journal: OpenJournal, conditions: Conditions) -> RunResult:
    """Perform a job with its models.

    Args:
        job: What to perform.
        team: Whom to ask.
        open_journal: Begins or takes up the run; called once nothing can be wrong before a call any more.
        conditions: How.
    """
    handling = conditions.secrets if any(map(leaves_this_machine, team.all)) else None
    if handling and conditions.begun_with is None:
        artifacts, told = screened(job.artifacts, handling)
        job = replace(job, artifacts=artifacts, notes=(*job.notes, *told))
    respond = discreet(conditions.respond, handling) if conditions.respond and handling else conditions.respond
    model = team.model
    profile, others = conditions.begun_with or (await measured(job, model), team.respondents)
    brief = job.brief(profile, model.name, conditions.reasks, others)
    tally = Tally(emit=conditions.emit, tariffs=conditions.tariffs)
    # before a run exists: CallerError if the artifacts do not fit, or a price is not known
    fallback = [each.name for each in team.fallback]
    purse = Purse(limits=conditions.limits, tariffs=conditions.tariffs, brief=brief, fallback=fallback)
    with open_journal(brief, team.specs) as journal:
        opened = RunOpened(
            run=journal.run,
            model=model.name,
            destination=model.destination,
            kept=len(journal.record.replies),
            findings=told_as(job.findings, strict=conditions.strict),
        )
        tally(opened)
        asking = Asking(
            models=team.asked,
            line=lambda each: conditions.pool.line(each, journal.run, conditions.retry),
            policy=conditions.retry,
            purse=purse,
            emit=tally,
            trace=tally.trace,
        )
        outcome = await _outcome(brief, asking, respond, journal, tally)
        result = result_of(job, brief, outcome, tally, journal.run, conditions)
        if journal.record.end is None:
            journal.end("done", delivered=not conditions.delivers)
        return result


async def _outcome(brief: Brief, asking: Asking, respond: Respond | None, journal: Journal, tally: Tally) -> Outcome:
    """Perform a brief to its outcome; where there is none, its journal says why."""
    answer = journaled(asking, journal)
    try:
        with tally.trace.running(brief, journal.run):
            return await drive(perform(brief), answer, questioned(respond, journal, tally), tally)
    except AnswerNeeded as pause:
        journal.pause(pause.questions)
        raise
    except BudgetSpent as spent:
        raise BudgetSpent(journal.run, spent.limit, spent.spent, spent.needed) from None
    except StepFailed as failure:
        journal.end("failed", str(failure))
        raise StepFailed(failure.step, failure.title, failure.findings, failure.raw, journal.run) from None


async def replay_job(job: Job, record: Record, conditions: Conditions) -> RunResult:
    """Perform a job over a recorded journal, asking nothing."""
    brief = recorded_brief(job, record)
    tally = Tally(emit=conditions.emit, tariffs=conditions.tariffs)
    tally(
        RunOpened(
            run=record.run,
            model=brief.model,
            destination="replayed, nothing is asked",
            kept=len(record.replies),
            findings=told_as(job.findings, strict=conditions.strict),
        )
    )
    try:
        outcome = await drive(perform(brief), replayed(record, tally), remembered(record, tally), tally)
    except StepFailed as failure:
        raise StepFailed(failure.step, failure.title, failure.findings, failure.raw, record.run) from None
    return result_of(job, brief, outcome, tally, record.run, conditions)


def recorded_brief(job: Job, record: Record) -> Brief:
    """Return the brief of a recorded run: its job under the model, the traits and the patience it began with."""
    header = record.header
    try:
        profile, others = Profile(**header["profile"]), recorded_others(header)
    except (TypeError, KeyError) as error:
        raise other_version(record, error) from error
    return job.brief(profile, header["model"], header["reasks"], others)


def document_of(brief: Brief, outcome: Outcome, remark: str = "", *, quotes: bool = False) -> Document:
    """Assemble an outcome; what a reader must know of its origin stands under the title.

    A finished document ends with its colophon; one that a remark says is none has nothing to be held to.
    """
    writes = brief.profile.writes
    document = assemble(brief.plan, outcome, preface=preface_of(brief, remark), quotes=quotes or not writes)
    if remark:
        return document
    colophon = colophon_of(brief.plan, outcome, brief.artifacts, quotes=quotes or not writes, writes=writes)
    return replace(document, markdown=f"{document.markdown}\n{colophon.comment()}")


def preface_of(brief: Brief, remark: str = "") -> str:
    """Return what a reader must know of a document's origin."""
    return " ".join(part for part in (remark, "" if brief.profile.writes else _QUOTES_ONLY) if part)


def result_of(job: Job, brief: Brief, outcome: Outcome, tally: Tally, run: str, conditions: Conditions) -> RunResult:
    """Return what an outcome amounts to for the caller."""
    document = document_of(brief, outcome, quotes=conditions.quotes)
    found = findings_of(job, brief, outcome, document)
    persona = job.plan.persona
    return RunResult(
        document=document,
        handoffs=tuple(_handed_over(brief, outcome, document, handoff) for handoff in outcome.handoffs),
        report=RunReport(
            run=run,
            persona=f"{persona.alias} {persona.version}".strip(),
            plan_digest=job.plan.digest,
            model=brief.model,
            calls=tally.calls,
            replayed=tally.replayed,
            usage=tally.usage,
            cost=None if tally.usd is None else float(tally.usd),
            findings=told_as(found, strict=conditions.strict),
        ),
    )


def findings_of(job: Job, brief: Brief, outcome: Outcome, document: Document) -> tuple[Finding, ...]:
    """Return everything there is to say of a finished run, from its persona to its document."""
    written = {section.step for section in outcome.sections}
    steps = (step for step in job.plan.steps if step.kind is not Kind.SECTION or step.id in written)
    plan = replace(job.plan, steps=tuple(steps))  # without what a condition led past
    noted = (*remarks(brief, outcome), *verify_structure(plan, document.markdown))
    return (*job.findings, *outcome.findings, *noted)


def ledger_of(brief: Brief, outcome: Outcome) -> Ledger | None:
    """Return what claims of a run are held against; None where nothing is claimed, or need not be proved."""
    if not (brief.profile.writes and brief.grounded):
        return None
    asked = "\n".join(step.instruction for step in brief.plan.steps)
    return Ledger((*brief.artifacts, *outcome.supplied), granted=asked)


def remarks(brief: Brief, outcome: Outcome) -> Iterator[Finding]:
    """Yield what there is to say of the claims and quotes of a finished outcome; what quotes only claims nothing."""
    if brief.excerpts:
        yield unseen(brief.excerpts.unseen)
    yield from several_places(outcome.sections)
    ledger = ledger_of(brief, outcome)
    if ledger is not None:
        yield from doubtful(outcome.sections, ledger)


def _handed_over(brief: Brief, outcome: Outcome, document: Document, handoff: Handoff) -> HandedOver:
    """Return what another persona is given: everything this one had, what it made of it, and the mandate."""
    artifacts = {artifact.id: artifact.text for artifact in (*brief.artifacts, *outcome.supplied)}
    made = {DOCUMENT: without_colophon(document.markdown), MANDATE: handoff.mandate}
    return HandedOver(persona=handoff.persona, mandate=handoff.mandate, inputs=artifacts | made)


def told_as(findings: tuple[Finding, ...], *, strict: bool) -> tuple[Finding, ...]:
    """Return findings as they are told: warnings as errors where the user is strict."""
    return tuple(finding.as_error() for finding in findings) if strict else findings
