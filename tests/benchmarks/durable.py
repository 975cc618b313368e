"""Runs of two workers on a Postgres, beside the same runs with a journal in one process.

`python -m tests.benchmarks.durable [RUNS [SECONDS]]` prints how the runs were shared out, the time they took, and what
a call costs in CPU time: in the workers, in the database, and as a ratio to the journal. The model's server answers
after so many seconds. Before that it prints what workers cost that have nothing to do, and how soon they take a run up.
"""

import asyncio
import os
import statistics
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from tests.benchmarks.latency_server import serving
from tests.postgres import database, orders, postgres, working
from tests.support import BLUEPRINT

from dramaturg import Runtime
from dramaturg.run.durable.client import Desk

_CALLS = 5  # of DPA-1
_AT_ONCE = 20
_RESTS = 30.0  # seconds of workers with nothing to do
_TAKEN_UP = 20  # runs that are given one by one
_TICK = os.sysconf("SC_CLK_TCK")


def cpu_of(process: int) -> float:
    """Return the seconds of CPU time a process has used."""
    fields = Path(f"/proc/{process}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / _TICK


def cpu_of_postgres(folder: Path) -> float:
    """Return the CPU time of a database: its postmaster's, and that of the processes it has now and had before."""
    postmaster = int((folder / "postmaster.pid").read_text(encoding="utf-8").split()[0])
    fields = Path(f"/proc/{postmaster}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()
    ended = (int(fields[13]) + int(fields[14])) / _TICK
    return cpu_of(postmaster) + ended + sum(map(cpu_of, _children(postmaster)))


def _children(process: int) -> Iterator[int]:
    for task in Path(f"/proc/{process}/task").iterdir():
        yield from map(int, (task / "children").read_text(encoding="utf-8").split())


def _told(name: str, runs: int, wall: float, cpu: float) -> None:
    calls = runs * _CALLS
    spent = f"{cpu / calls * 1000:.2f} ms CPU a call"
    print(f"{name}: {wall:.2f} s, {runs / wall:.1f} runs/s, {calls / wall:.0f} calls/s, {spent}")


async def _journal(model: str, runs: int, state: Path) -> tuple[float, float]:
    """Perform the runs in this process, as many at once as two workers do; return wall and CPU time."""
    runtime = Runtime(model=model, state=state)
    blueprint = BLUEPRINT.read_text(encoding="utf-8")
    places = asyncio.Semaphore(_AT_ONCE)

    async def one(number: int) -> None:
        async with places:
            await runtime.arun("DPA-1", f"{blueprint}\nPlan number {number}.\n")

    await one(runs)  # what is read once
    began, cpu = time.perf_counter(), time.process_time()
    await asyncio.gather(*map(one, range(runs)))
    return time.perf_counter() - began, time.process_time() - cpu


def _rest(url: str, folder: Path) -> None:
    """Print what two workers cost that have nothing to do, and how soon one takes a run up."""
    with working(url) as one, working(url) as two, Desk(url) as desk:
        time.sleep(5)  # what a worker does once, at its beginning
        workers = (one.process.pid, two.process.pid)
        before, database_before = sum(map(cpu_of, workers)), cpu_of_postgres(folder)
        time.sleep(_RESTS)
        share = (sum(map(cpu_of, workers)) - before) / _RESTS / 2
        kept = (cpu_of_postgres(folder) - database_before) / _RESTS / 2
        print(f"at rest: a worker takes {share:.1%} of a core, and the database {kept:.1%} for it")
        taken = []
        for order in orders("evidence", _TAKEN_UP):
            began = time.perf_counter()
            run = desk.give(order)
            while desk.standing(run).status == "queued":
                time.sleep(0.005)
            taken.append(time.perf_counter() - began)
            desk.result(run)
        print(f"a run is taken up after {statistics.median(taken):.2f} s, {max(taken):.2f} s at most")


def _durable(model: str, runs: int, url: str, folder: Path) -> tuple[float, float, float]:
    """Let two workers perform the runs; return wall time, and the CPU time of the workers and of the database."""
    options = ("--concurrency", str(_AT_ONCE // 2))
    with working(url, *options) as one, working(url, *options) as two, Desk(url) as desk:
        first, *given = orders(model, runs + 1)
        desk.result(desk.give(first))  # as above
        workers = (one.process.pid, two.process.pid)
        before, database_before = sum(map(cpu_of, workers)), cpu_of_postgres(folder)
        began = time.perf_counter()
        for order in given:
            desk.give(order)
        for order in given:
            desk.result(order["run"])
        wall = time.perf_counter() - began
        shares = Counter(each.worker for each in desk.standings() if each.run != first["run"])
        print(f"shared out {' : '.join(str(count) for _, count in shares.most_common())}")
        return wall, sum(map(cpu_of, workers)) - before, cpu_of_postgres(folder) - database_before


def _main(runs: str = "200", latency: str = "0.05") -> None:
    count = int(runs)
    with tempfile.TemporaryDirectory() as state, tempfile.TemporaryDirectory(prefix="dramaturg-") as name:
        with serving(float(latency)) as model:
            wall, cpu = asyncio.run(_journal(model, count, Path(state)))
            _told("journal, one process", count, wall, cpu)
            with postgres(Path(name)) as server:
                with database(server, "rest") as url:
                    _rest(url, Path(name))
                with database(server, "benchmark") as url:
                    there, workers, kept = _durable(model, count, url, Path(name))
        _told("durable, two workers", count, there, workers)
        print(f"    and {kept / count / _CALLS * 1000:.2f} ms CPU a call in the database")
        print(f"durable : journal = {workers / cpu:.1f} in CPU of the processes, {there / wall:.2f} in wall time")


if __name__ == "__main__":
    _main(*sys.argv[1:])
