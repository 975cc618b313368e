"""What an eval does to talk on stderr; its one rule: a terminal gets motion, a pipe a line now and then."""

import time
from typing import TYPE_CHECKING

from dramaturg.cli.output import counted
from dramaturg.cli.talk import Talk

if TYPE_CHECKING:
    from dramaturg.evals.evaluate import Opened
    from dramaturg.evals.runner import Step

_EVERY = 10.0  # seconds between two lines where nothing moves


class Watch(Talk):
    """Shows how far an eval is."""

    def __init__(self, *, quiet: bool) -> None:
        super().__init__(quiet=quiet)
        self._told = time.monotonic()
        self._counts = dict.fromkeys(("pass", "fail", "error", "unscored"), 0)

    def open(self, opened: "Opened") -> None:
        """Say what is about to be performed."""
        for name, destination in opened.destinations.items():
            self.say(f"model {name}: {destination}")
        arms = " against ".join(reversed(opened.arms))
        kept = f", {counted(opened.kept, 'performance')} already there" if opened.kept else ""
        pairs = counted(opened.pairs, "pair" if len(opened.arms) > 1 else "performance")
        self.say(f"eval {opened.run}: {arms}, {pairs}{kept}")
        for edit in opened.edits:
            self.say(f"edited: {edit}")

    def step(self, step: "Step") -> None:
        """Show that a pair was performed."""
        for record in step.records:
            self._counts[record.outcome] += 1
        counts = ", ".join(f"{count:,} {outcome}" for outcome, count in self._counts.items() if count)
        line = f"{step.done:,} of {step.total:,}: {counts}"
        self.move(line)
        if not self.moves and time.monotonic() - self._told > _EVERY:
            self._told = time.monotonic()
            self.say(line)
