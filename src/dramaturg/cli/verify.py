"""`verify`: what is wrong with a document, whoever wrote or edited it."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from dramaturg.cli.formats import HUMAN, format_option, print_report, reporting_faults
from dramaturg.cli.inputs import artifacts_by_id, require_order
from dramaturg.cli.mending import count_easy, mend_files, print_diff
from dramaturg.cli.options import no_more
from dramaturg.cli.output import counted, explain, folded, json_option, print_findings, read_or_not, summary, tell
from dramaturg.errors import CallerError
from dramaturg.findings.cells import shown
from dramaturg.findings.model import Severity

if TYPE_CHECKING:
    from collections.abc import Sequence

    from dramaturg.engine.verify.document import Verdict
    from dramaturg.run.verify import Verification

_STDIO = "-"
_SHORT_OF = 1
_REFUSED = 2


@click.command(short_help="Hold a document to its persona and artifacts.")
@click.argument("persona")
@click.argument("document")
@no_more("one document is verified at a time; if `{0}` is an artifact, write `-a {0}` or `-a ID={0}`")
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
@click.option("--strict", is_flag=True, help="Treat warnings as errors, and questions that are still open.")
@click.option("--fix", is_flag=True, help="Mend what needs no decision in DOCUMENT, then verify it again.")
@click.option("--diff", is_flag=True, help="With --fix: print what would change, and change nothing.")
@click.option(
    "--accept", is_flag=True, help="Where nothing is an error: take DOCUMENT for right as it stands from now on."
)
def verify(  # noqa: PLR0913 - one parameter for each option
    persona: str,
    document: str,
    *,
    artifacts: tuple[str, ...],
    layout: str,
    as_json: bool,
    strict: bool,
    fix: bool,
    diff: bool,
    accept: bool,
) -> None:
    """Hold DOCUMENT, a Markdown file or `-` for stdin, against PERSONA and the artifacts as they are today.

    No model is asked. Exits with 1 if something that the persona demands is missing, or if a citation is not true.
    """
    from dataclasses import replace

    from dramaturg.run.verify import write_accepted

    layout = "json" if as_json else layout
    with reporting_faults(layout):
        _refuse_nonsense(document, artifacts, layout, fix=fix, diff=diff, accept=accept)
        verification = _verification(persona, document, artifacts, strict=strict)
        if diff:
            verification = replace(verification, findings=print_diff(verification.findings, verification.mendable))
        elif fix:
            refused = mend_files(verification.findings, verification.mendable)
            verification = replace(_verification(persona, document, artifacts, strict=strict), refused=tuple(refused))
        if accept and verification.ok:
            write_accepted(verification)
    with read_or_not():
        if layout == HUMAN:
            _print_human(verification, document, to_stderr=diff)
        else:
            print_report(verification, layout)
        if accept and verification.ok:
            tell(f"{document}: accepted as it stands")
        for error in verification.refused:
            explain(error)
    click.get_current_context().exit(_REFUSED if verification.refused else 0 if verification.ok else _SHORT_OF)


def _refuse_nonsense(
    document: str, artifacts: "Sequence[str]", layout: str, *, fix: bool, diff: bool, accept: bool
) -> None:
    """Refuse options that cannot be meant together."""
    if _STDIO in (each.rpartition("=")[2] for each in artifacts):
        raise CallerError("stdin is for the document; give the artifacts as files")
    if document == _STDIO and (fix or accept):
        raise CallerError("--fix and --accept write the document back; give the path of its file")
    if diff and (accept or not fix or layout != HUMAN):
        raise click.UsageError("--diff prints what --fix would change; give it with --fix and with nothing else")


def _verification(persona: str, document: str, artifacts: "Sequence[str]", *, strict: bool) -> "Verification":
    from dramaturg.persona.library import Library
    from dramaturg.run.settings import current, persona_roots
    from dramaturg.run.verify import verify_with

    library = Library(persona_roots(*current()))
    require_order(persona, document, library, "verify")
    return verify_with(library, persona, _given(document), artifacts_by_id(artifacts), strict=strict)


def _given(document: str) -> str | Path:
    if document != _STDIO:
        return Path(document)
    from dramaturg.run.files import read_stdin

    return read_stdin(sys.stdin.buffer)


def _print_human(verification: "Verification", document: str, *, to_stderr: bool) -> None:
    """Draw what is wrong, then list what is open or only to be known, then say how much holds."""
    findings = verification.findings
    notes = [finding for finding in findings if finding.severity is Severity.NOTE]
    faults = [finding for finding in findings if finding.severity is not Severity.NOTE]
    print_findings(faults, to_stderr=to_stderr, source_of=verification.source_of)
    for note in notes:
        said = shown(f"{note.severity}[{note.rule}] {note.span}: {note.message}")
        click.echo(folded(said, stream=sys.stderr if to_stderr else sys.stdout), err=to_stderr)
    easy = count_easy(faults, verification.mendable)
    tell(f"{document}: {summary(faults) or 'no fault'}{easy}; {_tally(verification.verdict)}")
    rules = sorted({finding.rule for finding in faults})
    if rules:
        tell(f"`dramaturg explain {' '.join(rules)}` tells more")


def _tally(verdict: "Verdict") -> str:
    """Return in words how much of a document holds."""
    met = f"{verdict.demands - verdict.unmet - verdict.declared} of {counted(verdict.demands, 'demand')} met"
    met += f", {verdict.declared} declared missing" if verdict.declared else ""
    still_open = verdict.questions - verdict.answered
    asked = f", {still_open} of {counted(verdict.questions, 'question')} open" if verdict.questions else ""
    return f"{met}, {counted(verdict.citations, 'citation')} true{asked}"


COMMANDS = (verify,)
