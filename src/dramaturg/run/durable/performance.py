"""One order to its result, as a workflow; its one rule: what was written down is never asked again.

Whoever takes the run up repeats it from the beginning over what is written down: so all that a decision rests on is
either in the order or the outcome of a step.
"""

import asyncio
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import AsyncExitStack
from dataclasses import asdict, dataclass, field
from typing import Any, NoReturn

from dbos import DBOS
from dbos._error import DBOSWorkflowCancelledError

from dramaturg.engine.asking import refused
from dramaturg.engine.brief import Brief, Respondent
from dramaturg.engine.calls import Answer, ModelCall, Question, Questions
from dramaturg.engine.events import Event, FellBack, Retrying, RunOpened
from dramaturg.engine.flow import perform
from dramaturg.errors import BudgetSpent, CallerError, ModelError, StepFailed
from dramaturg.models.pool import Pool
from dramaturg.models.prices import parse_price
from dramaturg.models.retry import RetryPolicy
from dramaturg.run.budget import Purse, Tariffs
from dramaturg.run.drive import Asking
from dramaturg.run.durable.client import Desk
from dramaturg.run.durable.driving import Attempted, Durable, Trouble, drive_in_order
from dramaturg.run.durable.held import STATUS, Held
from dramaturg.run.durable.names import EVENTS, RESUMED
from dramaturg.run.durable.plain import answer_of, error_data, error_of, event_data, event_of, reply_data, reply_of
from dramaturg.run.job import Job
from dramaturg.run.orders import limits_of, profile_of
from dramaturg.run.perform import Conditions, Tally, result_of, told_as
from dramaturg.run.respond import responding
from dramaturg.run.team import Choice, Team, open_team
from dramaturg.run.telemetry import Trace


@dataclass(frozen=True, slots=True, kw_only=True)
class Means:
    """What a worker performs orders with.

    Attributes:
        worker: Its id.
        desk: Its way to the database.
        pool: The models that its runs share.
        retry: How patiently a faltering provider is asked again within a call.
        patience: Seconds between attempts at a provider that is down for longer than the retries of a call last.
        notice: Told in a line what becomes of a run.
    """

    worker: str
    desk: Desk
    pool: Pool
    retry: RetryPolicy
    patience: tuple[float, ...]
    notice: Callable[[str, str], None]


@dataclass(slots=True, kw_only=True)
class Performance:
    """One order being performed."""

    means: Means
    order: Mapping[str, Any]
    job: Job
    tally: Tally = field(init=False)
    purse: Purse = field(init=False)
    asking: Asking = field(init=False)
    _overheard: dict[str, list[Event]] = field(default_factory=dict)

    @property
    def run(self) -> str:
        """The run's id."""
        return str(self.order["run"])

    async def result(self) -> dict[str, Any]:
        """Perform the order and return its result as plain JSON data.

        Raises:
            DBOSWorkflowCancelledError: The run rests; its status in the database says why.
        """
        async with AsyncExitStack() as undo:
            brief = await self._opened(undo)
            durable = Durable(attempt=self._attempt, overcome=self._overcome, ask=self._asked(), tell=self._tell)
            try:
                with self.tally.trace.running(brief, self.run):
                    outcome = await drive_in_order(perform(brief), durable)
            except StepFailed as failure:
                raise StepFailed(failure.step, failure.title, failure.findings, failure.raw, self.run) from None
            conditions = Conditions(
                reasks=brief.reasks,
                retry=self.means.retry,
                strict=bool(self.order["strict"]),
                quotes=bool(self.order["quotes"]),
                emit=_ignore,
                respond=None,
            )
            return result_of(self.job, brief, outcome, self.tally, self.run, conditions).to_json()

    async def _opened(self, undo: AsyncExitStack) -> Brief:
        """Open the models, and take the traits that they had when the run first began."""
        team = await self._team(undo)

        async def traits() -> dict[str, Any]:
            others = {step: asdict(each) for step, each in team.respondents.items()}
            return {
                "model": team.model.name,
                "destination": team.model.destination,
                "profile": asdict(team.model.profile),
                "others": others,
                "at": time.time(),
            }

        kept = await DBOS.run_step_async({"name": "open"}, traits)
        others = {
            step: Respondent(model=each["model"], profile=profile_of(each["profile"]))
            for step, each in kept["others"].items()
        }
        brief = self.job.brief(profile_of(kept["profile"]), kept["model"], self.order["reasks"], others)
        await self._prepare(brief, team, kept["at"])
        opened = RunOpened(
            run=self.run,
            model=brief.model,
            destination=kept["destination"],
            kept=0,
            findings=told_as(self.job.findings, strict=bool(self.order["strict"])),
        )
        await self._tell((opened,))
        return brief

    async def _team(self, undo: AsyncExitStack) -> Team:
        """Open the models of the run; one that this worker cannot open is waited for."""
        order = self.order
        choice = Choice(model=order["model"], others=order["models"], fallback=order["fallback"])
        try:
            return await open_team(choice, order["window"], self.means.pool, undo)
        except (CallerError, ModelError) as error:
            await let_go(self.means, self.run, Held.lacking(self.means.worker, error))

    async def _prepare(self, brief: Brief, team: Team, began: float) -> None:
        tariffs = Tariffs(given=parse_price(self.order["price"]) if self.order["price"] else None)
        trace = Trace.begin(self.order["trace"])
        self.tally = Tally(emit=_ignore, tariffs=tariffs, trace=trace)
        self.purse = Purse(
            limits=limits_of(self.order["limits"]),
            tariffs=tariffs,
            brief=brief,
            fallback=[each.name for each in team.fallback],
            clock=time.time,
            began=began,
        )
        for kept in await asyncio.to_thread(self.means.desk.recorded, self.run):
            if isinstance(kept, Mapping) and "reply" in kept:
                reply = reply_of(kept["reply"])
                self.purse.count(kept["step"], reply.stand_in or kept["model"], reply.usage)
        self.asking = Asking(
            models=team.asked,
            line=lambda model: self.means.pool.line(model, self.run, self.means.retry),
            policy=self.means.retry,
            purse=self.purse,
            emit=self._overhear,
            trace=trace,
        )

    async def _attempt(self, call: ModelCall, tries: int) -> Attempted:
        """Make a call, as a durable step."""

        async def attempt() -> dict[str, Any]:
            kept: dict[str, Any] = {
                "step": call.step,
                "attempt": call.attempt,
                "model": call.model,
                "key": await asyncio.to_thread(lambda: call.key),
            }
            began = time.monotonic()
            try:
                async with self.purse.holding(call):
                    reply = await self.asking(call)
                    self.purse.used(call, reply)
                step = next((each for each in self.job.plan.steps if each.id == call.step), None)
                if reply.stop == "refusal" and step:  # it would be all that the run ever gets
                    raise refused(step, reply)
            except (BudgetSpent, ModelError) as error:
                kept["error"] = error_data(error)
            else:
                kept |= {"reply": reply_data(reply), "seconds": round(time.monotonic() - began, 3)}
            return {**kept, "happened": [event_data(each) for each in self._overheard.pop(call.step, ())]}

        name = f"step-{call.step}" + (f".repair-{call.attempt}" if call.attempt else "")
        kept = await DBOS.run_step_async({"name": name + (f".try-{tries}" if tries else "")}, attempt)
        error = error_of(kept["error"]) if "error" in kept else None
        return Attempted(
            reply=None if error else reply_of(kept["reply"]),
            trouble=error if isinstance(error, BudgetSpent | ModelError) else None,
            happened=tuple(map(event_of, kept["happened"])),
        )

    async def _overcome(self, troubles: Sequence[Trouble], tries: int) -> int:
        """Wait for a provider that is down; what waiting does not mend lets go of the run."""
        final = next((each for each in troubles if isinstance(each, BudgetSpent) or not each.retryable), None)
        if final is None and tries < len(self.means.patience):
            wait = self.means.patience[tries]
            self.means.notice(self.run, f"waits {wait:.0f} s: {troubles[0]}")
            await DBOS.sleep_async(wait)
            return tries + 1
        await self._hold(Held.by(final or troubles[0]))
        return 0

    def _asked(self) -> Callable[[Questions], Any]:
        """Return what asks a person, however long it takes, on whatever machine."""
        known = {name: [answer_of(each) for each in given] for name, given in self.order["answers"].items()}
        respond = responding(known, yes=bool(self.order["yes"]), then=None)

        async def ask(asked: Questions) -> tuple[Answer, ...]:
            answers = {question.key: await respond(question) for question in asked.questions}
            while left := [question for question in asked.questions if answers[question.key] is None]:
                for question in left:
                    said = await DBOS.recv_async(question.key, timeout_seconds=0)
                    answers[question.key] = None if said is None else answer_of(said)
                await self._hold_for(tuple(each for each in left if answers[each.key] is None))
            return tuple(answer for answer in answers.values() if answer is not None)

        return ask

    async def _hold_for(self, questions: tuple[Question, ...]) -> None:
        if questions:
            await self._hold(Held(why="answers", questions=questions))

    async def _hold(self, held: Held) -> None:
        """Let go of the run, once: whoever goes on with it comes by here again, and passes."""
        first = False

        async def come_by() -> None:
            nonlocal first
            first = True

        await DBOS.run_step_async({"name": "held"}, come_by)
        if first:
            await let_go(self.means, self.run, held)
        told = await DBOS.recv_async(RESUMED, timeout_seconds=0)
        if told is not None:  # else the worker died before it had let go
            self.purse.began = told["at"]
            self.purse.limits = self.purse.limits if told["limits"] is None else limits_of(told["limits"])

    async def _tell(self, events: Sequence[Event]) -> None:
        for event in events:
            self.tally(event)
        await DBOS.write_stream_async(EVENTS, [event_data(event) for event in events])

    def _overhear(self, event: Event) -> None:
        """Keep what happens during a call until the call is written down."""
        if isinstance(event, FellBack | Retrying):
            self._overheard.setdefault(event.step, []).append(event)


async def let_go(means: Means, run: str, held: Held) -> NoReturn:
    """Take a run off this worker, and end its workflow here."""
    why = ", ".join(question.id for question in held.questions) or str(held.error)
    await asyncio.to_thread(means.desk.hold, run, held)
    means.notice(run, f"rests, {STATUS[held.why]}: {why}")
    raise DBOSWorkflowCancelledError(f"run {run} rests")


def _ignore(event: Event) -> None:
    del event
