"""Whatever dies while a batch is out: the same eval takes it up again, and nothing is asked twice."""

import os
import re
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from random import Random

import httpx2
import pytest
from tests.batch_sockets import served
from tests.batch_vendors import AnthropicBatches, Batch, BatchVendor
from tests.batched import BACKUP, FILE, Make, batch_bench, both, performed, write
from tests.commands import Told, dramaturg
from tests.suites import CALLS, Bench
from tests.vendors import ANTHROPIC

from dramaturg.evals import Evaluated
from dramaturg.models.retry import RetryPolicy

_MODEL = "anthropic:claude-sonnet-5-5"
_RUN = ("eval", "run", FILE, "--baseline", "HEAD", "-m", _MODEL, "--batch")
_TWICE = RetryPolicy(attempts=2, first=0.0, longest=0.0)


@pytest.fixture(name="bench")
def _bench(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Bench:
    bench = batch_bench(tmp_path / "project", monkeypatch)
    write(bench, repeats=10)
    bench.edit((BACKUP, ""))
    return bench


@pytest.fixture(name="vendor")
def _vendor(monkeypatch: pytest.MonkeyPatch) -> Iterator[AnthropicBatches]:
    """A vendor that other processes reach."""
    vendor = AnthropicBatches(ANTHROPIC, held=True)
    with served(vendor) as listening:
        monkeypatch.setenv("ANTHROPIC_BASE_URL", listening.address)
        monkeypatch.setenv("ANTHROPIC_API_KEY", "key")
        yield vendor


def _interrupted(kind: signal.Signals, when: Callable[[], bool]) -> Told:
    """Begin the eval in another process, and stop that at some moment."""
    command = [sys.executable, "-m", "dramaturg", *_RUN]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=os.environ) as child:
        try:
            while not when():
                assert child.poll() is None, "it ended before it could be stopped"
                time.sleep(0.01)
        finally:
            child.send_signal(kind)
        out, err = child.communicate(timeout=300)
    return Told(child.returncode, out.decode(), err.decode())


def _same(result: Evaluated, whole: Evaluated) -> bool:
    """Tell whether two evals came to the same, and for the same."""
    assert result.decision
    assert whole.decision
    return (
        [record.scores for record in result.records] == [record.scores for record in whole.records]
        and result.decision.kind is whole.decision.kind
        and (result.asked, result.usd) == (whole.asked, whole.usd)
    )


@pytest.mark.parametrize("kind", [signal.SIGKILL, signal.SIGINT])
def test_an_eval_that_dies_while_its_batch_is_out_takes_it_up_again(
    bench: Bench, vendor: AnthropicBatches, kind: signal.Signals
) -> None:
    del bench
    told = _interrupted(kind, lambda: vendor.looks > 0)
    if kind is signal.SIGINT:
        assert told.code == 130
        assert "batch 1 (batch_001, 10 questions) goes on at the vendor" in told.err
        assert "nothing twice" in told.err
    assert vendor.sizes == [10]
    vendor.held = False
    result = performed(vendor)
    assert vendor.sizes == [10, 20, 20, 20, 20]
    assert len(vendor.keys) == len(set(vendor.keys))
    assert _same(result, performed(AnthropicBatches(ANTHROPIC), replay="off"))


def test_an_eval_that_is_killed_while_it_sends_finds_its_batch(bench: Bench, vendor: AnthropicBatches) -> None:
    del bench
    dead = threading.Event()

    def fault(_: BatchVendor, method: str, path: str) -> int | None:
        """Take the batch, and say so only to the dead."""
        if method == "POST" and path.endswith("batches") and not dead.is_set():
            dead.wait(300)
        return None

    vendor.fault = fault
    _interrupted(signal.SIGKILL, lambda: len(vendor.batches) > 0)
    dead.set()
    vendor.held = False
    result = performed(vendor)
    assert vendor.sizes == [10, 20, 20, 20, 20]
    assert _same(result, performed(AnthropicBatches(ANTHROPIC), replay="off"))


@both
def test_a_batch_whose_acknowledgement_was_lost_is_found(bench: Bench, vendor: Make) -> None:
    del bench
    server = vendor()
    server.fault = lambda _, method, path: (
        500 if (method, len(server.batches)) == ("POST", 1) and path.endswith("batches") else None
    )
    result = performed(server, retry=_TWICE)
    assert server.sizes == [10, 20, 20, 20, 20]
    assert _same(result, performed(vendor(), replay="off"))


@both
def test_a_process_that_dies_before_it_knows_the_batch_finds_it(bench: Bench, vendor: Make) -> None:
    del bench
    server = vendor()
    others = [f"other-{at}" for at in range(10)]

    def fault(_: BatchVendor, method: str, path: str) -> int | None:
        """Let another program begin a batch of the same size, then the process die once ours is begun."""
        if method == "GET" and not server.batches:
            server.begin({key: {} for key in others})
        if method == "POST" and path.endswith("batches"):
            raise httpx2.ReadError("the process dies here")
        return None

    server.fault = fault
    server.became = lambda _, key: "{}" if key in others else None
    assert performed(server).lost
    assert server.sizes == [10, 10]
    server.fault = lambda *_: None
    result = performed(server)
    assert server.sizes == [10, 10, 20, 20, 20, 20]
    assert len(server.keys) == len(set(server.keys))
    assert _same(result, performed(vendor(), replay="off"))


@both
def test_a_batch_that_was_never_begun_is_sent(bench: Bench, vendor: Make) -> None:
    del bench
    server = vendor()
    server.refuses = lambda method, path: 503 if method == "POST" and path.endswith("batches") else 0
    assert performed(server).lost
    assert not server.batches
    server.refuses = lambda *_: 0
    assert not performed(server).errors
    assert server.sizes == [10, 20, 20, 20, 20]


@both
def test_results_that_the_vendor_does_not_keep_any_more_are_asked_for_again(bench: Bench, vendor: Make) -> None:
    del bench
    server = vendor()
    server.fault = _no_looks
    assert performed(server).lost
    server.fault = lambda *_: None
    server.batches[0] = Batch("gone", {}, {})
    result = performed(server)
    assert server.sizes[1:] == [10, 20, 20, 20, 20]
    assert not result.errors


@both
def test_a_batch_that_is_older_than_its_results_is_asked_for_again(bench: Bench, vendor: Make, state: Path) -> None:
    del bench
    server = vendor()
    server.fault = _no_looks
    performed(server)
    server.fault = lambda *_: None
    (answers,) = state.glob("evals/*/replies/*.jsonl")
    text = answers.read_text(encoding="utf-8")
    answers.write_text(re.sub('"at": [0-9.]+', f'"at": {time.time() - 29.1 * 86400}', text), encoding="utf-8")
    assert not performed(server).errors
    assert server.sizes == [10, 10, 20, 20, 20, 20]


def test_a_note_of_a_batch_that_is_damaged_is_told(bench: Bench, vendor: AnthropicBatches, state: Path) -> None:
    del bench
    vendor.held, vendor.fault = False, _no_looks
    performed(vendor)
    (answers,) = state.glob("evals/*/replies/*.jsonl")
    answers.write_text(answers.read_text(encoding="utf-8").replace('"keys": [', '"keys": ['[::-1]), encoding="utf-8")
    told = dramaturg(*_RUN)
    assert told.code == 4
    assert "the recorded answers in" in told.err
    assert "dramaturg eval prune" not in told.err
    assert "unfinished" in dramaturg("eval", "prune", "--dry-run", "--status", "unfinished", "--older-than", "0s").out


@both
def test_a_batch_that_is_refused_is_not_out(bench: Bench, vendor: Make) -> None:
    del bench
    server = vendor()
    server.refuses = lambda method, path: 401 if method == "POST" and path.endswith("batches") else 0
    result = performed(server)
    assert result.lost
    assert "check the API key" in result.records[0].error
    server.refuses = lambda *_: 0
    looks = len(server.asked)
    assert not performed(server).errors
    assert [path for method, path in server.asked[looks:] if method == "GET" and path.endswith("batches")] == [
        server.asked[looks][1]
    ] * 5
    assert server.sizes == [10, 20, 20, 20, 20]


@both
def test_a_vendor_that_is_away_for_a_while_is_waited_for(bench: Bench, vendor: Make) -> None:
    write(bench)
    server = vendor()

    def fault(_: BatchVendor, method: str, path: str) -> int | None:
        return _no_looks(server, method, path) if server.looks in (1, 2) else None

    server.fault = fault
    assert not performed(server, baseline=None).errors


@both
def test_answers_of_a_vendor_that_was_away_for_too_long_come_with_the_next_try(bench: Bench, vendor: Make) -> None:
    write(bench)
    server = vendor()
    server.fault = _no_looks
    result = performed(server, baseline=None)
    assert result.lost
    assert "not now" in result.records[0].error
    server.fault = lambda *_: None
    assert not performed(server, baseline=None).errors
    assert len(server.keys) == len(set(server.keys))


def _no_looks(_: BatchVendor, method: str, path: str) -> int | None:
    """Let nobody see how far a batch is."""
    return 503 if method == "GET" and path[-1].isdigit() else None


@both
@pytest.mark.parametrize("seed", [0, 1, *(pytest.param(seed, marks=pytest.mark.slow) for seed in range(2, 6))])
def test_whatever_fails_whenever_nothing_is_asked_twice(bench: Bench, vendor: Make, seed: int) -> None:
    """Fail requests at random, before and after they have done their work, and give the command until all is done."""
    write(bench)
    server, chance = vendor(), Random(seed)  # noqa: S311 - chance, not a secret

    def fault(*_: object) -> int | None:
        if chance.random() < 0.1:
            raise httpx2.ReadError("the connection broke")
        return None

    server.refuses, server.fault = lambda *_: 503 * (chance.random() < 0.1), fault
    result = performed(server)
    tries = 1
    while result.errors and tries < 60:
        result = performed(server)
        tries += 1
    assert not result.errors
    assert len(server.keys) == len(set(server.keys)) == 2 * CALLS + 2 * (CALLS - 1)
    assert result.asked == len(server.keys)
