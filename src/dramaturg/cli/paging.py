"""`--html` of evals: a page to its file; its one rule: what cannot be written is told before anything is asked."""

from collections.abc import Callable
from pathlib import Path

import click

from dramaturg.cli.deliver import require_writable
from dramaturg.errors import CallerError


def _checked(context: click.Context, option: click.Parameter, html: Path | None) -> Path | None:
    del context, option
    if html == Path("-"):
        raise CallerError("the page goes to a file; write `--html FILE`")
    return require_writable(html)


html_option = click.option(
    "--html",
    type=click.Path(dir_okay=False, path_type=Path),
    callback=_checked,
    help="Write a page for reviewing here as well: all of it in one file, which loads nothing.",
)


def write_page(html: Path | None, page: Callable[[], str], *, kept: str, quiet: bool = False) -> None:
    """Write a page where one is wished for; `kept` says how to have it again if that fails."""
    if html is None:
        return
    try:
        html.write_text(page(), encoding="utf-8")
    except OSError as error:
        raise CallerError(f"`{html}` cannot be written: {error.strerror}; {kept}") from error
    if not quiet:
        click.echo(f"page for reviewing in {html}", err=True)
