"""Findings for programs: JSON, GitHub's annotations, SARIF; its one rule: each says all that a terminal is told."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

import click

from dramaturg.cli.output import print_json, read_or_not, source_once
from dramaturg.errors import AuthorError, CallerError

if TYPE_CHECKING:
    from dramaturg.findings.model import Finding
    from dramaturg.findings.source import Source

HUMAN = "human"


class Report(Protocol):
    """What a check came to."""

    @property
    def findings(self) -> "tuple[Finding, ...]":
        """What was found."""

    @property
    def refused(self) -> "tuple[CallerError, ...]":
        """What could not be checked, and why."""

    def source_of(self, path: str) -> "Source | None":
        """Return the text of a file as it was checked; None if it is no text that can be read."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Faults:
    """What kept a command from its work."""

    findings: "tuple[Finding, ...]" = ()
    refused: tuple[CallerError, ...] = ()

    def source_of(self, path: str) -> "Source | None":
        return source_once(path)


@contextmanager
def reporting_faults(layout: str) -> Iterator[None]:
    """Print what keeps a command from its work as annotations or SARIF where asked for, then raise it as always."""
    try:
        yield
    except (AuthorError, CallerError) as error:
        faults = _Faults(findings=error.findings) if isinstance(error, AuthorError) else _Faults(refused=(error,))
        if layout in ("github", "sarif"):
            with read_or_not():
                print_report(faults, layout)
        raise


def print_report(report: Report, layout: str) -> None:
    """Print a report in a layout that is not for people."""
    _PRINT[layout](report)


def _print_json(report: Report) -> None:
    from dramaturg.findings.model import Finding, Severity
    from dramaturg.run.report import findings_json

    refused = [Finding(rule="", severity=Severity.ERROR, message=str(error)) for error in report.refused]
    print_json(findings_json([*report.findings, *refused]))


def _print_github(report: Report) -> None:
    from dramaturg.findings.github import github_command, workflow_command

    for finding in report.findings:
        click.echo(github_command(finding, report.source_of))
    for error in report.refused:
        click.echo(workflow_command("error", str(error), {}))


def _print_sarif(report: Report) -> None:
    import os
    from importlib.metadata import version

    from dramaturg.findings.catalogue import read_rule
    from dramaturg.findings.sarif import sarif_log

    log = sarif_log(
        report.findings,
        [str(error) for error in report.refused],
        rules=[read_rule(rule) for rule in sorted({finding.rule for finding in report.findings})],
        source_of=report.source_of,
        folder=os.getcwd(),  # noqa: PTH109 - it is joined as text
        version=version("dramaturg"),
    )
    print_json(log)


_PRINT: Mapping[str, Callable[[Report], None]] = {
    "json": _print_json,
    "github": _print_github,
    "sarif": _print_sarif,
}
format_option = click.option(
    "--format",
    "layout",
    type=click.Choice([HUMAN, *_PRINT]),
    default=HUMAN,
    help="github: annotations of a pull request; sarif: SARIF 2.1.0, for code scanning.",
)
