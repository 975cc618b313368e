"""`eval mutate`: which pieces of a persona no case would miss."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from dramaturg.cli.formats import reporting_faults
from dramaturg.cli.output import folded, json_option, one_layout, print_json
from dramaturg.cli.paging import html_option, write_page
from dramaturg.cli.spending import batch_option, budget_option, price_option, within_budget
from dramaturg.cli.suites import judge_option, layout_option, one_suite
from dramaturg.cli.worker import queue_option

if TYPE_CHECKING:
    from decimal import Decimal

    from dramaturg.models.prices import Price


@click.command(short_help="Find pieces of personas that no case would miss.")
@one_suite
@click.option("-m", "--models", multiple=True, metavar="MODEL", help="Ask this model instead of the suite's.")
@judge_option
@click.option("--repeats", type=click.IntRange(1, 1000), help="Perform each case so often.")
@budget_option
@price_option
@batch_option
@click.option("--operator", "operators", multiple=True, help="Only mutants of this operator, such as requirement.")
@click.option("--limit", type=click.IntRange(min=1), help="Try so many mutants at most, drawn by the seed.")
@click.option("--seed", type=int, default=0, show_default=True, help="Of the draw, and of the order of pairs.")
@click.option(
    "--sequential/--fixed",
    "sequential",
    default=None,
    help="Stop once one is decided, or never; without either, where that saves questions and there are enough pairs.",
)
@queue_option
@layout_option
@html_option
@json_option
def mutate(  # noqa: PLR0913 - one parameter for each option
    suite: Path,
    *,
    models: tuple[str, ...],
    judge: str | None,
    repeats: int | None,
    budget: "Decimal | None",
    price: "Price | None",
    batch: bool,
    operators: tuple[str, ...],
    limit: int | None,
    seed: int,
    sequential: bool | None,
    queue: str | None,
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

    layout = one_layout(layout, json=as_json)
    terms = Terms(
        models=models,
        judge=judge,
        repeats=repeats,
        sequential=sequential,
        batch=batch,
        budget=budget,
        price=price,
        seed=seed,
        queue=queue,
    )
    with within_budget(), reporting_faults(layout), MutantWatch(quiet=False) as watch:
        mutation = mutate_suite(
            suite,
            watch.heard(terms),
            operators=operators,
            limit=limit,
            on_open=watch.open,
            on_mutant=watch.tried,
            on_batch=watch.batch,
        )
    if layout == "json":
        print_json(mutation.to_json())
    else:
        click.echo(mutation_github(mutation) if layout == "github" else folded(mutation_text(mutation)), nl=False)

    def page(_: object) -> str:
        from dramaturg.evals.report.page.mutants import mutation_page

        return mutation_page(mutation)

    write_page(html, page, kept="give the same command again: what was answered is not asked twice")
