"""`eval`: whether an edit made a persona better or worse."""

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from dramaturg.cli.output import json_option, print_json

if TYPE_CHECKING:
    from dramaturg.evals.evaluate import Evaluated

_WORSE = 1
_INFRASTRUCTURE = 3
_INCONCLUSIVE = 6
_LAYOUTS = ("human", "json", "md", "junit", "github")


@click.group("eval")
def evals() -> None:
    """Tell whether an edit made personas better or worse.

    Try: dramaturg eval run evals/dpa-1.suite.yaml --baseline HEAD
    """


def _verdict_options(command: Callable[..., Any]) -> Callable[..., Any]:
    for option in (
        click.option(
            "--format",
            "layout",
            type=click.Choice(_LAYOUTS),
            default="human",
            help="md: Markdown, for a step summary; github: annotations of a pull request.",
        ),
        click.option("--inconclusive-ok", is_flag=True, help="Exit with 0 where nothing could be decided."),
        click.option("-q", "--quiet", is_flag=True, help="Say nothing on stderr but errors."),
        json_option,
    ):
        command = option(command)
    return command


@evals.command()
@click.argument("suite", type=click.Path(path_type=Path))
@click.option("--baseline", metavar="REV|RUN", help="Compare with this git revision, or with a recorded eval.")
@click.option(
    "-m", "--models", multiple=True, metavar="MODEL", help="Ask this model instead of the suite's; repeatable."
)
@click.option("--repeats", type=click.IntRange(1, 1000), help="Perform each case so often.")
@click.option("--budget", metavar="USD", help="Dollars the eval may cost; a call that could exceed it is not made.")
@click.option("--price", metavar="IN/OUT", help="Dollars for a million tokens in and out, where no price is known.")
@click.option(
    "--replay",
    type=click.Choice(["auto", "strict", "off"]),
    default="auto",
    show_default=True,
    help="auto: ask what was never answered; strict: ask nothing; off: ask everything anew.",
)
@click.option("--sequential/--fixed", "sequential", default=None, help="Stop as soon as it is decided, or not.")
@click.option("--seed", type=int, default=0, show_default=True, help="The same seed gives the same order and verdict.")
@click.option("--tag", "tags", multiple=True, help="Perform only cases with this tag; repeatable.")
@click.option("--allow-secrets", is_flag=True, help="Send artifacts even if they hold what looks like a secret.")
@_verdict_options
def run(  # noqa: PLR0913 - one parameter for each option
    suite: Path,
    *,
    baseline: str | None,
    models: tuple[str, ...],
    repeats: int | None,
    budget: str | None,
    price: str | None,
    replay: Any,
    sequential: bool | None,
    seed: int,
    tags: tuple[str, ...],
    allow_secrets: bool,
    layout: str,
    inconclusive_ok: bool,
    quiet: bool,
    as_json: bool,
) -> None:
    """Perform SUITE, and tell with --baseline whether it has become worse.

    Exits with 1 if it is worse, with 6 if nothing could be decided. An eval that was interrupted goes on where it
    stopped when the same command is given again; what was ever answered is not asked twice.
    """
    from dramaturg.cli.evaluating import Watch
    from dramaturg.evals.evaluate import Terms, evaluate
    from dramaturg.models.prices import parse_price
    from dramaturg.run.budget import parse_usd
    from dramaturg.run.loop import PRIVATE_LOOP

    terms = Terms(
        baseline=baseline,
        models=models,
        repeats=repeats,
        sequential=sequential,
        replay=replay,
        budget=None if budget is None else parse_usd(budget),
        price=None if price is None else parse_price(price),
        seed=seed,
        tags=tags,
        secrets="allow" if allow_secrets else "stop",
    )
    with Watch(quiet=quiet) as watch:
        result = PRIVATE_LOOP.call(evaluate(suite, terms, on_open=watch.open, on_step=watch.step))
    _tell(result, "json" if as_json else layout, inconclusive_ok=inconclusive_ok)


def _tell(result: "Evaluated", layout: str, *, inconclusive_ok: bool) -> None:
    from dramaturg.evals.report.data import data_report
    from dramaturg.evals.report.github import github_report
    from dramaturg.evals.report.junit import junit_report
    from dramaturg.evals.report.markdown import markdown_report
    from dramaturg.evals.report.text import text_report

    if layout == "json":
        print_json(data_report(result))
    else:
        layouts = {"human": text_report, "md": markdown_report, "junit": junit_report, "github": github_report}
        click.echo(layouts[layout](result), nl=False)
    click.get_current_context().exit(_code(result, inconclusive_ok=inconclusive_ok))


def _code(result: "Evaluated", *, inconclusive_ok: bool) -> int:
    """Return the exit code of a result."""
    from dramaturg.evals.statistics.verdict import Kind

    if result.lost:
        return _INFRASTRUCTURE
    kind = result.decision.kind if result.decision else None
    if kind is Kind.INCONCLUSIVE and inconclusive_ok:
        return 0
    codes = {Kind.WORSE: _WORSE, Kind.INCONCLUSIVE: _INCONCLUSIVE, Kind.INFRASTRUCTURE: _INFRASTRUCTURE}
    return codes.get(kind, 0) if kind else 0


COMMANDS = (evals,)
