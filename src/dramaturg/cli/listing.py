"""What evals there are to a list; its one rule: what is of one name in two projects can be told apart."""

from collections.abc import Mapping
from typing import Any

import click

from dramaturg.cli.output import columns, local_minute, nearby, print_json
from dramaturg.findings.cells import shown

_NEXT = {
    "unfinished": "the same command goes on",
    "batch out": "the same command, with `--batch`, waits for the answers and goes on",
}


def list_runs(*, as_json: bool) -> None:
    """Print a row for each recorded eval, and how what has no verdict yet comes to one."""
    from dramaturg.evals.runs import run_rows
    from dramaturg.run.settings import current, state_root

    rows = run_rows(state_root(current()[2]))
    if as_json:
        print_json(rows)
        return
    for line in columns([_cells(row) for row in rows]):
        click.echo(shown(line))
    standing = {row["status"] for row in rows}
    for status, remedy in _NEXT.items():
        if status in standing:
            click.echo(f"{status}: {remedy}", err=True)
    if not rows:
        click.echo("there are no evals yet", err=True)


def _cells(row: Mapping[str, Any]) -> tuple[str, ...]:
    """Return what is listed of an eval."""
    arms = " against ".join(reversed(row["arms"]))
    said = row["verdict"] or row["status"]
    return row["run"], local_minute(row["began"]), said, nearby(row["place"]), arms, ", ".join(row["models"])
