"""Orders given, followed, answered and fetched; its one rule: whoever gives one needs the database and no more."""

import time
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Self

import psycopg
from dbos import DBOSClient
from dbos._error import DBOSAwaitedWorkflowCancelledError, DBOSStreamTimeoutError
from pydantic import TypeAdapter

from dramaturg.engine.calls import Answer, Question
from dramaturg.engine.events import Event
from dramaturg.errors import CallerError
from dramaturg.run.budget import Limits
from dramaturg.run.durable.database import reached, require_postgres
from dramaturg.run.durable.held import STATUS, Held
from dramaturg.run.durable.names import (
    EVENTS,
    HELD,
    PRESENT,
    QUEUE,
    RESUMED,
    TAKEN_OVER,
    VERSION,
    WORKERS,
    WORKFLOW,
)
from dramaturg.run.durable.plain import Plain, event_of
from dramaturg.run.orders import limits_data
from dramaturg.run.report import RunResult

_RESULT = TypeAdapter(RunResult)
_AT_REST = "CANCELLED"
_STATUSES: Mapping[str, str] = {
    "SUCCESS": "done",
    "ERROR": "failed",
    "PENDING": "running",
    "ENQUEUED": "queued",
    _AT_REST: "cancelled",
}
ENDS = ("done", "failed")
PRUNED = ("done", "failed", "cancelled", "given up", "waiting", "paused")
_LOOK = 0.2  # seconds between two looks for what has happened


@dataclass(frozen=True, slots=True, kw_only=True)
class QueuedRun:
    """How a run in the database stands.

    Attributes:
        run: Its id.
        status: `queued`, `running`, `waiting` for a person, `paused` at a limit or for a provider, `cancelled`,
            `given up`, `done` or `failed`.
        worker: Who performs it, or did last.
        changed: When it last changed, in seconds since the epoch.
        held: Why it rests; None where it does not.
    """

    run: str
    status: str
    worker: str
    changed: float
    held: Held | None = None

    @property
    def questions(self) -> tuple[Question, ...]:
        """What it waits for a person to answer."""
        return self.held.questions if self.held else ()

    @property
    def message(self) -> str:
        """What it has met."""
        return str(self.held.error) if self.held and self.held.error else ""


class Desk:
    """A connection to the database through which orders are given.

    Args:
        database: URL of the Postgres database.

    Raises:
        CallerError: It is no Postgres database.
        ModelError: It cannot be reached.
    """

    def __init__(self, database: str) -> None:
        require_postgres(database)
        self._database = database
        with reached():
            self._client = DBOSClient(system_database_url=database, serializer=Plain())

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Let go of the connection."""
        self._client.destroy()

    @reached()
    def give(self, order: Mapping[str, Any]) -> str:
        """Put an order into the queue, and return its run's id; one that is given again is the same run."""
        options = {"queue_name": QUEUE, "workflow_name": WORKFLOW, "workflow_id": order["run"], "app_version": VERSION}
        self._client.enqueue(options, dict(order))  # type: ignore[arg-type]  # the options are a TypedDict of theirs
        return str(order["run"])

    @reached()
    def workers(self) -> int:
        """Return how many workers live."""
        with psycopg.connect(self._database) as connection:
            found = connection.execute(WORKERS, {"name": PRESENT}).fetchone()
        return int(found[0]) if found else 0

    async def follow(self, run: str, seen: int = 0) -> AsyncIterator[tuple[Event, ...]]:
        """Yield what happens in a run until it rests or ends, without what was seen so many times before."""
        with reached():
            stream = self._client.read_stream_async(run, EVENTS, offset=seen, polling_interval_sec=_LOOK)
            async for happened in stream:
                yield tuple(map(event_of, happened))

    async def told(self, run: str) -> AsyncIterator[Event]:
        """Yield what has happened in a run so far."""
        try:
            async for happened in self._client.read_stream_async(run, EVENTS, timeout_seconds=0):
                for each in happened:
                    yield event_of(each)
        except DBOSStreamTimeoutError:
            return

    def result(self, run: str) -> RunResult:
        """Wait until a run ends or rests, and return its result, or raise why there is none.

        Raises:
            AnswerNeeded: It waits for a person.
            BudgetSpent: It waits for a larger limit.
            ModelError: It waits for a provider, or was cancelled or given up.
            DramaturgError: It has failed.
        """
        self.standing(run)
        handle: Any = self._client.retrieve_workflow(run)
        try:
            with reached():
                return _RESULT.validate_python(handle.get_result(polling_interval_sec=_LOOK))
        except DBOSAwaitedWorkflowCancelledError as error:
            held = self.standing(run).held or Held(why="cancelled")
            raise held.raised(run) from error

    def standing(self, run: str) -> QueuedRun:
        """Return how a run stands; CallerError if there is none of that id."""
        found = [*self._standings(workflow_ids=[run])]
        if not found:
            raise CallerError(f"the database has no run `{run}`; `dramaturg runs --database URL` lists them")
        return found[0]

    def has_kept(self, run: str) -> bool:
        """Tell whether there is a run of that id which has not failed."""
        return any(each.status != "failed" for each in self._standings(workflow_ids=[run]))

    def standings(self) -> list[QueuedRun]:
        """Return how all runs stand, the newest first."""
        return [*self._standings(sort_desc=True)]

    @reached()
    def answer(self, run: str, answers: Mapping[str, Answer], limits: Limits | None = None) -> tuple[Question, ...]:
        """Answer questions that a run waits for, by their ids, and return those that stay open.

        Once none is, the run goes on, within `limits` if they are given.
        """
        left = []
        for question in self.standing(run).questions:
            if said := answers.get(question.id):
                self._client.send(run, asdict(said), topic=question.key, idempotency_key=question.key)
            else:
                left.append(question)
        if left:
            self._note(run, Held(why="answers", questions=tuple(left)))
        else:
            self.go_on(run, limits)
        return tuple(left)

    @reached()
    def go_on(self, run: str, limits: Limits | None = None) -> None:
        """Let a run that rests go on where it stopped.

        Args:
            run: Its id.
            limits: What it may use from now on, with what it has used before; None for what it might until now. A run
                that others stopped keeps its limits.
        """
        held = self.standing(run).held
        if held is not None and held.by_itself:  # any other finds what it is sent when it rests next, which is too late
            told = {"limits": None if limits is None else limits_data(limits), "at": time.time()}
            self._client.send(run, told, topic=RESUMED)
        self._client.update_workflow_attributes(run, {HELD: None, TAKEN_OVER: None}, merge=True)
        self._client.resume_workflows([run], queue_name=QUEUE)

    def cancel(self, run: str) -> None:
        """Stop a run; what it has written down stays, and `go_on` goes on with it.

        Raises:
            CallerError: There is none of that id, or it is over.
        """
        status = self.standing(run).status
        if status in ENDS:
            raise CallerError(f"run `{run}` is over, {status}; there is nothing to cancel")
        self.hold(run, Held(why="cancelled"))

    @reached()
    def hold(self, run: str, held: Held) -> None:
        """Take a run off its worker."""
        self._note(run, held)
        self._client.cancel_workflow(run)

    @reached()
    def fork(self, run: str, step: int) -> str:
        """Begin a copy of a run that goes on from a step, by its number in the database; return the copy's id."""
        self.standing(run)
        forked: Any = self._client.fork_workflow(run, step, application_version=VERSION, queue_name=QUEUE)
        return str(forked.workflow_id)

    @reached()
    def order(self, run: str) -> Mapping[str, Any]:
        """Return the order of a run."""
        (found,) = self._client.list_workflows(workflow_ids=[run], load_output=False)
        given: Mapping[str, Any] = found.input["args"][0] if found.input else {}
        return given

    @reached()
    def recorded(self, run: str) -> list[Any]:
        """Return what the steps of a run have written down, in their order."""
        return [step["output"] for step in self._client.list_workflow_steps(run)]

    def prunable(self, *, older_than: float, statuses: Sequence[str], now: float) -> list[QueuedRun]:
        """Return the runs that last changed so many seconds ago, or more, and stand at one of these.

        Raises:
            CallerError: A status is none at which a run can be removed.
        """
        for status in statuses:
            if status not in PRUNED:
                raise CallerError(f"no run that can be removed stands at `{status}`; use {', '.join(PRUNED)}")
        return [each for each in self.standings() if each.status in statuses and now - each.changed >= older_than]

    @reached()
    def remove(self, runs: Sequence[str]) -> None:
        """Remove runs."""
        if runs:
            self._client.delete_workflows([*runs])

    def _note(self, run: str, held: Held) -> None:
        self._client.update_workflow_attributes(run, {HELD: held.data()}, merge=True)

    def _standings(self, **which: Any) -> Iterator[QueuedRun]:
        with reached():
            found = self._client.list_workflows(name=WORKFLOW, load_input=False, load_output=False, **which)
        for each in found:
            kept = (each.attributes or {}).get(HELD) if each.status == _AT_REST else None
            held = Held.of(kept) if kept else None
            yield QueuedRun(
                run=each.workflow_id,
                status=STATUS[held.why] if held else _STATUSES.get(each.status, each.status.casefold()),
                worker=each.executor_id or "",
                changed=(each.updated_at or 0) / 1000,
                held=held,
            )
