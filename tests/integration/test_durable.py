"""Runs that workers perform from a Postgres database: shared out, killed, taken over, asked and answered."""

import random
import re
import time
from collections import Counter, deque
from pathlib import Path

import pytest
from tests.chat_server import ChatServer
from tests.commands import RUN, dramaturg
from tests.integration.test_people import PERSONA, answer
from tests.nursery import Nursery
from tests.postgres import orders, working
from tests.support import BLUEPRINT

from dramaturg import AnswerNeeded, CallerError, ModelError, Runtime
from dramaturg.engine.calls import Answer, Question
from dramaturg.engine.colophon import without_colophon
from dramaturg.engine.events import Event, StepAccepted
from dramaturg.models.scripted import ScriptedModel
from dramaturg.run.durable.client import Desk
from dramaturg.run.durable.reaper import Reaper
from dramaturg.run.report import RunResult


def _said(talk: str) -> list[str]:
    """Return what was said of a run, without times, tokens and its name."""
    return [re.sub(r", [\d,]+ tokens.*|, \d.* s$", "", line) for line in talk.splitlines() if line[:4] != "run "]


@pytest.mark.parametrize("schedule", ["--sequential", pytest.param("--parallel", marks=pytest.mark.slow)])
def test_a_queued_run_gives_the_document_of_one_performed_here(url: str, schedule: str) -> None:
    with ChatServer() as chat, working(url) as worker:
        here = dramaturg(*RUN, "--model", chat.model, schedule)
        there = dramaturg(*RUN, "--model", chat.model, schedule, "--queue", url)
        assert (there.code, there.out) == (0, here.out)
        order = sorted if schedule == "--parallel" else list  # side by side any section may be the first
        assert order(_said(there.err)[1:]) == order(_said(here.err)[1:])
        run = worker.lines[-1].split(":")[0]
        assert dramaturg("runs", "--database", url).out.endswith("  done\n")
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
            assert (row["status"], [each["id"] for each in row["questions"]]) == ("waiting", ["2.1", "2.2"])
            first.kill()
        with working(url):
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


def _text(result: RunResult) -> str:
    """Return a document without what tells of its artifacts, which differ from run to run."""
    return without_colophon(result.document.markdown)


def _finished(desk: Desk, run: str) -> RunResult:
    """Return a run's result; one over which five workers died without an answer is told to go on all the same."""
    try:
        return desk.result(run)
    except ModelError:
        assert desk.standing(run).status == "given up"
        desk.go_on(run)
        return desk.result(run)


@pytest.mark.slow
@pytest.mark.parametrize(("kills", "schedule"), [(100, "sequential"), (30, "parallel")])
def test_runs_complete_however_often_their_workers_are_killed(
    url: str, tmp_path: Path, kills: int, schedule: str
) -> None:
    dice = random.Random()  # noqa: S311 - the property holds for every moment
    parallel = schedule == "parallel"
    together = 4 if parallel else 1
    with ChatServer(delay=0.1) as chat, Nursery(tmp_path) as nursery, Desk(url) as desk:
        workers = deque(nursery.worker(url, "--concurrency", "1") for _ in range(3))
        workers[0].wait_for("runs at once")  # there are tables
        given = orders(chat.model, kills, parallel=parallel)
        for order in given:
            desk.give(order)
            victim = workers.popleft()
            victim.wait_for("runs at once")
            time.sleep(dice.uniform(0, 1.0))
            victim.kill()
            workers.append(nursery.worker(url))
        workers.extend(nursery.worker(url, "--concurrency", "5") for _ in range(2))
        documents = {_text(_finished(desk, order["run"])) for order in given}
        asked = Counter(chat.prompts)
        undisturbed = _text(Runtime(model=chat.model, parallel=parallel).run("DPA-1", BLUEPRINT))
    assert documents == {undisturbed}
    assert len(asked) == kills * 5
    assert sum(asked.values()) - len(asked) <= kills * together  # what was under way when a worker died, and no more


@pytest.mark.slow
def test_runs_with_questions_complete_however_often_their_workers_are_killed(url: str, tmp_path: Path) -> None:
    dice = random.Random()  # noqa: S311 - as above
    (tmp_path / "ask-1.persona.md").write_text(PERSONA, encoding="utf-8")
    said = {"confirm": Answer(text="yes"), "clarify": Answer(text="For operators."), "artifact": Answer(text="none")}
    with ChatServer(answer, delay=0.05) as chat, Nursery(tmp_path) as nursery, Desk(url) as desk:
        workers = deque(nursery.worker(url, "--concurrency", "2") for _ in range(3))
        workers[0].wait_for("runs at once")
        runtime = Runtime(model=chat.model)
        briefs = (f"The gateway was down {number} times.\n" for number in range(20))
        given = [runtime.order(tmp_path / "ask-1.persona.md", brief) for brief in briefs]
        for order in given:
            desk.give(order)
        killed = answered = 0
        while any(each.status != "done" for each in desk.standings()):
            victim = workers.popleft()
            victim.wait_for("runs at once")
            time.sleep(dice.uniform(0, 1.5))
            victim.kill()
            killed += 1
            workers.append(nursery.worker(url))
            for each in desk.standings():
                if each.status == "waiting":
                    desk.answer(each.run, {question.id: said[question.kind] for question in each.questions})
                    answered += 1
                elif each.status == "given up":
                    desk.go_on(each.run)
        documents = {_text(desk.result(order["run"])) for order in given}
        asked = Counter(chat.prompts)
    assert len(documents) == 1
    assert answered >= 2 * 20
    assert sum(asked.values()) - len(asked) <= 2 * killed


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


@pytest.mark.parametrize(
    ("address", "code", "said"),
    [
        ("sqlite:///x.db", 2, "need Postgres"),
        ("postgresql://u:geheim@", 2, "the address names no database; give `postgresql://user@host/name`"),
        ("postgresql://u:geheim@h:port/x", 2, "the address of the database cannot be read; give `postgresql://user"),
        ("postgresql://nobody:geheim@127.0.0.1:1/none", 3, "the database cannot be used: connection failed: "),
    ],
)
def test_a_database_that_cannot_be_used_is_said_to_be(
    address: str, code: int, said: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    named = (dramaturg("runs", "--database", address), dramaturg("worker", "--database", address))
    monkeypatch.setenv("DRAMATURG_DATABASE", address)
    found = dramaturg("worker")
    for told in (*named, found):
        assert (told.code, said in told.err, "geheim" in told.err) == (code, True, False)
        assert len(told.err.splitlines()) == 1
    assert found.err.startswith("error: `DRAMATURG_DATABASE`: ") == (code == 2)


def test_a_model_that_no_worker_can_open_is_refused() -> None:
    with pytest.raises(CallerError, match="a worker opens models by name"):
        Runtime(model=ScriptedModel([])).order("DPA-1", BLUEPRINT)
