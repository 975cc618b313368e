"""Steps that go on side by side; its one rule: what happens depends on the replies, never on their order.

Each task is a generator that asks for one reply at a time. Their calls go out together, and each task goes on when its
own is answered. Where one fails, the others are brought to their end before that is told: they are paid for.
"""

from collections.abc import Generator
from dataclasses import dataclass, field

from dramaturg.engine.calls import Answered, Ask, Batch, ModelCall, ModelReply, Reply
from dramaturg.engine.events import Event
from dramaturg.errors import ModelError, StepFailed

Task = Generator[ModelCall | Event, ModelReply | None, None]
Asks = Generator[Ask | Event, Reply | None, None]


@dataclass(slots=True, kw_only=True)
class Crew:
    """Tasks under way, the calls they wait for, and what failed, by the place of its step in the plan."""

    _waiting: list[tuple[ModelCall, Task, int]] = field(default_factory=list)
    _fresh: list[ModelCall] = field(default_factory=list)
    failures: list[tuple[int, StepFailed | ModelError]] = field(default_factory=list)
    answered: int = 0

    @property
    def busy(self) -> bool:
        """Whether anything is under way."""
        return bool(self._waiting)

    def begin(self, task: Task, place: int) -> Generator[Event, None, None]:
        """Bring a task to its first call; `place` is that of its step in the plan."""
        yield from self._advance(task, place, None)

    def next_answer(self) -> Asks:
        """Send out the calls that are new, take one answer, and bring its task to its next call or end."""
        calls, self._fresh = tuple(self._fresh), []
        if len(self._waiting) == 1 and len(calls) == 1:
            reply = yield calls[0]
            answered = 0
        else:
            got = yield Batch(calls=calls)
            if not isinstance(got, Answered):
                raise TypeError("a Batch was not answered with an Answered")
            answered = next(at for at, (call, _, _) in enumerate(self._waiting) if call is got.call)
            reply = got.reply
        if not isinstance(reply, ModelReply):
            raise TypeError("a ModelCall was not answered with a ModelReply")
        self.answered += 1
        _, task, place = self._waiting.pop(answered)
        yield from self._advance(task, place, reply)

    def _advance(self, task: Task, place: int, reply: ModelReply | None) -> Generator[Event, None, None]:
        while True:
            try:
                request = task.send(reply)
            except StopIteration:
                return
            except (StepFailed, ModelError) as failure:
                self.failures.append((place, failure))
                return
            reply = None
            if isinstance(request, ModelCall):
                self._waiting.append((request, task, place))
                self._fresh.append(request)
                return
            yield request
