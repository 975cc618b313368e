"""A document between the end of its run and its reader: nothing that was paid for is paid for again."""

import os
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from tests.chat_server import ChatServer
from tests.commands import RUN, dramaturg, first_listed, journals, started

from dramaturg import Runtime
from dramaturg.run.record import read_journal


def _within(seconds: float, holds: Callable[[], bool]) -> bool:
    until = time.monotonic() + seconds
    while not holds() and time.monotonic() < until:
        time.sleep(0.02)
    return holds()


def _has_ended(state: Path) -> bool:
    found = journals(state)
    return bool(found) and read_journal(found[-1]).end is not None


def test_a_process_that_dies_before_it_has_delivered_costs_nothing(state: Path, tmp_path: Path) -> None:
    plan = tmp_path / "plan.md"
    os.mkfifo(plan)  # which nobody reads, so that the process waits with the document in its hands
    with ChatServer() as server:
        command = (*RUN, "--model", server.model, "-o", str(plan))
        with started(*command) as child:
            assert _within(300, lambda: _has_ended(state))
            child.kill()
            child.communicate(timeout=300)
        plan.unlink()
        (journal,) = journals(state)
        assert first_listed().startswith(f"{journal.stem}  done, not delivered, 5 answers")
        assert len(server.requests) == 5
        again = dramaturg(*command)
        assert (again.code, len(server.requests)) == (0, 5)
        assert "used 0 calls, 5 answers from the journal" in again.err
        assert plan.read_text(encoding="utf-8").startswith("# Production Deployment Plan\n")
        assert first_listed().startswith(f"{journal.stem}  done, 5 answers")
        assert dramaturg(*command).code == 0  # a run that was delivered is never silently reused
        assert len(server.requests) == 10


def test_a_place_that_cannot_be_written_costs_nothing_either(state: Path, tmp_path: Path) -> None:
    (tmp_path / "full").symlink_to("/dev/full")
    with ChatServer() as server:
        command = (*RUN, "--model", server.model)
        told = dramaturg(*command, "-o", str(tmp_path / "full"))
        (journal,) = journals(state)
        assert (told.code, told.out) == (2, "")
        said = f"cannot be written: No space left on device; the document is kept: dramaturg runs {journal.stem}"
        assert said in told.err
        elsewhere = dramaturg(*command, "--quotes")  # it may be rendered otherwise
        assert (elsewhere.code, len(server.requests)) == (0, 5)
        assert elsewhere.out.startswith("# Production Deployment Plan\n")


def test_what_was_resumed_or_begun_afresh_is_delivered_as_well(state: Path, tmp_path: Path) -> None:
    with ChatServer() as server:
        command = (*RUN, "--model", server.model)
        assert dramaturg(*command, "-o", "/dev/full").code == 2
        (journal,) = journals(state)
        assert dramaturg(*command, "--fresh", "-o", str(tmp_path / "a.md")).code == 0
        assert len(server.requests) == 10
        assert dramaturg("resume", journal.stem, "-o", str(tmp_path / "b.md")).code == 0
        assert all(read_journal(path).is_over for path in journals(state))
        assert dramaturg(*command).code == 0
        assert len(server.requests) == 15


def test_a_failed_run_is_over_and_begun_again(state: Path) -> None:
    with ChatServer(lambda number, _: "{}") as server:  # noqa: ARG005 - it says nothing to all
        assert dramaturg(*RUN, "--model", server.model).code == 1
        assert dramaturg(*RUN, "--model", server.model).code == 1
    assert [read_journal(path).is_over for path in journals(state)] == [True, True]


def test_in_python_a_result_is_delivered_with_its_return_unless_the_caller_delivers(state: Path) -> None:
    with ChatServer() as server:
        Runtime(model=server.model).run("DPA-1", Path(RUN[2]))
        runtime = Runtime(model=server.model, delivers=True)
        first = runtime.run("DPA-1", Path(RUN[2]))
        assert len(server.requests) == 10
        again = runtime.run("DPA-1", Path(RUN[2]))
        assert (again.document, again.report.run, again.report.replayed) == (first.document, first.report.run, 5)
        runtime.delivered(again.report.run)
        before = journals(state)[1].read_bytes()
        runtime.delivered(again.report.run)
        assert journals(state)[1].read_bytes() == before
        assert runtime.run("DPA-1", Path(RUN[2])).report.run != first.report.run


@pytest.mark.parametrize("schedule", ["--sequential", "--parallel"])
def test_what_follows_a_run_is_delivered_with_it(state: Path, schedule: str) -> None:
    told = dramaturg("run", "RFP-1", str(RUN[2]), "--model", "evidence", "--follow", "--yes", schedule)
    assert told.code == 0
    assert len(journals(state)) == 2
    assert all(read_journal(path).is_over for path in journals(state))
