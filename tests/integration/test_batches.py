"""Evals through vendors' batches: as many batches as steps, the same result as one by one, at half the price."""

import json
from collections import Counter
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from tests.batch_vendors import AnthropicBatches, Batch, BatchVendor, OpenAIBatches
from tests.batched import BACKUP, FILE, Make, batch_bench, both, performed, write
from tests.suites import CALLS, Bench
from tests.support import good_answer
from tests.vendors import ANTHROPIC, Body, Responses

from dramaturg.errors import BudgetSpent, CallerError
from dramaturg.evals import Evaluated, Terms, run_suite
from dramaturg.evals.carrying import Waiting
from dramaturg.evals.statistics.verdict import Kind
from dramaturg.models.prices import Tariff
from dramaturg.models.scripted import ScriptedModel


@pytest.fixture(name="bench")
def _bench(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Bench:
    return batch_bench(tmp_path / "project", monkeypatch)


def _outcomes(result: Evaluated) -> Counter[str]:
    return Counter(record.outcome for record in result.records)


def _says(request: Body) -> str:
    """Return a request as text that is the same for equal requests."""
    return json.dumps({name: value for name, value in request.items() if name != "stream"}, sort_keys=True)


@both
def test_step_k_of_all_cases_in_both_arms_is_one_batch(bench: Bench, vendor: Make) -> None:
    write(bench, repeats=10)
    bench.edit((BACKUP, ""))
    batched, single = vendor(), vendor()
    result = performed(batched)
    assert batched.sizes == [10, 20, 20, 20, 20]
    assert len(batched.batches) == CALLS
    assert not batched.singles
    alone = performed(single, batch=False, replay="off")
    assert len(single.singles) == len(batched.keys) == result.asked == alone.asked
    assert result.decision
    assert alone.decision
    assert result.decision.kind is alone.decision.kind is Kind.WORSE
    assert [record.scores for record in result.records] == [record.scores for record in alone.records]
    assert result.usd
    assert result.usd * 2 == pytest.approx(alone.usd)


@both
def test_a_request_in_a_batch_is_the_request_made_alone(bench: Bench, vendor: Make) -> None:
    del bench
    batched, single = vendor(), vendor()
    performed(batched)
    performed(single, batch=False, replay="off")
    requests = [request for batch in batched.batches for request in batch.requests.values()]
    assert Counter(map(_says, requests)) == Counter(map(_says, single.singles))


@both
def test_what_is_asked_again_goes_with_the_next_batch(bench: Bench, vendor: Make) -> None:
    del bench
    server = vendor()
    server.became = lambda batch, key: "{}" if batch.id.endswith("2") and key == next(iter(batch.requests)) else None
    result = performed(server, baseline=None)
    assert server.sizes == [2, 2, 2, 2, 2, 1]
    assert _outcomes(result) == {"pass": 2}
    assert len(server.keys) == len(set(server.keys))


def _failing(server: BatchVendor, kind: str, often: int = 1) -> None:
    """Let the first request of the first batch come to something other than an answer, so often."""

    def became(batch: Batch, key: str) -> Any:
        first, *_ = server.batches[0].requests
        if key != first or batch not in [each for each in server.batches if key in each.requests][:often]:
            return None
        if isinstance(server, AnthropicBatches):
            error = {"type": "error", "error": {"type": kind, "message": "cannot be"}}
            return {"type": kind} if kind in ("expired", "canceled") else {"type": "errored", "error": error}
        if kind in ("expired", "canceled"):
            return {"error": {"code": "batch_expired", "message": "the window closed before it was asked"}}
        status = 400 if kind == "invalid_request_error" else 500
        return {"response": {"status_code": status, "request_id": "req", "body": server.vendor.fault("cannot be")}}

    server.became = became


@both
@pytest.mark.parametrize("kind", ["expired", "canceled", "api_error"])
def test_what_came_is_kept_and_the_rest_asked_again(bench: Bench, vendor: Make, kind: str) -> None:
    del bench
    server = vendor()
    _failing(server, kind)
    result = performed(server, baseline=None)
    first, second = server.batches[:2]
    lost, *_ = first.requests
    assert lost in second.requests
    assert server.sizes == [2, 2, 2, 2, 2, 1]
    assert _outcomes(result) == {"pass": 2}
    assert result.asked == 2 * CALLS


@both
def test_what_comes_to_nothing_in_three_batches_is_an_error_and_no_failure(bench: Bench, vendor: Make) -> None:
    del bench
    server = vendor()
    _failing(server, "expired", often=3)
    result = performed(server, baseline=None)
    assert _outcomes(result) == {"pass": 1, "error": 1}
    assert result.lost
    (error,) = (record.error for record in result.records if record.error)
    assert "the same command goes on where it stopped" in error
    lost = next(iter(server.batches[0].requests))
    assert sum(lost in batch.requests for batch in server.batches) == 3
    again = performed(server, baseline=None)
    assert _outcomes(again) == {"pass": 2}
    assert again.asked == 2 * CALLS


@both
def test_a_request_that_the_vendor_refuses_is_not_sent_again(bench: Bench, vendor: Make) -> None:
    del bench
    server = vendor()
    _failing(server, "invalid_request_error")
    result = performed(server, baseline=None)
    assert _outcomes(result) == {"pass": 1, "error": 1}
    assert max(Counter(server.keys).values()) == 1
    assert "cannot be" in next(record.error for record in result.records if record.error)


def test_where_too_many_wait_fewer_go_out_one_batch_after_the_other(bench: Bench) -> None:
    write(bench, repeats=8)
    server = OpenAIBatches(Responses("gpt-5.5"), room=3)
    told: list[Waiting] = []
    result = performed(server, told.append, baseline=None)
    assert _outcomes(result) == {"pass": 8}
    assert (server.sizes[0], set(server.sizes[-20:])) == (8, {2})
    out: set[str] = set()
    for each in told[-40:]:
        (out.discard if each.ended else out.add)(each.batch)
        assert len(out) < 2


def test_a_batch_that_is_not_taken_at_all_is_sent_anew_by_the_same_command(bench: Bench) -> None:
    del bench
    full = OpenAIBatches(Responses("gpt-5.5"), room=0)
    result = performed(full, baseline=None)
    (error, *_) = (record.error for record in result.records)
    assert error == (
        "OpenAI did not take a batch: Enqueued token limit reached; other batches of the account are to end first; "
        "the same command goes on where it stopped"
    )
    full.room = 2
    assert not performed(full, baseline=None).errors


@both
def test_a_budget_holds_for_all_calls_of_a_batch_before_it_is_sent(bench: Bench, vendor: Make) -> None:
    write(bench, repeats=4)
    whole = performed(vendor(), baseline=None, replay="off")
    assert whole.usd
    server = vendor()
    with pytest.raises(BudgetSpent):
        performed(server, baseline=None, replay="off", budget=Decimal("0.0001"))
    assert not server.batches
    result = performed(server, baseline=None, replay="off", budget=Decimal(1))
    assert result.usd == pytest.approx(whole.usd)
    assert len(server.keys) == len(set(server.keys)) == 4 * CALLS


@both
def test_without_an_answer_that_fits_the_budget_fewer_go_at_once(bench: Bench, vendor: Make) -> None:
    write(bench, repeats=4)
    server = vendor()
    whole = performed(server, baseline=None)
    assert server.sizes == [4] * CALLS
    narrow = vendor()
    two = Tariff(narrow.model.name).most(20_000, 20_000, batch=True)
    result = performed(narrow, baseline=None, replay="off", budget=two)
    assert max(narrow.sizes) < 4
    assert result.usd == pytest.approx(whole.usd)


@both
def test_progress_tells_each_batch_until_it_ends(bench: Bench, vendor: Make) -> None:
    del bench
    server, told = vendor(), list[Waiting]()

    def tell(waiting: Waiting) -> None:
        told.append(waiting)
        server.held = sum(not each.ended for each in told) < 3

    server.held = True
    performed(server, tell, baseline=None)
    assert [each.ended for each in told] == [False] * 3 + [True] + [False, True] * (CALLS - 1)
    assert [each.batch for each in told if each.ended] == [batch.id for batch in server.batches]
    assert {(each.total, each.batch) for each in told[:4]} == {(2, server.batches[0].id)}
    assert [each.done for each in told if each.ended] == [2] * CALLS


def test_a_model_that_takes_no_batches_is_refused_before_anything_is_asked(bench: Bench) -> None:
    del bench
    model = ScriptedModel(good_answer)
    for name in (model, "evidence", "openai:tiny@http://127.0.0.1:9/v1"):
        with pytest.raises(CallerError, match=r"takes no batches; .*`--models anthropic:NAME`"):
            run_suite(Path(FILE), Terms(models=[name], batch=True))
    assert not model.calls


def test_a_sequential_eval_is_refused(bench: Bench) -> None:
    del bench
    server = AnthropicBatches(ANTHROPIC)
    with pytest.raises(CallerError, match="give `--fixed`"):
        performed(server, sequential=True)
    assert not server.asked


def test_a_strict_replay_asks_for_no_batch(bench: Bench) -> None:
    del bench
    server = AnthropicBatches(ANTHROPIC)
    performed(server)
    asked = len(server.asked)
    assert performed(server, replay="strict").asked == 0
    assert len(server.asked) == asked


def test_an_answer_that_a_batch_brought_has_no_latency_and_costs_as_if_made_alone(bench: Bench) -> None:
    write(bench, more=", latency: {at_most: 1000}, cost: {at_most: 1000}")
    write(bench, more=", {latency: {at_most: 0.000001, required: false}}, {cost: {at_most: 1000}}")
    batched = performed(AnthropicBatches(ANTHROPIC), baseline=None)
    alone = performed(AnthropicBatches(ANTHROPIC), baseline=None, batch=False, replay="off")
    for one, other in zip(batched.records, alone.records, strict=True):
        assert (one.scores["latency"].value, other.scores["latency"].value) == (None, 0.0)
        assert one.scores["latency"].why == ("an answer that a batch brought has no time of its own",)
        assert one.usd == other.usd
