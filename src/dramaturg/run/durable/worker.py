"""Orders to documents, on this machine; its one rule: what another worker has written down is never asked again."""

import logging
import os
import socket
import uuid
from collections.abc import Awaitable, Callable, Mapping
from contextlib import AsyncExitStack
from dataclasses import asdict, dataclass, field
from typing import Any

from dbos import DBOS

from dramaturg.engine.brief import Brief, Respondent
from dramaturg.engine.calls import Answer, ModelCall, ModelReply, Question, Questions
from dramaturg.engine.events import AnswerRejected, BranchTaken, Event, RunStarted, StepAccepted, StepStarted
from dramaturg.engine.flow import perform
from dramaturg.errors import ModelError
from dramaturg.models.pool import Pool
from dramaturg.models.retry import RetryPolicy
from dramaturg.run.budget import Limits, Purse, Tariffs
from dramaturg.run.drive import Asking
from dramaturg.run.durable.driving import drive_in_order
from dramaturg.run.durable.plain import Plain, answer_of, reply_of
from dramaturg.run.job import Job
from dramaturg.run.orders import job_of, profile_of
from dramaturg.run.perform import Conditions, Tally, result_of
from dramaturg.run.respond import responding
from dramaturg.run.team import Choice, open_team
from dramaturg.run.telemetry import Trace

QUEUE = "dramaturg-runs"
WORKFLOW = "dramaturg.run"
VERSION = "dramaturg-1"  # of the order of steps and their names: a run goes on only where these are the same
EVENTS = "events"
WAITS = "waits"
_RECOVERIES = 5
_PATIENCE = (30.0, 120.0, 600.0)  # seconds between attempts at a provider that is down for longer
_A_DAY = 86_400.0
_THREADS = 8
_TOLD = (RunStarted, StepStarted, StepAccepted, AnswerRejected, BranchTaken)


@dataclass(slots=True, kw_only=True)
class Worker:
    """A process that performs orders.

    Attributes:
        database: URL of the Postgres database.
        concurrency: How many runs it performs at once.
        retry: How patiently a faltering provider is asked again within a call.
        notice: Told in a line what begins and ends here.
        name: Its id, which no other process has.
        patience: Seconds between attempts at a provider that is down for longer than the retries of a call last.
        pool: The models its runs share.
    """

    database: str
    concurrency: int = 10
    retry: RetryPolicy = field(default_factory=RetryPolicy)
    notice: Callable[[str, str], None] = lambda *_: None
    name: str = field(default_factory=lambda: f"{socket.gethostname()}-{os.getpid()}-{uuid.uuid4().hex[:8]}")
    patience: tuple[float, ...] = _PATIENCE
    pool: Pool = field(default_factory=Pool)

    async def start(self) -> None:
        """Connect and begin to take orders."""
        logging.getLogger("dbos").addHandler(logging.NullHandler())  # else it configures one of its own
        DBOS(
            config={
                "name": "dramaturg",
                "system_database_url": self.database,
                "application_version": VERSION,
                "executor_id": self.name,
                "serializer": Plain(),
                "max_executor_threads": _THREADS,
                "log_level": "ERROR",
                "notification_listener_polling_interval_sec": 0.2,
            }
        )

        async def performed(order: dict[str, Any]) -> dict[str, Any]:
            return await self._perform(order)

        DBOS.workflow(name=WORKFLOW, max_recovery_attempts=_RECOVERIES)(performed)
        DBOS.launch()
        await DBOS.register_queue_async(
            QUEUE, worker_concurrency=self.concurrency, polling_interval_sec=0.2, on_conflict="always_update"
        )

    def stop(self, within: float = 0.0) -> None:
        """Take no more orders, wait for those under way so many seconds, and let go; the rest goes on elsewhere."""
        DBOS.destroy(workflow_completion_timeout_sec=int(within))

    async def _perform(self, order: dict[str, Any]) -> dict[str, Any]:
        """Perform an order; the workflow."""
        run = str(order["run"])
        self.notice(run, "begins")
        try:
            result = await _Performance(worker=self, order=order, job=job_of(order)).result()
        except Exception as error:
            self.notice(run, f"{type(error).__name__}: {error}")
            raise
        finally:
            await DBOS.close_stream_async(EVENTS)
        self.notice(run, "is done")
        return result


@dataclass(slots=True, kw_only=True)
class _Performance:
    """One order being performed."""

    worker: Worker
    order: Mapping[str, Any]
    job: Job
    _undo: AsyncExitStack = field(default_factory=AsyncExitStack)

    async def result(self) -> dict[str, Any]:
        """Perform the order and return its result as plain JSON data."""
        async with self._undo:
            asking, brief = await self._opened()
            tally = Tally(emit=_ignore, tariffs=Tariffs(), trace=Trace())
            flow = perform(brief)
            outcome = await drive_in_order(flow, self._durable(asking, tally), self._waiting(), self._tell)
            conditions = Conditions(
                reasks=brief.reasks,
                retry=self.worker.retry,
                strict=bool(self.order["strict"]),
                quotes=bool(self.order["quotes"]),
                emit=_ignore,
                respond=None,
            )
            return result_of(self.job, brief, outcome, tally, str(self.order["run"]), conditions).to_json()

    async def _opened(self) -> tuple[Asking, Brief]:
        """Open the models, and take the traits that they had when the run first began."""
        choice = Choice(model=self.order["model"], others=self.order["models"])
        team = await open_team(choice, None, self.worker.pool, self._undo)

        async def traits() -> dict[str, Any]:
            others = {step: asdict(each) for step, each in team.respondents.items()}
            return {"model": team.model.name, "profile": asdict(team.model.profile), "others": others}

        kept = await DBOS.run_step_async({"name": "open"}, traits)
        others = {
            step: Respondent(model=each["model"], profile=profile_of(each["profile"]))
            for step, each in kept["others"].items()
        }
        brief = self.job.brief(profile_of(kept["profile"]), kept["model"], self.order["reasks"], others)
        run = str(self.order["run"])
        asking = Asking(
            models=team.asked,
            line=lambda model: self.worker.pool.line(model, run, self.worker.retry),
            policy=self.worker.retry,
            purse=Purse(limits=Limits(), tariffs=Tariffs(), brief=brief),
            emit=_ignore,
            trace=Trace(),
        )
        return asking, brief

    def _durable(self, asking: Asking, tally: Tally) -> Callable[[ModelCall], Awaitable[ModelReply]]:
        """Return what makes each call a durable step; a provider that is down is asked again later."""

        async def attempt(call: ModelCall) -> dict[str, Any]:
            try:
                return {"reply": asdict(await asking(call))}
            except ModelError as error:
                if not error.retryable:
                    raise
                return {"error": [error.message, error.retryable, error.hint]}

        async def ask(call: ModelCall) -> ModelReply:
            name = f"step-{call.step}" + (f".repair-{call.attempt}" if call.attempt else "")
            for tries, wait in enumerate((*self.worker.patience, None)):
                kept = await DBOS.run_step_async({"name": name + (f".try-{tries}" if tries else "")}, attempt, call)
                if "reply" in kept:
                    reply = reply_of(kept["reply"])
                    tally.count(call.model, reply.usage)
                    return reply
                if wait is None:
                    raise ModelError(*kept["error"])
                self.worker.notice(str(self.order["run"]), f"waits {wait:.0f} s: {kept['error'][0]}")
                await DBOS.sleep_async(wait)
            raise AssertionError("there is a last try")

        return ask

    def _waiting(self) -> Callable[[Questions], Awaitable[tuple[Answer, ...]]]:
        """Return what waits for a person, however long it takes, on whatever machine."""
        known = {name: [answer_of(each) for each in given] for name, given in self.order["answers"].items()}
        respond = responding(known, yes=bool(self.order["yes"]), then=None)

        async def ask(asked: Questions) -> tuple[Answer, ...]:
            answers = [await respond(question) for question in asked.questions]
            left = [question for question, answer in zip(asked.questions, answers, strict=True) if answer is None]
            if left:
                waits = [_asked(each) for each in left]
                await DBOS.set_event_async(WAITS, waits)
                await DBOS.write_stream_async(EVENTS, {"event": "Questions", "questions": waits})
            given = [
                answer or await _received(question) for question, answer in zip(asked.questions, answers, strict=True)
            ]
            if left:
                await DBOS.set_event_async(WAITS, [])
            return tuple(given)

        return ask

    async def _tell(self, event: Event) -> None:
        if isinstance(event, _TOLD):
            await DBOS.write_stream_async(EVENTS, told_of(event))


def told_of(event: Event) -> dict[str, Any]:
    """Return an event as plain JSON data, without the texts of its section."""
    data: dict[str, Any] = {"event": type(event).__name__}
    for name in (
        "step",
        "title",
        "position",
        "total",
        "attempt",
        "persona",
        "document",
        "check",
        "goes_to",
        "round",
        "bound",
    ):
        if hasattr(event, name):
            data[name] = getattr(event, name)
    if isinstance(event, StepAccepted):
        data["items"] = len(event.section.entries) if event.section else None
    if isinstance(event, AnswerRejected):
        data["findings"] = [finding.message for finding in event.findings]
    return data


async def _received(question: Question) -> Answer:
    while True:
        said = await DBOS.recv_async(question.key, timeout_seconds=_A_DAY)
        if said is not None:
            return answer_of(said)


def _asked(question: Question) -> dict[str, Any]:
    return {**asdict(question), "key": question.key}


def _ignore(event: Event) -> None:
    del event
