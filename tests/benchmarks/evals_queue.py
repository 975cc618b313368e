"""An eval whose questions workers answer, beside the same eval in one process.

`python -m tests.benchmarks.evals_queue [CASES [SECONDS [ROUNDS]]]` performs DPA-1 on so many blueprints, five questions
each, whose answers take so many seconds: in one process, with one worker, with two. It prints questions a second,
start of the eval included, and what a question costs in CPU time: in the eval, in the workers, in the database.
"""

import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

from tests.benchmarks.durable import cpu_of, cpu_of_postgres
from tests.benchmarks.latency_server import serving
from tests.postgres import WorkerProcess, database, postgres, working
from tests.support import BLUEPRINT

_CALLS = 5  # of DPA-1
_REST = 5.0  # seconds


@dataclass(frozen=True)
class _Cost:
    """What an eval took: seconds of wall time, and milliseconds of CPU time a question where it was spent."""

    wall: float
    eval: float
    workers: float = 0.0
    database: float = 0.0
    shares: str = ""


def _suite(folder: Path, cases: int) -> None:
    blueprint = BLUEPRINT.read_text(encoding="utf-8")
    texts = [f"{blueprint}\nPlan number {number}.\n" for number in range(cases)]
    rows = [{"id": str(at), "artifacts": {"architectural_blueprint": {"text": text}}} for at, text in enumerate(texts)]
    suite = {"personas": "DPA-1", "cases": rows}
    (folder / "some.suite.yaml").write_text(json.dumps(suite), encoding="utf-8")


def _performed(folder: Path, state: Path, model: str, cases: int, *options: str) -> tuple[float, float]:
    """Perform the eval in a process of its own; return wall time, and CPU time a question."""
    command = [sys.executable, "-m", "dramaturg", "eval", "run", "some.suite.yaml", "-m", model, *options]
    command += ["--json", "--allow-secrets"]  # looking through artifacts takes as long, wherever questions go
    environment = {**os.environ, "DRAMATURG_STATE": str(state)}
    began = time.perf_counter()
    with subprocess.Popen(
        command, cwd=folder, env=environment, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
    ) as of:
        assert of.stdout is not None
        told = json.load(of.stdout)
        wall, cpu = time.perf_counter() - began, cpu_of(of.pid)
    assert told["questions"]["asked"] == cases * _CALLS, told["questions"]
    assert not told["errors"]
    return wall, cpu / cases / _CALLS * 1000


def _queued(
    folder: Path, state: Path, model: str, cases: int, url: str, kept: Path, workers: Sequence[WorkerProcess]
) -> _Cost:
    calls = cases * _CALLS
    before, there = [cpu_of(each.process.pid) for each in workers], cpu_of_postgres(kept)
    wall, cpu = _performed(folder, state, model, cases, "--queue", url)
    spent = [cpu_of(each.process.pid) - was for each, was in zip(workers, before, strict=True)]
    shares = " : ".join(f"{each / sum(spent):.0%}" for each in spent)
    grown = (cpu_of_postgres(kept) - there) / calls * 1000
    return _Cost(wall=wall, eval=cpu, workers=sum(spent) / calls * 1000, database=grown, shares=shares)


def _told(name: str, cases: int, rounds: Sequence[_Cost]) -> None:
    middle = {part: statistics.median(getattr(each, part) for each in rounds) for part in _parts(rounds[0])}
    calls = cases * _CALLS
    spread = f"{calls / max(each.wall for each in rounds):.0f} to {calls / min(each.wall for each in rounds):.0f}"
    print(
        f"{name}: {calls / middle['wall']:.0f} questions/s ({spread}), ms CPU a question: "
        f"{middle['eval']:.1f} eval, {middle['workers']:.1f} workers, {middle['database']:.1f} Postgres"
        f"{', CPU of workers ' + rounds[0].shares if rounds[0].shares else ''}"
    )


def _parts(cost: _Cost) -> Mapping[str, object]:
    return {name: None for name in ("wall", "eval", "workers", "database") if getattr(cost, name) is not None}


def _rest(workers: Sequence[WorkerProcess], kept: Path) -> None:
    before = sum(cpu_of(each.process.pid) for each in workers), cpu_of_postgres(kept)
    time.sleep(_REST)
    after = sum(cpu_of(each.process.pid) for each in workers), cpu_of_postgres(kept)
    worker, there = ((now - was) / _REST * 100 for now, was in zip(after, before, strict=True))
    print(f"at rest, {len(workers)} workers: {worker / len(workers):.1f} % of a core each, Postgres {there:.1f} %")


def _main(cases: str = "200", latency: str = "0.05", rounds: str = "3") -> None:
    count = int(cases)
    with ExitStack() as stack:
        folder, kept, states = (
            Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="dramaturg-"))) for _ in "123"
        )
        _suite(folder, count)
        model = stack.enter_context(serving(float(latency)))
        server = stack.enter_context(postgres(kept))
        url = stack.enter_context(database(server, "benchmark"))
        here, one, two = [], [], []
        first = stack.enter_context(working(url))
        for each in range(int(rounds)):
            here.append(_Cost(*_performed(folder, states / f"here-{each}", model, count)))
            one.append(_queued(folder, states / f"one-{each}", model, count, url, kept, [first]))
            with working(url) as second:
                workers = [first, second]
                two.append(_queued(folder, states / f"two-{each}", model, count, url, kept, workers))
                if not each:
                    _rest(workers, kept)
        for name, costs in (("one process", here), ("one worker", one), ("two workers", two)):
            _told(name, count, costs)


if __name__ == "__main__":
    _main(*sys.argv[1:])
