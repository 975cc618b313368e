"""Workers that died to runs that go on elsewhere; its one rule: only the database says who is alive.

Each worker holds a session advisory lock of Postgres on its own id, which goes with its connection. A living worker
that gets the lock of a run's owner knows that the owner is dead, and keeps the lock while it sees to what was left.
Not through a pooler in transaction mode: the lock would not belong to the worker.
"""

import hashlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field

import psycopg
from dbos import DBOSClient
from sqlalchemy.exc import SQLAlchemyError

from dramaturg.errors import ModelError
from dramaturg.run.durable.client import Desk
from dramaturg.run.durable.database import TO_WORK, reached, require_postgres
from dramaturg.run.durable.held import Held
from dramaturg.run.durable.names import (
    PRESENT,
    QUESTION,
    QUESTIONS,
    QUEUE,
    TAKEN_OVER,
    WORKFLOW,
    is_question,
)
from dramaturg.run.durable.plain import Plain

MOST = 5  # taking a run over resets the count that DBOS keeps, so it is kept here


@dataclass(slots=True, kw_only=True)
class Reaper:
    """Looks after the runs of workers that are gone, and after the questions that they were to answer.

    Attributes:
        database: URL of the Postgres database.
        worker: The id of the worker it belongs to.
        given_up: Runs that have cost too many workers their life.
    """

    database: str
    worker: str
    given_up: list[str] = field(default_factory=list)
    _connection: psycopg.Connection | None = None
    _client: DBOSClient | None = None
    _desk: Desk | None = None

    def start(self) -> None:
        """Connect, and hold the lock that says that the worker lives.

        Raises:
            CallerError: It is no Postgres database.
            ModelError: It cannot be reached.
        """
        require_postgres(self.database)
        with reached(TO_WORK):
            self._hold_on()
            self._client = DBOSClient(system_database_url=self.database, serializer=Plain())
        self._desk = Desk(self.database)

    def _hold_on(self) -> psycopg.Connection:
        """Return the connection that holds the lock: a new one where the database has dropped it."""
        if self._connection is None or not _answers(self._connection):
            self._connection = psycopg.connect(self.database, autocommit=True, application_name=PRESENT)
            self._connection.execute("SELECT pg_advisory_lock(%s)", (_lock_of(self.worker),))
        return self._connection

    def stop(self) -> None:
        """Let go of the lock."""
        for each in (self._client and self._client.destroy, self._desk and self._desk.close):
            if each:
                each()
        if self._connection is not None:
            self._connection.close()

    def sweep(self) -> list[str]:
        """Put the work of dead workers back into its queue, and return the ids; what keeps dying is given up.

        Raises:
            ModelError: The database does not answer; the next sweep tries again.
        """
        try:
            return self._sweep(self._hold_on())
        except (psycopg.OperationalError, SQLAlchemyError) as error:
            cause = " ".join(str(getattr(error, "orig", error)).split())
            raise ModelError(f"the database does not answer: {cause}", retryable=True) from error

    def _sweep(self, connection: psycopg.Connection) -> list[str]:
        taken: list[str] = []
        for owner in sorted({owner for owner, _ in self._under_way()} - {self.worker}):
            with _alone(connection, owner) as dead:
                if dead:
                    taken += [run for each, run in self._under_way() if each == owner and self._take_over(run)]
        return taken

    def _under_way(self) -> Iterator[tuple[str, str]]:
        """Yield what is being worked at, each after the worker that it belongs to."""
        assert self._client is not None  # noqa: S101 - it was started
        found = self._client.list_workflows(
            status="PENDING", name=[WORKFLOW, QUESTION], load_input=False, load_output=False
        )
        yield from ((each.executor_id, each.workflow_id) for each in found if each.executor_id)

    def _take_over(self, run: str) -> bool:
        """Put a run back into the queue, unless one worker after the other has died before it had another answer."""
        assert self._client is not None  # noqa: S101 - as above
        assert self._desk is not None  # noqa: S101 - as above
        (kept,) = self._client.list_workflows(workflow_ids=[run], load_input=False, load_output=False)
        written = sum(isinstance(each, Mapping) and "reply" in each for each in self._desk.recorded(run))
        times, before = (kept.attributes or {}).get(TAKEN_OVER) or (0, 0)
        times = times + 1 if written == before else 1
        self._client.update_workflow_attributes(run, {TAKEN_OVER: [times, written]}, merge=True)
        if times > MOST:
            self._desk.hold(run, Held(why="workers"))
            self.given_up.append(run)
            return False
        self._client.resume_workflows([run], queue_name=QUESTIONS if is_question(run) else QUEUE)
        return True


@contextmanager
def _alone(connection: psycopg.Connection, owner: str) -> Iterator[bool]:
    """Tell whether a worker is dead; nobody else finds out while the block lasts."""
    lock = _lock_of(owner)
    row = connection.execute("SELECT pg_try_advisory_lock(%s)", (lock,)).fetchone()
    free = bool(row and row[0])
    try:
        yield free
    finally:
        if free:
            connection.execute("SELECT pg_advisory_unlock(%s)", (lock,))


def _answers(connection: psycopg.Connection) -> bool:
    try:
        connection.execute("SELECT 1")
    except psycopg.OperationalError:
        return False
    return True


def _lock_of(worker: str) -> int:
    """Return the number that stands for a worker's id, of 63 bits as Postgres takes it."""
    return int.from_bytes(hashlib.sha256(worker.encode()).digest()[:8], "big") >> 1
