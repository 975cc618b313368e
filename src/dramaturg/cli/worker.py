"""`worker`: perform what others have put into the queue, on this machine, until told to stop."""

import json
import time
from typing import TYPE_CHECKING

import click

from dramaturg.cli.output import begin_tracing, counted
from dramaturg.run.durable.extra import require_durable

if TYPE_CHECKING:
    from dramaturg.run.durable.reaper import Reaper
    from dramaturg.run.durable.worker import Worker

_VARIABLE = "DRAMATURG_DATABASE"
_SWEEP = 2.0  # seconds between two looks for workers that have died
_DRAIN = 600.0
_EVERY = 10.0  # seconds between two lines about questions


@click.command(short_help="Perform runs from a Postgres database.")
@click.option(
    "--database", required=True, metavar="URL", envvar=_VARIABLE, show_envvar=True, help="postgresql://user@host/name"
)
@click.option(
    "--concurrency",
    type=click.IntRange(min=1),
    help="Runs at once on each worker of the database, kept there for all of them; 10 at first.",
)
@click.option(
    "--questions",
    type=click.IntRange(min=1),
    help="Questions of evals at once on each worker of the database, kept there for all of them; 64 at first.",
)
@click.option(
    "--drain",
    type=click.FloatRange(min=0),
    default=_DRAIN,
    show_default=True,
    help="Seconds to finish what is under way when told to stop.",
)
@click.option(
    "--patience",
    default="30s,2m,10m",
    show_default=True,
    metavar="TIMES",
    help="How long to wait, time after time, for a provider that is down, before a run is put to rest, or a question "
    "given back.",
)
@click.option("--json", "as_json", is_flag=True, help="Print lines of JSON.")
def worker(
    database: str,
    *,
    concurrency: int | None,
    questions: int | None,
    drain: float,
    patience: str,
    as_json: bool,
) -> None:
    """Take runs, and questions of evals, from the queues of a Postgres database, and perform and answer them.

    Start as many as you like, on as many machines. Ctrl-C or SIGTERM: take no more, finish what is under way, and
    leave; a second one leaves at once. What a worker does not finish goes on elsewhere, where it stopped.
    """
    import asyncio

    require_durable()
    begin_tracing()
    from click.core import ParameterSource

    from dramaturg.run.budget import parse_seconds
    from dramaturg.run.durable.database import require_postgres
    from dramaturg.run.durable.worker import Worker
    from dramaturg.run.settings import blaming

    source = click.get_current_context().get_parameter_source("database")
    with blaming(f"`{_VARIABLE}`" if source is ParameterSource.ENVIRONMENT else None):
        require_postgres(database)
    waits = tuple(parse_seconds(each) for each in patience.split(",") if each.strip())

    def say(run: str, said: str) -> None:
        click.echo(json.dumps({"run": run, "said": said}) if as_json else f"{run}: {said}")

    work = Worker(database=database, concurrency=concurrency, questions=questions, patience=waits, notice=say)
    asyncio.run(_work(work, drain))


queue_option = click.option(
    "--queue",
    metavar="URL",
    help="Let the workers on this Postgres database ask the models; this process needs no keys.",
)


async def _work(worker: "Worker", drain: float) -> None:
    """Perform and answer until a signal comes."""
    import asyncio
    import signal
    from concurrent.futures import ThreadPoolExecutor

    from dramaturg.run.durable.reaper import Reaper

    told = asyncio.Event()
    loop = asyncio.get_running_loop()
    for sent in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(sent, told.set)
    reaper = Reaper(database=worker.database, worker=worker.name)
    await asyncio.to_thread(reaper.start)  # first: whoever takes a run without the lock is thought to be dead
    runs, questions = await worker.start()
    worker.notice(worker.name, f"takes up to {runs} runs at once, and {questions} questions of evals")
    tally = _Tally(worker)
    while not told.is_set():
        await asyncio.to_thread(_swept, reaper, worker)
        tally.tell()
        try:
            await asyncio.wait_for(told.wait(), _SWEEP)
        except TimeoutError:
            continue
    for sent in (signal.SIGINT, signal.SIGTERM):
        loop.remove_signal_handler(sent)
    worker.notice(worker.name, f"stops; what is not done in {drain:.0f} s goes on elsewhere")
    with ThreadPoolExecutor(1) as aside:  # DBOS closes the loop's own on its way
        await loop.run_in_executor(aside, worker.stop, drain)
    tally.tell(last=True)
    reaper.stop()


def _swept(reaper: "Reaper", worker: "Worker") -> None:
    """Take over what dead workers have left; a database that does not answer is asked again with the next sweep."""
    from dramaturg.errors import ModelError
    from dramaturg.run.durable.names import is_question

    try:
        taken = reaper.sweep()
    except ModelError as error:
        worker.notice(worker.name, error.message)
        return
    questions = sum(map(is_question, taken))
    if questions:
        worker.notice(
            worker.name, f"{counted(questions, 'question')} of evals left by a worker that is gone, asked again"
        )
    for run in taken:
        if not is_question(run):
            worker.notice(run, "was left by a worker that is gone, goes on")
    while reaper.given_up:
        worker.notice(reaper.given_up.pop(), "is given up: too many workers died over it")


class _Tally:
    """Tells how many questions were answered: a line now and then, not one for each.

    Args:
        worker: Whose.
    """

    def __init__(self, worker: "Worker") -> None:
        self._worker = worker
        self._told = (0, 0)
        self._at = time.monotonic()

    def tell(self, *, last: bool = False) -> None:
        """Tell it, where it has changed and was told a while ago."""
        answering = self._worker.answering
        counts = (answering.answered, answering.failed)
        if counts == self._told or (time.monotonic() - self._at < _EVERY and not last):
            return
        self._told, self._at = counts, time.monotonic()
        failed = f", {answering.failed:,} could not be" if answering.failed else ""
        said = f"{counted(answering.answered, 'question')} of evals answered so far{failed}"
        self._worker.notice(self._worker.name, f"{said}, {answering.under_way:,} under way")


COMMANDS = (worker,)
