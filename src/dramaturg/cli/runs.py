"""`run`, `resume`, `runs`: perform a persona, go on with a run, look at those there are."""

import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from dramaturg.cli.output import counted, json_option, print_findings, print_json, strict_option
from dramaturg.errors import CallerError

if TYPE_CHECKING:
    from dramaturg.cli.progress import Progress
    from dramaturg.run.inputs import Inputs
    from dramaturg.run.report import RunResult

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


@click.command()
@click.argument("persona")
@click.argument("artifact", required=False)
@click.option(
    "-a", "--artifact", "named", multiple=True, metavar="ID=FILE", help="A further artifact by its id; repeatable."
)
@click.option("-m", "--model", help="anthropic:NAME, openai:NAME[@URL], gguf:FILE, evidence or replay:RUN.")
@click.option("--window", type=click.IntRange(min=1024), help="Tokens of context of a local model.")
@click.option(
    "--reasks", type=click.IntRange(0, 5), default=2, show_default=True, help="How often a failing part is asked again."
)
@click.option("--fresh", is_flag=True, help="Begin a new run even if an unfinished one could go on.")
@click.option("--replay", metavar="RUN", help="Give a finished run's document again, asking nothing.")
@_output_options
def run(  # noqa: PLR0913 - one parameter for each option
    persona: str,
    artifact: str | None,
    *,
    named: tuple[str, ...],
    model: str | None,
    window: int | None,
    reasks: int,
    fresh: bool,
    replay: str | None,
    output: Path | None,
    quiet: bool,
    quotes: bool,
    strict: bool,
    as_json: bool,
) -> None:
    """Perform PERSONA (an alias or a .md file) on ARTIFACT, a file or `-` for stdin.

    An interrupted run goes on where it stopped when the same command is given again.
    """
    from dramaturg.cli.progress import Progress
    from dramaturg.run.runtime import Runtime

    if replay is not None and model is not None:
        raise CallerError("`--replay` asks no model; leave `--model` out")
    output = _require_writable(output)
    runtime = Runtime(
        model=model if replay is None else f"replay:{replay}",
        strict=strict,
        quotes=quotes,
        window=window,
        reasks=reasks,
    )
    inputs = _inputs(artifact, named)
    _require_apart(output, artifact, named)
    with Progress(quiet=quiet) as progress:
        result = runtime.run(persona, inputs, on_event=progress, fresh=fresh)
    _deliver(result, progress, output, quiet=quiet, as_json=as_json)


@click.command()
@click.argument("run_id", metavar="RUN")
@_output_options
def resume(run_id: str, *, output: Path | None, quiet: bool, quotes: bool, strict: bool, as_json: bool) -> None:
    """Go on with RUN under the persona, prompts, artifacts and model it began with."""
    from dramaturg.cli.progress import Progress
    from dramaturg.run.runtime import Runtime

    output = _require_writable(output)
    with Progress(quiet=quiet) as progress:
        result = Runtime(strict=strict, quotes=quotes).resume(run_id, on_event=progress)
    _deliver(result, progress, output, quiet=quiet, as_json=as_json)


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
    if not rows:
        click.echo("there are no runs yet", err=True)


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
    try:
        return sys.stdin.buffer.read().decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise CallerError(f"stdin is not UTF-8 text (byte {error.start}); convert it to UTF-8 first") from error


def _require_writable(output: Path | None) -> Path | None:
    """Refuse a place the document cannot go before anything is paid for; `-` stands for stdout."""
    if output == Path(_STDIO):
        return None
    if output is not None and not output.parent.is_dir():
        raise CallerError(f"there is no folder `{output.parent}` to write the document to")
    return output


def _require_apart(output: Path | None, artifact: str | None, named: tuple[str, ...]) -> None:
    """Refuse to write the document over what it is made from."""
    for file in (artifact or "", *(pair.partition("=")[2] for pair in named)):
        # Path.exists raises for what can be no path, such as a long text
        there = output is not None and os.path.exists(output) and os.path.exists(file)  # noqa: PTH110
        if output is not None and there and output.samefile(file):
            raise CallerError(f"`--output {output}` is the artifact itself; choose another file")


def _deliver(result: "RunResult", progress: "Progress", output: Path | None, *, quiet: bool, as_json: bool) -> None:
    """Hand over the document, then say what was used and what to look at; exit 1 if the result has errors."""
    from dramaturg.cli.progress import tokens
    from dramaturg.findings.model import has_errors

    if output is not None:
        try:
            output.write_text(result.document.markdown, encoding="utf-8")
        except OSError as error:
            where = f"the document is kept: dramaturg runs {progress.run}"
            raise CallerError(f"`{output}` cannot be written: {error.strerror}; {where}") from error
    if as_json:
        print_json(result.to_json())
    elif output is None:
        click.echo(result.document.markdown, nl=False)
    found = [finding for finding in result.findings if finding not in progress.told]
    print_findings((finding for finding in found if finding.is_error or not quiet), to_stderr=True, brief_notes=True)
    if not quiet:
        report = result.report
        journal = f", {counted(report.replayed, 'answer')} from the journal" if report.replayed else ""
        calls = counted(report.calls, "call")
        spent = f", {tokens(report.usage)}" if report.usage.input else ""
        progress.say(f"used {calls}{spent}{journal}, {progress.seconds:.1f} s")
        sections = counted(len(result.document.sections), "section") + (f" in {output}" if output else "")
        progress.say(f"{sections}, {counted(len(result.document.questions), 'open question')}")
    if has_errors(result.findings):
        click.get_current_context().exit(1)


COMMANDS = (run, resume, runs)
