"""What several suites came to, each told as it comes; its one rule: the worst of them is what is exited with."""

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import click

from dramaturg.cli.exits import exit_code
from dramaturg.cli.failure import failure_json
from dramaturg.cli.output import explain, read_or_not, tell
from dramaturg.cli.spending import tell_of_spent
from dramaturg.cli.telling import Telling, print_result
from dramaturg.errors import BudgetSpent, CallerError, DramaturgError

if TYPE_CHECKING:
    from dramaturg.evals.evaluated import Evaluated

_WORST_FIRST = (1, 2, 4, 3, 7, 5, 6)  # what is known to be worse is so whatever became of the others


@dataclass(slots=True, kw_only=True)
class Verdicts:
    """Tells what suites come to, one after the other."""

    telling: Telling
    _codes: list[int] = field(default_factory=list)
    _said: dict[str, str] = field(default_factory=dict)
    _results: "list[Evaluated]" = field(default_factory=list)

    def take(self, result: "Evaluated") -> None:
        """Tell a result, and write its page."""
        from dramaturg.evals.report.data import data_report
        from dramaturg.evals.report.table import headline

        with read_or_not():
            if self.telling.layout == "json":
                click.echo(json.dumps(data_report(result), ensure_ascii=False, default=str))
            elif self.telling.layout != "junit":  # which is one document for all of them
                self._part()
                print_result(result, self.telling.layout)
        try:
            with read_or_not():
                self.telling.write(result)
        except CallerError as error:  # a page that cannot be written is no reason to leave the others unperformed
            explain(error)
            self._codes.append(exit_code(error))
        self._codes.append(self.telling.code(result))
        self._said[str(result.suite.path)] = headline(result)
        self._results.append(result)

    def miss(self, suite: Path, error: DramaturgError) -> None:
        """Tell what kept a suite from a verdict."""
        tell(f"no verdict on {suite}:")
        if isinstance(error, BudgetSpent):
            tell_of_spent(error)
        else:
            explain(error)
        with read_or_not():
            self._print_miss(str(suite), error)
        self._codes.append(exit_code(error))
        self._said[str(suite)] = f"no verdict: {error}".partition("\n")[0]

    def end(self) -> int:
        """Tell what is left to tell; return the worst exit code."""
        with read_or_not():
            if self.telling.layout == "junit":
                self._print_junit()
            elif self.telling.layout == "human":
                self._part()
                for suite, said in self._said.items():
                    click.echo(f"{suite}: {said}")
        return min((code for code in self._codes if code), key=_WORST_FIRST.index, default=0)

    def _part(self) -> None:
        """Leave a line between what is read one after the other; people are told of what is missed on stderr."""
        before = {"human": self._results, "md": self._said}.get(self.telling.layout)
        if before:
            click.echo()

    def _print_miss(self, suite: str, error: DramaturgError) -> None:
        from dramaturg.engine.assemble import bare
        from dramaturg.findings.github import workflow_command

        if self.telling.layout == "json":
            click.echo(json.dumps({"suite": {"path": suite}, **failure_json(error)}, ensure_ascii=False))
        elif self.telling.layout == "github":
            click.echo(workflow_command("error", str(error), {"title": suite, "file": suite}))
        elif self.telling.layout == "md":
            self._part()
            click.echo(f"## {bare(suite)}: no verdict\n\n- {bare(str(error))}")

    def _print_junit(self) -> None:
        from dramaturg.evals.report.junit import junit_report

        performed = {str(result.suite.path) for result in self._results}
        missed = {suite: said for suite, said in self._said.items() if suite not in performed}
        click.echo(junit_report(*self._results, missed=missed), nl=False)
