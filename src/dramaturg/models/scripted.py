"""Answers prepared beforehand, to test personas and the runtime; its one rule: an unprepared question is an error."""

from collections.abc import Callable, Iterable, Iterator

from dramaturg.engine.calls import ModelCall, ModelReply
from dramaturg.engine.profile import Profile
from dramaturg.errors import ModelError
from dramaturg.models.profiles import hosted
from dramaturg.models.watch import Watch

Answer = str | ModelReply | ModelError


class ScriptedModel:
    """A model that answers from a list, or from a function of the call; `calls` keeps what it was asked."""

    destination = "nothing leaves this machine"

    def __init__(
        self,
        answers: Iterable[Answer] | Callable[[ModelCall], Answer],
        *,
        name: str = "scripted",
        profile: Profile | None = None,
    ) -> None:
        self.name = name
        self.profile = profile or hosted()
        self.calls: list[ModelCall] = []
        self._function = answers if callable(answers) else None
        self._list: Iterator[Answer] = iter(()) if callable(answers) else iter(answers)

    async def answer(self, call: ModelCall, watch: Watch | None = None) -> ModelReply:
        """Return the next prepared answer; a prepared ModelError is raised."""
        self.calls.append(call)
        prepared = self._function(call) if self._function else next(self._list, None)
        if prepared is None:
            raise ModelError(f"no answer is prepared for step {call.step}, attempt {call.attempt}", retryable=False)
        if isinstance(prepared, ModelError):
            raise prepared
        reply = prepared if isinstance(prepared, ModelReply) else ModelReply(text=prepared, model=self.name)
        if watch is not None:
            watch(reply.text)
        return reply

    async def aclose(self) -> None:
        """Hold nothing, release nothing."""
