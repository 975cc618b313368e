"""A suite file and terms to a suite that can be performed; its one rule: all that is wrong is told in one pass."""

from collections.abc import Callable, Iterable, Mapping
from pathlib import Path

from dramaturg.errors import AuthorError, DramaturgError
from dramaturg.evals.checking import names_of, suite_faults
from dramaturg.evals.opening import changed
from dramaturg.evals.reading import SuiteFile, read_suite
from dramaturg.evals.salvage import NOTHING, Lost, sound_part
from dramaturg.evals.sections import OtherPlans, no_others
from dramaturg.evals.terms import Terms
from dramaturg.findings.model import Finding
from dramaturg.persona.files import spoken
from dramaturg.persona.library import Library


def read_usable(
    path: Path, library: Library, terms: Terms, others: OtherPlans = no_others
) -> tuple[SuiteFile, Mapping[str, str]]:
    """Return a suite as the terms change it, and alias or path of each persona by what it calls it.

    Args:
        path: The suite file.
        library: Where personas are found.
        terms: How it is to be performed.
        others: Gives the plans of what is performed beside the personas as they are, by what the suite calls each.

    Raises:
        AuthorError: The file says no suite, something of it cannot be used, or a persona has errors; all findings.
        CallerError: The file cannot be read, or the terms name a judge that cannot be one.
    """

    def around(file: SuiteFile, lost: Lost) -> Iterable[Finding]:
        return suite_faults(file, library, terms.prompts, others=others, lost=lost)

    file = read_changed(path, terms, around)
    found = tuple(around(file, NOTHING))
    if any(finding.is_error for finding in found):
        raise AuthorError(_sorted(file.path, found))
    return file, names_of(file)


def read_changed(path: Path, terms: Terms, around: Callable[[SuiteFile, Lost], Iterable[Finding]]) -> SuiteFile:
    """Return a suite as the terms change it.

    Raises:
        AuthorError: The file says no suite; with its faults those that are found `around` its sound part.
        CallerError: As `read_usable`.
    """
    try:
        return changed(read_suite(path), terms)
    except AuthorError as error:
        sound = sound_part(path, path.read_bytes().decode("utf-8"))
        if sound is None:
            raise
        file, lost = sound
        try:
            more = tuple(around(changed(file, terms), lost))
        except DramaturgError:  # what is wrong with the suite comes first
            more = ()
        raise AuthorError(_sorted(path, (*error.findings, *more))) from error


def _sorted(path: Path, findings: Iterable[Finding]) -> tuple[Finding, ...]:
    """Return findings in the order of the suite, those of other files last, in theirs."""

    def place(finding: Finding) -> tuple[bool, int, int]:
        span = finding.span
        return (False, span.line, span.column) if span and span.path == spoken(path) else (True, 0, 0)

    return tuple(sorted(findings, key=place))
