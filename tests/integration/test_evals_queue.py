"""Evals whose questions workers answer: verdict, records and totals as without them, and faults as they are met."""

import re
import time
from collections import Counter
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import psycopg
import pytest
from tests.chat_server import ChatServer, well
from tests.commands import Told, dramaturg
from tests.judges import Judge
from tests.labels import CRITERION, write_labels
from tests.postgres import working
from tests.queued_evals import ASKED, EVAL, answered, edited_bench, evaluating, questions_in
from tests.suites import SUITE, Bench
from tests.support import ROOT

from dramaturg import CallerError
from dramaturg.models.scripted import ScriptedModel
from dramaturg.run.durable.questions import Questions


@pytest.fixture(name="bench")
def _bench(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Bench:
    return edited_bench(tmp_path / "project", monkeypatch)


@pytest.fixture(name="tables")
def _tables(url: str) -> str:
    """Return a database that a worker was started on, and has left."""
    with working(url):
        return url


def _said(told: Told) -> dict[str, Any]:
    """Return what an eval says, without what tells it from another one of the same."""
    return {name: value for name, value in told.json.items() if name not in ("run", "path")}


@pytest.mark.slow
def test_two_workers_give_the_verdict_totals_and_records_of_one_process(
    bench: Bench, url: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    del bench

    def answer(number: int, request: Mapping[str, Any]) -> str:
        assert number > 2 * 4 or chat.arrived(2 * 4, within=300)  # until both have taken what they may
        return well(number, request)

    with ChatServer(answer) as chat, working(url, "--questions", "4") as one, working(url) as two:
        there = dramaturg(*EVAL, "-m", chat.model, "--queue", url)
        asked = Counter(chat.prompts)
        chat.requests.clear()
        monkeypatch.setenv("DRAMATURG_STATE", str(tmp_path / "here"))
        here = dramaturg(*EVAL, "-m", chat.model)
        assert (there.code, _said(there)) == (here.code, _said(here))
        assert asked == Counter(chat.prompts)
        assert there.json["questions"] == {"needed": ASKED, "asked": ASKED, "usd": 0}
        assert f"model {chat.model}: text goes to the workers of the database on this machine" in there.err
        assert f"eval record {SUITE} --models {chat.model} --queue '{url}'" in there.err
        assert questions_in(url) == {}
        assert dramaturg("runs", "--database", url, "--json").json == []
        assert (one.stop(), two.stop()) == (0, 0)
        shares = sorted(map(answered, (one, two)))
        assert sum(shares) == ASKED + 1  # and what the model is
        assert shares[0] >= 4


def test_a_worker_without_the_key_makes_errors_and_says_which_it_lacks(bench: Bench, url: str) -> None:
    del bench
    with working(url) as worker:
        told = dramaturg(*EVAL, "-m", "anthropic:claude-haiku-4-5", "--queue", url)
        name = worker.lines[0].split(":")[0]
        message = f"`ANTHROPIC_API_KEY` is not set where worker `{name}` runs; get a key at console.anthropic.com"
        worker.wait_for(f"{name}: questions of evals: {message}")
    assert told.code == 3
    assert {each["outcome"] for each in told.json["performances"]} == {"error"}
    assert {each["error"] for each in told.json["performances"]} == {message}
    assert questions_in(url) == {}


def test_a_model_that_no_worker_can_open_is_said_before_anything_is_asked(bench: Bench, url: str) -> None:
    del bench
    with working(url, "--patience", ""):
        told = dramaturg(*EVAL, "-m", "openai:tiny@http://127.0.0.1:1/v1", "--queue", url)
    assert told.code == 3
    assert "127.0.0.1" in told.err
    assert questions_in(url) == {}


def test_where_no_worker_is_it_is_said_and_waited(bench: Bench, tables: str) -> None:
    del bench
    with ChatServer() as chat, evaluating("--repeats", "1", "-m", chat.model, "--queue", tables) as child:
        assert child.stderr is not None
        assert "no worker answers questions on this database; `dramaturg worker --database URL` starts one" in (
            child.stderr.readline()
        )
        with working(tables):
            out, _ = child.communicate(timeout=300)
        assert child.returncode == 6
        assert f'"asked": {ASKED // 2}' in out


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


def test_an_address_of_none_is_refused_also_where_nothing_is_asked_there() -> None:
    told = dramaturg("eval", "run", str(ROOT / SUITE), "-m", "evidence", "--queue", "x")
    assert (told.code, told.out, "need Postgres" in told.err) == (2, "", True)


def test_a_database_that_no_worker_was_started_on_is_said_to_be(url: str) -> None:
    told = dramaturg("eval", "run", str(ROOT / SUITE), "-m", "anthropic:claude-haiku-4-5", "--queue", url)
    assert told.code == 3
    assert "no worker has ever used this database; `dramaturg worker --database URL` starts one" in told.err
    assert len(told.err.splitlines()) == 1


def test_what_is_recorded_and_what_is_quoted_needs_no_database() -> None:
    nowhere = "postgresql://nobody@127.0.0.1:1/none"
    told = dramaturg("eval", "run", str(ROOT / SUITE), "--replay", "strict", "--queue", nowhere)
    assert told.code == 0


def test_what_a_worker_cannot_be_asked_is_refused(bench: Bench) -> None:
    nowhere = "postgresql://nobody@127.0.0.1:1/none"
    with pytest.raises(CallerError, match="a worker opens models by name"):
        bench.run(models=[ScriptedModel([])], queue=nowhere)
    told = dramaturg(*EVAL, "-m", "anthropic:claude-haiku-4-5", "--batch", "--queue", nowhere)
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
        told = dramaturg(*EVAL, "-m", chat.model, "--queue", url)
        worker.wait_for("questions of evals: waits 1 s")
        assert told.code == 6
        assert {each["outcome"] for each in told.json["performances"]} <= {"pass", "fail"}
    with ChatServer(_faulty({3: 400})) as chat, working(url, "--questions", "64"):
        told = dramaturg(*EVAL, "-m", chat.model, "--queue", url)
        again = dramaturg(*EVAL, "-m", chat.model, "--queue", url)
    failed = [each for each in told.json["performances"] if each["outcome"] == "error"]
    assert 1 <= len(failed) <= 2
    assert all("400" in each["error"] for each in failed)
    assert again.json["errors"] == 0  # what failed is asked anew
    assert again.json["questions"]["asked"] == ASKED


@pytest.mark.slow
def test_a_sequential_eval_asks_little_more_than_it_needs(bench: Bench, url: str) -> None:
    bench.edit(("        - **Data Integrity:** A mandatory database backup and restore validation procedure.\n", ""))
    options = ("--sequential", "--repeats", "40")
    with ChatServer() as chat, working(url), working(url):
        told = dramaturg(*EVAL, *options, "-m", chat.model, "--queue", url)
        done = told.json["pairs"]["performed"]
        assert done < 100 < told.json["pairs"]["planned"]
        assert len(chat.requests) <= (done + 24) * 10
    assert questions_in(url) == {}


def test_what_is_queued_is_json_and_holds_no_key(bench: Bench, tables: str, monkeypatch: pytest.MonkeyPatch) -> None:
    del bench
    monkeypatch.setenv("ANTHROPIC_API_KEY", "a-key-that-stays-here")
    with evaluating("-m", "anthropic:claude-haiku-4-5", "--queue", tables) as child:
        until = time.monotonic() + 300
        while questions_in(tables).total() < 2:
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
    assert questions_in(tables) == {}


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
        told = dramaturg("eval", "run", "evals/judged.suite.yaml", "--queue", url, "--json")
        assert [each["scores"]["backed-up"] for each in told.json["performances"]] == [1.0]
        assert len(chat.requests) == 41
        killed = dramaturg("eval", "mutate", "evals/judged.suite.yaml", "--limit", "2", "--queue", url, "--json")
        assert killed.code == 0, killed.err
    assert questions_in(url) == {}


def test_questions_are_left_alone_by_those_who_look_at_runs(tables: str) -> None:
    with Questions(tables) as questions:
        questions.give({"question-0": {"format": 0}})
        assert dramaturg("runs", "--database", tables, "--json").json == []
        assert dramaturg("runs", "question-0", "--database", tables).code == 2
        with working(tables):
            until = time.monotonic() + 300
            while not (over := questions.over(["question-0"])):
                assert time.monotonic() < until
                time.sleep(0.1)
    assert "has format 0, this worker answers 1; upgrade one of them" in str(over["question-0"]["error"])
