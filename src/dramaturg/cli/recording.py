"""`eval record`: the answers that go with a suite."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from dramaturg.cli.formats import reporting_faults
from dramaturg.cli.output import counted, json_option, one_layout, print_json
from dramaturg.cli.spending import batch_option, budget_option, price_option, within_budget
from dramaturg.cli.suites import judge_option, layout_option, one_suite, secrets_option
from dramaturg.cli.worker import queue_option

if TYPE_CHECKING:
    from decimal import Decimal

    from dramaturg.evals.evaluated import Evaluated
    from dramaturg.evals.terms import Terms
    from dramaturg.models.prices import Price


@click.command(short_help="Keep the answers with the suite.")
@one_suite
@click.option(
    "--baseline", metavar="REV|RUN", help="Record too what comparing with it asks, of judges of pairs as well."
)
@click.option("-m", "--models", multiple=True, metavar="MODEL", help="Record this model instead of the suite's.")
@judge_option
@budget_option
@price_option
@batch_option
@click.option(
    "--replay",
    type=click.Choice(["auto", "off"]),
    default="auto",
    show_default=True,
    help="auto: ask what was never answered; off: ask everything anew.",
)
@secrets_option
@queue_option
@click.option("-q", "--quiet", is_flag=True, help="Say nothing on stderr but errors.")
@layout_option
@json_option
def record(  # noqa: PLR0913 - one parameter for each option
    suite: Path,
    *,
    baseline: str | None,
    models: tuple[str, ...],
    judge: str | None,
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
    """Write the answers to all questions of SUITE into the file that it names as `recorded`.

    The file goes into the repository: `eval run --replay strict` needs no more than that. What the suite does not ask
    any more is left out; what judges said of pairs, while it compares any, only with --baseline. The answers of other
    models stay.
    """
    from dramaturg.cli.evaluating import Watch
    from dramaturg.evals.recording import record_suite
    from dramaturg.evals.terms import Terms
    from dramaturg.findings.github import workflow_command

    layout = one_layout(layout, json=as_json)
    terms = Terms(
        baseline=baseline,
        models=models,
        judge=judge,
        replay=replay,
        budget=budget,
        price=price,
        batch=batch,
        secrets="allow" if allow_secrets else "stop",
        queue=queue,
    )
    with within_budget(), reporting_faults(layout), Watch(quiet=quiet) as watch:
        recording = record_suite(
            suite, watch.heard(terms), on_open=watch.open, on_step=watch.step, on_batch=watch.batch
        )
    if layout == "json":
        print_json(recording.to_json())
        return
    said = (
        f"{recording.path}: {counted(recording.questions, 'question')}, {recording.different:,} different answers, "
        f"{recording.size:,} bytes; {recording.new:,} new, {recording.gone:,} left out\n"
        f"{recording.passed:,} of {counted(recording.performances, 'performance')} passed"
    )
    if recording.unseen:
        said += (
            f"\n{counted(recording.unseen, 'question')} about pairs kept without a look; with `--baseline REV` those "
            "that are asked no more are left out"
        )
    title = {"title": recording.result.suite.suite.name}
    click.echo(workflow_command("notice", said, title) if layout == "github" else said)


def tell_of_new_answers(result: "Evaluated", terms: "Terms", *, quiet: bool) -> None:
    """Say how the answers that a suite records with it, and that were asked for only now, can be kept with it."""
    from dramaturg.evals.remedies import record_command

    command = record_command(result.suite, terms)
    if command and result.asked and not quiet:
        new = "1 answer is" if result.asked == 1 else f"{result.asked:,} answers are"
        click.echo(f"{new} new, kept on this machine only; to keep them with the suite: {command}", err=True)
