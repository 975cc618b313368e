"""Several suites to what is wrong with any of them; its one rule: all of it is known before one is performed."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from dramaturg.errors import AuthorError, CallerError
from dramaturg.evals.evaluate import library_here, state_here
from dramaturg.evals.opening import other_plans
from dramaturg.evals.terms import Terms
from dramaturg.evals.usable import read_usable

if TYPE_CHECKING:
    from dramaturg.findings.model import Finding


def require_usable_suites(suites: Sequence[Path], terms: Terms) -> None:
    """Refuse suites of which one cannot be performed.

    Raises:
        CallerError: Files cannot be read.
        AuthorError: Suites or their personas have errors; the findings of all of them, each once.
    """
    library, state = library_here(), state_here(terms)
    found: list[Finding] = []
    refused: list[str] = []
    for suite in suites:
        try:
            read_usable(suite, library, terms, other_plans(terms, library, state))
        except AuthorError as error:
            found += error.findings
        except CallerError as error:
            refused.append(error.message)
    if refused:
        raise CallerError("\n".join(dict.fromkeys(refused)))
    if found:
        raise AuthorError(tuple(dict.fromkeys(found)))
