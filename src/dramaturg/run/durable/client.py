"""Orders given, followed, answered and fetched; its one rule: whoever gives one needs the database and no more."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from typing import Any, Self

from dbos import DBOSClient
from dbos._error import DBOSAwaitedWorkflowCancelledError, DBOSException
from pydantic import TypeAdapter
from sqlalchemy.exc import SQLAlchemyError

from dramaturg.engine.calls import Answer
from dramaturg.errors import CallerError, ModelError
from dramaturg.run.durable.plain import Plain
from dramaturg.run.durable.worker import EVENTS, QUEUE, VERSION, WAITS, WORKFLOW
from dramaturg.run.report import RunResult

_RESULT = TypeAdapter(RunResult)
_STATUSES: Mapping[str, str] = {
    "SUCCESS": "done",
    "ERROR": "failed",
    "PENDING": "running",
    "ENQUEUED": "queued",
    "CANCELLED": "cancelled",
    "MAX_RECOVERY_ATTEMPTS_EXCEEDED": "given up",
    "DELAYED": "queued",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class QueuedRun:
    """How a run in the database stands; `waits` are the questions it waits for."""

    run: str
    status: str
    worker: str
    waits: tuple[Mapping[str, Any], ...] = ()


class Desk:
    """A connection to the database through which orders are given.

    Args:
        database: URL of the Postgres database.

    Raises:
        ModelError: The database cannot be reached.
    """

    def __init__(self, database: str) -> None:
        if not database.startswith(("postgresql://", "postgres://")):
            raise CallerError("runs on many machines need Postgres; give `postgresql://user@host/name`")
        self._answered: set[str] = set()
        with _reached():
            self._client = DBOSClient(system_database_url=database, serializer=Plain())

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._client.destroy()

    def give(self, order: Mapping[str, Any]) -> str:
        """Put an order into the queue, and return its run's id."""
        options = {"queue_name": QUEUE, "workflow_name": WORKFLOW, "workflow_id": order["run"], "app_version": VERSION}
        with _reached():
            self._client.enqueue(options, dict(order))  # type: ignore[arg-type]  # the options are a TypedDict of theirs
        return str(order["run"])

    def follow(self, run: str) -> Iterator[Mapping[str, Any]]:
        """Yield what happens in a run, from its beginning to its end."""
        yield from self._client.read_stream(run, EVENTS, polling_interval_sec=0.2)

    def result(self, run: str) -> RunResult:
        """Wait for a run's end and return its result, or raise what ended it."""
        self.standing(run)
        handle: Any = self._client.retrieve_workflow(run)
        try:
            return _RESULT.validate_python(handle.get_result())
        except DBOSAwaitedWorkflowCancelledError as error:
            hint = f"`dramaturg resume {run} --database URL` goes on with it"
            raise ModelError(f"run `{run}` was cancelled, or given up", retryable=True, hint=hint) from error

    def standing(self, run: str) -> QueuedRun:
        """Return how a run stands; CallerError if there is none of that id."""
        found = [*self._standings(workflow_ids=[run])]
        if not found:
            raise CallerError(f"the database has no run `{run}`; `dramaturg runs --database URL` lists them")
        return found[0]

    def standings(self) -> list[QueuedRun]:
        """Return how all runs stand, the newest first."""
        return [*self._standings(sort_desc=True)]

    def answer(self, run: str, answers: Mapping[str, Answer]) -> list[str]:
        """Answer questions a run waits for, by their ids; return those that stay open."""
        left = []
        for question in self.standing(run).waits:
            said = answers.get(question["id"]) or answers.get(question["step"])
            if said is None:
                left.append(str(question["id"]))
            else:
                self._client.send(run, asdict(said), topic=question["key"], idempotency_key=question["key"])
                self._answered.add(question["key"])
        return left

    def still_open(self, run: str, asked: Sequence[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
        """Return those of a run's questions that nobody has answered, here or elsewhere."""
        waits = {question["key"] for question in self.standing(run).waits} - self._answered
        return [question for question in asked if question["key"] in waits]

    def cancel(self, run: str) -> None:
        """Stop a run; what it has written down stays."""
        self.standing(run)
        self._client.cancel_workflow(run)

    def again(self, run: str, step: int | None = None) -> str:
        """Go on with an ended run, from a step by its number there, else where it stopped; return the new id."""
        self.standing(run)
        steps = self._client.list_workflow_steps(run)
        failed = (each["function_id"] for each in steps if each["error"] is not None)
        last = max((each["function_id"] for each in steps), default=1)
        place = step if step is not None else next(failed, last)
        forked: Any = self._client.fork_workflow(run, place, application_version=VERSION, queue_name=QUEUE)
        return str(forked.workflow_id)

    def remove(self, runs: list[str]) -> None:
        """Remove runs that have ended."""
        self._client.delete_workflows(runs)

    def _standings(self, **which: Any) -> Iterator[QueuedRun]:
        with _reached():
            found = self._client.list_workflows(name=WORKFLOW, load_input=False, load_output=False, **which)
        for each in found:
            status = _STATUSES.get(each.status, each.status.casefold())
            waits: Any = ()
            if status in ("running", "queued"):  # one that is taken over is queued again, and waits all the same
                waits = self._client.get_event(each.workflow_id, WAITS, timeout_seconds=0) or ()
            yield QueuedRun(
                run=each.workflow_id,
                status="waiting" if waits else status,
                worker=each.executor_id or "",
                waits=tuple(waits),
            )


@contextmanager
def _reached() -> Iterator[None]:
    """Turn what the database says into an error of whoever runs it."""
    try:
        yield
    except (DBOSException, SQLAlchemyError) as error:
        cause = str(getattr(error, "orig", error)).strip().splitlines()[0]
        hint = "check the address, and that a worker has been started on it once"
        raise ModelError(f"the database cannot be used: {cause}", retryable=True, hint=hint) from error
