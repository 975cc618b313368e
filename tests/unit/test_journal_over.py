"""Runs that are over, told from the end of their journals."""

from pathlib import Path

import pytest
from tests.journals import SPECS

from dramaturg.engine.brief import Brief
from dramaturg.run.journal import adopt_journal, create_journal
from dramaturg.run.record import is_plainly_over


@pytest.mark.parametrize("begins", ["as it was", "with what is no journal"])
def test_runs_that_are_over_are_passed_by_for_their_last_line(state: Path, brief: Brief, begins: str) -> None:
    for delivered in (True, False):
        with create_journal(state, brief, SPECS) as journal:
            path = journal.record.path
            assert not is_plainly_over(path)
            journal.end("done", delivered=delivered)
            assert is_plainly_over(path) == delivered
            journal.deliver()
        if begins != "as it was":  # nobody looks at it
            path.write_bytes(b"x" * 9_000_000 + b"\n" + path.read_bytes().splitlines(keepends=True)[-1])
        assert is_plainly_over(path)
    assert adopt_journal(state, brief) is None


@pytest.mark.parametrize("torn", [False, True])
def test_a_long_or_torn_end_is_read_with_the_rest(state: Path, brief: Brief, *, torn: bool) -> None:
    with create_journal(state, brief, SPECS) as journal:
        journal.end("failed", "because of this" * 1000)
        path = journal.record.path
    if torn:
        path.write_bytes(path.read_bytes()[:-1])
    adopted = adopt_journal(state, brief)
    assert (adopted is not None) == torn
    if adopted is not None:
        adopted.close()
