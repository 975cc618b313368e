"""Evals and workers that are killed, told to stop or cut off: nothing is lost, and hardly anything is asked twice."""

import random
import signal
import threading
import time
from collections import Counter, deque
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import psycopg
import pytest
from tests.chat_server import ChatServer, well
from tests.commands import dramaturg, started
from tests.nursery import Nursery
from tests.postgres import working
from tests.queued_evals import ASKED, EVAL, answered, edited_bench, evaluating, questions_in, writings
from tests.suites import SUITE, Bench, recorded
from tests.support import ROOT

from dramaturg.evals import Terms, run_suite


@pytest.fixture(name="bench")
def _bench(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Bench:
    return edited_bench(tmp_path / "project", monkeypatch)


@pytest.mark.slow
def test_a_worker_that_is_killed_costs_what_it_had_under_way(bench: Bench, url: str) -> None:
    del bench
    with ChatServer(held_from=21) as chat, working(url, "--questions", "4") as one, working(url) as two:
        with evaluating("-m", chat.model, "--queue", url) as child:
            chat.wait_for(20 + 4 + 4)
            one.kill()
            chat.release()
            out, err = child.communicate(timeout=300)
        assert child.returncode == 6, err
        two.wait_for("4 questions of evals left by a worker that is gone")
        assert len(chat.requests) == ASKED + 4
    assert f'"asked": {ASKED}' in out
    assert '"error": ""' in out
    assert '"errors": 0' in out
    assert questions_in(url) == {}


def test_an_eval_that_is_killed_goes_on_and_asks_nothing_twice(bench: Bench, url: str) -> None:
    del bench
    with ChatServer(delay=0.1) as chat, working(url, "--questions", "4"):
        with evaluating("-m", chat.model, "--queue", url) as child:
            chat.wait_for(30)
            child.kill()
            child.communicate()
        told = dramaturg(*EVAL, "-m", chat.model, "--queue", url)
        assert told.code == 6
        assert len(chat.requests) == ASKED == told.json["questions"]["asked"]
    assert questions_in(url) == {}


@pytest.mark.slow
def test_an_interrupted_eval_takes_back_what_nobody_has_begun_and_uses_what_came_meanwhile(
    state: Path, url: str
) -> None:
    command = ("eval", "run", str(ROOT / SUITE), "--repeats", "2", "--json", "--queue", url)
    with ChatServer(held_from=21) as chat, working(url, "--questions", "3"):
        with started(*command, "-m", chat.model) as child:
            chat.wait_for(23)
            while len(recorded(state)) < 20:  # the answers to those before
                time.sleep(0.05)
            child.send_signal(signal.SIGINT)
            _, err = child.communicate(timeout=300)
        assert child.returncode == 130
        assert "the same command goes on from there and asks nothing twice" in err.decode()
        assert questions_in(url) == {"PENDING": 3}  # with the worker; what waited is gone, what is recorded too
        chat.release()
        until = time.monotonic() + 300
        while questions_in(url) != {"SUCCESS": 3}:
            assert time.monotonic() < until
            time.sleep(0.1)
        told = dramaturg(*command, "-m", chat.model)
        assert told.code == 0
        assert len(chat.requests) == told.json["questions"]["asked"] == 12 * 5
    assert questions_in(url) == {}
    assert state.exists()


@pytest.mark.slow
def test_an_eval_completes_however_often_it_and_its_workers_are_killed(bench: Bench, url: str, tmp_path: Path) -> None:
    del bench
    dice = random.Random()  # noqa: S311 - the property holds for every moment
    with ChatServer(delay=0.3) as chat, Nursery(tmp_path) as nursery:
        workers = deque(nursery.worker(url, "--questions", "3") for _ in range(2))
        kills = 0
        while len(chat.requests) < ASKED - 20:
            with evaluating("-m", chat.model, "--queue", url) as child:
                chat.arrived(len(chat.requests) + dice.randint(1, 6), within=60)
                time.sleep(dice.uniform(0, 0.4))
                workers.popleft().kill()
                kills += 1
                workers.append(nursery.worker(url))
                chat.arrived(len(chat.requests) + dice.randint(0, 3), within=60)
                time.sleep(dice.uniform(0, 0.4))
                child.kill()
                child.communicate()
        told = dramaturg(*EVAL, "-m", chat.model, "--queue", url)
        assert told.json["questions"]["needed"] == ASKED
        assert told.json["questions"]["asked"] in (ASKED, 0)  # none by another one, where the last ended unnoticed
        assert told.json["errors"] == 0
        assert len(chat.requests) - ASKED <= 3 * kills  # what was under way when a worker died, and no more
    assert questions_in(url) == {}


@pytest.mark.slow
def test_what_others_were_answered_does_not_count_for_an_eval_that_asks_anew(bench: Bench, url: str) -> None:
    del bench
    with ChatServer(delay=0.1) as chat, working(url, "--questions", "4"):
        with evaluating("-m", chat.model, "--queue", url) as child:
            chat.wait_for(20)
            child.kill()
            child.communicate()
        before = len(chat.requests)
        told = dramaturg(*EVAL, "-m", chat.model, "--queue", url, "--replay", "off")
        assert told.json["questions"]["asked"] == ASKED
        assert len(chat.requests) >= before + ASKED


@pytest.mark.slow
def test_a_worker_that_is_told_to_stop_finishes_its_questions_and_takes_no_more(bench: Bench, url: str) -> None:
    del bench
    with ChatServer(held_from=1) as chat, working(url) as one:
        with evaluating("-m", chat.model, "--queue", url) as child:
            chat.wait_for(12)  # one of each performance
            one.process.terminate()
            one.wait_for("stops; what is not done")
            chat.release()
            assert one.end() == 0
            assert answered(one) == 12 + 1  # and what the model is
            assert len(chat.requests) == 12
            with working(url):
                child.communicate(timeout=300)
        assert child.returncode == 6
        assert len(chat.requests) == ASKED


@pytest.mark.slow
def test_two_evals_that_ask_the_same_at_the_same_time_share_the_answers(
    bench: Bench, url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    del bench
    with ChatServer(held_from=1) as chat, working(url):
        monkeypatch.setenv("DRAMATURG_STATE", str(tmp_path / "first"))
        with evaluating("-m", chat.model, "--queue", url) as first:
            chat.wait_for(12)  # one of each performance
            once = writings(url)
            monkeypatch.setenv("DRAMATURG_STATE", str(tmp_path / "second"))
            with evaluating("-m", chat.model, "--queue", url) as second:
                while any(writings(url)[name] == writing for name, writing in once.items()):
                    assert second.poll() is None
                    time.sleep(0.1)
                chat.release()
                said = [child.communicate(timeout=300)[0] for child in (first, second)]
        assert [child.returncode for child in (first, second)] == [6, 6]
        asked, shared = Counter(chat.prompts), Counter(chat.prompts[:12])
        assert {prompt: asked[prompt] for prompt in shared} == shared
        assert max(asked.values()) <= 2 * 2  # repeats, and evals: the first to end removes what the other has not seen
    assert [text.count('"outcome": "pass"') for text in said] == [24 - text.count('"outcome": "fail"') for text in said]


@pytest.mark.slow
def test_a_database_that_falls_silent_is_waited_for(bench: Bench, url: str) -> None:
    """What was under way when connections are cut is asked for again over new ones."""
    cut = threading.Event()

    def answer(number: int, request: Mapping[str, Any]) -> str:
        if number == ASKED:  # of twice as many
            _cut(url)
            cut.set()
        return well(number, request)

    with ChatServer(answer, delay=0.05) as chat, working(url):
        result = run_suite(Path(SUITE), Terms(baseline="HEAD", models=[chat.model], repeats=4, queue=url))
        assert cut.is_set()
        assert result.errors == 0
        assert result.asked == 2 * ASKED
    del bench


def _cut(url: str) -> None:
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
            "WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )
