"""`verify`: what is wrong with a document, whoever wrote or edited it."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from dramaturg.cli.formats import HUMAN, format_option, print_report
from dramaturg.cli.inputs import artifacts_by_id
from dramaturg.cli.output import counted, json_option, print_findings, strict_option, summary
from dramaturg.errors import CallerError
from dramaturg.findings.model import Severity
from dramaturg.findings.render import shown

if TYPE_CHECKING:
    from dramaturg.engine.verify.document import Verdict
    from dramaturg.run.verify import Verification

_STDIO = "-"
_SHORT_OF = 1


@click.command()
@click.argument("persona")
@click.argument("document")
@click.option(
    "-a",
    "--artifact",
    "artifacts",
    multiple=True,
    metavar="[ID=]PATH",
    help="What the document cites, by its id; the sole primary artifact needs none; repeatable.",
)
@format_option
@json_option
@strict_option
def verify(
    persona: str, document: str, *, artifacts: tuple[str, ...], layout: str, as_json: bool, strict: bool
) -> None:
    """Hold DOCUMENT, a Markdown file or `-` for stdin, against PERSONA and the artifacts as they are today.

    No model is asked. Exits with 1 if something that the persona demands is missing, or if a citation is not true.
    """
    from dramaturg.persona.library import Library
    from dramaturg.run.settings import current, persona_roots
    from dramaturg.run.verify import verify_with

    if _STDIO in (each.rpartition("=")[2] for each in artifacts):
        raise CallerError("stdin is for the document; give the artifacts as files")
    library = Library(persona_roots(*current()))
    verification = verify_with(library, persona, _given(document), artifacts_by_id(artifacts), strict=strict)
    layout = "json" if as_json else layout
    if layout == HUMAN:
        _print_human(verification, document)
    else:
        print_report(verification, layout)
    click.get_current_context().exit(0 if verification.ok else _SHORT_OF)


def _given(document: str) -> str | Path:
    if document != _STDIO:
        return Path(document)
    from dramaturg.run.files import read_stdin

    return read_stdin(sys.stdin.buffer)


def _print_human(verification: "Verification", document: str) -> None:
    """Draw what is wrong, then list what is open or only to be known, then say how much holds."""
    findings = verification.findings
    notes = [finding for finding in findings if finding.severity is Severity.NOTE]
    faults = [finding for finding in findings if finding.severity is not Severity.NOTE]
    print_findings(faults, to_stderr=False, source_of=verification.source_of)
    for note in notes:
        click.echo(shown(f"{note.severity}[{note.rule}] {note.span}: {note.message}"))
    click.echo(f"{document}: {summary(faults) or 'no fault'}; {_tally(verification.verdict)}", err=True)
    rules = sorted({finding.rule for finding in faults})
    if rules:
        click.echo(f"`dramaturg explain {' '.join(rules)}` tells more", err=True)


def _tally(verdict: "Verdict") -> str:
    """Return in words how much of a document holds."""
    met = f"{verdict.demands - verdict.unmet} of {counted(verdict.demands, 'demand')} met"
    still_open = verdict.questions - verdict.answered
    asked = f", {still_open} of {counted(verdict.questions, 'question')} open" if verdict.questions else ""
    return f"{met}, {counted(verdict.citations, 'citation')} true{asked}"


COMMANDS = (verify,)
