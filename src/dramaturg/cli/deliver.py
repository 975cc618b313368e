"""A run's result to its reader; its one rule: nothing that was paid for is lost on the way."""

import os
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import wraps
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from dramaturg.cli.output import counted, json_option, print_findings, print_json
from dramaturg.errors import CallerError
from dramaturg.persona.files import is_there

if TYPE_CHECKING:
    from dramaturg.cli.progress import Progress
    from dramaturg.run.record import Record
    from dramaturg.run.rendition import Rendition
    from dramaturg.run.report import RunResult

    RecordOf = Callable[[str], Record]

_STDIO = "-"
_DRAWN = 2  # findings of one rule, at most; a document of which much is missing is told in lines


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """Where a result goes, and as what.

    Attributes:
        output: Where the document goes; None for stdout.
        rendition: How it is written.
        html: Where the page of the run goes besides; None for none.
        as_json: Print the result as JSON on stdout, in place of the document.
        quiet: Say nothing on stderr but errors.
    """

    output: Path | None
    rendition: "Rendition"
    html: Path | None
    as_json: bool
    quiet: bool


class OutputFile(click.Path):
    """The path of a file to write: one that ends as a folder's does is none, whether there is such a folder or not."""

    def __init__(self) -> None:
        super().__init__(dir_okay=False, path_type=Path)

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """Return the path; a usage error for a folder's."""
        if isinstance(value, str) and value.endswith(os.sep):
            self.fail(f"'{value}' is a folder; add the name of a file.", param, ctx)
        return super().convert(value, param, ctx)


def delivery_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add what says where a result goes; the command is given it as `where`, a `Delivery`.

    What cannot be written is a CallerError before the command does anything.
    """

    @wraps(command)
    def packed(*arguments: Any, **given: Any) -> Any:
        options = {name: given.pop(name) for name in ("output", "form", "front_matter", "dated", "html")}
        as_json, quiet = given.pop("as_json"), given.pop("quiet")
        return command(*arguments, where=_delivery(**options, as_json=as_json, quiet=quiet), **given)

    file = OutputFile()
    page = "Write a page for reading here as well: the document, its sources, what was demanded, what it cost."
    for option in reversed(
        (
            click.option("-o", "--output", type=file, help="Write the document here instead of to stdout."),
            click.option(
                "--format",
                "form",
                type=click.Choice(["md", "html", "json", "docx"]),
                help="As what; else by the file's name, and md without one. html is the page of the run.",
            ),
            click.option("--html", type=file, help=page),
            click.option(
                "--front-matter", is_flag=True, help="Begin the document with what it was made of (md, docx)."
            ),
            click.option("--date", "dated", metavar="DATE", help="The date in the front matter, such as 2026-11-28."),
            click.option("-q", "--quiet", is_flag=True, help="Say nothing on stderr but errors."),
            json_option,
        )
    ):
        packed = option(packed)
    return packed


def _delivery(
    *,
    output: Path | None,
    form: str | None,
    front_matter: bool,
    dated: str | None,
    html: Path | None,
    as_json: bool,
    quiet: bool,
) -> Delivery:
    from dramaturg.run.rendition import rendition

    if html == Path(_STDIO):
        raise CallerError("the page goes to a file; write `--html FILE`, or `--format html` for stdout")
    output, html = (require_writable(None if place == Path(_STDIO) else place) for place in (output, html))
    if output is not None and html is not None and output.absolute() == html.absolute():
        raise CallerError(f"`--output {output}` and `--html {html}` are the same file; choose another one")
    written = rendition(form, output, front_matter=front_matter, dated=dated)
    return Delivery(output=output, rendition=written, html=html, as_json=as_json, quiet=quiet)


def require_writable(output: Path | None) -> Path | None:
    """Refuse a place that a result cannot go."""
    if output is None:
        return None
    try:
        if output.is_dir():
            raise CallerError(f"`{output}` is a folder; name a file in it")
        if not output.parent.is_dir():
            raise CallerError(f"there is no folder `{output.parent}` to write `{output.name}` to")
    except OSError as error:  # such as a name that is too long
        raise CallerError(f"`{output}` cannot be written: {error.strerror}; choose another file") from error
    return output


def require_apart(delivery: Delivery, artifact: str | None, named: tuple[str, ...]) -> None:
    """Refuse to write a result over what it is made from."""
    for option, output in (("--output", delivery.output), ("--html", delivery.html)):
        for file in (artifact or "", *(pair.partition("=")[2] for pair in named)):
            if output is not None and is_there(output) and is_there(file) and output.samefile(file):
                raise CallerError(f"`{option} {output}` is the artifact itself; choose another file")


def deliver(
    result: "RunResult",
    progress: "Progress",
    delivery: Delivery,
    record: "RecordOf",
    delivered: "Callable[[str], None]",
) -> None:
    """Hand over the document, then say what was used and what to look at; exit 1 if the result has errors.

    Args:
        result: What to hand over.
        progress: Says what there is to say.
        delivery: Where it goes.
        record: Gives the journal of a run by its id, for its page.
        delivered: Told the id of each run whose result has been handed over.
    """
    from dramaturg.findings.model import has_errors

    hand_over(result, delivery, record)
    places = [*_placed(result, delivery.output)]
    for each, _ in places:
        try:
            delivered(each.report.run)
        except CallerError as error:
            progress.say(f"the same command will give this document again: {error}")
    findings = [finding for each, _ in places for finding in each.findings]
    found = [finding for finding in findings if finding not in progress.told]
    shown = (finding for finding in found if finding.is_error or not delivery.quiet)
    print_findings(shown, to_stderr=True, brief_notes=True, drawn=_DRAWN)
    if not delivery.quiet:
        _tell(result, progress, places)
        if delivery.html is not None:
            progress.say(f"page for reading in {delivery.html}")
    if has_errors(findings):
        click.get_current_context().exit(1)


def hand_over(result: "RunResult", delivery: Delivery, record: "RecordOf", *, prints: bool = True) -> None:
    """Write a result and those that followed it, or print it where it goes to no file and `prints` is set.

    `record` gives the journal of a run by its id.
    """
    from dramaturg.run.rendition import Form, Rendition

    for each, place in _placed(result, delivery.output):
        if place is not None:
            _write(each, delivery.rendition, place, record)
    for each, place in _placed(result, delivery.html):
        if place is not None:
            _write(each, Rendition(form=Form.HTML), place, record)
    if delivery.as_json:
        print_json(result.to_json())
    elif delivery.output is None and prints:
        several = [each for each, _ in _placed(result, None)] if delivery.rendition.form is Form.MARKDOWN else [result]
        shown = (_rendered(each, delivery.rendition, record).decode() for each in several)
        click.echo("\n".join(shown), nl=False)


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


def _write(result: "RunResult", rendition: "Rendition", output: Path, record: "RecordOf") -> None:
    """Write a result to a file; CallerError, which says where it is kept, if that fails."""
    kept = f"the document is kept: dramaturg runs {result.report.run}"
    try:
        output.write_bytes(_rendered(result, rendition, record))
    except OSError as error:
        raise CallerError(f"`{output}` cannot be written: {error.strerror}; {kept}") from error
    except CallerError as error:
        raise CallerError(f"{error}; {kept}") from error


def _rendered(result: "RunResult", rendition: "Rendition", record: "RecordOf") -> bytes:
    def page() -> str:
        from dramaturg.run.page.page import page_of

        return page_of(record(result.report.run))

    return rendition.render(result, page)
