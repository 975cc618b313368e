"""`eval calibrate`: how often judges say what people say."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from dramaturg.cli.mutating import within_budget
from dramaturg.cli.output import counted, json_option, print_json, read_or_not

if TYPE_CHECKING:
    from collections.abc import Mapping

    from dramaturg.evals.judging.calibrations import Judged

_SHORT = 1


@click.command()
@click.argument("suite", type=click.Path(path_type=Path))
@click.option("--judge", metavar="MODEL", help="Calibrate this model instead of the suite's judge.")
@click.option("--rubric", "rubrics", multiple=True, metavar="NAME", help="Only this rubric; repeatable.")
@click.option("--budget", metavar="USD", help="Dollars it may cost; a call that could exceed it is not made.")
@click.option("--price", metavar="IN/OUT", help="Dollars for a million tokens in and out, where no price is known.")
@click.option(
    "--replay",
    type=click.Choice(["auto", "strict"]),
    default="auto",
    show_default=True,
    help="auto: ask what was never answered; strict: ask nothing.",
)
@click.option("--allow-secrets", is_flag=True, help="Send documents even if they hold what looks like a secret.")
@click.option("-q", "--quiet", is_flag=True, help="Say nothing on stderr but errors.")
@json_option
def calibrate(  # noqa: PLR0913 - one parameter for each option
    suite: Path,
    *,
    judge: str | None,
    rubrics: tuple[str, ...],
    budget: str | None,
    price: str | None,
    replay: Any,
    allow_secrets: bool,
    quiet: bool,
    as_json: bool,
) -> None:
    """Hold the judges of SUITE against documents that people labelled, and write down what they are worth.

    Asks each judge about each labelled document, tells how often it agrees with people, and keeps that beside the
    labels, where `eval run` finds it. Exits with 1 if a judge is not shown to be better than a coin: it may not decide.
    """
    from dramaturg.cli.evaluating import Progress
    from dramaturg.evals.calibrate import calibrate_suite
    from dramaturg.evals.report.calibration import calibration_data, calibration_text
    from dramaturg.evals.terms import Terms
    from dramaturg.models.prices import parse_price
    from dramaturg.run.budget import parse_usd

    terms = Terms(
        judge=judge,
        replay=replay,
        budget=None if budget is None else parse_usd(budget),
        price=None if price is None else parse_price(price),
        secrets="allow" if allow_secrets else "stop",
    )
    talk, done = Progress(quiet=quiet), 0

    def open_(destinations: "Mapping[str, str]") -> None:
        for name, destination in destinations.items():
            talk.say(f"model {name}: {destination}")

    def tell(metric: str, judged: "Judged") -> None:
        nonlocal done
        done += 1
        talk.so_far = f"{counted(done, 'document')} judged"
        talk.move(f"{metric}: {done:,} documents judged, the last: {judged.id}")

    with within_budget():
        with talk:
            calibrated = calibrate_suite(suite, terms, rubrics=rubrics, on_open=open_, on_label=tell)
        with read_or_not():
            if as_json:
                print_json(calibration_data(calibrated))
            else:
                click.echo(calibration_text(calibrated), nl=False)
        click.get_current_context().exit(0 if calibrated.sound else _SHORT)
