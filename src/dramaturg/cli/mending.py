"""What `--fix` does to files; its one rule: nothing is changed that is not told."""

from typing import TYPE_CHECKING

import click

from dramaturg.cli.output import counted, tell

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from dramaturg.errors import CallerError
    from dramaturg.findings.model import Finding
    from dramaturg.findings.source import Source


def print_diff(findings: "Sequence[Finding]", sources: "Mapping[str, Source]") -> "tuple[Finding, ...]":
    """Print what would be mended in some files, and return what would be left."""
    from dramaturg.run.mend import mends

    mended: set[Finding] = set()
    for mend in mends(findings, sources):
        click.echo(mend.diff, nl=False)
        mended.update(mend.findings)
    click.echo(f"{counted(len(mended), 'place')} would be mended", err=True)
    return tuple(finding for finding in findings if finding not in mended)


def mend_files(findings: "Sequence[Finding]", sources: "Mapping[str, Source]") -> "list[CallerError]":
    """Mend what can be mended in some files, and return why some of it could not."""
    from dramaturg.errors import CallerError
    from dramaturg.run.mend import mends, write_mend

    refused = []
    for mend in mends(findings, sources):
        try:
            write_mend(mend)
        except CallerError as error:
            refused.append(error)
            continue
        for finding in mend.findings:
            tell(f"mended {finding.span or mend.path}: {finding.message} [{finding.rule}]")
    return refused


def count_easy(findings: "Sequence[Finding]", sources: "Mapping[str, Source]") -> str:
    """Return what to add to a summary where `--fix` would mend something."""
    from dramaturg.run.mend import mends

    easy = sum(len(mend.findings) for mend in mends(findings, sources))
    return f"; `--fix` mends {easy}" if easy else ""
