"""`eval mutate`: which pieces of a persona no case would miss."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import click

from dramaturg.cli.output import json_option, one_layout, print_json
from dramaturg.cli.paging import html_option, write_page
from dramaturg.errors import BudgetSpent

_SPENT = 7


@click.command()
@click.argument("suite", type=click.Path(path_type=Path))
@click.option("-m", "--models", multiple=True, metavar="MODEL", help="Ask this model instead of the suite's.")
@click.option("--repeats", type=click.IntRange(1, 1000), help="Perform each case so often.")
@click.option("--budget", metavar="USD", help="Dollars that all mutants together may cost.")
@click.option("--price", metavar="IN/OUT", help="Dollars for a million tokens in and out, where no price is known.")
@click.option("--operator", "operators", multiple=True, help="Only mutants of this operator, such as requirement.")
@click.option("--limit", type=click.IntRange(min=1), help="Try so many mutants at most, drawn by the seed.")
@click.option("--seed", type=int, default=0, show_default=True, help="Of the draw, and of the order of pairs.")
@click.option("--sequential/--fixed", "sequential", default=True, show_default=True, help="Stop once one is decided.")
@click.option("--format", "layout", type=click.Choice(["human", "json", "github"]))
@html_option
@json_option
def mutate(  # noqa: PLR0913 - one parameter for each option
    suite: Path,
    *,
    models: tuple[str, ...],
    repeats: int | None,
    budget: str | None,
    price: str | None,
    operators: tuple[str, ...],
    limit: int | None,
    seed: int,
    sequential: bool,
    layout: str | None,
    html: Path | None,
    as_json: bool,
) -> None:
    """Tell which pieces of the personas of SUITE no case would miss.

    One piece after the other is taken out, and the suite performed against the personas as they are. What the gate does
    not call worse has survived: it is untested, or useless.
    """
    from dramaturg.cli.evaluating import MutantWatch
    from dramaturg.evals.mutation import mutate_suite
    from dramaturg.evals.report.mutation import mutation_github, mutation_text
    from dramaturg.evals.terms import Terms
    from dramaturg.models.prices import parse_price
    from dramaturg.run.budget import parse_usd

    layout = one_layout(layout, json=as_json)
    terms = Terms(
        models=models,
        repeats=repeats,
        sequential=sequential,
        budget=None if budget is None else parse_usd(budget),
        price=None if price is None else parse_price(price),
        seed=seed,
    )
    with within_budget(), MutantWatch(quiet=False) as watch:
        mutation = mutate_suite(
            suite, terms, operators=operators, limit=limit, on_open=watch.open, on_mutant=watch.tried
        )
    if layout == "json":
        print_json(mutation.to_json())
    else:
        click.echo((mutation_github if layout == "github" else mutation_text)(mutation), nl=False)

    def page() -> str:
        from dramaturg.evals.report.page.mutants import mutation_page

        return mutation_page(mutation)

    write_page(html, page, kept="give the same command again: what was answered is not asked twice")


@contextmanager
def within_budget() -> Iterator[None]:
    """Tell of a budget that is spent, and exit with what that means."""
    try:
        yield
    except BudgetSpent as spent:
        click.echo(f"stopped: {spent}", err=True)
        click.echo("go on with more: the same command with a larger `--budget`", err=True)
        click.get_current_context().exit(_SPENT)
