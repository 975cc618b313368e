"""Workers by the hundred: processes forked from one that has imported everything, so that each starts at once.

`python -m tests.nursery` forks one for each line of JSON on its stdin, `{"log": …, "arguments": […]}`, and prints its
process id.
"""

import contextlib
import json
import os
import signal
import subprocess
import sys
import time
from importlib import import_module
from pathlib import Path
from types import TracebackType
from typing import Self

from tests.support import ROOT

from dramaturg.cli.main import main

_PATIENCE = 30.0
_IMPORTED = ("dramaturg.models.chat", "dramaturg.run.durable.reaper", "dramaturg.run.durable.worker")


class Forked:
    """A worker that was forked."""

    def __init__(self, process: int, log: Path) -> None:
        self.process = process
        self.log = log

    def wait_for(self, words: str) -> None:
        """Wait until it has printed these words."""
        until = time.monotonic() + _PATIENCE
        while not (self.log.exists() and words in self.log.read_text(encoding="utf-8")):
            assert time.monotonic() < until, self.log.read_text(encoding="utf-8")
            time.sleep(0.01)

    def kill(self) -> None:
        """Kill it, as a machine does that loses power."""
        with contextlib.suppress(ProcessLookupError):
            os.kill(self.process, signal.SIGKILL)


class Nursery:
    """Forks workers of a database; they are killed with it.

    Args:
        folder: For what they print.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._workers: list[Forked] = []

    def __enter__(self) -> Self:
        command = [sys.executable, "-m", "tests.nursery"]
        self._parent = subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for worker in self._workers:
            worker.kill()
        self._parent.communicate(timeout=_PATIENCE)

    def worker(self, url: str, *options: str) -> Forked:
        """Start a worker, without waiting until it takes runs."""
        log = self._folder / f"worker-{len(self._workers)}.log"
        arguments = ["dramaturg", "worker", "--database", url, *options]
        assert self._parent.stdin is not None
        assert self._parent.stdout is not None
        self._parent.stdin.write(json.dumps({"log": str(log), "arguments": arguments}) + "\n")
        self._parent.stdin.flush()
        worker = Forked(int(self._parent.stdout.readline()), log)
        self._workers.append(worker)
        return worker


def _work(arguments: list[str], log: str) -> None:
    """Become a worker."""
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    place = os.open(log, os.O_WRONLY | os.O_CREAT, 0o600)
    for stream in (1, 2):
        os.dup2(place, stream)
    sys.stdout = os.fdopen(1, "w", buffering=1, closefd=False)
    sys.argv = arguments
    main()


if __name__ == "__main__":
    for needed in _IMPORTED:
        import_module(needed)
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # nobody waits for them
    for line in sys.stdin:
        order = json.loads(line)
        child = os.fork()
        if not child:
            _work(order["arguments"], order["log"])
        sys.stdout.write(f"{child}\n")
        sys.stdout.flush()
