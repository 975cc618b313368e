"""Answers known beforehand to those that nothing asked for; its one rule: a mistaken id is told, never passed over."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING

from dramaturg.errors import AnswerNeeded

if TYPE_CHECKING:
    from dramaturg.cli.talk import Talk
    from dramaturg.engine.events import Event
    from dramaturg.run.drive import Emit


@contextmanager
def telling_of_unasked(known: Sequence[str], emit: "Emit", talk: "Talk") -> "Iterator[Emit]":
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
        _tell(talk, known, asked | steps | {name for name, _, _ in pause.questions})
        raise
    _tell(talk, known, asked)


def _tell(talk: "Talk", known: Sequence[str], asked: set[str]) -> None:
    for name in known:
        if name not in asked:
            talk.say(f"note: nothing asked for the answer `{name}`; give it by the id of a question")
