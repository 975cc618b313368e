"""The `dramaturg` command as a user meets it: inside this process, or as a process of its own."""

import json
import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from dataclasses import dataclass
from io import BytesIO, TextIOWrapper
from pathlib import Path
from typing import Any
from unittest.mock import patch

import pytest
from tests.support import BLUEPRINT, COMPOSE, ROOT

from dramaturg.cli.main import main

RUN = ("run", "DPA-1", str(BLUEPRINT), "--artifact", f"raw_docker_compose={COMPOSE}")


@dataclass(frozen=True)
class Told:
    """How a command ended and what it said."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        """Its stdout as JSON data."""
        return json.loads(self.out)


def dramaturg(*arguments: str, stdin: bytes = b"") -> Told:
    """Give the command inside this process."""
    out, err = BytesIO(), BytesIO()
    stdout = TextIOWrapper(out, encoding="utf-8", write_through=True)
    stderr = TextIOWrapper(err, encoding="utf-8", errors="backslashreplace", write_through=True)  # as Python makes it
    with (
        patch.object(sys, "argv", ["dramaturg", *arguments]),
        patch.object(sys, "stdin", TextIOWrapper(BytesIO(stdin))),
        redirect_stdout(stdout),
        redirect_stderr(stderr),
        pytest.raises(SystemExit) as ended,
    ):
        main()
    assert isinstance(ended.value.code, int)
    return Told(ended.value.code, out.getvalue().decode(), err.getvalue().decode())


def process(*arguments: str, stdin: bytes = b"", **environment: str) -> Told:
    """Give the command as a process of its own."""
    done = subprocess.run(
        [sys.executable, "-m", "dramaturg", *arguments],
        input=stdin,
        capture_output=True,
        check=False,
        cwd=ROOT,
        env=os.environ | environment,
        timeout=300,
    )
    return Told(done.returncode, done.stdout.decode(), done.stderr.decode())


@contextmanager
def started(
    *arguments: str, stdout: int = subprocess.PIPE, stderr: int = subprocess.PIPE
) -> Iterator[subprocess.Popen[bytes]]:
    """Start the command as a process that can be interrupted, even where this one ignores interrupts."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        command = [sys.executable, "-m", "dramaturg", *arguments]
        child = subprocess.Popen(command, cwd=ROOT, stdout=stdout, stderr=stderr)
    finally:
        signal.signal(signal.SIGINT, before)
    with child:
        try:
            yield child
        finally:
            child.kill()


def journals(state: Path) -> list[Path]:
    """Return the journals below a state folder, oldest run first."""
    return sorted((state / "runs").glob("*.jsonl"), key=lambda path: int(path.stem.rsplit("-", 1)[1]))


WHEN = r"\d{4}-\d\d-\d\d \d\d:\d\d"  # as lists of runs and evals tell a moment


def first_listed() -> str:
    """Return the first line of `dramaturg runs` without its moment."""
    return re.sub(f"  {WHEN}  ", "  ", dramaturg("runs").out.partition("\n")[0])


def timeless(journal: bytes) -> bytes:
    """Return a journal without what a clock has put into it."""
    return re.sub(rb', "(?:seconds|at|began)": (?:[0-9.]+|"[^"]*")', b"", journal)
