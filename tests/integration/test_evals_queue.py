"""Evals whose questions workers answer: the same verdict, records and totals as without them, whoever is killed."""

import random
import re
import signal
import subprocess
import sys
import threading
import time
from collections import Counter, deque
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg
import pytest
from tests.chat_server import ChatServer, well
from tests.commands import Told, dramaturg, started
from tests.judges import Judge
from tests.labels import CRITERION, write_labels
from tests.nursery import Nursery
from tests.postgres import WorkerProcess, working
from tests.suites import SUITE, Bench, new_bench
from tests.support import ROOT

from dramaturg import CallerError
from dramaturg.evals import Terms, run_suite
from dramaturg.models.scripted import ScriptedModel
from dramaturg.run.durable.questions import Questions

EDIT = ("**Log Analysis:** Specific", "**Log Analysis:** Exact")
_EVAL = ("eval", "run", SUITE, "--baseline", "HEAD", "--repeats", "2", "--json")
_ASKED = 6 * 2 * (5 + 2)  # cases, repeats, steps, and the two from the edit on of the second arm
_SPOKEN = re.compile(r"([\d,]+) questions? of evals answered so far")


@pytest.fixture(name="bench")
def _bench(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Bench:
    bench = new_bench(tmp_path / "project", monkeypatch)
    bench.edit(EDIT)
    return bench


@pytest.fixture(name="tables")
def _tables(url: str) -> str:
    """Return a database that a worker was started on, and has left."""
    with working(url):
        return url


def _said(told: Told) -> dict[str, Any]:
    """Return what an eval says, without what tells it from another one of the same."""
    return {name: value for name, value in told.json.items() if name not in ("run", "path")}


def _answered(worker: WorkerProcess) -> int:
    """Return how many questions a worker has answered that has ended."""
    found = [_SPOKEN.search(line) for line in worker.lines]
    return max((int(each[1].replace(",", "")) for each in found if each), default=0)


def _questions(url: str) -> Counter[str]:
    """Return how many questions the database holds, by their status."""
    with psycopg.connect(url) as connection:
        rows = connection.execute("SELECT status FROM dbos.workflow_status WHERE name = 'dramaturg.question'")
        return Counter(status for (status,) in rows)


@contextmanager
def _evaluating(*options: str) -> Iterator[subprocess.Popen[str]]:
    """Begin an eval as a process of its own."""
    command = [sys.executable, "-m", "dramaturg", *_EVAL, *options]
    with subprocess.Popen(command, text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as child:
        try:
            yield child
        finally:
            child.kill()


def test_two_workers_give_the_verdict_totals_and_records_of_one_process(
    bench: Bench, url: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    del bench
    with ChatServer(delay=0.05) as chat, working(url, "--questions", "4") as one, working(url) as two:
        there = dramaturg(*_EVAL, "-m", chat.model, "--queue", url)
        asked = Counter(chat.prompts)
        chat.requests.clear()
        monkeypatch.setenv("DRAMATURG_STATE", str(tmp_path / "here"))
        here = dramaturg(*_EVAL, "-m", chat.model)
        assert (there.code, _said(there)) == (here.code, _said(here))
        assert asked == Counter(chat.prompts)
        assert there.json["questions"] == {"needed": _ASKED, "asked": _ASKED, "usd": 0}
        assert f"model {chat.model}: asked by the workers of the database" in there.err
        assert f"eval record {SUITE} --models {chat.model} --queue '{url}'" in there.err
        assert _questions(url) == {}
        assert dramaturg("runs", "--database", url, "--json").json == []
        assert (one.stop(), two.stop()) == (0, 0)
        shares = sorted(map(_answered, (one, two)))
        assert sum(shares) == _ASKED + 1  # and what the model is
        assert shares[0] > _ASKED / 5


def test_a_worker_that_is_killed_costs_what_it_had_under_way(bench: Bench, url: str) -> None:
    del bench
    with ChatServer(delay=0.1) as chat, working(url, "--questions", "4") as one, working(url) as two:
        with _evaluating("-m", chat.model, "--queue", url) as child:
            chat.wait_for(30)
            one.kill()
            out, err = child.communicate(timeout=120)
        assert child.returncode == 6, err
        two.wait_for("of evals left by a worker that is gone")
        assert len(chat.requests) - _ASKED <= 4
    assert f'"asked": {_ASKED}' in out
    assert '"error": ""' in out
    assert '"errors": 0' in out
    assert _questions(url) == {}


def test_an_eval_that_is_killed_goes_on_and_asks_nothing_twice(bench: Bench, url: str) -> None:
    del bench
    with ChatServer(delay=0.1) as chat, working(url, "--questions", "4"):
        with _evaluating("-m", chat.model, "--queue", url) as child:
            chat.wait_for(30)
            child.kill()
            child.communicate()
        told = dramaturg(*_EVAL, "-m", chat.model, "--queue", url)
        assert told.code == 6
        assert len(chat.requests) == _ASKED == told.json["questions"]["asked"]
    assert _questions(url) == {}


def test_an_interrupted_eval_takes_back_what_nobody_has_begun_and_uses_what_came_meanwhile(
    state: Path, url: str
) -> None:
    command = ("eval", "run", str(ROOT / SUITE), "--repeats", "2", "--json", "--queue", url)
    with ChatServer(held_from=21) as chat, working(url, "--questions", "3"):
        with started(*command, "-m", chat.model) as child:
            chat.wait_for(23)
            child.send_signal(signal.SIGINT)
            _, err = child.communicate(timeout=60)
        assert child.returncode == 130
        assert "the same command goes on from there and asks nothing twice" in err.decode()
        assert _questions(url) == {"PENDING": 3}  # with the worker; whatever waited is gone, whatever was recorded too
        chat.release()
        until = time.monotonic() + 30
        while _questions(url) != {"SUCCESS": 3}:
            assert time.monotonic() < until
            time.sleep(0.1)
        told = dramaturg(*command, "-m", chat.model)
        assert told.code == 0
        assert len(chat.requests) == told.json["questions"]["asked"] == 12 * 5
    assert _questions(url) == {}
    assert state.exists()


@pytest.mark.slow
def test_an_eval_completes_however_often_it_and_its_workers_are_killed(bench: Bench, url: str, tmp_path: Path) -> None:
    del bench
    dice = random.Random()  # noqa: S311 - the property holds for every moment
    with ChatServer(delay=0.3) as chat, Nursery(tmp_path) as nursery:
        workers = deque(nursery.worker(url, "--questions", "3") for _ in range(2))
        kills = 0
        while len(chat.requests) < _ASKED - 10:
            with _evaluating("-m", chat.model, "--queue", url) as child:
                time.sleep(dice.uniform(2, 5))
                workers.popleft().kill()
                kills += 1
                workers.append(nursery.worker(url))
                time.sleep(dice.uniform(0, 2))
                child.kill()
                child.communicate()
        told = dramaturg(*_EVAL, "-m", chat.model, "--queue", url)
        assert told.json["questions"]["asked"] == _ASKED
        assert told.json["errors"] == 0
        assert len(chat.requests) - _ASKED <= 3 * kills  # what was under way when a worker died, and no more
    assert _questions(url) == {}


@pytest.mark.slow
def test_what_others_were_answered_does_not_count_for_an_eval_that_asks_anew(bench: Bench, url: str) -> None:
    del bench
    with ChatServer(delay=0.1) as chat, working(url, "--questions", "4"):
        with _evaluating("-m", chat.model, "--queue", url) as child:
            chat.wait_for(20)
            child.kill()
            child.communicate()
        before = len(chat.requests)
        told = dramaturg(*_EVAL, "-m", chat.model, "--queue", url, "--replay", "off")
        assert told.json["questions"]["asked"] == _ASKED
        assert len(chat.requests) >= before + _ASKED


@pytest.mark.slow
def test_a_worker_that_is_told_to_stop_finishes_its_questions_and_takes_no_more(bench: Bench, url: str) -> None:
    del bench
    with ChatServer(held_from=1) as chat, working(url) as one:
        with _evaluating("-m", chat.model, "--queue", url) as child:
            chat.wait_for(12)  # one of each performance
            one.process.terminate()
            one.wait_for("stops; what is not done")
            chat.release()
            assert one.end() == 0
            assert _answered(one) == 12 + 1  # and what the model is
            assert len(chat.requests) == 12
            with working(url):
                child.communicate(timeout=60)
        assert child.returncode == 6
        assert len(chat.requests) == _ASKED


@pytest.mark.slow
def test_two_evals_that_ask_the_same_at_the_same_time_share_the_answers(
    bench: Bench, url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    del bench
    with ChatServer(held_from=1) as chat, working(url):
        monkeypatch.setenv("DRAMATURG_STATE", str(tmp_path / "first"))
        with _evaluating("-m", chat.model, "--queue", url) as first:
            chat.wait_for(6)
            monkeypatch.setenv("DRAMATURG_STATE", str(tmp_path / "second"))
            with _evaluating("-m", chat.model, "--queue", url) as second:
                assert second.stderr is not None
                while "pairs" not in second.stderr.readline():
                    pass
                time.sleep(1)  # it asks for what is under way
                chat.release()
                said = [child.communicate(timeout=120)[0] for child in (first, second)]
        assert [child.returncode for child in (first, second)] == [6, 6]
        assert len(chat.requests) < 1.5 * _ASKED  # the first to end removes what the other may not have seen
    assert [text.count('"outcome": "pass"') for text in said] == [24 - text.count('"outcome": "fail"') for text in said]


def test_a_worker_without_the_key_makes_errors_and_says_which_it_lacks(bench: Bench, url: str) -> None:
    del bench
    with working(url) as worker:
        told = dramaturg(*_EVAL, "-m", "anthropic:claude-haiku-4-5", "--queue", url)
        name = worker.lines[0].split(":")[0]
        message = f"`ANTHROPIC_API_KEY` is not set where worker `{name}` runs; get a key at console.anthropic.com"
        worker.wait_for(f"{name}: questions of evals: {message}")
    assert told.code == 3
    assert {each["outcome"] for each in told.json["performances"]} == {"error"}
    assert {each["error"] for each in told.json["performances"]} == {message}
    assert _questions(url) == {}


def test_a_model_that_no_worker_can_open_is_said_before_anything_is_asked(bench: Bench, url: str) -> None:
    del bench
    with working(url, "--patience", ""):
        told = dramaturg(*_EVAL, "-m", "openai:tiny@http://127.0.0.1:1/v1", "--queue", url)
    assert told.code == 3
    assert "127.0.0.1" in told.err
    assert _questions(url) == {}


def test_where_no_worker_is_it_is_said_and_waited(bench: Bench, tables: str) -> None:
    del bench
    with ChatServer() as chat, _evaluating("-m", chat.model, "--queue", tables) as child:
        assert child.stderr is not None
        assert "no worker answers questions on this database; `dramaturg worker --database URL` starts one" in (
            child.stderr.readline()
        )
        with working(tables):
            out, _ = child.communicate(timeout=60)
        assert child.returncode == 6
        assert f'"asked": {_ASKED}' in out


@pytest.mark.parametrize(
    ("address", "code", "said"),
    [
        ("sqlite:///x.db", 2, "need Postgres"),
        ("postgresql://nobody@127.0.0.1:1/none", 3, "the database cannot be used"),
    ],
)
def test_a_database_that_cannot_be_used_is_said_to_be(address: str, code: int, said: str) -> None:
    told = dramaturg("eval", "run", str(ROOT / SUITE), "-m", "anthropic:claude-haiku-4-5", "--queue", address)
    assert (told.code, said in told.err) == (code, True)
    assert len(told.err.splitlines()) == 1


def test_a_database_that_no_worker_was_started_on_is_said_to_be(url: str) -> None:
    told = dramaturg("eval", "run", str(ROOT / SUITE), "-m", "anthropic:claude-haiku-4-5", "--queue", url)
    assert told.code == 3
    assert "a worker has been started on it once" in told.err
    assert len(told.err.splitlines()) == 1


def test_what_is_recorded_and_what_is_quoted_needs_no_database() -> None:
    nowhere = "postgresql://nobody@127.0.0.1:1/none"
    told = dramaturg("eval", "run", str(ROOT / SUITE), "--replay", "strict", "--queue", nowhere)
    assert told.code == 0


def test_what_a_worker_cannot_be_asked_is_refused(bench: Bench) -> None:
    nowhere = "postgresql://nobody@127.0.0.1:1/none"
    with pytest.raises(CallerError, match="a worker opens models by name"):
        bench.run(models=[ScriptedModel([])], queue=nowhere)
    told = dramaturg(*_EVAL, "-m", "anthropic:claude-haiku-4-5", "--batch", "--queue", nowhere)
    assert told.code == 2
    assert "leave `--batch` or `--queue` out" in told.err


def _faulty(answers: Mapping[int, int]) -> Callable[[int, Mapping[str, Any]], str | int]:
    """Return what fails requests by their number, and answers others well."""

    def answer(number: int, request: Mapping[str, Any]) -> str | int:
        return answers.get(number) or well(number, request)

    return answer


@pytest.mark.slow
def test_an_outage_is_waited_for_and_a_refused_request_is_an_error(bench: Bench, url: str) -> None:
    del bench
    down = dict.fromkeys(range(2, 12), 500)  # two at once, each tried five times
    with ChatServer(_faulty(down)) as chat, working(url, "--questions", "2", "--patience", "1s,1s") as worker:
        told = dramaturg(*_EVAL, "-m", chat.model, "--queue", url)
        worker.wait_for("questions of evals: waits 1 s")
        assert told.code == 6
        assert {each["outcome"] for each in told.json["performances"]} <= {"pass", "fail"}
    with ChatServer(_faulty({3: 400})) as chat, working(url, "--questions", "64"):
        told = dramaturg(*_EVAL, "-m", chat.model, "--queue", url)
        again = dramaturg(*_EVAL, "-m", chat.model, "--queue", url)
    failed = [each for each in told.json["performances"] if each["outcome"] == "error"]
    assert 1 <= len(failed) <= 2
    assert all("400" in each["error"] for each in failed)
    assert again.json["errors"] == 0  # what failed is asked anew
    assert again.json["questions"]["asked"] == _ASKED


@pytest.mark.slow
def test_a_sequential_eval_asks_little_more_than_it_needs(bench: Bench, url: str) -> None:
    bench.edit(("        - **Data Integrity:** A mandatory database backup and restore validation procedure.\n", ""))
    options = ("--sequential", "--repeats", "40")
    with ChatServer() as chat, working(url), working(url):
        told = dramaturg(*_EVAL, *options, "-m", chat.model, "--queue", url)
        done = told.json["pairs"]["performed"]
        assert done < 100 < told.json["pairs"]["planned"]
        assert len(chat.requests) <= (done + 24) * 10
    assert _questions(url) == {}


def test_what_is_queued_is_json_and_holds_no_key(bench: Bench, tables: str, monkeypatch: pytest.MonkeyPatch) -> None:
    del bench
    monkeypatch.setenv("ANTHROPIC_API_KEY", "a-key-that-stays-here")
    with _evaluating("-m", "anthropic:claude-haiku-4-5", "--queue", tables) as child:
        until = time.monotonic() + 60
        while _questions(tables).total() < 2:
            assert time.monotonic() < until
            time.sleep(0.1)
        child.kill()
        child.communicate()
    with psycopg.connect(tables) as connection:
        rows = connection.execute(
            "SELECT workflow_uuid, queue_name, application_version, serialization, given.inputs "
            "FROM dbos.workflow_status JOIN dbos.workflow_input AS given USING (workflow_uuid)"
        ).fetchall()
    assert {row[1:4] for row in rows} == {("dramaturg-questions", "dramaturg-1", "dramaturg_json")}
    assert all(re.fullmatch(r"question-[0-9a-f]{64}", row[0]) for row in rows)
    assert all(row[4].startswith("{") and "a-key-that-stays-here" not in row[4] for row in rows)
    kept = dramaturg("runs", "--prune", "--database", tables)
    assert kept.err == "0 runs\n"
    would = dramaturg("runs", "--prune", "--older-than", "0s", "--dry-run", "--database", tables)
    assert would.err == f"0 runs, {len(rows)} questions of evals\n"
    gone = dramaturg("runs", "--prune", "--older-than", "0s", "--json", "--database", tables)
    assert {row["question"] for row in gone.json} == {row[0] for row in rows}
    assert _questions(tables) == {}


@pytest.mark.slow
def test_answers_are_recorded_and_judges_calibrated_by_workers(bench: Bench, url: str) -> None:
    with ChatServer() as chat, working(url):
        bench.edit(("repeats: 5", "repeats: 1"), name=SUITE)
        told = dramaturg("eval", "record", SUITE, "-m", chat.model, "--queue", url, "--json")
        assert (told.code, told.json["asked"]) == (0, len(chat.requests)) == (0, 30)
    write_labels(Path("evals/backed-up.labels.yaml"))
    judge = Judge(lambda shown: "Data Integrity" in shown.document)
    with ChatServer(judge) as chat, working(url):
        suite = f"""personas: DPA-1
judge: {chat.model}
scorers: [{{rubric: {{name: backed-up, criterion: "{CRITERION}", labels: backed-up.labels.yaml}}}}]
cases: [{{id: parcels, artifacts: {{architectural_blueprint: cases/parcel-tracking/blueprint.md}}}}]
"""
        bench.checkout.write("evals/judged.suite.yaml", suite)
        told = dramaturg("eval", "calibrate", "evals/judged.suite.yaml", "--queue", url)
        assert told.code == 0, told.err
        assert len(chat.requests) == 40
        killed = dramaturg("eval", "mutate", "evals/judged.suite.yaml", "--limit", "2", "--queue", url, "--json")
        assert killed.code == 0, killed.err
    assert _questions(url) == {}


@pytest.mark.slow
def test_a_database_that_falls_silent_is_waited_for(bench: Bench, url: str) -> None:
    """What was under way when connections are cut is asked for again over new ones."""
    with ChatServer(delay=0.05) as chat, working(url):
        cut = threading.Timer(3, _cut, [url])
        cut.start()
        result = run_suite(Path(SUITE), Terms(baseline="HEAD", models=[chat.model], repeats=4, queue=url))
        cut.cancel()
        assert result.errors == 0
        assert result.asked == 2 * _ASKED
    del bench


def _cut(url: str) -> None:
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
            "WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )


def test_questions_are_left_alone_by_those_who_look_at_runs(tables: str) -> None:
    with Questions(tables) as questions:
        questions.give({"question-0": {"format": 0}})
        assert dramaturg("runs", "--database", tables, "--json").json == []
        assert dramaturg("runs", "question-0", "--database", tables).code == 2
        with working(tables):
            until = time.monotonic() + 30
            while not (over := questions.over(["question-0"])):
                assert time.monotonic() < until
                time.sleep(0.1)
    assert "has format 0, this worker answers 1; upgrade one of them" in str(over["question-0"]["error"])
