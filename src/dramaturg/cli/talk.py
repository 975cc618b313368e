"""What a long command says on stderr; its one rule: a terminal gets motion, a pipe plain lines, nothing is obeyed."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from types import TracebackType
from typing import TYPE_CHECKING, Self

import click

from dramaturg.cli.output import folded, let_go
from dramaturg.findings.cells import shown

if TYPE_CHECKING:
    from rich.status import Status


class Talk:
    """Lines that stay, and on a terminal one that moves."""

    def __init__(self, *, quiet: bool) -> None:
        self.quiet = quiet
        self._status = None if quiet else _status()

    def __enter__(self) -> Self:
        if self._status:
            self._status.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._status:
            self._status.stop()

    @property
    def moves(self) -> bool:
        """Whether there is a line that moves."""
        return self._status is not None

    @contextmanager
    def paused(self) -> Iterator[None]:
        """Keep the terminal still while a person is asked."""
        if self._status:
            self._status.stop()
        yield
        if self._status:
            self._status.start()

    def say(self, text: str) -> None:
        """Print a line that stays; what a provider said in it is shown, not obeyed."""
        text = folded(shown(text), stream=sys.stderr)
        if self._status:
            from rich.text import Text

            # No str, which could hold what rich takes for an emoji; and no second folding, which would cut a long path.
            self._status.console.print(Text(text), soft_wrap=True)
        elif not self.quiet:
            try:
                click.echo(text, err=True)
            except BrokenPipeError:  # whoever watched has left; what is paid for goes on
                let_go(sys.stderr)

    def move(self, text: str) -> None:
        """Show what is under way on the line that moves, if there is one."""
        if self._status:
            from rich.text import Text

            self._status.update(Text(text))


def _status() -> "Status | None":
    """Return a moving line where stderr is a terminal."""
    if not sys.stderr.isatty():
        return None
    from rich.console import Console

    return Console(stderr=True).status("starting …")
