"""`runs`, `report`: the runs there are, what they have produced, and their end."""

from pathlib import Path
from typing import Any

import click

from dramaturg.cli.deliver import Delivery, delivery_options, hand_over
from dramaturg.cli.options import only_with
from dramaturg.cli.output import columns, counted, json_option, local_minute, named, print_json, tell
from dramaturg.findings.cells import shown


@click.command(short_help="List, show and remove runs.")
@click.argument("run_id", metavar="[RUN]", required=False)
@click.option("--prune", is_flag=True, help="Remove runs that have ended and are old.")
@click.option("--older-than", metavar="TIME", default="30d", show_default=True, help="With --prune: `12h`, `30d`, ….")
@click.option(
    "--status",
    "statuses",
    default="done,failed",
    show_default=True,
    help="With --prune: which runs; also waiting, unfinished, unreadable; of a database waiting, paused, cancelled, "
    "'given up'.",
)
@click.option("--dry-run", is_flag=True, help="With --prune: only say what would be removed.")
@click.option("--database", metavar="URL", help="The runs of a database that many machines share.")
@click.option("--cancel", is_flag=True, help="With --database: stop RUN.")
@json_option
def runs(
    run_id: str | None,
    *,
    prune: bool,
    older_than: str,
    statuses: str,
    dry_run: bool,
    database: str | None,
    cancel: bool,
    as_json: bool,
) -> None:
    """List the runs of this machine, or show what RUN has produced so far."""
    only_with("--prune", prune, "older_than", "statuses", "dry_run")
    if prune and run_id is not None:
        raise click.UsageError(f"--prune removes runs by their age and --status, not `{run_id}`; leave that out")
    if cancel and (database is None or run_id is None or prune):
        raise click.UsageError("--cancel stops a run of a database; name RUN, and give --database")
    if database is not None:
        from dramaturg.cli.queued import list_queued, prune_queued

        if prune:
            prune_queued(database, older_than, statuses, dry_run=dry_run, as_json=as_json)
        else:
            list_queued(database, run_id, cancel=cancel, as_json=as_json)
        return
    from dramaturg.run.runs import kept_document, run_summary
    from dramaturg.run.runtime import Runtime

    runtime = Runtime(model="evidence")
    if prune:
        _prune(runtime.state, older_than, statuses, dry_run=dry_run, as_json=as_json)
        return
    if run_id is None:
        _list_runs(runtime.runs(), as_json=as_json)
        return
    record = runtime.record(run_id)
    document = kept_document(record)
    if as_json:
        print_json({**run_summary(record), "markdown": document})
    else:
        click.echo(document, nl=False)


def _prune(state: Path, older_than: str, statuses: str, *, dry_run: bool, as_json: bool) -> None:
    import time

    from dramaturg.run.budget import parse_seconds
    from dramaturg.run.prune import prunable, remove

    found = [*prunable(state, older_than=parse_seconds(older_than), statuses=named(statuses), now=time.time())]
    for each in found:
        if not dry_run:
            remove(each)
        if not as_json:
            click.echo(f"{'would remove' if dry_run else 'removed'} {each.summary['run']}, {each.size:,} bytes")
    if as_json:
        rows = [{"run": each.summary["run"], "bytes": each.size, "removed": not dry_run} for each in found]
        print_json(rows)
    freed = sum(each.size for each in found)
    click.echo(f"{counted(len(found), 'run')}, {freed:,} bytes{' would be freed' if dry_run else ' freed'}", err=True)


def _list_runs(rows: list[dict[str, Any]], *, as_json: bool) -> None:
    from decimal import Decimal

    from dramaturg.models.prices import dollars

    if as_json:
        print_json(rows)
        return
    cells = []
    for row in rows:
        answers = counted(row["answers"], "answer")
        spent = f", {dollars(Decimal(str(row['cost'])))}" if row["cost"] else ""
        told = f"{answers}{spent}, {row['persona']} with {row['model']}" if row["persona"] else row["message"]
        left = ", not delivered" if row["status"] == "done" and not row["delivered"] else ""
        cells.append((row["run"], local_minute(row["written"]), f"{row['status']}{left}, {told}"))
    for row, line in zip(rows, columns(cells), strict=True):
        click.echo(shown(line))
        for question in row["questions"]:
            click.echo(shown(f"    {question['id']} ({question['kind']}): {question['text']}"))
    if not rows:
        click.echo("there are no runs yet", err=True)


@click.command(short_help="Give a run's document or page again.")
@click.argument("run_id", metavar="RUN")
@click.option("--quotes", is_flag=True, help="Print the quoted lines below each entry.")
@click.option("--database", metavar="URL", help="A run of a database that many machines share.")
@delivery_options
def report(run_id: str, *, database: str | None, where: Delivery, quotes: bool) -> None:
    """Give what RUN has produced, whole or not, in any form. Nothing is asked.

    With --html alone only the page is written.
    """
    from dramaturg.run.retell import result_told, retell
    from dramaturg.run.runtime import Runtime

    record = Runtime(model="evidence", durable=database).record(run_id)
    told = retell(record)
    hand_over(result_told(told, quotes=quotes), where, lambda _: record, prints=where.html is None)
    placed = f"document in {where.output}" if where.output else ""
    said = (told.remark, placed, f"page for reading in {where.html}" if where.html else "")
    for line in said if not where.quiet else ():
        if line:
            tell(line)


COMMANDS = (runs, report)
