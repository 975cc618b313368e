"""What was asked and answered so far to the messages of the next call; its one rule: a call extends those before it.

System turn, artifacts, then each step's question and accepted answer in the order they came. Rejected attempts do not
stay. What code or a person decides in between stands before the question that follows it.
"""

from collections.abc import Callable
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field

from dramaturg.engine.calls import Message, Part
from dramaturg.engine.prompts import inert


@dataclass(frozen=True, slots=True, kw_only=True)
class Turn:
    """A step's question and its accepted answer; what was only told has no answer."""

    step: str
    text: str
    answer: str | None = None


@dataclass(slots=True, kw_only=True)
class Conversation:
    """The turns of a run.

    Attributes:
        system: The system turn.
        artifacts: The artifacts, which the first question follows.
        turns: What was said, in order.
        common: How many of the first turns every later step sees.
    """

    system: str
    artifacts: str
    turns: list[Turn] = field(default_factory=list)
    common: int = 0

    def tell(self, step: str, text: str) -> None:
        """Say something that the next question follows."""
        if text:
            self.turns.append(Turn(step=step, text=text))

    def keep(self, step: str, question: str, answer: str) -> None:
        """Keep a step's question and accepted answer."""
        self.turns.append(Turn(step=step, text=question, answer=answer))

    def settle(self) -> None:
        """Let everything said so far be seen by every later step."""
        self.common = len(self.turns)

    def asking(self, question: str, sees: AbstractSet[str], *, only: bool = False) -> tuple[Message, ...]:
        """Return the messages of a call.

        Args:
            question: The step's own turn.
            sees: The ids of the steps whose turns it sees.
            only: Whether it sees these only, and what was told; not the turns that are common to all.
        """
        visible = self._visible(sees, only=only)
        messages = [Message(role="system", parts=(Part(text=self.system, cache=True),))]
        parts = [Part(text=self.artifacts, cache=True)]
        told = ""
        for place, turn in enumerate(self.turns):
            if turn.answer is None:
                told += turn.text
            elif visible(place, turn):
                messages += _exchange((*parts, Part(text=told + turn.text)), turn.answer)
                parts, told = [], ""
        return (*messages, Message(role="user", parts=(*parts, Part(text=told + question))))

    def _visible(self, sees: AbstractSet[str], *, only: bool) -> Callable[[int, Turn], bool]:
        common = 0 if only else self.common
        return lambda place, turn: place < common or turn.step in sees


def _exchange(parts: tuple[Part, ...], answer: str) -> tuple[Message, Message]:
    return Message(role="user", parts=parts), Message(role="assistant", parts=(Part(text=inert(answer)),))
