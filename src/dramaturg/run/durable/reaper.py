"""Workers that died to runs that go on elsewhere; its one rule: only the database says who is alive.

Each worker holds a session advisory lock of Postgres on its own id, which goes with its connection. A living worker
that gets the lock of a run's owner knows that the owner is dead. Not through a pooler in transaction mode: the lock
would not belong to the worker.
"""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass, field

import psycopg
from dbos import DBOSClient

from dramaturg.run.durable.plain import Plain
from dramaturg.run.durable.worker import QUEUE, WORKFLOW

_TABLE = "CREATE TABLE IF NOT EXISTS dramaturg_taken_over (run text PRIMARY KEY, times integer NOT NULL)"
_COUNT = (
    "INSERT INTO dramaturg_taken_over VALUES (%s, 1) ON CONFLICT (run) DO UPDATE "
    "SET times = dramaturg_taken_over.times + 1 RETURNING times"
)
MOST = 5  # taking a run over resets the count that DBOS keeps, so it is kept here


@dataclass(slots=True, kw_only=True)
class Reaper:
    """Looks after the runs of workers that are gone.

    Attributes:
        database: URL of the Postgres database.
        worker: The id of the worker it belongs to.
    """

    database: str
    worker: str
    _connection: psycopg.Connection | None = None
    _client: DBOSClient | None = None
    given_up: list[str] = field(default_factory=list)

    def start(self) -> None:
        """Connect, and hold the lock that says that the worker lives."""
        self._connection = psycopg.connect(self.database, autocommit=True)
        self._connection.execute(_TABLE)
        self._connection.execute("SELECT pg_advisory_lock(%s)", (_lock_of(self.worker),))
        self._client = DBOSClient(system_database_url=self.database, serializer=Plain())

    def stop(self) -> None:
        """Let go of the lock."""
        if self._client is not None:
            self._client.destroy()
        if self._connection is not None:
            self._connection.close()

    def sweep(self) -> list[str]:
        """Put the runs of dead workers back into the queue, and return their ids; one that keeps dying is cancelled."""
        taken = []
        for owner, runs in self._pending():
            if not self._is_dead(owner):
                continue
            taken += [run for run in runs if self._take_over(run)]
        return taken

    def _pending(self) -> Iterator[tuple[str, list[str]]]:
        """Yield the other workers that runs under way belong to, with these."""
        assert self._client is not None  # noqa: S101 - it was started
        found: dict[str, list[str]] = {}
        under_way = self._client.list_workflows(status="PENDING", name=WORKFLOW, load_input=False, load_output=False)
        for each in under_way:
            if each.executor_id and each.executor_id != self.worker:
                found.setdefault(each.executor_id, []).append(each.workflow_id)
        yield from found.items()

    def _is_dead(self, owner: str) -> bool:
        assert self._connection is not None  # noqa: S101 - as above
        lock = _lock_of(owner)
        row = self._connection.execute("SELECT pg_try_advisory_lock(%s)", (lock,)).fetchone()
        free = bool(row and row[0])
        if free:
            self._connection.execute("SELECT pg_advisory_unlock(%s)", (lock,))
        return free

    def _take_over(self, run: str) -> bool:
        assert self._connection is not None  # noqa: S101 - as above
        assert self._client is not None  # noqa: S101 - as above
        row = self._connection.execute(_COUNT, (run,)).fetchone()
        if row and row[0] > MOST:
            self._client.cancel_workflow(run)
            self.given_up.append(run)
            return False
        self._client.resume_workflows([run], queue_name=QUEUE)
        return True


def _lock_of(worker: str) -> int:
    """Return the number that stands for a worker's id, of 63 bits as Postgres takes it."""
    return int.from_bytes(hashlib.sha256(worker.encode()).digest()[:8], "big") >> 1
