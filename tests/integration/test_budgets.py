"""Runs that may use only so much, against a server that counts."""

import os
from pathlib import Path
from typing import Any

import pytest
from tests.chat_server import ChatServer
from tests.commands import RUN, dramaturg, journals

from dramaturg import BudgetSpent, Runtime, run_persona
from dramaturg.run.record import read_journal

_PRICE = ("--price", "1/1")


def test_a_cent_stops_a_run_before_the_call_that_would_exceed_it(state: Path) -> None:
    with ChatServer() as server:
        whole = dramaturg(*RUN, "--model", server.model, *_PRICE, "--fresh", "--json").json["report"]["cost"]
        asked = len(server.requests)
        limit = f"{whole * 0.6:.6f}"
        told = dramaturg(*RUN, "--model", server.model, *_PRICE, "--fresh", "--budget", limit)
        assert (told.code, told.out) == (7, "")
        made = len(server.requests) - asked
        assert 0 < made < asked
        journal = journals(state)[-1]
        record = read_journal(journal)
        assert (len(record.replies), record.end) == (made, None)
        assert "stopped: the next call could exceed $" in told.err
        assert "finishing takes at most $" in told.err
        assert f"what there is so far: dramaturg runs {record.run}" in told.err
        assert "## PRE-FLIGHT CHECKLIST" in dramaturg("runs", record.run).out
        done = dramaturg("resume", record.run, "--budget", "100", "--json")
        assert done.code == 0
        assert 0 < done.json["report"]["cost"] < whole  # the price is remembered; what was kept is paid for
        assert dramaturg("runs", record.run, "--json").json["cost"] == pytest.approx(whole)
        assert len(server.requests) == 2 * asked  # nothing was asked twice


def _spent(run: str) -> float:
    """Return the dollars that all answers of a run took, at a dollar for a million tokens."""
    usages = [reply.usage for reply in read_journal(_journal(run)).replies.values()]
    return sum(usage.input + usage.output for usage in usages) / 1_000_000


def _journal(run: str) -> Path:
    return Path(os.environ["DRAMATURG_STATE"]) / "runs" / f"{run}.jsonl"


@pytest.mark.parametrize("parallel", [False, True])
def test_whatever_the_budget_a_run_and_its_siblings_together_never_exceed_it(*, parallel: bool) -> None:
    """The server takes its time and counts tokens as vendors do, so that siblings are under way together."""
    with ChatServer(letters=4, delay=0.05) as server:
        settings: dict[str, Any] = {"model": server.model, "price": "1/1", "parallel": parallel}
        whole = run_persona("DPA-1", Path(RUN[2]), **settings, fresh=True).report.cost
        assert whole is not None
        stopped = 0
        for tenths in range(1, 20, 3):
            budget = whole * tenths / 10
            try:
                run = run_persona("DPA-1", Path(RUN[2]), **settings, fresh=True, budget=budget).report.run
            except BudgetSpent as spent:
                stopped, run = stopped + 1, spent.run
            assert _spent(run) <= budget
        assert 2 <= stopped <= 6


@pytest.mark.parametrize("parallel", [False, True])
def test_what_a_run_spent_before_counts_when_it_is_resumed(*, parallel: bool) -> None:
    with ChatServer(letters=4, delay=0.05) as server:
        settings: dict[str, Any] = {"price": "1/1"}
        whole = run_persona("DPA-1", Path(RUN[2]), model=server.model, **settings, parallel=parallel).report.cost
        assert whole is not None
        began: dict[str, Any] = {**settings, "model": server.model, "parallel": parallel, "fresh": True}
        with pytest.raises(BudgetSpent) as first:
            run_persona("DPA-1", Path(RUN[2]), **began, budget=whole * 0.6)
        run, asked = first.value.run, len(server.requests)
        with pytest.raises(BudgetSpent) as again:
            Runtime(**settings, budget=whole * 0.6).resume(run)
        assert len(server.requests) == asked  # a budget that is spent is spent
        assert (again.value.spent, again.value.needed) == (first.value.spent, first.value.needed)
        with pytest.raises(BudgetSpent):
            Runtime(**settings, budget=whole * 0.85).resume(run)
        assert _spent(run) <= whole * 0.85
        assert Runtime(**settings, budget=whole * 2).resume(run).report.run == run
        assert _spent(run) == pytest.approx(whole)


@pytest.mark.parametrize("limit", [{"budget": 0.01}, {"max_tokens": 1_000}, {"deadline": "0"}])
def test_what_does_not_suffice_for_one_call_makes_none(state: Path, limit: dict[str, Any]) -> None:
    del state
    with ChatServer() as server, pytest.raises(BudgetSpent) as spent:
        run_persona("DPA-1", Path(RUN[2]), model=server.model, price="1000/1000", **limit)
    assert server.requests == []
    assert spent.value.run.startswith("dpa-1-")


def test_another_model_can_be_asked_for_some_steps_and_a_resumed_run_asks_the_same(state: Path) -> None:
    with ChatServer() as cheap, ChatServer(held_from=2) as strong:
        models = ("--model", strong.model, "--model-for", f"ingest={cheap.model}", "--model-for", f"5={cheap.model}")
        strong.release()
        assert dramaturg(*RUN, *models).code == 0
        assert (len(cheap.requests), len(strong.requests)) == (2, 3)
        (journal,) = journals(state)
        assert {*read_journal(journal).header["others"]} == {"1", "5"}
        told = dramaturg(*RUN, "--model", strong.model, "--model-for", "ingets=evidence")
    assert (told.code, "did you mean `ingest`?" in told.err) == (2, True)


def test_a_run_goes_on_with_the_models_it_began_with(state: Path) -> None:
    with ChatServer() as cheap, ChatServer(lambda number, request: 400) as strong:  # noqa: ARG005 - it fails for all
        told = dramaturg(*RUN, "--model", strong.model, "--model-for", f"ingest={cheap.model}")
        assert told.code == 3
        (journal,) = journals(state)
        assert dramaturg("resume", journal.stem).code == 3
        assert len(cheap.requests) == 1


def test_what_a_run_costs_at_most_is_told_step_by_step() -> None:
    told = dramaturg("plan", "DPA-1", "--cost", "--model", "anthropic:claude-sonnet-4-5")
    assert told.code == 0
    assert "without architectural_blueprint" in told.err
    assert "ROLLBACK PLAN" in told.out
    costs = dramaturg(
        "plan",
        "DPA-1",
        "--cost",
        "-m",
        "anthropic:claude-sonnet-4-5",
        "-a",
        f"architectural_blueprint={RUN[2]}",
        "--json",
    ).json
    assert costs["lacking"] == []
    assert costs["usd"]["once"] == pytest.approx(sum(step["usd"] for step in costs["steps"]))
    assert costs["usd"]["most"] == pytest.approx(3 * costs["usd"]["once"])


def test_an_unknown_price_is_said_to_be_unknown() -> None:
    told = dramaturg("plan", "DPA-1", "--cost", "--model", "anthropic:no-such-model")
    assert "price unknown  Ingest & Scope" in told.out
    assert told.out.endswith("the price of `anthropic:no-such-model` is not known; give it, such as `--price 3/15`\n")
