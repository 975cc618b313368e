"""A run's events to talk on stderr; its one rule: a terminal gets motion, a pipe plain lines, both say the same."""

import sys
import time
from types import TracebackType
from typing import TYPE_CHECKING, Self

import click

from dramaturg.cli.output import counted, let_go, print_findings
from dramaturg.engine.calls import Usage
from dramaturg.engine.events import (
    AnswerRejected,
    BranchTaken,
    CallAnswered,
    Event,
    QuestionAnswered,
    Retrying,
    RunOpened,
    RunStarted,
    StepAccepted,
    StepStarted,
)
from dramaturg.errors import ModelError
from dramaturg.findings.model import Finding
from dramaturg.findings.render import shown

if TYPE_CHECKING:
    from rich.status import Status


class Progress:
    """Shows what a run does; `status` is the moving line of a terminal, None elsewhere."""

    def __init__(self, *, quiet: bool) -> None:
        self.run = ""
        self.told: tuple[Finding, ...] = ()
        self._quiet = quiet
        self._began = time.monotonic()
        self._step_began = self._began
        self._place = ""
        self._usage = Usage()
        self._replayed = False
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
        if self.run and isinstance(error, (KeyboardInterrupt, ModelError)):
            click.echo(f"go on where it stopped: dramaturg resume {self.run}", err=True)

    def __call__(self, event: Event) -> None:
        """Show one event."""
        match event:
            case RunOpened():
                self.run, self.told = event.run, event.findings
                words = "answer is" if event.kept == 1 else "answers are"
                kept = f", {event.kept} {words} already there" if event.kept else ""
                self.say(f"model {event.model}: {event.destination}")
                self.say(f"run {event.run}{kept}")
                self._show(event.findings)
            case StepStarted():
                self._step_began = time.monotonic()
                self._usage, self._replayed = Usage(), False
                self._place = f"[{event.position}/{event.total}] {event.title}"
                self._move(f"{self._place} …")
            case CallAnswered():
                self._usage += event.usage
                self._replayed = self._replayed or event.replayed
            case AnswerRejected():
                more = f", and {len(event.findings) - 1} more" if event.findings[1:] else ""
                self.say(f"{self._place}: answer not accepted ({event.findings[0].message}{more})")
                self._move(f"{self._place}: asking again …")
            case Retrying():
                self.say(f"{self._place}: {event.reason}; trying again in {event.wait:.0f} s")
            case StepAccepted():
                self.say(f"{self._place}: {self._told(event)}")
            case RunStarted() | QuestionAnswered() | BranchTaken():
                pass

    def say(self, text: str) -> None:
        """Print a line that stays; what a provider said in it is shown, not obeyed."""
        text = shown(text)
        if self._status:
            self._status.console.print(text, markup=False, highlight=False, soft_wrap=True)
        elif not self._quiet:
            try:
                click.echo(text, err=True)
            except BrokenPipeError:  # whoever watched has left; a run that is paid for goes on
                let_go(sys.stderr)

    def _show(self, findings: tuple[Finding, ...]) -> None:
        """Draw what was found before anything is asked."""
        if findings and not self._quiet:
            if self._status:
                self._status.stop()
            print_findings(findings, to_stderr=True, brief_notes=True)
            if self._status:
                self._status.start()

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
        if self._replayed:
            parts.append("from the journal")
        else:
            parts += [tokens(self._usage)] if self._usage.input else []
            parts.append(f"{time.monotonic() - self._step_began:.1f} s")
        return ", ".join(parts)

    def _move(self, text: str) -> None:
        if self._status:
            from rich.text import Text

            self._status.update(Text(text))


def tokens(usage: Usage) -> str:
    """Return token counts in words."""
    return f"{usage.input:,} tokens in ({usage.cache_read:,} cached), {usage.output:,} out"


def _status() -> "Status | None":
    """Return a moving line where stderr is a terminal."""
    if not sys.stderr.isatty():
        return None
    from rich.console import Console

    return Console(stderr=True).status("starting …")
