"""An eval whose questions workers answer, as a process that can be killed, and what it leaves in the database."""

import re
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import psycopg
import pytest
from tests.postgres import WorkerProcess
from tests.suites import SUITE, Bench, new_bench

EVAL = ("eval", "run", SUITE, "--baseline", "HEAD", "--repeats", "2", "--json")
ASKED = 6 * 2 * (5 + 2)  # cases, repeats, steps, and the two from the edit on of the second arm
_EDIT = ("**Log Analysis:** Specific", "**Log Analysis:** Exact")
_ANSWERED = re.compile(r"([\d,]+) questions? of evals answered so far")


def edited_bench(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Bench:
    """Make the repository with an edit of step 4, and go there."""
    bench = new_bench(folder, monkeypatch)
    bench.edit(_EDIT)
    return bench


def answered(worker: WorkerProcess) -> int:
    """Return how many questions a worker has answered that has ended."""
    found = [_ANSWERED.search(line) for line in worker.lines]
    return max((int(each[1].replace(",", "")) for each in found if each), default=0)


def questions_in(url: str) -> Counter[str]:
    """Return how many questions a database holds, by their status."""
    with psycopg.connect(url) as connection:
        rows = connection.execute("SELECT status FROM dbos.workflow_status WHERE name = 'dramaturg.question'")
        return Counter(status for (status,) in rows)


def writings(url: str) -> Mapping[str, int]:
    """Return the questions that a database holds, each with its last writing: one that is given again is written so."""
    with psycopg.connect(url) as connection:
        rows = connection.execute(
            "SELECT workflow_uuid, xmin::text::bigint FROM dbos.workflow_status WHERE name = 'dramaturg.question'"
        )
        return dict(rows)


@contextmanager
def evaluating(*options: str) -> Iterator[subprocess.Popen[str]]:
    """Begin the eval as a process of its own."""
    command = [sys.executable, "-m", "dramaturg", *EVAL, *options]
    with subprocess.Popen(command, text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as child:
        try:
            yield child
        finally:
            child.kill()
