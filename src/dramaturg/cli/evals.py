"""`eval`: whether an edit made a persona better or worse."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from dramaturg.cli.calibrating import calibrate
from dramaturg.cli.deliver import OutputFile
from dramaturg.cli.formats import reporting_faults
from dramaturg.cli.inspecting import inspect_option, write_inspect_logs
from dramaturg.cli.listing import list_runs
from dramaturg.cli.mutating import mutate
from dramaturg.cli.options import InOrder
from dramaturg.cli.output import json_option, one_layout, print_json
from dramaturg.cli.paging import html_option, pages_option, require_pages
from dramaturg.cli.pruning import prune
from dramaturg.cli.recording import record
from dramaturg.cli.spending import batch_option, budget_option, price_option
from dramaturg.cli.suites import judge_option, secrets_option
from dramaturg.cli.telling import LAYOUTS, Telling, print_result, verdict_options
from dramaturg.cli.worker import queue_option

if TYPE_CHECKING:
    from decimal import Decimal

    from dramaturg.models.prices import Price


@click.group("eval", cls=InOrder, short_help="Tell whether an edit made personas better or worse.")
def evals() -> None:
    """Tell whether an edit made personas better or worse.

    Try: dramaturg eval run evals/dpa-1.suite.yaml --baseline HEAD
    """


@evals.command(short_help="Perform suites; compare with a baseline.")
@click.argument("suites", metavar="SUITE...", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option("--baseline", metavar="REV|RUN", help="Compare with this git revision, or with a recorded eval.")
@click.option(
    "-m", "--models", multiple=True, metavar="MODEL", help="Ask this model instead of the suite's; repeatable."
)
@judge_option
@click.option("--repeats", type=click.IntRange(1, 1000), help="Perform each case so often.")
@budget_option
@price_option
@batch_option
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
@secrets_option
@queue_option
@pages_option
@verdict_options
def run(  # noqa: PLR0913 - one parameter for each option
    suites: tuple[Path, ...],
    *,
    baseline: str | None,
    models: tuple[str, ...],
    judge: str | None,
    repeats: int | None,
    budget: "Decimal | None",
    price: "Price | None",
    batch: bool,
    replay: Any,
    sequential: bool | None,
    seed: int,
    tags: tuple[str, ...],
    allow_secrets: bool,
    queue: str | None,
    layout: str | None,
    html: Path | None,
    inconclusive_ok: bool,
    quiet: bool,
    as_json: bool,
) -> None:
    """Perform each SUITE, and tell with --baseline whether it has become worse.

    Exits with 1 if it is worse, with 6 if nothing could be decided. An eval that was interrupted goes on where it
    stopped when the same command is given again; what was ever answered is not asked twice. Several suites are told one
    after the other, --json a line each; what is exited with is the worst of them, 1 before all else.
    """
    import gc

    from dramaturg.cli.performing import perform_suite, perform_suites
    from dramaturg.evals.terms import Terms

    layout = one_layout(layout, json=as_json)
    terms = Terms(
        baseline=baseline,
        models=models,
        judge=judge,
        repeats=repeats,
        sequential=sequential,
        replay=replay,
        budget=budget,
        price=price,
        batch=batch,
        seed=seed,
        tags=tags,
        secrets="allow" if allow_secrets else "stop",
        queue=queue,
    )
    gc.freeze()  # the modules and their tables stay; looking for garbage in them takes a tenth of the time
    telling = Telling(layout=layout, html=html, inconclusive_ok=inconclusive_ok, quiet=quiet)
    named = [*dict.fromkeys(suites)]
    require_pages(html, named)
    code = perform_suites(named, terms, telling) if named[1:] else perform_suite(named[0], terms, telling)
    click.get_current_context().exit(code)


@evals.command(short_help="Compare two recorded evals.")
@click.argument("before", metavar="RUN")
@click.argument("after", metavar="RUN")
@price_option
@click.option("--seed", type=int, default=0, show_default=True, help="Of the draws of a permutation test.")
@html_option
@verdict_options
def compare(  # noqa: PLR0913 - one parameter for each option
    before: str,
    after: str,
    *,
    price: "Price | None",
    seed: int,
    layout: str | None,
    html: Path | None,
    inconclusive_ok: bool,
    quiet: bool,
    as_json: bool,
) -> None:
    """Compare what two recorded evals performed, by their ids or files; the first is the baseline.

    Nothing is asked: both are performed again over their recorded answers, and held to what the first one demands.
    """
    from dramaturg.evals.evaluate import compare_runs
    from dramaturg.evals.terms import Terms

    layout = one_layout(layout, json=as_json)
    telling = Telling(layout=layout, html=html, inconclusive_ok=inconclusive_ok, quiet=quiet)
    with reporting_faults(layout):
        result = compare_runs(before, after, Terms(seed=seed, price=price))
    click.get_current_context().exit(telling.tell(result))


@evals.command(short_help="Tell a recorded eval again, or list them.")
@click.argument("run_id", metavar="[RUN]", required=False)
@click.option("--format", "layout", type=click.Choice(LAYOUTS), help="As `eval run` prints it; human unless given.")
@click.option("--md", is_flag=True, help="Short for --format md.")
@click.option("--junit", is_flag=True, help="Short for --format junit.")
@html_option
@inspect_option
@json_option
def report(
    run_id: str | None,
    *,
    layout: str | None,
    md: bool,
    junit: bool,
    html: Path | None,
    inspect: Path | None,
    as_json: bool,
) -> None:
    """Print what the recorded eval RUN, an id or a file, amounts to; without RUN list all of them.

    Exits with 0 whatever the verdict: it is that of the eval, told again.
    """
    from dramaturg.evals.evaluate import load_run

    layout = one_layout(layout, md=md, junit=junit, json=as_json)
    if run_id is None:
        if html is not None or inspect is not None:
            raise click.UsageError("`--html` and `--inspect` are of one eval; name its RUN")
        if layout not in ("human", "json"):
            raise click.UsageError(f"`{layout}` is a format of one eval; name its RUN")
        list_runs(as_json=layout == "json")
        return
    with reporting_faults(layout):
        result = load_run(run_id)
    print_result(result, layout)
    Telling(layout=layout, html=html).write(result)
    write_inspect_logs(result, inspect)


@evals.command(short_help="Begin a suite for a persona.")
@click.argument("persona")
@click.argument("files", nargs=-1)
@click.option("-o", "--output", type=OutputFile(), help="Write here instead.")
@json_option
def new(persona: str, files: tuple[str, ...], *, output: Path | None, as_json: bool) -> None:
    """Begin a suite for PERSONA, with a case for each of FILES; prints its path."""
    import shlex

    from dramaturg.cli.inputs import artifact_path
    from dramaturg.evals.scaffold import begin_suite
    from dramaturg.persona.library import Library
    from dramaturg.run.revisions import has_head
    from dramaturg.run.settings import current, persona_roots

    path = begin_suite(Library(persona_roots(*current())), persona, [*map(artifact_path, files)], output)
    if as_json:
        print_json({"path": str(path)})
    else:
        click.echo(str(path))
    baseline = " --baseline HEAD" if has_head() else ""
    click.echo(f"next: dramaturg eval run {shlex.quote(str(path))}{baseline}", err=True)


@click.command(short_help="Print the JSON Schema of suite files.")
@click.option("--labels", is_flag=True, help="That of files of labels, by which judges are calibrated.")
@json_option
def schema(*, labels: bool, as_json: bool) -> None:
    """Print the JSON Schema of suite files, for editors."""
    del as_json  # it is JSON in any case
    from dramaturg.evals.schema import labels_schema, suite_schema

    print_json(labels_schema() if labels else suite_schema())


for _command in (record, mutate, calibrate, prune, schema):
    evals.add_command(_command)
COMMANDS = (evals,)
