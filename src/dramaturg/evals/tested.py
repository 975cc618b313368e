"""What a test says of its suite to what came of it; its one rule: a failure's text is all that a reader needs."""

from collections.abc import Callable, Mapping, Sequence
from contextlib import chdir, nullcontext
from dataclasses import dataclass, fields
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from dramaturg.errors import AuthorError, CallerError, DramaturgError, SecretsFound
from dramaturg.evals.evaluate import run_suite
from dramaturg.evals.evaluated import Evaluated
from dramaturg.evals.report.figures import counted
from dramaturg.evals.report.table import headline
from dramaturg.evals.report.text import text_report
from dramaturg.evals.statistics.verdict import Kind
from dramaturg.evals.terms import Terms
from dramaturg.findings.cells import shown
from dramaturg.findings.render import render
from dramaturg.models.prices import parse_price
from dramaturg.persona.files import source_at
from dramaturg.run.budget import parse_usd

_INCONCLUSIVE = ("pass", "fail")
_READ: Mapping[str, Callable[[str], Any]] = {  # terms that are no text, which a test may write as one
    "budget": parse_usd,
    "models": lambda name: (name,),
    "price": parse_price,
    "tags": lambda tag: (tag,),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class _Said:
    """What a test says of its suite.

    Attributes:
        suite: The suite file.
        terms: How it is performed.
        strict: Whether it falls short where nothing can be decided.
    """

    suite: Path
    terms: Terms
    strict: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Tested:
    """What came of it.

    Attributes:
        result: All of it.
        strict: Whether it falls short where nothing could be decided.
    """

    result: Evaluated
    strict: bool

    @property
    def open(self) -> bool:
        """Whether nothing could be decided."""
        return self.result.decision is not None and self.result.decision.kind is Kind.INCONCLUSIVE

    @property
    def falls_short(self) -> bool:
        """Whether its test fails."""
        worse = self.result.decision is not None and self.result.decision.kind is Kind.WORSE
        return worse or (self.open and self.strict)

    @property
    def line(self) -> str:
        """What it came to in one line."""
        return f"{_line(self.result)} ({self.result.run})"

    @property
    def told(self) -> str:
        """All that there is to tell, what matters most first."""
        return _told(self.result)


class Unperformed(Exception):
    """What kept a suite from being performed, each fault at its place; or what so much of it failed with."""


def perform_suite(arguments: Sequence[Any], keywords: Mapping[str, Any], folder: Path | None) -> Tested:
    """Perform a suite.

    Args:
        arguments: Those of its mark: the suite file.
        keywords: Those of its mark: terms of the eval, and `inconclusive`, `pass` or `fail`.
        folder: The project's, from which paths and personas are looked for; None for the working folder.

    Raises:
        Unperformed: It could not be.
    """
    with nullcontext() if folder is None else chdir(folder):
        try:
            said = _said_by(arguments, keywords)
            result = run_suite(said.suite, said.terms)
        except DramaturgError as error:
            raise Unperformed(_told_of(error)) from None
    if result.lost or (result.decision and result.decision.kind is Kind.INFRASTRUCTURE):
        raise Unperformed(_told(result))
    return Tested(result=result, strict=said.strict)


def _said_by(arguments: Sequence[Any], keywords: Mapping[str, Any]) -> _Said:
    """Return what the arguments of a mark say.

    Raises:
        CallerError: They say something else.
    """
    if len(arguments) != 1 or not isinstance(arguments[0], str | Path):
        raise CallerError("`dramaturg_suite` takes the path of one suite, and keywords")
    given = {"baseline": "HEAD", "inconclusive": "pass", **keywords}
    inconclusive = given.pop("inconclusive")
    if inconclusive not in _INCONCLUSIVE:
        raise CallerError(f"`inconclusive` is {inconclusive!r}; give 'pass' or 'fail'")
    known = ["inconclusive", *(field.name for field in fields(Terms))]
    for name in given:
        if name not in known:
            near = get_close_matches(name, known, n=1)
            remedy = f"did you mean `{near[0]}`?" if near else f"it has {', '.join(known)}"
            raise CallerError(f"`dramaturg_suite` has no argument `{name}`; {remedy}")
    read = {name: _READ[name](given[name]) for name in _READ if isinstance(given.get(name), str)}
    return _Said(suite=Path(arguments[0]), terms=Terms(**{**given, **read}), strict=inconclusive == "fail")


def _told_of(error: DramaturgError) -> str:
    """Return an error, each of its faults drawn at its place."""
    source_of = source_at
    if isinstance(error, AuthorError):
        told = f"it cannot be performed: {counted(sum(each.is_error for each in error.findings), 'error')}"
    elif isinstance(error, SecretsFound):
        told, source_of = str(error), _unseen  # without their lines: what a test prints is often kept
    else:
        return shown(str(error))
    return "\n\n".join((told, *(render(each, source_of) for each in error.findings)))


def _unseen(path: str) -> None:
    """Give no line of any file."""
    del path


def _line(result: Evaluated) -> str:
    against = f" against {result.arms['baseline'].name}" if "baseline" in result.arms else ""
    idle = ", nothing was edited" if result.decision and not result.decision.edits else ""
    return shown(f"{result.suite.suite.name}{against}: {headline(result)}{idle}")


def _told(result: Evaluated) -> str:
    return f"{_line(result)}\n\n{shown(text_report(result)).rstrip()}"
