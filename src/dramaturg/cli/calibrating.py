"""`eval calibrate`: how often judges say what people say."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from dramaturg.cli.formats import reporting_faults
from dramaturg.cli.output import counted, json_option, one_layout, print_json, read_or_not
from dramaturg.cli.spending import batch_option, budget_option, price_option, within_budget
from dramaturg.cli.suites import layout_option, one_suite, secrets_option
from dramaturg.cli.worker import queue_option

if TYPE_CHECKING:
    from collections.abc import Mapping
    from decimal import Decimal

    from dramaturg.evals.judging.calibrations import Judged
    from dramaturg.models.prices import Price

_SHORT = 1


@click.command(short_help="Hold judges against what people labelled.")
@one_suite
@click.option("--judge", metavar="MODEL", help="Calibrate this model instead of the suite's judge.")
@click.option("--rubric", "rubrics", multiple=True, metavar="NAME", help="Only this rubric or comparison; repeatable.")
@budget_option
@price_option
@batch_option
@click.option(
    "--replay",
    type=click.Choice(["auto", "strict"]),
    default="auto",
    show_default=True,
    help="auto: ask what was never answered; strict: ask nothing.",
)
@secrets_option
@queue_option
@click.option("-q", "--quiet", is_flag=True, help="Say nothing on stderr but errors.")
@layout_option
@json_option
def calibrate(  # noqa: PLR0913 - one parameter for each option
    suite: Path,
    *,
    judge: str | None,
    rubrics: tuple[str, ...],
    budget: "Decimal | None",
    price: "Price | None",
    batch: bool,
    replay: Any,
    allow_secrets: bool,
    queue: str | None,
    quiet: bool,
    layout: str | None,
    as_json: bool,
) -> None:
    """Hold the judges of SUITE against what people labelled, and write down what they are worth.

    Asks each judge about each labelled document or pair, tells how often it agrees with people, and keeps that beside
    the labels, where `eval run` finds it. Exits with 1 if a judge is not shown to be better than a coin: it may not
    decide.
    """
    from dramaturg.cli.evaluating import Progress
    from dramaturg.evals.calibrate import calibrate_suite
    from dramaturg.evals.report.calibration import calibration_data, calibration_github, calibration_text
    from dramaturg.evals.terms import Terms

    layout = one_layout(layout, json=as_json)
    terms = Terms(
        judge=judge,
        replay=replay,
        budget=budget,
        price=price,
        batch=batch,
        secrets="allow" if allow_secrets else "stop",
        queue=queue,
    )
    talk, done = Progress(quiet=quiet), 0

    def open_(destinations: "Mapping[str, str]") -> None:
        for name, destination in destinations.items():
            talk.say(f"model {name}: {destination}")

    def tell(metric: str, judged: "Judged") -> None:
        nonlocal done
        done += 1
        talk.so_far = f"{counted(done, 'label')} judged"
        talk.move(f"{metric}: {done:,} labels judged, the last: {judged.id}")

    with within_budget(), reporting_faults(layout), talk:
        calibrated = calibrate_suite(
            suite, talk.heard(terms), rubrics=rubrics, on_open=open_, on_label=tell, on_batch=talk.batch
        )
    with read_or_not():
        if layout == "json":
            print_json(calibration_data(calibrated))
        else:
            click.echo((calibration_github if layout == "github" else calibration_text)(calibrated), nl=False)
    click.get_current_context().exit(0 if calibrated.sound else _SHORT)
