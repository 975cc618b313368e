"""What an eval lacks to the command that helps; its one rule: a command that is told can be given as it stands."""

import shlex
from collections.abc import Sequence

from dramaturg.evals.reading import SuiteFile
from dramaturg.evals.terms import Terms


def record_command(file: SuiteFile, terms: Terms) -> str:
    """Return the command that records with a suite what is asked under these terms; empty where none does."""
    suite = file.suite
    repeats = terms.repeats is None or terms.repeats <= suite.repeats
    if not suite.recorded or not repeats or terms.judge is not None:
        return ""
    other = terms.models if tuple(terms.models) != suite.models else ()
    return _command("record", file, [part for model in other for part in ("--models", _name(model))])


def calibrate_command(file: SuiteFile, terms: Terms, rubrics: Sequence[str] = ()) -> str:
    """Return the command that calibrates the judges of a suite."""
    judge = [] if terms.judge is None else ["--judge", _name(terms.judge)]
    return _command("calibrate", file, [*judge, *(part for name in rubrics for part in ("--rubric", name))])


def _command(verb: str, file: SuiteFile, options: Sequence[str]) -> str:
    return shlex.join(["dramaturg", "eval", verb, str(file.path), *options])


def _name(model: object) -> str:
    return model if isinstance(model, str) else str(getattr(model, "name", ""))
