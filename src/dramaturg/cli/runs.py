"""`run`, `resume`, `runs`: perform a persona, go on with a run, look at those there are."""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from dramaturg.cli.deliver import deliver, require_apart, require_writable
from dramaturg.cli.output import counted, json_option, print_json, strict_option
from dramaturg.errors import AnswerNeeded, CallerError
from dramaturg.findings.render import shown

if TYPE_CHECKING:
    from dramaturg.run.inputs import Inputs
    from dramaturg.run.respond import Known
    from dramaturg.run.secrets import Handling

_STDIO = "-"


def _output_options(command: Callable[..., Any]) -> Callable[..., Any]:
    for option in (
        click.option(
            "-o",
            "--output",
            type=click.Path(dir_okay=False, path_type=Path),
            help="Write the document here instead of to stdout.",
        ),
        click.option("-q", "--quiet", is_flag=True, help="Say nothing on stderr but errors."),
        click.option("--quotes", is_flag=True, help="Print the quoted lines below each entry."),
        strict_option,
        json_option,
    ):
        command = option(command)
    return command


def _answer_options(command: Callable[..., Any]) -> Callable[..., Any]:
    for option in (
        click.option(
            "--answer",
            "answered",
            multiple=True,
            metavar="ID=TEXT",
            help="Answer a question; ID=@FILE hands a file over.",
        ),
        click.option(
            "--answers",
            "answers_file",
            type=click.Path(dir_okay=False, path_type=Path),
            help="Answers in a YAML or JSON file, by the id of the question or of its step.",
        ),
        click.option("-y", "--yes", is_flag=True, help="Confirm whatever is to be confirmed."),
    ):
        command = option(command)
    return command


@click.command()
@click.argument("persona")
@click.argument("artifact", required=False)
@click.option(
    "-a", "--artifact", "named", multiple=True, metavar="ID=PATH", help="A further artifact by its id; repeatable."
)
@click.option("-m", "--model", help="anthropic:NAME, openai:NAME[@URL], gguf:FILE, evidence or replay:RUN.")
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
@click.option("--replay", metavar="RUN", help="Give a finished run's document again, asking nothing.")
@_answer_options
@click.option("--allow-secrets", is_flag=True, help="Send artifacts even if they hold what looks like a secret.")
@click.option("--redact", is_flag=True, help="Send a placeholder in place of what looks like a secret.")
@_output_options
def run(  # noqa: PLR0913 - one parameter for each option
    persona: str,
    artifact: str | None,
    *,
    named: tuple[str, ...],
    model: str | None,
    window: int | None,
    reasks: int,
    parallel: bool | None,
    follow: bool,
    fresh: bool,
    replay: str | None,
    answered: tuple[str, ...],
    answers_file: Path | None,
    yes: bool,
    output: Path | None,
    quiet: bool,
    quotes: bool,
    allow_secrets: bool,
    redact: bool,
    strict: bool,
    as_json: bool,
) -> None:
    """Perform PERSONA (an alias or a .md file) on ARTIFACT: a file, a folder, a pattern in quotes, or `-` for stdin.

    An interrupted run goes on where it stopped when the same command is given again. What only a person can answer is
    asked on a terminal; elsewhere the run pauses, exits with 5, and `resume RUN --answer ID=TEXT` goes on.
    """
    from dramaturg.cli.asking import asker
    from dramaturg.cli.progress import Progress
    from dramaturg.run.runtime import Runtime

    if replay is not None and model is not None:
        raise CallerError("`--replay` asks no model; leave `--model` out")
    output = require_writable(output)
    runtime = Runtime(
        model=model if replay is None else f"replay:{replay}",
        strict=strict,
        quotes=quotes,
        secrets=_secrets(allow=allow_secrets, redact=redact),
        window=window,
        reasks=reasks,
        parallel=parallel,
        answers=_answers(answered, answers_file),
        yes=yes,
        follow=follow,
    )
    inputs = _inputs(artifact, named)
    require_apart(output, artifact, named)
    with Progress(quiet=quiet) as progress, _told_in_json(as_json=as_json):
        result = runtime.run(persona, inputs, on_event=progress, on_question=asker(progress), fresh=fresh)
    deliver(result, progress, output, quiet=quiet, as_json=as_json)


@click.command()
@click.argument("run_id", metavar="RUN")
@_answer_options
@_output_options
def resume(  # noqa: PLR0913 - one parameter for each option
    run_id: str,
    *,
    answered: tuple[str, ...],
    answers_file: Path | None,
    yes: bool,
    output: Path | None,
    quiet: bool,
    quotes: bool,
    strict: bool,
    as_json: bool,
) -> None:
    """Go on with RUN under the persona, prompts, artifacts and model it began with.

    What it waits for is asked on a terminal, or given by --answer, --answers and --yes.
    """
    from dramaturg.cli.asking import asker
    from dramaturg.cli.progress import Progress
    from dramaturg.run.runtime import Runtime

    output = require_writable(output)
    runtime = Runtime(strict=strict, quotes=quotes, answers=_answers(answered, answers_file), yes=yes)
    with Progress(quiet=quiet) as progress, _told_in_json(as_json=as_json):
        result = runtime.resume(run_id, on_event=progress, on_question=asker(progress))
    deliver(result, progress, output, quiet=quiet, as_json=as_json)


@click.command()
@click.argument("run_id", metavar="[RUN]", required=False)
@json_option
def runs(run_id: str | None, *, as_json: bool) -> None:
    """List the runs of this machine, or show what RUN has produced so far."""
    from dramaturg.run.runs import kept_document, run_summary
    from dramaturg.run.runtime import Runtime

    runtime = Runtime(model="evidence")
    if run_id is None:
        _list_runs(runtime.runs(), as_json=as_json)
        return
    record = runtime.record(run_id)
    document = kept_document(record)
    if as_json:
        print_json({**run_summary(record), "markdown": document})
    else:
        click.echo(document, nl=False)


def _list_runs(rows: list[dict[str, Any]], *, as_json: bool) -> None:
    if as_json:
        print_json(rows)
        return
    for row in rows:
        answers = counted(row["answers"], "answer")
        told = f"{answers}, {row['persona']} with {row['model']}" if row["persona"] else row["message"]
        click.echo(f"{row['run']}  {row['status']}, {told}")
        for question in row["questions"]:
            click.echo(shown(f"    {question['id']} ({question['kind']}): {question['text']}"))
    if not rows:
        click.echo("there are no runs yet", err=True)


def _answers(answered: tuple[str, ...], file: Path | None) -> "Known":
    from dramaturg.run.respond import parse_answers, read_answers

    return {**(read_answers(file) if file else {}), **parse_answers(answered)}


@contextmanager
def _told_in_json(*, as_json: bool) -> Iterator[None]:
    """Give a program the questions that a run pauses for."""
    try:
        yield
    except AnswerNeeded as pause:
        if as_json:
            asked = [{"id": name, "kind": kind, "text": text} for name, kind, text in pause.questions]
            print_json({"run": pause.run, "questions": asked})
        raise


def _secrets(*, allow: bool, redact: bool) -> "Handling":
    if allow and redact:
        raise CallerError("`--allow-secrets` sends secrets, `--redact` keeps them back; choose one")
    return "allow" if allow else "redact" if redact else "stop"


def _inputs(artifact: str | None, named: tuple[str, ...]) -> "Inputs":
    """Return what the command line hands over: one unnamed artifact, or artifacts by id."""
    if [artifact, *(pair.partition("=")[2] for pair in named)].count(_STDIO) > 1:
        raise CallerError("only one artifact can come from stdin; give the others as files")
    by_id: dict[str, str | Path] = {}
    for pair in named:
        name, equals, file = pair.partition("=")
        if not equals or not name.strip() or not file:
            raise CallerError(f"`--artifact {pair}` has no file; write `--artifact ID=FILE`")
        if name in by_id:
            raise CallerError(f"the artifact `{name}` is given twice")
        by_id[name] = _given(file)
    if artifact is None:
        return by_id
    return {"": _given(artifact), **by_id} if by_id else _given(artifact)


def _given(file: str) -> str | Path:
    if file != _STDIO:
        return Path(file)
    from dramaturg.run.files import read_stdin

    return read_stdin(sys.stdin.buffer)


COMMANDS = (run, resume, runs)
