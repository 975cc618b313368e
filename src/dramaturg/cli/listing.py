"""What evals there are to a list; its one rule: what is of one name in two projects can be told apart."""

from collections.abc import Mapping
from typing import Any

import click

from dramaturg.cli.output import nearby, print_json
from dramaturg.findings.render import shown


def list_runs(*, as_json: bool) -> None:
    """Print a row for each recorded eval."""
    from dramaturg.evals.runs import run_rows
    from dramaturg.run.settings import current, state_root

    rows = run_rows(state_root(current()[2]))
    if as_json:
        print_json(rows)
        return
    for row in rows:
        click.echo(shown("  ".join(_cells(row))))


def _cells(row: Mapping[str, Any]) -> tuple[str, ...]:
    """Return what is listed of an eval."""
    arms = " against ".join(reversed(row["arms"]))
    verdict = row["verdict"] or "unfinished"
    return row["run"], row["began"], verdict, nearby(row["place"]), arms, ", ".join(row["models"])
