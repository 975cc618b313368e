"""A run's events to talk on stderr; its one rule: a terminal gets motion, a pipe plain lines, both say the same."""

import time
from dataclasses import dataclass, field
from textwrap import shorten
from types import TracebackType

import click

from dramaturg.cli.output import counted, print_findings, where
from dramaturg.cli.talk import Talk
from dramaturg.engine.calls import Usage
from dramaturg.engine.events import (
    AnswerRejected,
    BranchTaken,
    CallAnswered,
    Event,
    FellBack,
    ItemArrived,
    QuestionAnswered,
    Retrying,
    RunOpened,
    RunQueued,
    StepAccepted,
    StepStarted,
)
from dramaturg.errors import ModelError
from dramaturg.findings.model import Finding

_SHOWN = 60


@dataclass(slots=True)
class _Step:
    """A step that is being performed."""

    place: str
    began: float
    usage: Usage = field(default_factory=Usage)
    calls: int = 0
    replayed: int = 0
    items: int = 0

    @property
    def shown(self) -> str:
        """Its place, and how much of its answer has arrived."""
        return f"{self.place} ({counted(self.items, 'item')})" if self.items else self.place


class Progress(Talk):
    """Shows what a run does."""

    def __init__(self, *, quiet: bool) -> None:
        super().__init__(quiet=quiet)
        self.run = ""
        self.seen: set[str] = set()  # keys of questions whose answers were typed here
        self._queued = False
        self.told: tuple[Finding, ...] = ()
        self._where = where()  # of this thread's command; events come on another
        self._began = time.monotonic()
        self._steps: dict[str, _Step] = {}

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        super().__exit__(kind, error, trace)
        if self._queued and isinstance(error, KeyboardInterrupt):
            click.echo(f"it goes on; to follow it again: dramaturg resume {self.run}{self._where}", err=True)
        elif self.run and isinstance(error, (KeyboardInterrupt, ModelError)):
            click.echo(f"go on where it stopped: dramaturg resume {self.run}{self._where}", err=True)

    def __call__(self, event: Event) -> None:
        """Show one event."""
        match event:
            case RunOpened():
                self._open(event)
            case RunQueued():
                self._queue(event)
            case StepStarted():
                place = f"[{event.position}/{event.total}] {event.title}"
                self._steps[event.step] = _Step(place, time.monotonic())
                self._move()
            case CallAnswered():
                step = self._steps[event.step]
                step.usage += event.usage
                step.calls += 1
                step.replayed += event.replayed
            case StepAccepted():
                self.say(f"{self._place(event.step)}: {self._told(event)}")
                self._steps.pop(event.step, None)
                self._move()
            case _:
                self._interlude(event)

    def _interlude(self, event: Event) -> None:
        """Show what happens on a step's way."""
        match event:
            case AnswerRejected():
                more = f", and {len(event.findings) - 1} more" if event.findings[1:] else ""
                self.say(f"{self._place(event.step)}: answer not accepted ({event.findings[0].message}{more})")
                self._move("asking again")
            case ItemArrived():
                if step := self._steps.get(event.step):
                    step.items = event.number
                    self._move()
            case FellBack():
                self.say(f"{self._place(event.step)}: {event.reason}; asking {event.instead} instead")
            case Retrying():
                self.say(f"{self._place(event.step)}: {event.reason}; trying again in {event.wait:.0f} s")
            case QuestionAnswered() if event.question.key not in self.seen:
                said = event.answer.name or " ".join(event.answer.text.split()) or "no answer"
                self.say(f"question {event.question.id}: {shorten(said, _SHOWN, placeholder=' …')}")
            case BranchTaken():
                case_of = f" because {event.check}" if event.check else ""
                often = f", time {event.round} of at most {event.bound}" if event.bound else ""
                self.say(f"{event.title}: goes on with step {event.goes_to}{case_of}{often}")
            case _:
                pass

    def _queue(self, event: RunQueued) -> None:
        self.run, self._queued = event.run, True
        self.say(f"run {event.run} is queued; it goes on if you leave: dramaturg resume {event.run}{self._where}")
        if event.alone:
            self.say("no worker lives on this database; `dramaturg worker --database URL` starts one; waiting")
        if event.bound:
            self.say("it keeps the limits it has, whatever is given now; once it rests at one, `resume` takes others")

    def _open(self, event: RunOpened) -> None:
        known = self.run == event.run  # it was said when it was queued
        self.run, self.told = event.run, (*self.told, *event.findings)
        words = "answer is" if event.kept == 1 else "answers are"
        kept = f", {event.kept} {words} already there" if event.kept else ""
        self.say(f"model {event.model}: {event.destination}")
        if not known:
            self.say(f"run {event.run}{kept}")
        self._show(event.findings)

    def _show(self, findings: tuple[Finding, ...]) -> None:
        """Draw what was found before anything is asked."""
        if findings and not self.quiet:
            with self.paused():
                print_findings(findings, to_stderr=True, brief_notes=True)

    @property
    def seconds(self) -> float:
        """Seconds since the run began."""
        return time.monotonic() - self._began

    def _told(self, event: StepAccepted) -> str:
        parts = ["done"]
        if event.section:
            parts = [counted(len(event.section.entries), "item")]
            missing = sum(entry.basis == "missing" for entry in event.section.entries)
            unsupported = sum(entry.unsupported for entry in event.section.entries)
            parts += [f"{missing} missing"] if missing else []
            parts += [f"{unsupported} unsupported"] if unsupported else []
        step = self._steps.get(event.step)
        if step is None or not step.calls:
            return ", ".join(parts)
        if step.replayed:
            parts.append("from the journal")
        else:
            parts += [tokens(step.usage)] if step.usage.input else []
            parts.append(f"{time.monotonic() - step.began:.1f} s")
        return ", ".join(parts)

    def _place(self, step: str) -> str:
        return self._steps[step].place if step in self._steps else f"step {step}"

    def _move(self, doing: str = "") -> None:
        """Show the steps under way on the moving line."""
        under_way = ", ".join(step.shown for step in self._steps.values())
        self.move(f"{under_way}: {doing} …" if doing else f"{under_way} …")


def tokens(usage: Usage) -> str:
    """Return token counts in words."""
    return f"{usage.input:,} tokens in ({usage.cache_read:,} cached), {usage.output:,} out"
