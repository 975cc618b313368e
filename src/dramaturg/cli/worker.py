"""`worker`: perform what others have put into the queue, on this machine, until told to stop."""

import json
from typing import TYPE_CHECKING

import click

from dramaturg.cli.output import begin_tracing
from dramaturg.errors import CallerError

if TYPE_CHECKING:
    from dramaturg.run.durable.reaper import Reaper
    from dramaturg.run.durable.worker import Worker

_SWEEP = 2.0  # seconds between two looks for workers that have died
_DRAIN = 600.0


@click.command()
@click.option(
    "--database", required=True, metavar="URL", envvar="DRAMATURG_DATABASE", help="postgresql://user@host/name"
)
@click.option(
    "--concurrency",
    type=click.IntRange(min=1),
    help="Runs at once on each worker of the database, kept there for all of them; 10 at first.",
)
@click.option(
    "--drain",
    type=click.FloatRange(min=0),
    default=_DRAIN,
    show_default=True,
    help="Seconds to finish runs when told to stop.",
)
@click.option(
    "--patience",
    default="30s,2m,10m",
    show_default=True,
    metavar="TIMES",
    help="How long to wait, time after time, for a provider that is down, before a run is put to rest.",
)
@click.option("--json", "as_json", is_flag=True, help="Print lines of JSON.")
def worker(database: str, *, concurrency: int | None, drain: float, patience: str, as_json: bool) -> None:
    """Take runs from the queue of a Postgres database and perform them.

    Start as many as you like, on as many machines. Ctrl-C or SIGTERM: take no more, finish what is under way, and
    leave; a second one leaves at once. What a worker does not finish goes on elsewhere, where it stopped.
    """
    import asyncio

    require_durable()
    begin_tracing()
    from dramaturg.run.budget import parse_seconds
    from dramaturg.run.durable.worker import Worker

    waits = tuple(parse_seconds(each) for each in patience.split(",") if each.strip())

    def say(run: str, said: str) -> None:
        click.echo(json.dumps({"run": run, "said": said}) if as_json else f"{run}: {said}")

    asyncio.run(_work(Worker(database=database, concurrency=concurrency, patience=waits, notice=say), drain))


def require_durable() -> None:
    """Refuse what needs Postgres where the extra is not installed."""
    from importlib.util import find_spec

    if find_spec("dbos") is None:
        raise CallerError("runs on many machines need an extra; install it with `pip install 'dramaturg[durable]'`")


async def _work(worker: "Worker", drain: float) -> None:
    """Perform runs until a signal comes."""
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
    at_once = await worker.start()
    worker.notice(worker.name, f"takes up to {at_once} runs at once")
    while not told.is_set():
        await asyncio.to_thread(_swept, reaper, worker)
        try:
            await asyncio.wait_for(told.wait(), _SWEEP)
        except TimeoutError:
            continue
    for sent in (signal.SIGINT, signal.SIGTERM):
        loop.remove_signal_handler(sent)
    worker.notice(worker.name, f"stops; what is not done in {drain:.0f} s goes on elsewhere")
    with ThreadPoolExecutor(1) as aside:  # DBOS closes the loop's own on its way
        await loop.run_in_executor(aside, worker.stop, drain)
    reaper.stop()


def _swept(reaper: "Reaper", worker: "Worker") -> None:
    """Take over what dead workers have left; a database that does not answer is asked again with the next sweep."""
    from dramaturg.errors import ModelError

    try:
        taken = reaper.sweep()
    except ModelError as error:
        worker.notice(worker.name, error.message)
        return
    for run in taken:
        worker.notice(run, "was left by a worker that is gone, goes on")
    while reaper.given_up:
        worker.notice(reaper.given_up.pop(), "is given up: too many workers died over it")


COMMANDS = (worker,)
