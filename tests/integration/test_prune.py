"""Old runs that are removed, and those that are not."""

import os
import time
from pathlib import Path

import pytest
from tests.chat_server import ChatServer
from tests.commands import RUN, dramaturg, journals, started

from dramaturg.run.prune import prunable


@pytest.fixture(name="aged")
def _aged(state: Path) -> list[Path]:
    """Make three finished runs, written 40, 20 and 0 days ago."""
    for _ in range(3):
        assert dramaturg(*RUN, "--model", "evidence", "--fresh", "--quiet").code == 0
    found = journals(state)
    for path, days in zip(found, (40, 20, 0), strict=True):
        at = time.time() - days * 86400
        os.utime(path, (at, at))
    return found


def test_what_is_old_and_has_ended_is_removed(aged: list[Path], state: Path) -> None:
    told = dramaturg("runs", "--prune", "--dry-run")
    assert told.out.startswith(f"would remove {aged[0].stem}, ")
    assert journals(state) == aged
    told = dramaturg("runs", "--prune")
    assert (told.code, told.err.startswith("1 run, ")) == (0, True)
    assert journals(state) == aged[1:]
    assert dramaturg("runs", "--prune", "--older-than", "10d", "--json").json[0]["run"] == aged[1].stem
    assert journals(state) == aged[2:]


def test_two_that_remove_old_runs_at_once_do_not_trip_each_other(aged: list[Path], state: Path) -> None:
    found = prunable(state, older_than=0, statuses=["done"], now=time.time())
    first = next(found)
    aged[1].unlink()
    assert [each.summary["run"] for each in (first, *found)] == [aged[2].stem, aged[0].stem]


def test_what_can_still_be_resumed_stays_unless_it_is_meant(state: Path) -> None:
    with ChatServer(lambda number, _: 400 if number > 2 else "{}") as server:
        assert dramaturg(*RUN, "--model", server.model).code == 3
    assert dramaturg("runs", "--prune", "--older-than", "0").out == ""
    assert len(journals(state)) == 1
    dramaturg("runs", "--prune", "--older-than", "0", "--status", "unfinished")
    assert journals(state) == []


def test_a_run_that_is_performed_stays(state: Path) -> None:
    with ChatServer(held_from=1) as server, started(*RUN, "--model", server.model):
        server.wait_for(1)
        everything = "done,failed,waiting,unfinished,unreadable"
        assert dramaturg("runs", "--prune", "--older-than", "0", "--status", everything).code == 0
        assert len(journals(state)) == 1


def test_a_damaged_journal_is_removed_only_when_it_is_meant(state: Path) -> None:
    (state / "runs").mkdir(parents=True)
    damaged = state / "runs" / "x-00000000-1.jsonl"
    damaged.write_text('{"type": "run", "format": 1, "broken\n', encoding="utf-8")
    dramaturg("runs", "--prune", "--older-than", "0")
    assert damaged.exists()
    dramaturg("runs", "--prune", "--older-than", "0", "--status", "unreadable")
    assert not damaged.exists()


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--status", "running"), "no run that can be removed stands at `running`"),
        (("--older-than", "soon"), "is no duration"),
    ],
)
def test_what_means_nothing_is_the_callers_fault(arguments: tuple[str, ...], said: str) -> None:
    told = dramaturg("runs", "--prune", *arguments)
    assert (told.code, said in told.err) == (2, True)
