"""A run's result to its reader; its one rule: nothing that was paid for is lost on the way."""

import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import click

from dramaturg.cli.output import counted, print_findings, print_json
from dramaturg.errors import CallerError

if TYPE_CHECKING:
    from collections.abc import Callable

    from dramaturg.cli.progress import Progress
    from dramaturg.run.record import Record
    from dramaturg.run.report import RunResult

    RecordOf = Callable[[str], Record]

_STDIO = "-"


html_option = click.option(
    "--html",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Write a page for reading here: the document, its sources, what was demanded, what it cost.",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """Where a result goes.

    Attributes:
        output: Where the document goes; None for stdout.
        html: Where the page of the run goes; None for none.
        as_json: Print the result as JSON on stdout, in place of the document.
        quiet: Say nothing on stderr but errors.
    """

    output: Path | None
    html: Path | None
    as_json: bool
    quiet: bool = False


def delivery(output: Path | None, html: Path | None, *, as_json: bool, quiet: bool = False) -> Delivery:
    """Return where a result is to go; CallerError for what cannot be written, before anything is paid for."""
    if html == Path(_STDIO):
        raise CallerError("the page of a run goes to a file; write `--html FILE`")
    output, html = (require_writable(None if place == Path(_STDIO) else place) for place in (output, html))
    if output is not None and html is not None and output.absolute() == html.absolute():
        raise CallerError(f"`--output {output}` and `--html {html}` are the same file; choose another one")
    return Delivery(output=output, html=html, as_json=as_json, quiet=quiet)


def require_writable(output: Path | None) -> Path | None:
    """Refuse a place that a result cannot go."""
    if output is not None and not output.parent.is_dir():
        raise CallerError(f"there is no folder `{output.parent}` to write `{output.name}` to")
    return output


def require_journal(html: Path | None) -> None:
    """Refuse a page of a run that other machines perform: its journal is not on this one."""
    if html is not None:
        raise CallerError("a run of a database has no journal here to make a page of; leave `--html` out")


def require_apart(delivery: Delivery, artifact: str | None, named: tuple[str, ...]) -> None:
    """Refuse to write a result over what it is made from."""
    for option, output in (("--output", delivery.output), ("--html", delivery.html)):
        for file in (artifact or "", *(pair.partition("=")[2] for pair in named)):
            # Path.exists raises for what can be no path, such as a long text
            there = output is not None and os.path.exists(output) and os.path.exists(file)  # noqa: PTH110
            if output is not None and there and output.samefile(file):
                raise CallerError(f"`{option} {output}` is the artifact itself; choose another file")


def deliver(result: "RunResult", progress: "Progress", delivery: Delivery, record: "RecordOf") -> None:
    """Hand over the document, then say what was used and what to look at; exit 1 if the result has errors.

    Args:
        result: What to hand over.
        progress: Says what there is to say.
        delivery: Where it goes.
        record: Gives the journal of a run by its id, for its page.
    """
    from dramaturg.findings.model import has_errors

    places = [*_placed(result, delivery.output)]
    _hand_over(places, delivery)
    for each, place in _placed(result, delivery.html):
        if place is not None:
            write_page(record(each.report.run), place)
    if delivery.as_json:
        print_json(result.to_json())
    findings = [finding for each, _ in places for finding in each.findings]
    found = [finding for finding in findings if finding not in progress.told]
    shown = (finding for finding in found if finding.is_error or not delivery.quiet)
    print_findings(shown, to_stderr=True, brief_notes=True)
    if not delivery.quiet:
        _tell(result, progress, places)
        if delivery.html is not None:
            progress.say(f"page for reading in {delivery.html}")
    if has_errors(findings):
        click.get_current_context().exit(1)


def _hand_over(places: Sequence[tuple["RunResult", Path | None]], delivery: Delivery) -> None:
    """Write the documents where they go."""
    for each, place in places:
        if place is not None:
            write(each.document.markdown, place, each.report.run)
    if delivery.output is None and not delivery.as_json:
        click.echo("\n".join(each.document.markdown for each, _ in places), nl=False)


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


def write_page(record: "Record", output: Path) -> None:
    """Write the page of a run."""
    from dramaturg.run.page.page import page_of

    write(page_of(record), output, record.run)


def write(text: str, output: Path, run: str) -> None:
    """Write what a run has produced to a file; CallerError, which says where it is kept, if that fails."""
    try:
        output.write_bytes(text.encode("utf-8", "replace"))
    except OSError as error:
        where = f"the document is kept: dramaturg runs {run}"
        raise CallerError(f"`{output}` cannot be written: {error.strerror}; {where}") from error
