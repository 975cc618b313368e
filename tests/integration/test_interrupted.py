"""Whole processes that are interrupted, killed, locked out or out of space, against a server that counts requests."""

import random
import signal
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path

import pytest
from tests.chat_server import ChatServer
from tests.commands import RUN, dramaturg, journals, started
from tests.support import ROOT

from dramaturg.run.record import read_journal

HEADINGS = ["PRE-FLIGHT CHECKLIST", "EXECUTION PLAN", "POST-DEPLOYMENT VALIDATION CHECKLIST", "ROLLBACK PLAN"]


def headings(markdown: str) -> list[str]:
    return [line.removeprefix("## ") for line in markdown.splitlines() if line.startswith("## ")]


@pytest.mark.parametrize(
    ("sent", "code", "answered"),
    [
        pytest.param(signal.SIGINT, 130, 0, marks=pytest.mark.slow),
        (signal.SIGINT, 130, 3),
        (signal.SIGKILL, -signal.SIGKILL, 0),
        pytest.param(signal.SIGKILL, -signal.SIGKILL, 3, marks=pytest.mark.slow),
    ],
)
def test_a_stopped_run_goes_on_and_asks_nothing_twice(
    state: Path, sent: signal.Signals, code: int, answered: int
) -> None:
    with ChatServer(held_from=answered + 1) as server:
        with started(*RUN, "--model", server.model) as child:
            server.wait_for(answered + 1)
            child.send_signal(sent)
            out, err = child.communicate(timeout=300)
        assert (child.returncode, out) == (code, b"")
        assert b"Traceback" not in err
        if sent is signal.SIGINT:
            run = journals(state)[0].stem
            said = [line for line in err.decode().splitlines() if line]
            assert said[-2:] == [f"go on where it stopped: dramaturg resume {run}", "interrupted"]
        (journal,) = journals(state)
        assert len(read_journal(journal).replies) == answered
        server.release()
        again = dramaturg(*RUN, "--model", server.model)
        assert again.code == 0
        assert headings(again.out)[:4] == HEADINGS
        times = Counter(server.prompts)
        assert len(times) == 5
        unanswered = server.prompts[answered]
        assert [prompt for prompt in times if times[prompt] > 1] == [unanswered]
        assert times[unanswered] == 2
    assert journals(state) == [journal]


def test_an_interrupted_run_is_resumed_by_its_id(state: Path) -> None:
    with ChatServer(held_from=3) as server:
        with started(*RUN, "--model", server.model) as child:
            server.wait_for(3)
            child.send_signal(signal.SIGINT)
            child.communicate(timeout=300)
        (journal,) = journals(state)
        server.release()
        before = len(server.requests)
        resumed = dramaturg("resume", journal.stem)
        assert resumed.code == 0
        assert headings(resumed.out)[:4] == HEADINGS
        assert "2 answers are already there" in resumed.err
        assert len(server.requests) - before == 3


def test_a_run_killed_at_any_moment_never_asks_again_what_it_wrote_down(state: Path) -> None:
    dice = random.Random()  # noqa: S311 - the property holds for every moment
    with ChatServer(delay=0.1) as server:
        written: list[tuple[int, set[str]]] = []
        for _ in range(2):
            with started(*RUN, "--model", server.model) as child:
                server.wait_for(len(server.requests) + 2)  # the answer to the first of them is written down
                time.sleep(dice.uniform(0, 0.15))
                child.kill()
                child.communicate(timeout=300)
            (journal,) = journals(state)
            distinct = [*dict.fromkeys(server.prompts)]
            written.append((len(server.requests), {*distinct[: len(read_journal(journal).replies)]}))
        finished = dramaturg(*RUN, "--model", server.model)
        assert headings(finished.out)[:4] == HEADINGS
        assert "already there" in finished.err
        for asked, known in written:
            assert known.isdisjoint(server.prompts[asked:])
    assert len(journals(state)) == 1


@pytest.mark.parametrize(
    ("kills", "schedule"),
    [
        (2, "--parallel"),
        pytest.param(50, "--sequential", marks=pytest.mark.slow),
        pytest.param(50, "--parallel", marks=pytest.mark.slow),
    ],
)
def test_however_often_a_run_is_killed_only_what_was_under_way_is_asked_again(
    state: Path, kills: int, schedule: str
) -> None:
    dice = random.Random()  # noqa: S311 - as above
    together = 4 if schedule == "--parallel" else 1
    with ChatServer(delay=0.1) as server:
        undisturbed = dramaturg(*RUN, "--model", server.model, schedule).out
        while kills > 0:
            before, killed, said = len(server.requests), 0, ""
            while not said:
                # the run before may have died with its document given and not marked so: it would be given again
                again = () if killed else ("--fresh",)
                command = (*RUN, "--model", server.model, schedule, "--quiet", *again)
                with started(*command, stderr=subprocess.DEVNULL) as child:
                    came = server.arrived(before + 1 if not killed else len(server.requests) + 1)
                    time.sleep(dice.uniform(0, 0.4) if came else 0)
                    if kills > 0:
                        child.kill()
                    out = child.communicate(timeout=300)[0]
                if child.returncode != 0:
                    kills, killed = kills - 1, killed + 1
                found = journals(state)
                if found and read_journal(found[-1]).is_over:  # it may be killed with everything done
                    said = out.decode()
            times = Counter(server.prompts[before:])
            assert said == undisturbed
            assert len(times) == 5
            assert sum(times.values()) - 5 <= killed * together


def test_a_run_in_progress_is_left_alone(state: Path) -> None:
    with ChatServer(held_from=2) as server:
        run = (*RUN, "--model", server.model)
        with started(*run) as first:
            server.wait_for(2)
            (journal,) = journals(state)
            (row,) = dramaturg("runs", "--json").json
            assert (row["run"], row["status"], row["answers"]) == (journal.stem, "running", 1)
            taken = dramaturg("resume", journal.stem)
            assert (taken.code, taken.out) == (2, "")
            assert f"run `{journal.stem}` is being performed by another process; wait for it" in taken.err
            with started(*run) as second:
                server.wait_for(3)
                assert [path.stem[-2:] for path in journals(state)] == ["-1", "-2"]
                second.kill()
            first.kill()
        first.wait()
        assert {row["status"] for row in dramaturg("runs", "--json").json} == {"unfinished"}


def test_processes_that_begin_together_get_a_run_each(state: Path) -> None:
    script = """
import sys
from pathlib import Path
from tests.support import dpa1_brief
from dramaturg.run.journal import create_journal
brief = dpa1_brief()
sys.stdin.readline()
for _ in range(10):
    with create_journal(Path(sys.argv[1]), brief, {"scripted": "scripted"}) as journal:
        print(journal.run)
"""
    command = [sys.executable, "-c", script, str(state)]
    children = [
        subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) for _ in range(4)
    ]
    runs = []
    for child in children:
        assert child.stdin is not None
        child.stdin.write("go\n")
        child.stdin.flush()
    for child in children:
        runs += child.communicate(timeout=300)[0].split()
    assert len(runs) == len(set(runs)) == 40
    assert [path.stem for path in journals(state)] == sorted(runs, key=lambda run: int(run.rsplit("-", 1)[1]))
    assert all(read_journal(path).run == path.stem for path in journals(state))
