"""What an eval may cost, and how it is told that more would be needed."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

import click

from dramaturg.cli.exits import SPENT
from dramaturg.cli.failure import failure_json, print_failure
from dramaturg.cli.output import tell, wants_json
from dramaturg.errors import BudgetSpent

if TYPE_CHECKING:
    from decimal import Decimal

    from dramaturg.models.prices import Price


def _dollars(_: click.Context, __: click.Parameter, said: str | None) -> "Decimal | None":
    from dramaturg.run.budget import parse_usd

    return None if said is None else parse_usd(said)


def _price(_: click.Context, __: click.Parameter, said: str | None) -> "Price | None":
    from dramaturg.models.prices import parse_price

    return None if said is None else parse_price(said)


budget_option = click.option(
    "--budget",
    metavar="USD",
    callback=_dollars,
    help="Dollars that all of it may cost; a call that could exceed it is not made.",
)
price_option = click.option(
    "--price",
    metavar="IN/OUT",
    callback=_price,
    help="Dollars for a million tokens in and out, where no price is known.",
)
batch_option = click.option(
    "--batch", is_flag=True, help="Ask through the vendors' batches: half the price, and up to a day for each step."
)


@contextmanager
def within_budget() -> Iterator[None]:
    """Tell of a budget that is spent, and exit with what that means."""
    try:
        yield
    except BudgetSpent as spent:
        tell_of_spent(spent)
        if wants_json():
            print_failure(failure_json(spent))
        click.get_current_context().exit(SPENT)


def tell_of_spent(spent: BudgetSpent) -> None:
    """Tell of a budget that is spent."""
    tell(f"stopped: {spent}")
    click.echo("go on with more: the same command with a larger `--budget`", err=True)
