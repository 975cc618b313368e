"""Questions to models, given to workers and fetched; its one rule: all that wait are looked for in one go.

A question is a workflow of one call and no steps, named by what it asks: whoever asks the same, at the same time or
after a crash, finds the one that is there. It is removed once its answer is recorded elsewhere.
"""

import logging
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Self

import sqlalchemy as sa
from dbos import DBOSClient

from dramaturg.errors import ModelError
from dramaturg.run.durable.database import reached, require_postgres
from dramaturg.run.durable.names import PRESENT, QUESTION, QUESTIONS, VERSION, WORKERS
from dramaturg.run.durable.plain import Plain, error_data

AT_ONCE = 64  # as many as are let out to one model at first
_OVER = ["SUCCESS", "ERROR", "CANCELLED", "MAX_RECOVERY_ATTEMPTS_EXCEEDED"]
_BEGUN = "PENDING"
_WAITS = "ENQUEUED"
_MANY = 500
_SECONDS = 10  # for a connection


@dataclass(frozen=True, slots=True, kw_only=True)
class Crew:
    """The workers there are, and how many questions each has under way at most."""

    workers: int
    at_once: int


class Questions:
    """A connection to the database through which questions are given.

    Args:
        database: URL of the Postgres database.

    Raises:
        CallerError: It is no Postgres database.
        ModelError: It cannot be reached, or no worker has ever been started on it. Methods raise it as well.
    """

    def __init__(self, database: str) -> None:
        require_postgres(database)
        logging.getLogger("dbos").addHandler(logging.NullHandler())  # what it would say is in the error
        with reached(), ExitStack() as undo:
            url = sa.make_url(database).set(drivername="postgresql+psycopg")
            self._engine = sa.create_engine(
                url, pool_size=2, max_overflow=0, pool_pre_ping=True, connect_args={"connect_timeout": _SECONDS}
            )
            undo.callback(self._engine.dispose)
            self._client = DBOSClient(
                system_database_url=database,
                system_database_engine=self._engine,
                serializer=Plain(),
                retry_connection_errors=False,
            )
            self._client.list_workflows(name=QUESTION, limit=1, load_input=False, load_output=False)
            undo.pop_all()  # it can be used

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Let go of the connection."""
        self._client.destroy()
        self._engine.dispose()

    def give(self, questions: Mapping[str, Mapping[str, Any]]) -> None:
        """Put questions into the queue by their ids, all or none; one that is there already stays as it is."""
        if not questions:
            return
        with reached(), self._engine.begin() as connection:
            for name, question in questions.items():
                self._client.enqueue_in_transaction(
                    connection,
                    {
                        "queue_name": QUESTIONS,
                        "workflow_name": QUESTION,
                        "workflow_id": name,
                        "app_version": VERSION,
                    },
                    dict(question),
                )

    def over(self, names: Iterable[str]) -> Mapping[str, Mapping[str, Any]]:
        """Return what came of those of these questions that nobody works at any more.

        Each is `reply` and `seconds`, `traits`, or `error` as `error_of` reads it, and which `worker` says so.
        """
        found = self._listed([*names], status=_OVER, load_input=False)
        return {each.workflow_id: _outcome(each) for each in found}

    def there(self, names: Iterable[str]) -> set[str]:
        """Return which of these questions the database holds."""
        return {each.workflow_id for each in self._listed([*names], load_input=False, load_output=False)}

    def take_back(self, names: Iterable[str]) -> Sequence[str]:
        """Remove those of these questions that wait for a worker, and return them.

        One that a worker takes at this very moment is answered for nothing.
        """
        found = self._listed([*names], status=_WAITS, load_input=False, load_output=False)
        waits = [each.workflow_id for each in found]
        self.remove(waits)
        return waits

    def left(self, *, older_than: float, now: float) -> Sequence[str]:
        """Return the questions that were given so many seconds ago, or more, and that no worker has."""
        until = datetime.fromtimestamp(now - older_than, UTC).isoformat()
        with reached():
            found = self._client.list_workflows(name=QUESTION, end_time=until, load_input=False, load_output=False)
        return [each.workflow_id for each in found if each.status != _BEGUN]

    def remove(self, names: Iterable[str]) -> None:
        """Remove questions; those that are not there are."""
        with reached():
            for some in _portions([*names]):
                self._client.delete_workflows(some)

    def crew(self) -> Crew:
        """Return which workers live."""
        with reached():
            with self._engine.connect() as connection:
                workers = connection.exec_driver_sql(WORKERS, {"name": PRESENT}).scalar_one()
            queue = self._client.retrieve_queue(QUESTIONS)
        return Crew(workers=workers, at_once=(queue and queue.worker_concurrency) or AT_ONCE)

    def _listed(self, names: Sequence[str], **which: Any) -> Iterator[Any]:
        with reached():
            for some in _portions(names):
                yield from self._client.list_workflows(workflow_ids=some, **which)


def _outcome(found: Any) -> Mapping[str, Any]:
    if found.status == "SUCCESS":
        output: Mapping[str, Any] = found.output
        return output
    message = "the question was given up: too many workers died over it"
    error = found.error if found.status == "ERROR" else ModelError(message, retryable=False)
    return {"error": error_data(error), "worker": found.executor_id or ""}


def _portions(names: Sequence[str]) -> Iterator[list[str]]:
    for at in range(0, len(names), _MANY):
        yield [*names[at : at + _MANY]]
