"""Queued runs that rest – for a person, a limit, a provider, or as they were told – and go on where they were."""

import re
import signal
import threading
from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from tests.chat_server import ChatServer, well
from tests.commands import RUN, dramaturg, started
from tests.integration.test_people import PERSONA, answer
from tests.postgres import orders, working

from dramaturg import BudgetSpent, CallerError, ModelError, Runtime
from dramaturg.run.durable.client import Desk

_PRICE = ("--price", "1/1")


def test_a_run_that_waits_for_a_person_takes_no_place(url: str, tmp_path: Path) -> None:
    (tmp_path / "ask-1.persona.md").write_text(PERSONA, encoding="utf-8")

    def either(number: int, request: Mapping[str, Any]) -> str:
        asks = "ASK-1" in request["messages"][0]["content"]
        return answer(number, request) if asks else well(number, request)

    with ChatServer(either) as chat, working(url, "--concurrency", "1", "--drain", "600") as worker:
        ask = ("run", str(tmp_path / "ask-1.persona.md"), str(RUN[2]), "--model", chat.model, "--queue", url)
        assert dramaturg(*ask).code == 5
        assert dramaturg(*ask, "--fresh").code == 5
        assert dramaturg(*RUN, "--model", chat.model, "--queue", url).code == 0
        rows = dramaturg("runs", "--database", url, "--json").json
        assert Counter(row["status"] for row in rows) == {"waiting": 2, "done": 1}
        assert worker.stop() == 0  # and it does not keep a worker from stopping


@pytest.mark.parametrize("schedule", ["--sequential", pytest.param("--parallel", marks=pytest.mark.slow)])
def test_a_budget_travels_with_a_run_and_is_kept_wherever_it_goes(url: str, schedule: str) -> None:
    with ChatServer(letters=4) as chat, working(url):
        whole = dramaturg(*RUN, "--model", chat.model, *_PRICE, schedule, "--json").json["report"]["cost"]
        asked = len(chat.requests)
        limit = f"{whole * 0.6:.6f}"
        queued = (*RUN, "--model", chat.model, schedule, *_PRICE, "--queue", url)
        told = dramaturg(*queued, "--budget", limit)
        made = len(chat.requests) - asked
        assert (told.code, told.out) == (7, "")
        assert 0 < made < asked
        assert "stopped: the next call could exceed $" in told.err
        (row,) = dramaturg("runs", "--database", url, "--json").json
        assert row["status"] == "paused"
        assert row["message"].startswith("the next call could exceed $")
        run = row["run"]
        assert f"go on with more: dramaturg resume {run} --database URL" in told.err
        kept = dramaturg("runs", run, "--database", url).out
        assert f"run `{run}` is paused." in kept
        assert "\n## " in kept  # side by side, any section may be the first
        again = dramaturg("resume", run, "--database", url, "--budget", limit)
        assert (again.code, len(chat.requests) - asked) == (7, made)  # what it used before counts
        done = dramaturg("resume", run, "--database", url, "--budget", "100", "--json")
        assert done.code == 0
        assert done.json["report"]["cost"] == pytest.approx(whole)
        assert len(chat.requests) == 2 * asked  # nothing was asked twice
        assert re.fullmatch(rf"{run}  \d{{4}}-\d\d-\d\d \d\d:\d\d  done\n", dramaturg("runs", "--database", url).out)


@pytest.mark.parametrize("limit", [{"max_tokens": 1_000}, {"deadline": "0"}, {"budget": 0.01}])
@pytest.mark.slow
def test_what_does_not_suffice_for_one_call_makes_none(url: str, limit: dict[str, Any]) -> None:
    with ChatServer() as chat, working(url):
        with pytest.raises(BudgetSpent) as spent:
            Runtime(model=chat.model, price="1000/1000", durable=url, **limit).run("DPA-1", Path(RUN[2]))
        assert chat.requests == []
        result = Runtime(durable=url).resume(spent.value.run)
        assert result.report.run == spent.value.run


@pytest.mark.slow
def test_questions_can_be_answered_one_by_one(url: str, tmp_path: Path) -> None:
    (tmp_path / "ask-1.persona.md").write_text(PERSONA, encoding="utf-8")
    with ChatServer(answer) as chat, working(url):
        ask = ("run", str(tmp_path / "ask-1.persona.md"), str(RUN[2]), "--model", chat.model, "--queue", url)
        assert dramaturg(*ask).code == 5
        asked = len(chat.requests)
        (row,) = dramaturg("runs", "--database", url, "--json").json
        resume = ("resume", row["run"], "--database", url)
        told = dramaturg(*resume, "--answer", "2.2=nothing to add", "--json")
        assert (told.code, [each["id"] for each in told.json["questions"]]) == (5, ["2.1"])
        (row,) = dramaturg("runs", "--database", url, "--json").json
        assert [each["id"] for each in row["questions"]] == ["2.1"]
        assert len(chat.requests) == asked
        assert dramaturg(*resume, "--answer", "2.1=For operators.", "--yes").code == 0


def test_a_budget_for_a_model_without_a_price_is_refused_before_it_is_queued() -> None:
    runtime = Runtime(model="openai:x@https://models.example/v1", budget=1, secrets="allow")
    with pytest.raises(CallerError, match="is not known, so a budget in dollars cannot be kept"):
        runtime.order("DPA-1", Path(RUN[2]))


def test_secrets_in_answers_are_kept_out_of_an_order(tmp_path: Path) -> None:
    (tmp_path / "ask-1.persona.md").write_text(PERSONA, encoding="utf-8")
    said = "password = 'hunter2-and-more-of-it'"
    runtime = Runtime(model="openai:x@https://models.example/v1", secrets="redact", answers={"2.1": said})
    order = runtime.order(tmp_path / "ask-1.persona.md", "The gateway was down.\n")
    assert "hunter2" not in str(order)
    assert "password = '" in str(order["answers"])


def test_models_for_steps_and_fallbacks_travel_with_a_run(url: str) -> None:
    with (
        ChatServer() as cheap,
        ChatServer() as other,
        ChatServer(lambda number, request: 503) as down,  # noqa: ARG005 - it fails for all
        working(url),
    ):
        models = ("--model", down.model, "--model-for", f"ingest={cheap.model}", "--fallback", other.model)
        told = dramaturg(*RUN, *models, "--queue", url)
        assert told.code == 0
        assert (len(cheap.requests), len(other.requests)) == (1, 4)
        assert f"asking {other.model} instead" in told.err
        assert "trying again in 0 s" in told.err


def test_a_run_whose_provider_is_down_rests_and_goes_on_where_it_stopped(url: str) -> None:
    broken = True

    def faltering(number: int, request: Mapping[str, Any]) -> str | int:
        return 503 if broken and number > 2 else well(number, request)

    with ChatServer(faltering) as chat, working(url, "--patience", "0.1s") as worker:
        told = dramaturg(*RUN, "--model", chat.model, "--queue", url)
        assert (told.code, len(chat.requests)) == (3, 2 + 2 * 5)  # twice the five attempts of a call
        worker.wait_for("waits 0 s")
        (row,) = dramaturg("runs", "--database", url, "--json").json
        assert row["status"] == "paused"
        assert f"go on where it stopped: dramaturg resume {row['run']} --database URL\n" in told.err
        assert told.err.endswith("; `resume` goes on where it stopped\n")
        broken = False
        again = dramaturg("resume", row["run"], "--database", url)
        assert again.code == 0
        assert len(chat.requests) == 2 + 2 * 5 + 3
        assert again.out == dramaturg(*RUN, "--model", chat.model).out


@pytest.mark.slow
def test_a_model_that_a_worker_cannot_open_is_waited_for(url: str) -> None:
    runtime = Runtime(model="gguf:/nowhere/model.gguf", durable=url)
    with working(url), pytest.raises(ModelError, match=r"/nowhere/model\.gguf"):
        runtime.run("DPA-1", Path(RUN[2]))
    with Desk(url) as desk:
        assert [each.status for each in desk.standings()] == ["paused"]


@pytest.mark.slow
def test_siblings_that_fail_together_are_taken_over_in_the_order_in_which_they_were_begun(url: str) -> None:
    failed: Counter[str] = Counter()
    turn = threading.Lock()

    def faltering(number: int, request: Mapping[str, Any]) -> str | int:
        asked = str(request["messages"])
        with turn:
            if number > 1 and (len(failed) < 2 or asked in failed) and failed[asked] < 5:
                failed[asked] += 1
                return 503
        return well(number, request)

    before = 1 + 2 + 2 * 5
    with ChatServer(faltering, held_from=before + 1) as chat, Desk(url) as desk:
        with working(url, "--patience", "0.1s") as first:
            (order,) = orders(chat.model, 1, parallel=True)
            run = desk.give(order)
            chat.wait_for(before + 2)
            first.kill()
        chat.release()
        with working(url):
            result = desk.result(run)
        assert result.report.calls == 5
        assert len(chat.requests) == before + 2 + 2


def test_a_run_that_was_cancelled_goes_on_under_its_own_name(url: str) -> None:
    with ChatServer(held_from=3) as chat, working(url), Desk(url) as desk:
        (order,) = orders(chat.model, 1)
        run = desk.give(order)
        chat.wait_for(3)
        assert dramaturg("runs", run, "--database", url, "--cancel").code == 0
        assert dramaturg("runs", "--database", url).out.endswith("  cancelled\n")
        with pytest.raises(ModelError, match="was cancelled"):
            desk.result(run)
        chat.release()
        told = dramaturg("resume", run, "--database", url, "--max-tokens", "1")
        assert (told.code, told.err.count("it keeps the limits it has, whatever is given now")) == (0, 1)
        assert [*Counter(chat.prompts).values()] == [1, 1, 2, 1, 1]
        over = dramaturg("runs", run, "--database", url, "--cancel")
        assert (over.code, over.err) == (2, f"error: run `{run}` is over, done; there is nothing to cancel\n")


def test_whoever_follows_hears_which_worker_lacks_a_key(url: str) -> None:
    with working(url) as worker:
        told = dramaturg(*RUN, "--model", "anthropic:claude-haiku-4-5", "--queue", url)
        assert told.code == 3
        name = worker.lines[0].split(":")[0]
        assert f"error: `ANTHROPIC_API_KEY` is not set where worker `{name}` runs; get a key" in told.err
        run = dramaturg("runs", "--database", url).out.split()[0]
        kept = dramaturg("runs", run, "--database", url)
        assert (kept.code, kept.out) == (0, "")
        assert kept.err.startswith(f"run `{run}` has produced nothing yet: paused: `ANTHROPIC_API_KEY`")


def test_where_no_worker_lives_it_is_said(url: str) -> None:
    never = dramaturg("runs", "--database", url)
    assert (never.code, never.err.count("no worker has ever used this database; `dramaturg worker")) == (3, 1)
    with working(url) as worker:
        worker.stop()
    with ChatServer() as chat:
        queued, alone, left = _left_at_once(*RUN, "--model", chat.model, "--queue", url)
        *_, bound, _ = _left_at_once(*RUN, "--model", chat.model, "--queue", url, "--max-tokens", "9000", lines=3)
    run = queued.split()[1]
    assert alone == "no worker lives on this database; `dramaturg worker --database URL` starts one; waiting\n"
    assert left == f"it goes on; to follow it again: dramaturg resume {run} --database URL\n\ninterrupted\n"
    assert bound.startswith("it keeps the limits it has, whatever is given now; once it rests at one, `resume` takes")


def _left_at_once(*command: str, lines: int = 2) -> list[str]:
    """Give a command, interrupt it after so many lines, and return these and what it says then."""
    with started(*command) as child:
        assert child.stderr is not None
        said = [child.stderr.readline().decode() for _ in range(lines)]
        child.send_signal(signal.SIGINT)
        child.wait(timeout=300)
        return [*said, child.stderr.read().decode()]


@pytest.mark.slow
def test_a_run_that_failed_is_over_and_keeps_what_it_has(url: str) -> None:
    def short(number: int, request: Mapping[str, Any]) -> str:
        return well(number, request) if number < 3 else "{}"

    with ChatServer(short) as chat, working(url):
        told = dramaturg(*RUN, "--model", chat.model, "--queue", url)
        assert (told.code, told.out) == (1, "")
        (row,) = dramaturg("runs", "--database", url, "--json").json
        assert row["status"] == "failed"
        assert f"what was produced is kept: dramaturg runs {row['run']} --database URL\n" in told.err
        assert "## PRE-FLIGHT CHECKLIST" in dramaturg("runs", row["run"], "--database", url).out
        asked = len(chat.requests)
        assert dramaturg("resume", row["run"], "--database", url).code == 1
        assert len(chat.requests) == asked


def test_an_order_of_another_version_rests_for_a_worker_that_has_it(url: str) -> None:
    with ChatServer() as chat, working(url) as worker, Desk(url) as desk:
        newer, other = orders(chat.model, 2)
        desk.give({**newer, "format": 9})
        desk.give({**other, "plan": "0" * 64})
        worker.wait_for("rests, paused: ", times=2)
        assert sorted(row.message for row in desk.standings()) == [
            "the order has format 9, this worker performs 1; upgrade one of them",
            f"this worker compiles the persona of `{other['run']}` to another plan; use its version",
        ]
        assert chat.requests == []


def test_old_runs_of_a_database_are_removed(url: str) -> None:
    with ChatServer(held_from=6) as chat, working(url), Desk(url) as desk:
        done, stopped, running = orders(chat.model, 3)
        desk.result(desk.give(done))
        desk.give(stopped)
        chat.wait_for(6)
        desk.cancel(stopped["run"])
        desk.give(running)
        chat.wait_for(7)
        prune = ("runs", "--prune", "--database", url)
        assert dramaturg(*prune).out == ""
        assert dramaturg(*prune, "--older-than", "0", "--dry-run").out == f"would remove {done['run']}\n"
        assert dramaturg(*prune, "--older-than", "0").out == f"removed {done['run']}\n"
        assert dramaturg(*prune, "--older-than", "0", "--status", "running").code == 2
        rows = dramaturg(*prune, "--older-than", "0", "--status", "cancelled, paused", "--json").json
        assert rows == [{"run": stopped["run"], "removed": True}]
        assert [row.run for row in desk.standings()] == [running["run"]]


@pytest.mark.slow
def test_a_copy_of_a_run_goes_on_from_a_step(url: str) -> None:
    with ChatServer() as chat, working(url), Desk(url) as desk:
        (order,) = orders(chat.model, 1)
        run = desk.give(order)
        result = desk.result(run)
        steps = [each["step"] for each in desk.recorded(run) if isinstance(each, Mapping) and "reply" in each]
        assert steps == ["1", "2", "3", "4", "5"]
        place = next(
            at for at, each in enumerate(desk.recorded(run), 1) if isinstance(each, Mapping) and each.get("step") == "4"
        )
        copy = desk.fork(run, place)
        assert desk.result(copy).document == result.document
        assert len(chat.requests) == 5 + 2
