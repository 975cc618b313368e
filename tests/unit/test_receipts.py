"""Receipts of orders: each order that is given at the same time has its own."""

from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path
from threading import Barrier

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
