"""What an eval does to talk on stderr; its one rule: a terminal gets motion, a pipe a line now and then."""

import time
from types import TracebackType
from typing import TYPE_CHECKING

import click

from dramaturg.cli.output import counted
from dramaturg.cli.talk import Talk

if TYPE_CHECKING:
    from dramaturg.evals.evaluate import Opened
    from dramaturg.evals.mutation import Tried
    from dramaturg.evals.runner import Step

_EVERY = 10.0  # seconds between two lines where nothing moves


class Progress(Talk):
    """Shows how much of something long is done, and says so where it is interrupted."""

    def __init__(self, *, quiet: bool) -> None:
        super().__init__(quiet=quiet)
        self._told = time.monotonic()
        self.so_far = "nothing is done yet"

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        super().__exit__(kind, error, trace)
        if kind is not None and issubclass(kind, KeyboardInterrupt):
            click.echo(f"{self.so_far}; the same command goes on from there and asks nothing twice", err=True)

    def count(self, line: str) -> None:
        """Show how far it is."""
        self.move(line)
        if not self.moves and time.monotonic() - self._told > _EVERY:
            self._told = time.monotonic()
            self.say(line)


class Watch(Progress):
    """Shows how far an eval is."""

    def __init__(self, *, quiet: bool) -> None:
        super().__init__(quiet=quiet)
        self._noun = "pair"
        self._counts = dict.fromkeys(("pass", "fail", "error", "unscored"), 0)

    def open(self, opened: "Opened") -> None:
        """Say what is about to be performed."""
        for name, destination in opened.destinations.items():
            self.say(f"model {name}: {destination}")
        self._noun = "pair" if len(opened.arms) > 1 else "performance"
        arms = " against ".join(reversed(opened.arms))
        kept = f", {counted(opened.kept, 'performance')} already there" if opened.kept else ""
        pairs = counted(opened.pairs, self._noun)
        self.say(f"eval {opened.run}: {arms}, {pairs}{kept}")
        for edit in opened.edits:
            self.say(f"edited: {edit}")
        self._so_far(0, opened.pairs)

    def step(self, step: "Step") -> None:
        """Show that a pair was performed."""
        for record in step.records:
            self._counts[record.outcome] += 1
        counts = ", ".join(f"{count:,} {outcome}" for outcome, count in self._counts.items() if count)
        self._so_far(step.done, step.total)
        self.count(f"{step.done:,} of {step.total:,}: {counts}")

    def _so_far(self, done: int, total: int) -> None:
        self.so_far = f"{done:,} of {counted(total, self._noun)} done"


class MutantWatch(Progress):
    """Shows how many mutants were tried; which of them survived is the result, and told once."""

    def __init__(self, *, quiet: bool) -> None:
        super().__init__(quiet=quiet)
        self._total = 0
        self._counts = dict.fromkeys(("killed", "survived", "cannot be performed"), 0)

    def open(self, total: int) -> None:
        """Take how many there are."""
        self._total = total
        self._so_far()

    def tried(self, tried: "Tried") -> None:
        """Show that one was tried."""
        self._counts[tried.became] += 1
        self._so_far()
        counts = ", ".join(f"{count:,} {became}" for became, count in self._counts.items() if count)
        self.count(f"{sum(self._counts.values()):,} of {counted(self._total, 'mutant')}: {counts}")

    def _so_far(self) -> None:
        self.so_far = f"{sum(self._counts.values()):,} of {counted(self._total, 'mutant')} tried"
