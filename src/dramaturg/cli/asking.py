"""A run's questions to a person at a terminal; its one rule: nothing is asked where nobody can see it."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from dramaturg.cli.output import tell
from dramaturg.findings.cells import shown

if TYPE_CHECKING:
    from dramaturg.cli.progress import Progress
    from dramaturg.engine.calls import Answer, Question
    from dramaturg.run.respond import Given, OnQuestion

_HINTS = {
    "confirm": "yes, or what to change; empty pauses the run",
    "clarify": "empty for no answer",
    "artifact": "path of the file, or an answer in words; empty for none",
    "reset": "revise, reset or stop",
}


def asker(progress: "Progress") -> "OnQuestion | None":
    """Return what asks at the terminal; None where stdin or stderr is none."""
    if not (sys.stdin.isatty() and sys.stderr.isatty()):
        return None

    def ask(question: "Question") -> "Given":
        progress.seen.add(question.key)
        with progress.paused():
            return _ask(question)

    return ask


def _ask(question: "Question") -> "Given":
    if question.about:
        click.echo("\n" + "\n".join(shown(line) for line in question.about.split("\n")) + "\n", err=True)
    tell(f"question {question.id}: {question.text}")
    while True:
        said = click.prompt(
            _HINTS[question.kind], default="", show_default=False, prompt_suffix=" > ", err=True
        ).strip()
        if not said:
            return None if question.kind in ("confirm", "reset") else _no_answer()
        if question.kind != "artifact":
            return said
        file = Path(said).expanduser()
        if file.is_file():
            return file
        if not _looks_like_a_path(said):
            return said
        tell(f"there is no file `{said}`")


def _no_answer() -> "Answer":
    from dramaturg.engine.calls import Answer

    return Answer()


def _looks_like_a_path(said: str) -> bool:
    return "/" in said and " " not in said
