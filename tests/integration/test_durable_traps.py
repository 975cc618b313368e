"""The traps of durable execution that were met while it was built, each closed: see what is guaranteed in docs."""

import os
import re
import threading
import time
from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import psycopg
import pytest
from tests.chat_server import ChatServer, well
from tests.commands import RUN, dramaturg
from tests.nursery import Nursery
from tests.postgres import orders, working

from dramaturg import ModelError
from dramaturg.run.durable.client import Desk
from dramaturg.run.durable.reaper import MOST
from dramaturg.run.durable.worker import Worker

_AUDIT = """
import sys
log = open({path!r}, "a", buffering=1)
def audit(event, arguments):
    if event == "socket.connect":
        log.write(f"{{arguments[1]}}\\n")
    elif event == "socket.getaddrinfo":
        log.write(f"{{arguments[:2]}}\\n")
sys.addaudithook(audit)
"""


def test_trap_1_each_process_has_an_id_of_its_own() -> None:
    assert len({Worker(database="").name for _ in range(100)}) == 100


@pytest.mark.slow
def test_trap_1_a_worker_that_starts_leaves_the_runs_of_others_alone(url: str) -> None:
    with ChatServer(held_from=1) as chat, working(url) as first, Desk(url) as desk:
        (order,) = orders(chat.model, 1)
        run = desk.give(order)
        chat.wait_for(1)
        with working(url) as second:
            time.sleep(5)  # two of its sweeps
            assert len(chat.requests) == 1
            assert len(second.lines) == 1
            assert desk.standing(run).worker == first.lines[0].split(":")[0]


@pytest.mark.slow
def test_traps_2_3_4_and_6_an_order_is_json_in_a_named_queue_of_a_fixed_version_and_names_its_plan(
    url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DRAMATURG_API_KEY", "a-key-that-stays-here")
    with ChatServer() as chat:
        with working(url):
            pass  # makes the tables
        (order,) = orders(chat.model, 1)
        with Desk(url) as desk:  # whoever gives it has left before anybody takes it
            run = desk.give(order)
        with working(url), Desk(url) as desk:
            desk.result(run)
        assert str(order["plan"])[:8] in run
        with psycopg.connect(url) as connection:
            rows = connection.execute(
                "SELECT queue_name, application_version, given.inputs, made.output, serialization "
                "FROM dbos.workflow_status JOIN dbos.workflow_input AS given USING (workflow_uuid) "
                "JOIN dbos.workflow_output AS made USING (workflow_uuid)"
            ).fetchall()
            steps = connection.execute("SELECT function_name, output FROM dbos.operation_outputs").fetchall()
    ((queue, version, inputs, output, kind),) = rows
    assert (queue, version, kind) == ("dramaturg-runs", "dramaturg-1", "dramaturg_json")
    assert all(text.startswith(("{", "[")) for text in (inputs, output))
    assert "a-key-that-stays-here" not in inputs + output + "".join(text for _, text in steps if text)
    assert not any(text and text.startswith("gA") for _, text in steps)  # how pickled data begins in base64
    names = [name for name, _ in steps if name.startswith("step-")]
    assert names == ["step-1", "step-2", "step-3", "step-4", "step-5"]


@pytest.mark.slow
def test_trap_5_a_run_over_which_worker_after_worker_dies_is_given_up_until_it_is_meant(
    url: str, tmp_path: Path
) -> None:
    with ChatServer(held_from=2) as chat, Nursery(tmp_path) as nursery, Desk(url) as desk:
        worker = nursery.worker(url)
        worker.wait_for("runs at once")
        (order,) = orders(chat.model, 1)
        run = desk.give(order)
        for died in range(MOST + 1):
            chat.wait_for(2 + died)
            worker.kill()
            worker = nursery.worker(url)
        worker.wait_for(f"{run}: is given up: too many workers died over it")
        assert desk.standing(run).status == "given up"
        with pytest.raises(ModelError, match="was given up: too many workers died over it"):
            desk.result(run)
        chat.release()
        desk.go_on(run)
        assert desk.result(run).report.calls == 5


@pytest.mark.slow
def test_trap_5_a_worker_that_the_database_drops_holds_its_lock_again(url: str) -> None:
    with ChatServer(held_from=1) as chat, working(url) as worker, Desk(url) as desk:
        (order,) = orders(chat.model, 1)
        run = desk.give(order)
        chat.wait_for(1)
        with psycopg.connect(url, autocommit=True) as connection:
            connection.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
                "WHERE datname = current_database() AND pid <> pg_backend_pid()"
            )
            held, until = (0,), time.monotonic() + 300
            while held != (1,) and time.monotonic() < until:
                held = (
                    connection.execute("SELECT count(*) FROM pg_locks WHERE locktype = 'advisory'").fetchone() or held
                )
            assert held == (1,)
        chat.release()
        assert desk.result(run).report.calls == 5
        assert worker.stop() == 0


@pytest.mark.slow
def test_trap_7_a_call_is_made_at_least_once_and_counts_exactly_once(url: str) -> None:
    with ChatServer(held_from=3) as chat, Desk(url) as desk:
        (order,) = orders(chat.model, 1)
        with working(url) as first:
            run = desk.give(order)
            assert desk.give(order) == run  # whoever is not sure that it arrived gives it again
            chat.wait_for(3)
            first.kill()
        with working(url) as second:
            second.wait_for("was left by a worker that is gone")
            chat.release()
            result = desk.result(run)
            assert desk.result(run) == result
        assert [*Counter(chat.prompts).values()] == [1, 1, 2, 1, 1]
        assert result.report.calls == 5
        assert len(desk.standings()) == 1
    with psycopg.connect(url) as connection:
        rows = connection.execute("SELECT function_name FROM dbos.operation_outputs").fetchall()
    assert Counter(name for (name,) in rows if name.startswith("step-")) == {f"step-{each}": 1 for each in range(1, 6)}


class _Narrow:
    """Answers well after a moment, but refuses more than so many calls at once."""

    def __init__(self, most: int) -> None:
        self.most = most
        self.under_way = 0
        self.refused = 0
        self._lock = threading.Lock()

    def __call__(self, number: int, request: Mapping[str, Any]) -> str | int:
        with self._lock:
            self.under_way += 1
            refuse = self.under_way > self.most
            self.refused += refuse
        try:
            if refuse:
                return 429
            time.sleep(0.1)
            return well(number, request)
        finally:
            with self._lock:
                self.under_way -= 1


@pytest.mark.slow
def test_trap_8_a_worker_asks_a_provider_no_more_than_it_bears_however_many_runs_it_has(url: str) -> None:
    narrow = _Narrow(4)
    with ChatServer(narrow) as chat, working(url, "--concurrency", "20") as worker, Desk(url) as desk:
        runs = [desk.give(order) for order in orders(chat.model, 20)]
        for run in runs:
            desk.result(run)
        assert not any("waits" in line for line in worker.lines)
    assert narrow.refused < 20 * 5  # twenty runs on their own would be refused for as long as they last
    assert len(chat.requests) == 20 * 5 + narrow.refused


def test_trap_8_no_layer_above_the_retries_of_a_call_tries_again(url: str) -> None:
    def gone(number: int, request: Mapping[str, Any]) -> str | int:
        del request
        return 500 if number > 1 else 400

    with ChatServer(gone) as chat, working(url) as worker, Desk(url) as desk:
        refused, faltering = orders(chat.model, 2)
        desk.give(refused)
        worker.wait_for("400")
        assert len(chat.requests) == 1
        desk.give(faltering)
        worker.wait_for("waits 30 s")
        assert len(chat.requests) == 1 + 5


@pytest.mark.slow
def test_trap_8_threads_do_not_grow_with_runs(url: str) -> None:
    pools = 8 + 2 * min(32, (os.cpu_count() or 1) + 4)  # of DBOS, and of two event loops as Python bounds them
    most = pools + 8  # and those that DBOS has for itself, some of which come only with the first run
    many = 2 * pools
    with (
        ChatServer(held_from=1) as chat,
        working(url, "--concurrency", str(many)) as worker,
        Desk(url) as desk,
    ):
        before = worker.threads
        runs = [desk.give(order) for order in orders(chat.model, many)]
        chat.wait_for(many)
        assert worker.threads <= before + most
        chat.release()
        for run in runs:
            desk.result(run)
        assert worker.threads <= before + most


def test_trap_9_a_worker_says_only_what_is_its_own_and_connects_to_nobody_else(url: str, tmp_path: Path) -> None:
    met = tmp_path / "met"
    with ChatServer() as chat, working(url, first=_AUDIT.format(path=str(met))) as worker:
        there = dramaturg(*RUN, "--model", chat.model, "--queue", url)
        assert there.code == 0
        assert worker.stop() == 0
        port = re.search(r":(\d+)/", chat.model)
        assert port is not None
        places = {*met.read_text(encoding="utf-8").splitlines()}
    assert places == {f"('127.0.0.1', {port[1]})"}
    own = re.compile(
        r"\S+: (takes up to \d+ runs at once, and \d+ questions of evals|begins|is done|"
        r"stops; what is not done in 600 s goes on elsewhere)"
    )
    assert [line for line in worker.lines if not own.fullmatch(line)] == []
