"""`eval run`: suites to what they come to; its one rule: what keeps one of several from its verdict keeps no other."""

from collections.abc import Sequence
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING

from dramaturg.cli.evaluating import Watch
from dramaturg.cli.formats import reporting_faults
from dramaturg.cli.recording import tell_of_new_answers
from dramaturg.cli.spending import within_budget
from dramaturg.cli.telling import Telling
from dramaturg.cli.verdicts import Verdicts
from dramaturg.errors import DramaturgError

if TYPE_CHECKING:
    from dramaturg.evals.evaluated import Evaluated
    from dramaturg.evals.terms import Terms


def perform_suite(suite: Path, terms: "Terms", telling: Telling) -> int:
    """Perform a suite, tell what it came to, and return what that exits with."""
    with within_budget(), reporting_faults(telling.layout):
        result = _performed(suite, terms, telling)
    return telling.tell(result)


def perform_suites(suites: Sequence[Path], terms: "Terms", telling: Telling) -> int:
    """Perform suites one after the other, tell what each came to, and return the worst of what they exit with.

    All are held against the world before any is performed. A budget is that of all of them together. Once it is spent,
    and after a suite without a verdict, of which nobody knows what it has cost, only those have one that ask nothing.
    """
    from dramaturg.evals.several import require_usable_suites

    with reporting_faults(telling.layout):
        require_usable_suites(suites, terms)
    verdicts, left = Verdicts(telling=telling), terms.budget
    for suite in suites:
        try:
            result = _performed(suite, replace(terms, budget=left), telling)
        except DramaturgError as error:
            verdicts.miss(suite, error)
            left = None if left is None else Decimal(0)
        else:
            verdicts.take(result)
            left = None if left is None else max(Decimal(0), left - Decimal(str(result.usd or 0)))
    return verdicts.end()


def _performed(suite: Path, terms: "Terms", telling: Telling) -> "Evaluated":
    from dramaturg.evals.evaluate import run_suite

    with Watch(quiet=telling.quiet) as watch:
        result = run_suite(suite, watch.heard(terms), on_open=watch.open, on_step=watch.step, on_batch=watch.batch)
    tell_of_new_answers(result, terms, quiet=telling.quiet)
    return result
