"""What evals came to, in the layout that is asked for; its one rule: what is exited with is what was found."""

import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from dramaturg.cli.exits import INCONCLUSIVE, INFRASTRUCTURE, WORSE
from dramaturg.cli.output import columns_of, json_option, print_json, read_or_not
from dramaturg.cli.paging import page_name, write_page
from dramaturg.persona.files import is_folder

if TYPE_CHECKING:
    from dramaturg.evals.evaluated import Evaluated
    from dramaturg.evals.report.page.again import OnTold

LAYOUTS = ("human", "json", "md", "junit", "github")


def verdict_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Take how a verdict is told."""
    for option in (
        click.option(
            "--format",
            "layout",
            type=click.Choice(LAYOUTS),
            help="human unless given. md: Markdown, for a step summary; github: annotations of a pull request.",
        ),
        click.option("--inconclusive-ok", is_flag=True, help="Exit with 0 where nothing could be decided."),
        click.option("-q", "--quiet", is_flag=True, help="Say nothing on stderr but errors."),
        json_option,
    ):
        command = option(command)
    return command


@dataclass(frozen=True, slots=True, kw_only=True)
class Telling:
    """How the results of one command are told.

    Attributes:
        layout: One of `LAYOUTS`.
        html: The file of its page, or the folder of the pages; None for none.
        inconclusive_ok: Whether nothing decided is no failure.
        quiet: Whether nothing is said on stderr.
    """

    layout: str
    html: Path | None = None
    inconclusive_ok: bool = False
    quiet: bool = False

    def tell(self, result: "Evaluated") -> int:
        """Print a result and write its page, also where nobody reads it to its end; return what it exits with."""
        with read_or_not():
            print_result(result, self.layout)
        with read_or_not():
            self.write(result)
        return self.code(result)

    def write(self, result: "Evaluated") -> None:
        """Write the page of a result where one is wished for."""

        def page(on_told: "OnTold") -> str:
            from dramaturg.evals.report.page.page import eval_page

            return eval_page(result, on_told=on_told)

        html = self.html
        if html is not None and is_folder(html):
            html /= page_name(result.suite.path)
        write_page(
            html, page, kept=f"the eval is kept: dramaturg eval report {result.run} --html FILE", quiet=self.quiet
        )

    def code(self, result: "Evaluated") -> int:
        """Return the exit code of a result."""
        from dramaturg.evals.statistics.verdict import Kind

        if result.lost:
            return INFRASTRUCTURE
        kind = result.decision.kind if result.decision else None
        if kind is Kind.INCONCLUSIVE and self.inconclusive_ok:
            return 0
        codes = {Kind.WORSE: WORSE, Kind.INCONCLUSIVE: INCONCLUSIVE, Kind.INFRASTRUCTURE: INFRASTRUCTURE}
        return codes.get(kind, 0) if kind else 0


def print_result(result: "Evaluated", layout: str) -> None:
    """Print a result."""
    from dramaturg.evals.report.data import data_report
    from dramaturg.evals.report.github import github_report
    from dramaturg.evals.report.junit import junit_report
    from dramaturg.evals.report.markdown import markdown_report
    from dramaturg.evals.report.text import text_report

    if layout == "json":
        print_json(data_report(result))
        return
    layouts: Mapping[str, Callable[[Evaluated], str]] = {
        "human": lambda told: text_report(told, columns_of(sys.stdout)),
        "md": markdown_report,
        "junit": junit_report,
        "github": github_report,
    }
    click.echo(layouts[layout](result), nl=False)
