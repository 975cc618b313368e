"""Many calls at once: sections side by side, and many runs on one loop, against a server with a fixed latency.

`python -m tests.benchmarks.crowd [RUNS [SECONDS]]` prints wall times as ratios to what the latency alone takes, and
what a run costs in CPU time and memory. Two seconds are a short answer of a hosted model.
"""

import asyncio
import resource
import sys
import tempfile
import time
from pathlib import Path

from tests.benchmarks.latency_server import serving
from tests.support import INPUTS

from dramaturg import Runtime

_CALLS = 5  # of DPA-1: one ingest, four sections


def _resident() -> int:
    """Return the most memory this process has had resident, in kilobytes."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss


async def _timed(model: str, state: Path, runs: int, *, parallel: bool) -> float:
    runtime = Runtime(model=model, state=state, parallel=parallel)
    began = time.perf_counter()
    await asyncio.gather(*(runtime.arun("DPA-1", INPUTS, fresh=True) for _ in range(runs)))
    return time.perf_counter() - began


async def _measure(model: str, runs: int, latency: float) -> None:
    with tempfile.TemporaryDirectory() as folder:
        state = Path(folder)
        await _timed(model, state, 1, parallel=False)
        alone = await _timed(model, state, 1, parallel=False)
        beside = await _timed(model, state, 1, parallel=True)
        print(f"one run, in sequence: {alone:.2f} s, {alone / (_CALLS * latency):.2f} x the latency of its calls")
        ideal = 2 * latency
        print(f"one run, side by side: {beside:.2f} s, {beside / ideal:.2f} x ingest and one section,")
        print(f"    {beside / alone:.2f} x the run in sequence")
        before, cpu = _resident(), time.process_time()
        wall = await _timed(model, state, runs, parallel=False)
        cpu = time.process_time() - cpu
        ratio = wall / (_CALLS * latency)
        print(f"{runs} runs at once: {wall:.2f} s, {ratio:.2f} x the latency of the calls of one")
        calls, memory = runs * _CALLS, (_resident() - before) / runs
        print(f"    {calls / wall:.0f} calls/s, {cpu / calls * 1000:.2f} ms CPU a call, {memory:.0f} kB a run")


def _main(runs: str = "200", latency: str = "2") -> None:
    with serving(float(latency)) as name:
        asyncio.run(_measure(name, int(runs), float(latency)))


if __name__ == "__main__":
    _main(*sys.argv[1:])
