"""Receipts of orders: each order that is given at the same time has its own."""

import fcntl
import os
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path
from threading import Barrier, Thread

import pytest

from dramaturg.run.durable.receipts import Receipts

_TOGETHER = 8


@pytest.mark.parametrize("number", range(20))
def test_the_same_order_given_at_once_has_a_receipt_each(tmp_path: Path, number: int) -> None:
    receipts = Receipts(state=tmp_path, database=f"postgresql://here/{number}")
    start = Barrier(_TOGETHER)

    def followed(each: int, undo: ExitStack) -> str:
        start.wait()
        return undo.enter_context(receipts.following({"run": f"dpa-1-{each}"}, lambda _: True))

    with ExitStack() as undo, ThreadPoolExecutor(_TOGETHER) as pool:
        runs = {*pool.map(followed, range(_TOGETHER), [undo] * _TOGETHER)}
    assert runs == {f"dpa-1-{each}" for each in range(_TOGETHER)}
    with ExitStack() as undo:
        again = {undo.enter_context(receipts.following({"run": "another"}, lambda _: True)) for _ in runs}
    assert again == runs


def test_looking_for_a_receipt_keeps_nobody_from_that_of_another_order(tmp_path: Path) -> None:
    receipts = Receipts(state=tmp_path, database="postgresql://here/x")
    with receipts.following({"run": "dpa-1-1", "of": "mine"}, lambda _: True):
        pass

    def look() -> None:
        for number in range(300):
            with receipts.following({"run": f"utl-1-{number}", "of": number}, lambda _: True) as run:
                receipts.settle(run)

    looker = Thread(target=look)
    looker.start()
    while looker.is_alive():
        with receipts.following({"run": "dpa-1-2", "of": "mine"}, lambda _: True) as run:
            assert run == "dpa-1-1", "what is under way would be ordered again"
    looker.join()


def test_a_receipt_that_is_damaged_is_nobodys(tmp_path: Path) -> None:
    receipts = Receipts(state=tmp_path, database="postgresql://here/x")
    with receipts.following({"run": "dpa-1-1"}, lambda _: True):
        pass
    damaged = tmp_path / "orders" / "dpa-1-2"
    damaged.write_bytes(b"\xff" * 64)
    with receipts.following({"run": "dpa-1-3"}, lambda _: True) as run:
        assert run == "dpa-1-1"
    assert damaged.exists()


def test_what_was_left_half_written_is_removed_unless_somebody_writes_it(tmp_path: Path) -> None:
    (tmp_path / "orders").mkdir()
    left, new, held = (tmp_path / "orders" / f".dpa-1-{number}" for number in range(3))
    for path in (left, new, held):
        path.write_bytes(b"0")
    long_ago = time.time() - 3600
    os.utime(left, (long_ago, long_ago))
    os.utime(held, (long_ago, long_ago))
    with held.open("rb") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        with Receipts(state=tmp_path, database="postgresql://here/x").following({"run": "dpa-1-9"}, lambda _: True):
            assert {path.name for path in (tmp_path / "orders").iterdir()} == {new.name, held.name, "dpa-1-9"}
