"""What several commands on suites take; its one rule: one name means one thing wherever it stands."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

judge_option = click.option(
    "--judge", metavar="MODEL", help="Judge by rubrics and pairs with this model instead of the suite's judge."
)
secrets_option = click.option(
    "--allow-secrets", is_flag=True, help="Send artifacts even if they hold what looks like a secret."
)
layout_option = click.option(
    "--format",
    "layout",
    type=click.Choice(["human", "json", "github"]),
    help="human unless given. github: annotations of a pull request.",
)


def one_suite(command: Callable[..., Any]) -> Callable[..., Any]:
    """Take one suite; of several, say which one is too many."""
    more = click.argument("more", nargs=-1, metavar="", expose_value=False, callback=_no_more)
    return click.argument("suite", type=click.Path(path_type=Path))(more(command))


def _no_more(context: click.Context, _: click.Parameter, more: tuple[str, ...]) -> None:
    if more:
        verb = f"`eval {context.info_name}`"
        raise click.UsageError(f"{verb} takes one suite; give another command for `{more[0]}`")
