"""A process that performs orders; its one rule: what it does not finish, another does, from where it stopped."""

import logging
import os
import socket
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from dbos import DBOS

from dramaturg.errors import AuthorError, CallerError, JournalMiss, ModelError
from dramaturg.models.pool import Pool
from dramaturg.models.retry import RetryPolicy
from dramaturg.run.durable.answering import Answering
from dramaturg.run.durable.client import Desk
from dramaturg.run.durable.database import TO_WORK, reached
from dramaturg.run.durable.held import Held
from dramaturg.run.durable.names import QUESTION, QUESTIONS, QUEUE, VERSION, WORKFLOW
from dramaturg.run.durable.performance import Means, Performance, let_go
from dramaturg.run.durable.plain import Plain
from dramaturg.run.durable.questions import AT_ONCE
from dramaturg.run.job import Job
from dramaturg.run.orders import job_of

CONCURRENCY = 10
_PATIENCE = (30.0, 120.0, 600.0)
_RECOVERIES = 5
_THREADS = 8
_LOOK = 0.3  # seconds between two looks into a queue, which are most of what a worker at rest costs
_TELL = 0.05  # seconds for which what happens in runs is gathered before those who follow them are told


@dataclass(slots=True, kw_only=True)
class Worker:
    """A process that performs orders.

    Attributes:
        database: URL of the Postgres database.
        concurrency: How many runs each worker of the database performs at once, this one and the others, from now on;
            None leaves it as it is.
        questions: How many questions of evals each has under way at once, likewise.
        retry: How patiently a faltering provider is asked again within a call.
        notice: Told in a line what becomes of the runs here.
        name: Its id, which no other process has.
        patience: Seconds between attempts at a provider that is down for longer than the retries of a call last.
        answering: What it answers questions with, once it is started.
    """

    database: str
    concurrency: int | None = None
    questions: int | None = None
    retry: RetryPolicy = field(default_factory=RetryPolicy)
    notice: Callable[[str, str], None] = lambda *_: None
    name: str = field(default_factory=lambda: f"{socket.gethostname()}-{os.getpid()}-{uuid.uuid4().hex[:8]}")
    patience: tuple[float, ...] = _PATIENCE
    answering: Answering = field(init=False)
    _means: Means = field(init=False)

    async def start(self) -> tuple[int, int]:
        """Connect, begin to take orders, and return how many runs and how many questions are under way at once."""
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
                "notification_coalesce_sec": _TELL,
            }
        )

        async def performed(order: dict[str, Any]) -> dict[str, Any]:
            return await self._perform(order)

        async def answered(question: dict[str, Any]) -> dict[str, Any]:
            return await self.answering.answer(question)

        DBOS.workflow(name=WORKFLOW, max_recovery_attempts=_RECOVERIES)(performed)
        DBOS.workflow(name=QUESTION, max_recovery_attempts=_RECOVERIES)(answered)
        DBOS.listen_queues([QUEUE, QUESTIONS])  # of what a later version queues this one knows nothing
        pool = Pool()
        self.answering = Answering(
            worker=self.name, pool=pool, retry=self.retry, patience=self.patience, notice=self.notice
        )
        with reached(TO_WORK):
            DBOS.launch()
        self._means = Means(
            worker=self.name,
            desk=Desk(self.database),
            pool=pool,
            retry=self.retry,
            patience=self.patience,
            notice=self.notice,
        )
        return await _queue(QUEUE, self.concurrency, CONCURRENCY), await _queue(QUESTIONS, self.questions, AT_ONCE)

    def stop(self, within: float = 0.0) -> None:
        """Take no more orders, wait for those under way so many seconds, and let go; the rest goes on elsewhere."""
        DBOS.destroy(workflow_completion_timeout_sec=int(within))
        self._means.desk.close()

    async def _perform(self, order: dict[str, Any]) -> dict[str, Any]:
        """Perform an order; the workflow."""
        run = str(order["run"])
        self.notice(run, "begins")
        try:
            result = await Performance(means=self._means, order=order, job=await self._job(run, order)).result()
        except Exception as error:
            self.notice(run, f"{type(error).__name__}: {str(error).splitlines()[0]}")
            raise
        self.notice(run, "is done")
        return result

    async def _job(self, run: str, order: dict[str, Any]) -> Job:
        """Return the job of an order; one that this version would perform otherwise rests for one that would not."""
        try:
            return job_of(order)
        except (AuthorError, CallerError, JournalMiss) as error:
            await let_go(self._means, run, Held.by(ModelError(str(error), retryable=False)))


async def _queue(name: str, wished: int | None, usual: int) -> int:
    """Begin to take from a queue, and return how much at once: as wished, else as the database has it."""
    queue = await DBOS.register_queue_async(
        name,
        worker_concurrency=wished or usual,
        polling_interval_sec=_LOOK,
        on_conflict="always_update" if wished else "never_update",
    )
    return await queue.get_worker_concurrency_async() or usual
