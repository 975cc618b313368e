"""Runs that are over, told from the end of their journals."""

import time
from dataclasses import replace
from pathlib import Path

import pytest
from tests.journals import SPECS

from dramaturg.engine.brief import Brief
from dramaturg.run.journal import adopt_journal, create_journal
from dramaturg.run.journal_folder import all_journals
from dramaturg.run.record import read_journal


def test_runs_that_are_over_are_passed_by_without_reading_what_they_began_with(state: Path, brief: Brief) -> None:
    first, *others = brief.artifacts
    large = replace(brief, artifacts=(replace(first, text="a line of a large artifact\n" * 40_000), *others))
    for delivered in (True, False) * 10:
        with create_journal(state, large, SPECS) as journal:
            journal.end("done", delivered=delivered)
            if not delivered:
                journal.deliver()
    began = time.process_time()
    assert adopt_journal(state, large) is None
    looked = time.process_time() - began
    began = time.process_time()
    assert all(read_journal(path).is_over for path in all_journals(state))
    assert looked < (time.process_time() - began) / 2


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
