"""`worker`: perform what others have put into the queue, on this machine, until told to stop."""

import json
from typing import TYPE_CHECKING

import click

from dramaturg.errors import CallerError

if TYPE_CHECKING:
    from dramaturg.run.durable.worker import Worker

_SWEEP = 2.0  # seconds between two looks for workers that have died
_DRAIN = 600.0


@click.command()
@click.option(
    "--database", required=True, metavar="URL", envvar="DRAMATURG_DATABASE", help="postgresql://user@host/name"
)
@click.option("--concurrency", type=click.IntRange(min=1), default=10, show_default=True, help="Runs at once.")
@click.option(
    "--drain",
    type=click.FloatRange(min=0),
    default=_DRAIN,
    show_default=True,
    help="Seconds to finish runs when told to stop.",
)
@click.option("--json", "as_json", is_flag=True, help="Print lines of JSON.")
def worker(database: str, *, concurrency: int, drain: float, as_json: bool) -> None:
    """Take runs from the queue of a Postgres database and perform them.

    Start as many as you like, on as many machines. Ctrl-C or SIGTERM: take no more, finish what is under way, and
    leave; a second one leaves at once. What a worker does not finish goes on elsewhere, where it stopped.
    """
    import asyncio

    require_durable()
    from dramaturg.run.durable.worker import Worker

    def say(run: str, said: str) -> None:
        click.echo(json.dumps({"run": run, "said": said}) if as_json else f"{run}: {said}")

    asyncio.run(_work(Worker(database=database, concurrency=concurrency, notice=say), drain))


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
    await worker.start()
    reaper = Reaper(database=worker.database, worker=worker.name)
    await asyncio.to_thread(reaper.start)
    worker.notice(worker.name, f"takes up to {worker.concurrency} runs at once")
    while not told.is_set():
        for run in await asyncio.to_thread(reaper.sweep):
            worker.notice(run, "was left by a worker that is gone, goes on")
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


COMMANDS = (worker,)
