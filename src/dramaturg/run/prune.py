"""Old runs to free space; its one rule: a run that is being performed is never touched."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from dramaturg.errors import CallerError
from dramaturg.run.journal import open_journal
from dramaturg.run.journal_folder import all_journals, leftovers, remove_leftover
from dramaturg.run.locks import there
from dramaturg.run.runs import run_summaries

STATUSES = ("done", "failed", "waiting", "unfinished", "unreadable")
_BEGUN = "begun"  # its process died before there was a run


@dataclass(frozen=True, slots=True, kw_only=True)
class Pruned:
    """A run that was removed, or would be: its summary and the bytes its journal holds."""

    summary: dict[str, Any]
    size: int


def prunable(state: Path, *, older_than: float, statuses: Sequence[str], now: float) -> Iterator[Pruned]:
    """Yield the runs that are old enough.

    Args:
        state: Folder of the journals.
        older_than: Seconds since a journal was last written.
        statuses: Which runs, by how they stand; `running` ones never are.
        now: Seconds since the epoch.

    Raises:
        CallerError: A status means nothing.
    """
    for status in statuses:
        if status not in STATUSES:
            raise CallerError(f"no run that can be removed stands at `{status}`; use {', '.join(STATUSES)}")
    old = [path for path, facts in there(all_journals(state)) if now - facts.st_mtime >= older_than]
    rows = {Path(row["journal"]): row for row in run_summaries(old) if row["status"] in statuses}
    for path, facts in there(rows):
        yield Pruned(summary=rows[path], size=facts.st_size)
    for path, facts in there(leftovers(state)):
        if now - facts.st_mtime >= older_than:
            yield Pruned(summary={"run": path.name, "status": _BEGUN, "journal": str(path)}, size=facts.st_size)


def remove(run: Pruned) -> None:
    """Remove a run's journal.

    Raises:
        CallerError: Another process has taken it up meanwhile, or its folder does not let go of it.
    """
    path = Path(run.summary["journal"])
    if not path.exists():  # somebody else was faster
        return
    try:
        if run.summary["status"] == _BEGUN:
            remove_leftover(path)
        elif run.summary["status"] == "unreadable":
            path.unlink(missing_ok=True)
        else:
            with open_journal(path):  # whoever holds the lock performs it
                path.unlink(missing_ok=True)
    except OSError as error:
        raise CallerError(
            f"`{path}` cannot be removed: {error.strerror}; change the permissions of its folder"
        ) from error
