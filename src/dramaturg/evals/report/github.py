"""A result to GitHub workflow commands; its one rule: the line that is to blame carries the verdict."""

from collections.abc import Iterator

from dramaturg.evals.edits import Edit
from dramaturg.evals.evaluated import Evaluated
from dramaturg.evals.report.table import fallen_steps, headline, sentences
from dramaturg.evals.statistics.verdict import Kind
from dramaturg.findings.github import workflow_command

_COMMANDS = {Kind.WORSE: "error", Kind.INFRASTRUCTURE: "error", Kind.INCONCLUSIVE: "warning"}


def github_report(result: Evaluated) -> str:
    """Return the commands, a line each."""
    return "\n".join(_commands(result)) + "\n"


def _commands(result: Evaluated) -> Iterator[str]:
    decision = result.decision
    said = headline(result)
    if decision is None or result.lost or not decision.blamed:
        kind = Kind.INFRASTRUCTURE if result.lost else decision.kind if decision else None
        name = _COMMANDS.get(kind, "notice") if kind else "notice"
        yield workflow_command(name, "\n".join((said, *sentences(result))), {"title": result.suite.suite.name})
        return
    fell = [
        f"step {fall.step}: {fall.metric} fell from {fall.baseline:.2f} to {fall.candidate:.2f}"
        for fall in fallen_steps(decision)
    ]
    for edit in decision.blamed:
        lines = [f"{said}: {edit.what}", *fell]
        yield workflow_command(_COMMANDS.get(decision.kind, "notice"), "\n".join(lines), _place(edit, said))


def _place(edit: Edit, title: str) -> dict[str, str]:
    place = {"file": edit.span.path, "line": str(edit.span.line)} if edit.span else {}
    return {"title": title, **place}
