"""A brief to the journal its run is kept in; its one rule: an unfinished run of the same questions goes on."""

from collections.abc import Mapping
from pathlib import Path

from dramaturg.engine.brief import Brief
from dramaturg.models.prices import Price
from dramaturg.run.header import inputs_digest
from dramaturg.run.job import other_version
from dramaturg.run.journal import Journal, adopt_journal, create_journal, open_journal
from dramaturg.run.record import Record


def taken_up(record: Record, brief: Brief) -> Journal:
    """Take up a run, if this version would ask what it asked."""
    if record.header["inputs"] != inputs_digest(brief):
        raise other_version(record, ValueError("it would ask other questions"))
    return open_journal(record.path)


class Opening:
    """Takes up the newest unfinished run that would ask the same, or begins a new one."""

    def __init__(self, *, state: Path, fresh: bool, price: Price | None = None) -> None:
        self.state = state
        self.fresh = fresh
        self.price = price

    def __call__(self, brief: Brief, specs: Mapping[str, str]) -> Journal:
        """Return the journal, locked."""
        adopted = None if self.fresh else adopt_journal(self.state, brief)
        return adopted or create_journal(self.state, brief, specs, self.price)
