"""Runs in a database that many machines share: listed, shown, cancelled."""

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import click

from dramaturg.cli.output import columns, counted, local_minute, named, print_json
from dramaturg.findings.cells import shown
from dramaturg.run.durable.extra import require_durable

if TYPE_CHECKING:
    from collections.abc import Sequence

    from dramaturg.run.durable.client import Desk, QueuedRun


def list_queued(database: str, run: str | None, *, cancel: bool, as_json: bool) -> None:
    """List the runs of a database, show what one has come to, or cancel it."""
    require_durable()
    from dramaturg.run.durable.client import Desk

    with Desk(database) as desk:
        if run is not None and cancel:
            desk.cancel(run)
            click.echo(f"{run} is cancelled", err=True)
            return
        rows = desk.standings() if run is None else [desk.standing(run)]
        if run is not None:
            _show(desk, rows[0], as_json=as_json)
        elif as_json:
            print_json([*map(_row, rows)])
        else:
            _list(rows)


def prune_queued(database: str, older_than: str, statuses: str, *, dry_run: bool, as_json: bool) -> None:
    """Remove old runs of a database, and questions that evals have left there as long ago."""
    require_durable()
    import time

    from dramaturg.run.budget import parse_seconds
    from dramaturg.run.durable.client import Desk
    from dramaturg.run.durable.questions import Questions
    from dramaturg.run.durable.receipts import Receipts
    from dramaturg.run.settings import current, state_root

    age, now = parse_seconds(older_than), time.time()
    with Desk(database) as desk, Questions(database) as questions:
        found = [each.run for each in desk.prunable(older_than=age, statuses=named(statuses), now=now)]
        left = questions.left(older_than=age, now=now)
        if not dry_run:
            desk.remove(found)
            Receipts(state=state_root(current()[2]), database=database).settle(*found)
            questions.remove(left)
    rows = [*({"run": run} for run in found), *({"question": question} for question in left)]
    if as_json:
        print_json([{**row, "removed": not dry_run} for row in rows])
    else:
        for run in found:
            click.echo(f"{'would remove' if dry_run else 'removed'} {run}")
    of_evals = f", {counted(len(left), 'question')} of evals" if left else ""
    click.echo(counted(len(found), "run") + of_evals, err=True)


def _show(desk: "Desk", row: "QueuedRun", *, as_json: bool) -> None:
    """Print a run's document, or what there is of it."""
    import asyncio

    from dramaturg.run.durable.recording import record_of
    from dramaturg.run.runs import kept_document

    if row.status == "done":
        document = desk.result(row.run).document.markdown
    else:
        begun = bool(desk.recorded(row.run))
        document = kept_document(asyncio.run(record_of(desk, row.run))) if begun else ""
    if as_json:
        print_json({**_row(row), "markdown": document})
        return
    click.echo(document, nl=False)
    if not document:
        click.echo(shown(f"run `{row.run}` has produced nothing yet: {_standing(row)}"), err=True)


def _row(row: "QueuedRun") -> dict[str, Any]:
    questions = [{"id": each.id, "kind": each.kind, "text": each.text} for each in row.questions]
    return {
        "run": row.run,
        "status": row.status,
        "worker": row.worker,
        "message": row.message,
        "written": _moment(row),
        "questions": questions,
    }


def _standing(row: "QueuedRun") -> str:
    where = f", on {row.worker}" if row.status == "running" else ""
    return f"{row.status}{where}" + (f": {row.message}" if row.message else "")


def _moment(row: "QueuedRun") -> str:
    return datetime.fromtimestamp(row.changed, UTC).isoformat(timespec="seconds")


def _list(rows: "Sequence[QueuedRun]") -> None:
    cells = [(row.run, local_minute(_moment(row)), _standing(row)) for row in rows]
    for row, line in zip(rows, columns(cells), strict=True):
        click.echo(shown(line))
        for question in row.questions:
            click.echo(shown(f"    {question.id} ({question.kind}): {question.text}"))
    if not rows:
        click.echo("there are no runs yet", err=True)
