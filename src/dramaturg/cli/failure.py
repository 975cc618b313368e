"""What kept a command from its product, for programs; its one rule: one line of JSON, with all that people are told."""

import json
from collections.abc import Mapping
from typing import Any

import click

from dramaturg.cli.exits import exit_code
from dramaturg.cli.output import read_or_not
from dramaturg.errors import AnswerNeeded, AuthorError, BudgetSpent, DramaturgError, SecretsFound, StepFailed


def print_failure(failure: Mapping[str, Any]) -> None:
    """Print what kept a command from its product as JSON on stdout."""
    with read_or_not():
        click.echo(json.dumps(failure))


def plain_failure(said: str, code: int) -> dict[str, Any]:
    """Return what is no error of ours, such as a missing argument, as plain JSON data like that of the others."""
    return {"error": said, "code": code, "findings": []}


def failure_json(error: DramaturgError) -> dict[str, Any]:
    """Return an error as plain JSON data: `error`, `code` and `findings`, and what its kind says besides."""
    from dramaturg.run.report import findings_json

    findings = error.findings if isinstance(error, AuthorError | SecretsFound | StepFailed) else ()
    told = {"error": str(error), "code": exit_code(error), "findings": findings_json(findings)}
    if isinstance(error, StepFailed):
        return told | {"run": error.run, "step": error.step, "title": error.title}
    if isinstance(error, BudgetSpent):
        return told | {"run": error.run, "limit": error.limit, "spent": error.spent, "needed": error.needed}
    if isinstance(error, AnswerNeeded):
        asked = [{"id": name, "kind": kind, "text": text} for name, kind, text in error.questions]
        return told | {"run": error.run, "questions": asked}
    return told
