"""An eval that is killed in the middle goes on: no question is asked twice, the verdict and the totals are the same."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from tests.commands import dramaturg
from tests.suites import SUITE, Bench, new_bench

_REPEATS = "20"


@pytest.fixture(name="bench")
def _bench(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Bench:
    return new_bench(tmp_path / "project", monkeypatch)


def _command() -> list[str]:
    return ["eval", "run", SUITE, "--baseline", "HEAD", "--repeats", _REPEATS]


def _keys(state: Path) -> list[str]:
    files = (state / "evals").glob("*/replies/*.jsonl")
    return [json.loads(line)["key"] for file in files for line in file.read_text(encoding="utf-8").splitlines()]


def test_an_eval_killed_in_the_middle_goes_on(bench: Bench, state: Path) -> None:
    bench.edit(("**Log Analysis:** Specific", "**Log Analysis:** Exact"))
    command = [sys.executable, "-m", "dramaturg", *_command()]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env=os.environ) as child:
        try:
            while len(_keys_so_far(state)) < 200:
                assert child.poll() is None, "it ended before it could be killed"
                time.sleep(0.01)
        finally:
            child.send_signal(signal.SIGKILL)
    before = _keys_so_far(state)
    told = dramaturg(*_command(), "--format", "json")
    assert told.code == 0
    keys = _keys(state)
    assert len(keys) == len(set(keys)) == 120 * 5 + 120 * 2
    assert keys[: len(before)] == before
    assert told.json["questions"]["asked"] == len(keys)
    assert told.json["verdict"]["kind"] == "no worse"
    assert len(told.json["performances"]) == 240


def _keys_so_far(state: Path) -> list[str]:
    files = (state / "evals").glob("*/replies/*.jsonl")
    whole = [line for file in files for line in file.read_bytes().split(b"\n")[:-1]]
    return [json.loads(line)["key"] for line in whole]
