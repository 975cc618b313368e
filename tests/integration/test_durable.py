"""Runs that workers perform from a Postgres database: shared out, killed, taken over, asked and answered."""

import os
import time
from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from tests.chat_server import ChatServer, well
from tests.commands import RUN, dramaturg
from tests.integration.test_people import PERSONA, answer
from tests.postgres import orders, working
from tests.support import BLUEPRINT

from dramaturg import AnswerNeeded, CallerError, ModelError, Runtime
from dramaturg.engine.calls import Question
from dramaturg.engine.events import Event, StepAccepted
from dramaturg.models.scripted import ScriptedModel
from dramaturg.run.durable.client import Desk
from dramaturg.run.durable.reaper import Reaper


@pytest.mark.parametrize("schedule", ["--sequential", pytest.param("--parallel", marks=pytest.mark.slow)])
def test_a_queued_run_gives_the_document_of_one_performed_here(url: str, schedule: str) -> None:
    with ChatServer() as chat, working(url) as worker:
        here = dramaturg(*RUN, "--model", chat.model, schedule)
        there = dramaturg(*RUN, "--model", chat.model, schedule, "--queue", url)
        assert (there.code, there.out) == (0, here.out)
        assert "[5/5] ROLLBACK PLAN" in there.err
        run = worker.lines[-1].split(":")[0]
        assert dramaturg("runs", "--database", url).out.startswith(f"{run}  done")
        assert dramaturg("runs", run, "--database", url).out == here.out
        assert worker.stop() == 0
        assert any("stops" in line for line in worker.lines)


@pytest.mark.slow
def test_in_python_a_queued_run_is_like_any_other(url: str) -> None:
    events: list[Event] = []
    with ChatServer() as chat, working(url):
        result = Runtime(model=chat.model, durable=url).run("DPA-1", BLUEPRINT, on_event=events.append)
        here = Runtime(model=chat.model).run("DPA-1", BLUEPRINT)
    assert result.document == here.document
    assert [event.step for event in events if isinstance(event, StepAccepted)] == ["1", "2", "3", "4", "5"]


def test_a_run_waits_for_a_person_across_workers_and_asks_nothing_twice(url: str, tmp_path: Path) -> None:
    (tmp_path / "ask-1.persona.md").write_text(PERSONA, encoding="utf-8")
    (tmp_path / "brief.md").write_text("# Brief\n\nThe gateway was down this morning.\n", encoding="utf-8")
    (tmp_path / "deploy.log").write_text("09:00 deployed\n09:02 the gateway restarted\n", encoding="utf-8")
    command = ("run", str(tmp_path / "ask-1.persona.md"), str(tmp_path / "brief.md"))
    with ChatServer(answer) as chat:
        with working(url) as first:
            told = dramaturg(*command, "--model", chat.model, "--queue", url)
            assert (told.code, told.out) == (5, "")
            (row,) = dramaturg("runs", "--database", url, "--json").json
            assert (row["status"], [each["id"] for each in row["waits"]]) == ("waiting", ["2.1", "2.2"])
            first.kill()
        with working(url) as second:
            second.wait_for("was left by a worker that is gone")
            answers = ("--answer", "2.1=For operators.", "--answer", f"2.2=@{tmp_path / 'deploy.log'}")
            assert dramaturg("resume", row["run"], "--database", url, *answers).code == 5
            assert dramaturg("resume", row["run"], "--database", url, "--answer", "6=drop the second one").code == 5
            done = dramaturg("resume", row["run"], "--database", url, "--answer", "6=yes")
        assert done.code == 0
        assert "The gateway restarted, revised. [Source: LOG, L2]" in done.out
        assert len(chat.requests) == 9


@pytest.mark.slow
def test_a_callback_answers_a_queued_run(url: str, tmp_path: Path) -> None:
    (tmp_path / "ask-1.persona.md").write_text(PERSONA, encoding="utf-8")

    def person(question: Question) -> str:
        return "yes" if question.kind == "confirm" else "nothing to add"

    with ChatServer(answer) as chat, working(url):
        runtime = Runtime(model=chat.model, durable=url)
        result = runtime.run(tmp_path / "ask-1.persona.md", "The gateway was down.\n", on_question=person)
        assert result.document.title == "Review"
        with pytest.raises(AnswerNeeded):
            runtime.run(tmp_path / "ask-1.persona.md", "The gateway was down again.\n")


def _shared_out(url: str, count: int, *, kill: bool) -> tuple[Counter[str], Counter[str]]:
    """Queue runs for two workers, one of which may be killed; return runs by worker, and how often each was asked."""
    with ChatServer(delay=0.05) as chat, working(url, "--concurrency", "5") as one, working(url, "--concurrency", "5"):
        with Desk(url) as desk:
            runs = [desk.give(order) for order in orders(chat.model, count)]
            if kill:
                one.wait_for("is done", times=max(1, count // 10))
                one.kill()
            for run in runs:
                assert desk.result(run).document.title == "Production Deployment Plan"
            workers = Counter(each.worker for each in desk.standings())
        return workers, Counter(chat.prompts)


def test_two_workers_share_the_queue_and_what_one_leaves_the_other_finishes(url: str) -> None:
    workers, asked = _shared_out(url, 12, kill=True)
    assert len(asked) == 12 * 5
    assert sum(asked.values()) - len(asked) <= 5  # what was under way at the kill, at most one call of each run
    assert sum(workers.values()) == 12


@pytest.mark.slow
def test_two_hundred_runs_are_shared_and_survive_a_worker(url: str) -> None:
    workers, asked = _shared_out(url, 200, kill=True)
    assert len(asked) == 200 * 5
    assert sum(asked.values()) - len(asked) <= 5
    assert len(workers) == 2


@pytest.mark.slow
def test_a_run_survives_workers_that_die_again_and_again(url: str) -> None:
    with ChatServer(delay=0.2) as chat:
        with working(url):
            pass  # makes the tables
        with Desk(url) as desk:
            runs = [desk.give(order) for order in orders(chat.model, 60, parallel=True)]
            killed = 0
            while any(each.status != "done" for each in desk.standings()) and killed < 25:
                with working(url, "--concurrency", "2") as worker:
                    worker.wait_for("is done")  # a run that outlives five workers is given up, and rightly so
                    time.sleep(os.urandom(1)[0] / 512)
                    worker.kill()
                killed += 1
            with working(url):
                for run in runs:
                    desk.result(run)
        asked = Counter(chat.prompts)
        assert len(asked) == 60 * 5
        assert sum(asked.values()) - len(asked) <= killed * 2 * 4


@pytest.mark.slow
def test_a_worker_that_lives_keeps_its_runs(url: str) -> None:
    with ChatServer(held_from=1) as chat, working(url), Desk(url) as desk:
        (order,) = orders(chat.model, 1)
        desk.give(order)
        chat.wait_for(1)
        reaper = Reaper(database=url, worker="watcher")
        reaper.start()
        assert reaper.sweep() == []
        reaper.stop()


@pytest.mark.slow
def test_a_run_that_failed_goes_on_where_it_stopped(url: str) -> None:
    broken = [True]

    def once(number: int, request: Mapping[str, Any]) -> str | int:
        return 400 if number == 3 and broken.pop() else well(number, request)

    with ChatServer(once) as chat, working(url):
        told = dramaturg(*RUN, "--model", chat.model, "--queue", url)
        assert told.code == 3
        (row,) = dramaturg("runs", "--database", url, "--json").json
        assert row["status"] == "failed"
        again = dramaturg("resume", row["run"], "--database", url)
        assert again.code == 0
        assert len(chat.requests) == 6  # five, and the one that was refused


@pytest.mark.slow
def test_a_run_can_be_cancelled(url: str) -> None:
    with ChatServer(held_from=1) as chat, working(url), Desk(url) as desk:
        (order,) = orders(chat.model, 1)
        run = desk.give(order)
        chat.wait_for(1)
        assert dramaturg("runs", run, "--database", url, "--cancel").code == 0
        assert desk.standing(run).status == "cancelled"
        with pytest.raises(ModelError, match="was cancelled, or given up"):
            desk.result(run)


@pytest.mark.parametrize(
    ("address", "code", "said"),
    [
        ("sqlite:///x.db", 2, "need Postgres"),
        ("postgresql://nobody@127.0.0.1:1/none", 3, "the database cannot be used"),
    ],
)
def test_a_database_that_cannot_be_used_is_said_to_be(address: str, code: int, said: str) -> None:
    told = dramaturg("runs", "--database", address)
    assert (told.code, said in told.err) == (code, True)


def test_a_model_that_no_worker_can_open_is_refused() -> None:
    with pytest.raises(CallerError, match="a worker opens models by name"):
        Runtime(model=ScriptedModel([])).order("DPA-1", BLUEPRINT)
