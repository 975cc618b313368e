"""A run's result to its reader; its one rule: nothing that was paid for is lost on the way."""

import os
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from dramaturg.cli.output import counted, print_findings, print_json
from dramaturg.errors import CallerError

if TYPE_CHECKING:
    from dramaturg.cli.progress import Progress
    from dramaturg.run.report import RunResult

_STDIO = "-"


def require_writable(output: Path | None) -> Path | None:
    """Refuse a place the document cannot go before anything is paid for; `-` stands for stdout."""
    if output == Path(_STDIO):
        return None
    if output is not None and not output.parent.is_dir():
        raise CallerError(f"there is no folder `{output.parent}` to write the document to")
    return output


def require_apart(output: Path | None, artifact: str | None, named: tuple[str, ...]) -> None:
    """Refuse to write the document over what it is made from."""
    for file in (artifact or "", *(pair.partition("=")[2] for pair in named)):
        # Path.exists raises for what can be no path, such as a long text
        there = output is not None and os.path.exists(output) and os.path.exists(file)  # noqa: PTH110
        if output is not None and there and output.samefile(file):
            raise CallerError(f"`--output {output}` is the artifact itself; choose another file")


def deliver(result: "RunResult", progress: "Progress", output: Path | None, *, quiet: bool, as_json: bool) -> None:
    """Hand over the document, then say what was used and what to look at; exit 1 if the result has errors."""
    from dramaturg.findings.model import has_errors

    places = [*_placed(result, output)]
    for each, place in places:
        if place is not None:
            _write(each, place)
    if as_json:
        print_json(result.to_json())
    elif output is None:
        click.echo("\n".join(each.document.markdown for each, _ in places), nl=False)
    findings = [finding for each, _ in places for finding in each.findings]
    found = [finding for finding in findings if finding not in progress.told]
    print_findings((finding for finding in found if finding.is_error or not quiet), to_stderr=True, brief_notes=True)
    if not quiet:
        _tell(result, progress, places)
    if has_errors(findings):
        click.get_current_context().exit(1)


def _tell(result: "RunResult", progress: "Progress", places: Sequence[tuple["RunResult", Path | None]]) -> None:
    """Say what was used and what there is."""
    from decimal import Decimal

    from dramaturg.cli.progress import tokens
    from dramaturg.models.prices import dollars

    report = result.report
    journal = f", {counted(report.replayed, 'answer')} from the journal" if report.replayed else ""
    calls = counted(report.calls, "call")
    spent = f", {tokens(report.usage)}" if report.usage.input else ""
    cost = f", {dollars(Decimal(str(report.cost)))}" if report.cost else ""
    progress.say(f"used {calls}{spent}{cost}{journal}, {progress.seconds:.1f} s")
    for each, place in places:
        sections = counted(len(each.document.sections), "section") + (f" in {place}" if place else "")
        progress.say(f"{sections}, {counted(len(each.document.questions), 'open question')}")
    for handed in () if result.followed else result.handoffs:
        progress.say(f"hands over to {handed.persona}; `--follow` performs it, `--json` gives mandate and inputs")


def _placed(result: "RunResult", output: Path | None) -> "Iterator[tuple[RunResult, Path | None]]":
    """Yield a result and those that followed it, each with the file it goes to; None stands for stdout."""
    from dramaturg.persona.model import fold_id

    yield result, output
    for followed in result.followed:
        name = fold_id(followed.report.persona.split()[0]).replace("/", "_")
        yield from _placed(followed, output.with_name(f"{output.stem}.{name}{output.suffix}") if output else None)


def _write(result: "RunResult", output: Path) -> None:
    try:
        output.write_text(result.document.markdown, encoding="utf-8")
    except OSError as error:
        where = f"the document is kept: dramaturg runs {result.report.run}"
        raise CallerError(f"`{output}` cannot be written: {error.strerror}; {where}") from error
