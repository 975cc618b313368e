"""`run`, `resume`: perform a persona, go on with a run."""

import sys
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import click

from dramaturg.cli.deliver import Delivery, deliver, require_apart
from dramaturg.cli.inputs import given_inputs, require_order
from dramaturg.cli.options import answer_options, limit_options, no_more, output_options, secret_options
from dramaturg.cli.output import begin_tracing, elsewhere
from dramaturg.cli.unasked import telling_of_unasked
from dramaturg.errors import CallerError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from dramaturg.cli.progress import Progress
    from dramaturg.engine.events import Event
    from dramaturg.run.drive import Emit
    from dramaturg.run.respond import Known
    from dramaturg.run.secrets import Handling

_STDIO = "-"


@click.command(short_help="Perform a persona on an artifact.")
@click.argument("persona")
@click.argument("artifact", required=False)
@no_more("`{0}` is a second artifact; give it by its id, `-a ID={0}`")
@click.option(
    "-a", "--artifact", "named", multiple=True, metavar="ID=PATH", help="A further artifact by its id; repeatable."
)
@click.option("-m", "--model", help="anthropic:NAME, openai:NAME[@URL], gguf:FILE, evidence or replay:RUN.")
@output_options
@click.option(
    "--model-for",
    "models",
    multiple=True,
    metavar="STEP=MODEL",
    help="Another model for a step's number or a kind of step: ingest=…, section=…; repeatable.",
)
@click.option("--judge", metavar="MODEL", help="Holds each claim against the lines it cites, once all is written.")
@click.option("--fallback", multiple=True, metavar="MODEL", help="Asked where the model cannot be had; repeatable.")
@click.option("--window", type=click.IntRange(min=1024), help="Tokens of context of a local model.")
@click.option(
    "--reasks", type=click.IntRange(0, 5), default=2, show_default=True, help="How often a failing part is asked again."
)
@click.option(
    "--parallel/--sequential",
    "parallel",
    default=None,
    help="Write sections side by side that do not need each other, or one after the other; as the persona says unless "
    "given.",
)
@click.option("--follow", is_flag=True, help="Perform the personas that the run hands over to as well.")
@click.option("--fresh", is_flag=True, help="Begin a new run even if an unfinished one could go on.")
@click.option("--queue", metavar="URL", help="Let a worker on this Postgres database perform it, and follow it.")
@click.option("--replay", metavar="RUN", help="Give a finished run's document again, asking nothing.")
@answer_options
@limit_options
@secret_options
def run(  # noqa: PLR0913 - one parameter for each option
    persona: str,
    artifact: str | None,
    *,
    named: tuple[str, ...],
    model: str | None,
    models: tuple[str, ...],
    judge: str | None,
    fallback: tuple[str, ...],
    window: int | None,
    reasks: int,
    parallel: bool | None,
    follow: bool,
    fresh: bool,
    queue: str | None,
    replay: str | None,
    answered: tuple[str, ...],
    answers_file: Path | None,
    yes: bool,
    budget: str | None,
    max_tokens: int | None,
    deadline: str | None,
    price: str | None,
    where: Delivery,
    log: str | None,
    quotes: bool,
    allow_secrets: bool,
    redact: bool,
    strict: bool,
) -> None:
    """Perform PERSONA (an alias or a .md file) on ARTIFACT: a file, a folder, a pattern in quotes, or `-` for stdin.

    An interrupted run goes on where it stopped when the same command is given again. What only a person can answer is
    asked on a terminal; elsewhere the run pauses, exits with 5, and `resume RUN --answer ID=TEXT` goes on.
    """
    from dramaturg.cli.asking import asker
    from dramaturg.cli.progress import Progress
    from dramaturg.run.runtime import Runtime
    from dramaturg.run.team import parse_models

    if replay is not None and model is not None:
        raise CallerError("`--replay` asks no model; leave `--model` out")
    _elsewhere(queue)
    begin_tracing()
    known = _answers(answered, answers_file)
    runtime = Runtime(
        model=model if replay is None else f"replay:{replay}",
        strict=strict,
        quotes=quotes,
        secrets=_secrets(allow=allow_secrets, redact=redact),
        window=window,
        reasks=reasks,
        parallel=parallel,
        answers=known,
        yes=yes,
        follow=follow,
        durable=queue,
        models=parse_models(models),
        judge=judge,
        fallback=fallback,
        budget=budget,
        max_tokens=max_tokens,
        deadline=deadline,
        price=price,
        delivers=True,
    )
    require_order(persona, artifact, runtime.library, "run")
    inputs = given_inputs(artifact, named)
    require_apart(where, artifact, named)
    with (
        Progress(quiet=where.quiet) as progress,
        _logged(log, progress) as shown_and_kept,
        telling_of_unasked([*known], shown_and_kept, progress) as emit,
    ):
        result = runtime.run(persona, inputs, on_event=emit, on_question=asker(progress), fresh=fresh)
    noted = _nothing if replay else runtime.delivered
    deliver(result, progress, where, lambda run: runtime.record(replay or run), noted)


@click.command(short_help="Go on with a run where it stopped.")
@click.argument("run_id", metavar="RUN")
@click.option("--database", metavar="URL", help="A run of a database that many machines share.")
@output_options
@answer_options
@limit_options
@secret_options
def resume(  # noqa: PLR0913 - one parameter for each option
    run_id: str,
    *,
    database: str | None,
    answered: tuple[str, ...],
    answers_file: Path | None,
    yes: bool,
    budget: str | None,
    max_tokens: int | None,
    deadline: str | None,
    price: str | None,
    where: Delivery,
    log: str | None,
    quotes: bool,
    allow_secrets: bool,
    redact: bool,
    strict: bool,
) -> None:
    """Go on with RUN under the persona, prompts, artifacts and model it began with.

    What it waits for is asked on a terminal, or given by --answer, --answers and --yes.
    """
    from dramaturg.cli.asking import asker
    from dramaturg.cli.progress import Progress
    from dramaturg.run.runtime import Runtime

    _elsewhere(database)
    begin_tracing()
    known = _answers(answered, answers_file)
    runtime = Runtime(
        strict=strict,
        quotes=quotes,
        secrets=_secrets(allow=allow_secrets, redact=redact),
        durable=database,
        answers=known,
        yes=yes,
        budget=budget,
        max_tokens=max_tokens,
        deadline=deadline,
        price=price,
        delivers=True,
    )
    with (
        Progress(quiet=where.quiet) as progress,
        _logged(log, progress) as shown_and_kept,
        telling_of_unasked([*known], shown_and_kept, progress) as emit,
    ):
        result = runtime.resume(run_id, on_event=emit, on_question=asker(progress))

    def place(run: str) -> str:
        return run_id if run == result.report.run else run

    deliver(result, progress, where, lambda run: runtime.record(place(run)), lambda run: runtime.delivered(place(run)))


def _nothing(run: str) -> None:
    """Take no note: what is told again was told before."""
    del run


def _elsewhere(database: str | None) -> None:
    """Take note that others perform the run."""
    if database is not None:
        elsewhere()


def _answers(answered: tuple[str, ...], file: Path | None) -> "Known":
    from dramaturg.run.respond import parse_answers, read_answers

    return {**(read_answers(file) if file else {}), **parse_answers(answered)}


@contextmanager
def _logged(log: str | None, progress: "Progress") -> "Iterator[Emit]":
    """Give what shows events, and writes each down as well where that is wished."""
    from dramaturg.run.log import EventLog

    if log is None:
        yield progress
        return
    try:
        stream = sys.stderr if log == _STDIO else Path(log).open("a", encoding="utf-8")  # noqa: SIM115 - closed below
    except OSError as error:
        raise CallerError(f"the log `{log}` cannot be written: {error.strerror}") from error
    write = EventLog(stream)

    def emit(event: "Event") -> None:
        write(event)
        progress(event)

    try:
        yield emit
    finally:
        if log != _STDIO:
            stream.close()


def _secrets(*, allow: bool, redact: bool) -> "Handling":
    if allow and redact:
        raise CallerError("`--allow-secrets` sends secrets, `--redact` keeps them back; choose one")
    return "allow" if allow else "redact" if redact else "stop"


COMMANDS = (run, resume)
