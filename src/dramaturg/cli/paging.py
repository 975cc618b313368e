"""`--html` of evals: a page to its file; its one rule: what cannot be written is told before anything is asked."""

import os
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from dramaturg.cli.deliver import OutputFile, require_writable
from dramaturg.cli.evaluating import Retold
from dramaturg.errors import CallerError
from dramaturg.persona.files import is_folder

if TYPE_CHECKING:
    from dramaturg.evals.report.page.again import OnTold


def _checked(context: click.Context, option: click.Parameter, html: Path | None) -> Path | None:
    del context, option
    if html == Path("-"):
        raise CallerError("the page goes to a file; write `--html FILE`")
    return require_writable(html)


html_option = click.option(
    "--html",
    type=OutputFile(),
    callback=_checked,
    help="Write a page for reviewing here as well: all of it in one file, which loads nothing.",
)


def _file_or_folder(context: click.Context, option: click.Parameter, html: str | None) -> Path | None:
    if html is None:
        return None
    if not html:
        raise CallerError("the name of the page is empty; give a file, or a folder for a page of each suite")
    folder = Path(html)
    if html.endswith(("/", os.sep)):
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise CallerError(f"the folder `{html}` cannot be made: {error.strerror}") from error
    return folder if is_folder(folder) else _checked(context, option, folder)


pages_option = click.option(
    "--html",
    metavar="FILE|FOLDER/",
    callback=_file_or_folder,
    help="Write a page for reviewing here as well: all of it in one file, which loads nothing; for each suite one.",
)


def require_pages(html: Path | None, suites: Sequence[Path]) -> None:
    """Refuse a file for the pages of several suites, and suites whose pages would have one name."""
    if html is None or not suites[1:]:
        return
    if not is_folder(html):
        raise click.UsageError(
            f"`{html}` is one file for the pages of {len(suites)} suites; name a folder, `{html.stem}/`"
        )
    pages: dict[str, Path] = {}
    for suite in suites:
        other = pages.setdefault(page_name(suite), suite)
        if other != suite:
            raise click.UsageError(f"the pages of `{other}` and `{suite}` would both be `{page_name(suite)}`")


def page_name(suite: Path) -> str:
    """Return what the page of a suite is called in a folder."""
    return f"{suite.name.partition('.')[0]}.html"


def write_page(html: Path | None, page: "Callable[[OnTold], str]", *, kept: str, quiet: bool = False) -> None:
    """Write a page where one is wished for; `kept` says how to have it again if that fails."""
    if html is None:
        return
    try:
        with Retold(quiet=quiet, what="page", kept=kept) as retold:
            html.write_text(page(retold.told), encoding="utf-8")
    except OSError as error:
        raise CallerError(f"`{html}` cannot be written: {error.strerror}; {kept}") from error
    if not quiet:
        click.echo(f"page for reviewing in {html}", err=True)
