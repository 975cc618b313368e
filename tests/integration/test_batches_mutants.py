"""Mutants through vendors' batches: side by side, with the same result, no question twice, within one budget."""

from collections.abc import Callable, Sequence
from decimal import Decimal
from pathlib import Path
from random import Random
from typing import Any

import httpx2
import pytest
from tests.batch_vendors import AnthropicBatches, BatchVendor
from tests.batched import FILE, HASTY, Make, batch_bench, either, write
from tests.suites import CALLS, IMPATIENT, Bench
from tests.vendors import ANTHROPIC

from dramaturg.errors import BudgetSpent, CallerError
from dramaturg.evals import Terms, mutate_suite
from dramaturg.evals.carrying import Waiting
from dramaturg.evals.mutation import Mutation
from dramaturg.models.retry import RetryPolicy


@pytest.fixture(name="bench")
def _bench(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Bench:
    bench = batch_bench(tmp_path / "project", monkeypatch)
    write(bench, repeats=5)
    return bench


def _mutated(
    vendor: BatchVendor,
    told: Callable[[Waiting], None] = lambda _: None,
    limit: int | None = 8,
    operators: Sequence[str] = ("requirement", "step"),
    **terms: Any,
) -> Mutation:
    settled: dict[str, Any] = {"batch": True, "polling": HASTY, "retry": IMPATIENT, "sequential": False}
    return mutate_suite(
        Path(FILE),
        Terms(**settled | {"models": [vendor.model]} | terms),
        operators=operators,
        limit=limit,
        on_batch=told,
    )


@either
def test_mutants_go_on_side_by_side_once_the_persona_is_performed(bench: Bench, vendor: Make, state: Path) -> None:
    del bench
    server, told = vendor(), list[Waiting]()
    mutation = _mutated(server, told.append)
    assert not server.singles
    assert len(server.keys) == len(set(server.keys)) == mutation.asked
    first = next(at for at, each in enumerate(told) if each.ended and each.batch == server.batches[CALLS - 1].id)
    side_by_side, out = 0, set[str]()
    for each in told[first:]:
        (out.discard if each.ended else out.add)(each.batch)
        side_by_side = max(side_by_side, len(out))
    assert side_by_side > len(mutation.tried) // 2
    single = vendor()
    alone = _mutated(single, batch=False, state=state / "alone")
    assert [(each.mutant.what, each.kind) for each in alone.tried] == [
        (each.mutant.what, each.kind) for each in mutation.tried
    ]
    assert {each.became for each in mutation.tried} >= {"killed"}
    assert alone.asked == mutation.asked
    assert alone.usd == pytest.approx((mutation.usd or 0) * 2)


def test_mutants_that_ask_the_same_ask_it_once(bench: Bench, state: Path) -> None:
    """Exchanging two steps and leaving one out: what comes before them is asked alike."""
    write(bench, repeats=2)
    server, single = AnthropicBatches(ANTHROPIC), AnthropicBatches(ANTHROPIC)
    mutation = _mutated(server, limit=None, operators=["swap", "step"])
    assert len(server.keys) == len(set(server.keys)) == mutation.asked
    alone = _mutated(single, limit=None, operators=["swap", "step"], batch=False, state=state / "alone")
    assert alone.asked == mutation.asked
    assert [each.kind for each in alone.tried] == [each.kind for each in mutation.tried]
    assert alone.usd == pytest.approx((mutation.usd or 0) * 2)


@pytest.mark.slow
def test_a_budget_is_that_of_all_mutants_together(bench: Bench, state: Path) -> None:
    del bench
    server = AnthropicBatches(ANTHROPIC)
    whole = _mutated(server, limit=None)
    assert whole.usd
    narrow = AnthropicBatches(ANTHROPIC)
    budget = Decimal(str(whole.usd)) / 2
    with pytest.raises(BudgetSpent, match="is spent"):
        _mutated(narrow, limit=None, state=state / "narrow", budget=budget)
    assert len(narrow.keys) < len(server.keys) * 0.6
    again = _mutated(narrow, limit=None, state=state / "narrow", budget=budget * 4)
    assert again.asked < len(server.keys)
    assert sorted(narrow.keys) == sorted(server.keys)


def test_mutants_that_stop_once_they_are_decided_are_refused(bench: Bench) -> None:
    del bench
    with pytest.raises(CallerError, match="give `--fixed`"):
        _mutated(AnthropicBatches(ANTHROPIC), sequential=True)


@either
@pytest.mark.parametrize("seed", [0, *(pytest.param(seed, marks=pytest.mark.slow) for seed in (1, 2))])
def test_whatever_fails_whenever_no_question_of_any_mutant_is_asked_twice(
    bench: Bench, vendor: Make, seed: int, state: Path
) -> None:
    """Fail requests at random, before and after they have done their work; batches of equal size are many."""
    write(bench, repeats=2)
    server, chance = vendor(), Random(seed)  # noqa: S311 - chance, not a secret

    def fault(*_: object) -> int | None:
        if chance.random() < 0.1:
            raise httpx2.ReadError("the connection broke")
        return None

    server.refuses, server.fault = lambda *_: 503 * (chance.random() < 0.1), fault
    patient = RetryPolicy(attempts=2, first=0.0, longest=0.0)
    for _ in range(4):
        _mutated(server, retry=patient)
    server.refuses, server.fault = lambda *_: 0, lambda *_: None
    mutation = _mutated(server)
    assert len(server.keys) == len(set(server.keys))
    calm = _mutated(vendor(), state=state / "calm")
    assert [each.kind for each in mutation.tried] == [each.kind for each in calm.tried]
