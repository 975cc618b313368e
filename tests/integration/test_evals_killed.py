"""An eval that is killed in the middle goes on: no question is asked twice, the verdict and the totals are the same."""

import os
import re
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from tests.chat_server import ChatServer, well
from tests.commands import dramaturg, started
from tests.suites import CALLS, SUITE, Bench, new_bench, recorded
from tests.support import ROOT

from dramaturg.evals.ways import AT_ONCE

_REPEATS = "20"


@pytest.fixture(name="bench")
def _bench(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Bench:
    return new_bench(tmp_path / "project", monkeypatch)


def _command() -> list[str]:
    return ["eval", "run", SUITE, "--baseline", "HEAD", "--repeats", _REPEATS]


def test_an_eval_killed_in_the_middle_goes_on(bench: Bench, state: Path) -> None:
    bench.edit(("**Log Analysis:** Specific", "**Log Analysis:** Exact"))
    command = [sys.executable, "-m", "dramaturg", *_command()]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env=os.environ) as child:
        try:
            while len(recorded(state)) < 200:
                assert child.poll() is None, "it ended before it could be killed"
                time.sleep(0.01)
        finally:
            child.send_signal(signal.SIGKILL)
    before = recorded(state)
    told = dramaturg(*_command(), "--format", "json")
    assert told.code == 0
    keys = recorded(state)
    assert len(keys) == len(set(keys)) == 120 * 5 + 120 * 2
    assert keys[: len(before)] == before
    assert told.json["questions"]["asked"] == len(keys)
    assert told.json["verdict"]["kind"] == "no worse"
    assert len(told.json["performances"]) == 240


def test_one_slow_answer_keeps_no_others_waiting(bench: Bench) -> None:
    later = threading.Event()

    def answer(number: int, request: Mapping[str, Any]) -> str:
        if number == 1:
            assert later.wait(300), "the first answer was waited for"
        elif number > AT_ONCE * CALLS:  # more than those ask that are begun together
            later.set()
        return well(number, request)

    with ChatServer(answer) as server:
        told = dramaturg("eval", "run", SUITE, "-m", server.model, "--repeats", "10", "--format", "json")
    assert (told.code, told.json["errors"]) == (0, 0)
    assert [each["repeat"] for each in told.json["performances"]] == [*range(10)] * 6  # told in order all the same
    del bench


@pytest.mark.slow
def test_an_interrupted_eval_says_how_much_is_done_and_that_it_goes_on(state: Path) -> None:
    with ChatServer(held_from=8) as server:
        command = ("eval", "run", str(ROOT / SUITE), "-m", server.model, "--repeats", "1", "--tag", "containers")
        with started(*command) as child:
            server.wait_for(8)
            child.send_signal(signal.SIGINT)
            out, err = child.communicate(timeout=300)
        assert (child.returncode, out) == (130, b"")
        said = [line for line in err.decode().splitlines() if line]
        assert re.fullmatch(
            r"\d of \d performances done; the same command goes on from there and asks nothing twice", said[-2]
        )
        assert re.fullmatch(r"waiting for answers that are paid for already: [1-3]", said[-3])
        assert said[-1] == "interrupted"
        known = set(recorded(state))
        server.release()
        assert dramaturg(*command).code == 0
        keys = recorded(state)
        assert len(keys) == len(set(keys)) > len(known)


def test_interrupted_mutants_say_how_many_were_tried(state: Path) -> None:
    command = ("eval", "mutate", str(ROOT / SUITE), "--operator", "requirement")
    with started(*command) as child:
        while not any(state.glob("evals/*/mutants/*.jsonl")):
            assert child.poll() is None, "it ended before it could be interrupted"
            time.sleep(0.01)
        child.send_signal(signal.SIGINT)
        out, err = child.communicate(timeout=300)
    assert (child.returncode, out) == (130, b"")
    said = [line for line in err.decode().splitlines() if line]
    assert re.fullmatch(
        r"\d+ of 12 mutants tried; the same command goes on from there and asks nothing twice", said[-2]
    )
