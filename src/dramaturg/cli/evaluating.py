"""What an eval does to talk on stderr; its one rule: a terminal gets motion, a pipe a line now and then."""

import time
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from types import TracebackType
from typing import TYPE_CHECKING

import click

from dramaturg.cli.output import counted
from dramaturg.cli.talk import Talk

if TYPE_CHECKING:
    from dramaturg.evals.carrying import Waiting
    from dramaturg.evals.mutation import Tried
    from dramaturg.evals.runner import Step
    from dramaturg.evals.terms import Terms
    from dramaturg.evals.told import Opened

_EVERY = 10.0  # seconds between two lines where nothing moves
_STILL = 600.0  # seconds after which that is said of a batch again: some machinery ends what is silent


class Progress(Talk):
    """Shows how much of something long is done, and says so where it is interrupted."""

    each_batch = True  # whether a line stays of each

    def __init__(self, *, quiet: bool) -> None:
        super().__init__(quiet=quiet)
        self._told = time.monotonic()
        self.so_far = "nothing is done yet"
        self.to_go_on = "the same command goes on from there and asks nothing twice"
        self._batches: dict[str, Waiting] = {}  # those that are out, by the vendor's id
        self._numbers: dict[str, int] = {}
        self._line = ""

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        super().__exit__(kind, error, trace)
        if kind is not None and issubclass(kind, KeyboardInterrupt):
            for waiting in self._batches.values():
                click.echo(f"{self._named(waiting)} goes on at the vendor", err=True)
            click.echo(f"{self.so_far}; {self.to_go_on}", err=True)

    def batch(self, waiting: "Waiting") -> None:
        """Show how far a batch is; where nothing moves, when that changes, and that it still waits."""
        said, known = self._named(waiting), waiting.batch in self._batches
        if waiting.ended:
            self._batches.pop(waiting.batch, None)
            said += f" has ended after {_duration(waiting.seconds)}"
        else:
            self._batches[waiting.batch] = waiting
            said += f" is with {waiting.model}"
        if self.each_batch and (waiting.ended or not known):
            self.say(said)
        line = self._still_out()
        changed, self._line = line != self._line, line
        if line:
            self.count(line, each=_EVERY if changed and waiting.done else _STILL)
        else:
            self.move("going on …")

    def heard(self, terms: "Terms") -> "Terms":
        """Return terms under which what keeps workers from answering, or an eval from ending, is said here."""
        return replace(terms, notice=self.say)

    def count(self, line: str, each: float = _EVERY) -> None:
        """Show how far it is; where nothing moves, so many seconds after the line before."""
        self.move(line)
        if not self.moves and time.monotonic() - self._told > each:
            self._told = time.monotonic()
            self.say(line)

    def _named(self, waiting: "Waiting") -> str:
        """Return which batch it is, and of how much."""
        number = self._numbers.setdefault(waiting.batch, len(self._numbers) + 1)
        return f"batch {number} ({waiting.batch}, {counted(waiting.total, 'question')})"

    def _still_out(self) -> str:
        """Return how far batches are; a vendor that does not tell says that none is done until all are."""
        out = self._batches.values()
        if not out:
            return ""
        since = datetime.now(UTC).astimezone() - timedelta(seconds=max(each.seconds for each in out))
        done, total = sum(each.done for each in out), sum(each.total for each in out)
        which = [f"batch {self._numbers[name]}" for name in self._batches]
        named = which[0] if len(which) == 1 else f"{len(which):,} batches"
        answered = f"{done:,} of {counted(total, 'question')} answered" if done else counted(total, "question")
        return f"{named}: {answered}, out since {since:%H:%M}"


def _duration(seconds: float) -> str:
    """Return a time in words, such as `40 s` or `3 h 20 min`."""
    minutes = round(seconds / 60)
    if minutes < 1:
        return f"{seconds:.0f} s"
    hours, minutes = divmod(minutes, 60)
    return f"{hours:,} h {minutes} min" if hours else f"{minutes} min"


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
        edits = f", {counted(len(opened.edits), 'edit') if opened.edits else 'no edit'}" if opened.arms[1:] else ""
        self.say(f"eval {opened.run}: {arms}{edits}, {pairs}{kept}")
        if opened.out:
            out = f"{counted(opened.out, 'question')} of this suite {'is' if opened.out == 1 else 'are'} out in a batch"
            self.say(f"{out}; `--batch` waits for the answers, without it what is asked of them now is paid twice")
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


class Retold(Progress):
    """Shows how much of a recorded eval is told again, on a page or in logs: all of it is performed once more."""

    def __init__(self, *, quiet: bool, what: str, kept: str) -> None:
        super().__init__(quiet=quiet)
        self.so_far, self.to_go_on = f"not all of the {what} was written", kept
        self._what = what

    def told(self, done: int, total: int) -> None:
        """Show that more is told."""
        self.count(f"{self._what}: {done:,} of {total:,} told")


class MutantWatch(Progress):
    """Shows how many mutants were tried; which of them survived is the result, and told once."""

    each_batch = False  # each mutant has its own

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
