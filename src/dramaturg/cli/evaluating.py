"""What an eval does to talk on stderr; its one rule: a terminal gets motion, a pipe a line now and then."""

import sys
import time
from types import TracebackType
from typing import TYPE_CHECKING, Self

import click

from dramaturg.cli.output import counted
from dramaturg.findings.render import shown

if TYPE_CHECKING:
    from rich.status import Status

    from dramaturg.evals.evaluate import Opened
    from dramaturg.evals.runner import Step

_EVERY = 10.0  # seconds between two lines where nothing moves


class Watch:
    """Shows how far an eval is."""

    def __init__(self, *, quiet: bool) -> None:
        self._quiet = quiet
        self._status: Status | None = None
        self._told = time.monotonic()
        self._counts = dict.fromkeys(("pass", "fail", "error", "unscored"), 0)
        if not quiet and sys.stderr.isatty():
            from rich.console import Console

            self._status = Console(stderr=True).status("starting …")

    def __enter__(self) -> Self:
        if self._status:
            self._status.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._status:
            self._status.stop()

    def open(self, opened: "Opened") -> None:
        """Say what is about to be performed."""
        for name, destination in opened.destinations.items():
            self._say(f"model {name}: {destination}")
        arms = " against ".join(reversed(opened.arms))
        kept = f", {counted(opened.kept, 'performance')} already there" if opened.kept else ""
        pairs = counted(opened.pairs, "pair" if len(opened.arms) > 1 else "performance")
        self._say(f"eval {opened.run}: {arms}, {pairs}{kept}")
        for edit in opened.edits:
            self._say(f"edited: {edit}")

    def step(self, step: "Step") -> None:
        """Show that a pair was performed."""
        for record in step.records:
            self._counts[record.outcome] += 1
        counts = ", ".join(f"{count:,} {outcome}" for outcome, count in self._counts.items() if count)
        line = f"{step.done:,} of {step.total:,}: {counts}"
        if self._status:
            self._status.update(line)
        elif time.monotonic() - self._told > _EVERY:
            self._told = time.monotonic()
            self._say(line)

    def _say(self, text: str) -> None:
        if self._status:
            self._status.console.print(shown(text), markup=False, highlight=False, soft_wrap=True)
        elif not self._quiet:
            click.echo(shown(text), err=True)
