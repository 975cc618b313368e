"""A job and its models to a result in this process; its one rule: what goes on ends as if it had not stopped."""

from collections.abc import Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass, field, replace
from pathlib import Path

from dramaturg.engine.events import Event
from dramaturg.models.pool import Pool
from dramaturg.models.retry import RetryPolicy
from dramaturg.run.budget import Tariffs
from dramaturg.run.drive import Emit
from dramaturg.run.job import Job, thaw
from dramaturg.run.opening import Opening, taken_up
from dramaturg.run.orders import Terms
from dramaturg.run.perform import Conditions, OpenJournal, perform_job, recorded_brief, replay_job
from dramaturg.run.record import Record
from dramaturg.run.report import RunResult
from dramaturg.run.respond import OnQuestion, answers_of, responding
from dramaturg.run.secrets import Handling
from dramaturg.run.team import Choice, Named, chosen_then, open_team


@dataclass(frozen=True, slots=True, kw_only=True)
class Performer:
    """Performs jobs here, many at once.

    Attributes:
        state: Folder of the journals.
        terms: How they are performed.
        retry: How patiently a faltering provider is asked again.
        secrets: What to do about secrets in artifacts that would leave this machine.
        delivers: Whether the caller says when a result has reached its reader.
        pool: The models that are open, which the jobs share.
    """

    state: Path
    terms: Terms
    retry: RetryPolicy
    secrets: Handling
    delivers: bool
    pool: Pool = field(default_factory=Pool)

    def conditions(self, on_event: Emit | None, on_question: OnQuestion | None) -> Conditions:
        """Return how a job is performed of which these are told, and asked what only a person can answer."""
        terms = self.terms
        answers_of(terms.answers)  # what cannot be read is told before anything is asked
        return Conditions(
            reasks=terms.reasks,
            retry=self.retry,
            strict=terms.strict,
            quotes=terms.quotes,
            emit=on_event or _ignore,
            respond=responding(terms.answers, yes=terms.yes, then=on_question),
            pool=self.pool,
            limits=terms.limits,
            tariffs=Tariffs(given=terms.price),
            secrets=self.secrets,
            delivers=self.delivers,
        )

    async def begin(self, job: Job, choice: Choice, conditions: Conditions, *, fresh: bool) -> RunResult:
        """Perform a job; a run of the same that is not over goes on, unless a `fresh` one is wanted."""
        opening = Opening(state=self.state, fresh=fresh, price=self.terms.price)
        return await self._perform(job, choice, opening, conditions, self.terms.window)

    async def go_on(self, record: Record, model: Named, fallback: Sequence[Named], conditions: Conditions) -> RunResult:
        """Go on with a run under what it began with; of one that has ended give the result again, asking nothing.

        Args:
            record: The run.
            model: Its own model where that is an object, which no name opens; CallerError if it is another.
            fallback: Whom to ask where its models cannot be had.
            conditions: How, as far as the run does not say.
        """
        job = thaw(record)
        brief = recorded_brief(job, record)
        conditions = replace(
            conditions,
            reasks=record.header["reasks"],
            begun_with=(brief.profile, brief.others),
            tariffs=Tariffs(given=self.terms.price or record.price),
        )
        if record.end is not None:
            return await replay_job(job, record, conditions)
        choice = chosen_then(record, model, fallback)
        window = brief.profile.window or self.terms.window
        return await self._perform(job, choice, lambda brief, _: taken_up(record, brief), conditions, window)

    async def _perform(
        self, job: Job, choice: Choice, opening: OpenJournal, conditions: Conditions, window: int | None
    ) -> RunResult:
        await self.pool.turnstile.passing()
        async with AsyncExitStack() as undo:
            team = await open_team(choice, window, self.pool, undo)
            return await perform_job(job, team, opening, conditions)


def _ignore(event: Event) -> None:
    del event
