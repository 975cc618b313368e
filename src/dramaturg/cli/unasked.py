"""Answers known beforehand to those that nothing asked for; its one rule: a mistaken id is told, never passed over."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING

import click

from dramaturg.errors import AnswerNeeded
from dramaturg.findings.render import shown

if TYPE_CHECKING:
    from dramaturg.engine.events import Event
    from dramaturg.run.drive import Emit


@contextmanager
def telling_of_unasked(known: Sequence[str], emit: "Emit") -> "Iterator[Emit]":
    """Give what passes a run's events on; say at its end which answers, by their ids, nothing asked for."""
    from dramaturg.engine.events import QuestionAnswered

    asked = set[str]()

    def hear(event: "Event") -> None:
        if isinstance(event, QuestionAnswered):
            asked.update((event.question.id, event.question.step))
        emit(event)

    try:
        yield hear
    except AnswerNeeded as pause:
        steps = {name.rpartition(".")[0] for name, _, _ in pause.questions}
        _tell(known, asked | steps | {name for name, _, _ in pause.questions})
        raise
    _tell(known, asked)


def _tell(known: Sequence[str], asked: set[str]) -> None:
    for name in known:
        if name not in asked:
            click.echo(shown(f"note: nothing asked for the answer `{name}`; give it by the id of a question"), err=True)
