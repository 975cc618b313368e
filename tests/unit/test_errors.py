"""Errors: what they say, and that they survive the way between processes."""

import copy
import pickle
from collections.abc import Callable

import pytest

from dramaturg import errors
from dramaturg.errors import (
    AnswerNeeded,
    AuthorError,
    BudgetSpent,
    CallerError,
    DramaturgError,
    JournalMiss,
    KeyMissing,
    ModelError,
    SecretsFound,
    StepFailed,
    Unreached,
)
from dramaturg.findings.model import Finding, Label, Severity, Span

_SPAN = Span(path="a.md", line=3, column=1, length=4)
_FAULT = Finding(
    rule="P204",
    severity=Severity.ERROR,
    message="step is never closed",
    span=_SPAN,
    labels=(Label(span=_SPAN, text="here"),),
    help="add `</Step>`",
)
_WARNING = Finding(rule="P305", severity=Severity.WARNING, message="`a` is deprecated", span=_SPAN)
_PLACELESS = Finding(rule="R101", severity=Severity.ERROR, message="no item covers `A`", step="2")
_EXAMPLES = [
    pytest.param(DramaturgError("anything"), "anything", id="DramaturgError"),
    pytest.param(
        AuthorError((_FAULT, _WARNING, _PLACELESS)),
        "a.md:3:1: error[P204]: step is never closed; add `</Step>`\nerror[R101]: no item covers `A`",
        id="AuthorError",
    ),
    pytest.param(CallerError("no artifact; give one"), "no artifact; give one", id="CallerError"),
    pytest.param(
        KeyMissing("SOME_KEY", "example.org", "use another model"),
        "`SOME_KEY` is not set; get a key at example.org, or use another model",
        id="KeyMissing",
    ),
    pytest.param(
        SecretsFound((_FAULT,)),
        "the artifacts hold what looks like secrets (1); nothing was sent",
        id="SecretsFound",
    ),
    pytest.param(
        ModelError("529 overloaded", retryable=True, hint="try later", retry_after=2.5),
        "529 overloaded; try later",
        id="ModelError",
    ),
    pytest.param(ModelError("refused", retryable=False), "refused", id="ModelError-without-a-hint"),
    pytest.param(
        Unreached("the server at 127.0.0.1 could not be reached", retryable=True, hint="start it"),
        "the server at 127.0.0.1 could not be reached; start it",
        id="Unreached",
    ),
    pytest.param(
        StepFailed("2", "ROLLBACK PLAN", (_PLACELESS, _WARNING), raw="{}", run="dpa-1-0001"),
        "step 2 `ROLLBACK PLAN` could not be satisfied:\n"
        "error[R101]: no item covers `A`\na.md:3:1: warning[P305]: `a` is deprecated",
        id="StepFailed",
    ),
    pytest.param(
        AnswerNeeded("doc-1-0a1b2c3d-1", (("2", "confirm", "May I go on?"), ("2.1", "clarify", "For whom?"))),
        "run `doc-1-0a1b2c3d-1` waits for an answer:\n2 (confirm): May I go on?\n2.1 (clarify): For whom?",
        id="AnswerNeeded",
    ),
    pytest.param(
        BudgetSpent("dpa-1-0a1b2c3d-1", "$0.01", "$0.008", "$0.03"),
        "the next call could exceed $0.01: $0.008 is spent, finishing takes at most $0.03",
        id="BudgetSpent",
    ),
    pytest.param(JournalMiss("3", "no answer for step 3"), "no answer for step 3", id="JournalMiss"),
]


@pytest.mark.parametrize(("error", "text"), _EXAMPLES)
def test_an_error_says_where_what_and_what_to_do(error: DramaturgError, text: str) -> None:
    assert str(error) == text


def _pickled(error: DramaturgError) -> DramaturgError:
    again: DramaturgError = pickle.loads(pickle.dumps(error))  # noqa: S301 - what was just pickled here
    return again


@pytest.mark.parametrize("way", [_pickled, copy.copy], ids=["pickle", "copy"])
@pytest.mark.parametrize(("error", "text"), _EXAMPLES)
def test_an_error_survives_with_all_its_fields(
    error: DramaturgError, text: str, way: Callable[[DramaturgError], DramaturgError]
) -> None:
    again = way(error)
    assert type(again) is type(error)
    assert vars(again) == vars(error)
    assert str(again) == text


def test_every_error_of_the_package_is_among_the_examples() -> None:
    known = {value for value in vars(errors).values() if isinstance(value, type) and issubclass(value, DramaturgError)}
    assert known == {type(example.values[0]) for example in _EXAMPLES}


def test_every_class_of_error_is_drawn_in_the_docstring() -> None:
    drawn = errors.__doc__ or ""
    assert all(type(example.values[0]).__name__ in drawn for example in _EXAMPLES)
