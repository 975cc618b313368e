"""Questions of an eval to workers on other machines; its one rule: workers ask, everything else stays here.

What is queued is a question, not a performance. So arms and evals that ask the same share one answer, an eval that was
killed finds its questions by the same names, and a worker needs neither personas nor artifacts of its own.
"""

import asyncio
import hashlib
from collections.abc import Callable, Mapping
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from dramaturg.engine.calls import ModelCall, ModelReply
from dramaturg.engine.profile import Profile
from dramaturg.errors import CallerError, ModelError
from dramaturg.evals.replies import Kept, Replies
from dramaturg.evals.ways import AT_ONCE, AtOnce
from dramaturg.models.absent import traits_of
from dramaturg.models.model import Model
from dramaturg.models.spec import ModelSpec
from dramaturg.models.watch import Watch
from dramaturg.run.durable.answering import question_data
from dramaturg.run.durable.correspondence import Correspondence
from dramaturg.run.durable.names import question_id
from dramaturg.run.durable.plain import error_of, reply_of
from dramaturg.run.durable.questions import Questions

_AHEAD = 1.5  # performances for each question that the workers can have under way: the next are to wait in the queue


@dataclass(frozen=True, slots=True, kw_only=True)
class Elsewhere:
    """A model that workers ask.

    Attributes:
        name: What it is called; part of every call's key.
        profile: Its traits.
        spec: How a worker opens it.
        destination: Where the text goes: to the database, whatever it is.
    """

    name: str
    profile: Profile
    spec: str
    destination: str

    async def answer(self, call: ModelCall, watch: Watch | None = None) -> ModelReply:
        """Raise CallerError: it is asked by workers, and not from here."""
        del call, watch
        raise CallerError(f"`{self.name}` is asked by workers")

    async def aclose(self) -> None:
        """Release nothing."""


@dataclass(slots=True, kw_only=True)
class ByWorkers:
    """Lets the workers of a database ask; the quoting of evidence, which takes less than a queue does, is done here.

    Attributes:
        database: Its URL.
        here: How what no worker is asked is answered.
        notice: Told in a line what keeps answers from coming.
        anew: Whether the answers to questions of other evals do not count.
    """

    database: str
    here: AtOnce
    notice: Callable[[str], None]
    anew: bool = False
    batches: bool = False
    beside: None = None
    _run: str = ""
    _post: Correspondence | None = None
    _settled: set[str] = field(default_factory=set)

    @property
    def at_once(self) -> int:
        """How many performances are worth having under way: a queue that never runs dry, and not much more."""
        if self._post is None:
            return AT_ONCE
        return max(AT_ONCE, int(_AHEAD * self._post.crew.workers * self._post.crew.at_once))

    async def open(self, spec: ModelSpec, undo: AsyncExitStack, *, recorded: bool) -> Model:
        """Return what stands for a model; a worker tells its traits where only opening it does.

        Raises:
            CallerError: There is no Postgres database of that URL.
            ModelError: It cannot be reached, or the worker that was asked cannot open the model.
        """
        if spec.kind == "evidence":
            return await self.here.open(spec, undo, recorded=recorded)
        if self._post is None:
            self._post = await self._connected(undo)
        traits = traits_of(spec)
        if traits is None:
            told = (await self._said(_digest(f"traits of {spec}"), str(spec), None))["traits"]
            traits = told["name"], Profile(**told["profile"])
        where = urlsplit(self.database).hostname or "this machine"
        destination = f"text goes to the workers of the database on {where}"
        return Elsewhere(name=traits[0], profile=traits[1], spec=str(spec), destination=destination)

    def apart(self) -> "ByWorkers":
        """Return itself: workers are asked by the key of a question, whichever eval asks."""
        return self

    async def enter(self, replies: Replies, undo: AsyncExitStack) -> None:
        """Take note of the answers that the eval recorded before it was killed: their questions may still be there."""
        del undo
        self._run = replies.run if self.anew else ""
        for key in replies.asked:
            self.recorded(key)

    async def ask(self, model: Model, call: ModelCall) -> Kept:
        """Let a worker ask; ModelError with what kept it from an answer."""
        if not isinstance(model, Elsewhere):
            return await self.here.ask(model, call)
        said = await self._said(call.key, model.spec, call)
        return Kept(reply=reply_of(said["reply"]), seconds=said["seconds"])

    def recorded(self, key: str) -> None:
        """Take note that a question may be removed from the database."""
        self._settled.add(self._named(key))

    def _named(self, key: str) -> str:
        """Return what a question is called in the database."""
        return question_id(_digest(f"{key} of {self._run}") if self._run else key)

    async def withdraw(self) -> None:
        """Take back what no worker has begun, and remove what is settled; the rest is found by the same command.

        What the database does not answer is left there, to be found again, or pruned.
        """
        if self._post is None:
            return
        names, self._settled = sorted(self._settled), set()
        try:
            await self._post.take_back()
            await asyncio.to_thread(self._post.questions.remove, names)
        except ModelError as error:
            self.notice(error.message)

    async def _connected(self, undo: AsyncExitStack) -> Correspondence:
        questions = await asyncio.to_thread(Questions, self.database)
        undo.callback(questions.close)
        crew = await asyncio.to_thread(questions.crew)
        undo.push_async_callback(self._leave)
        return Correspondence(questions=questions, notice=self.notice, crew=crew)

    async def _leave(self) -> None:
        """Leave nothing in the database that nobody needs, and wait for nothing any more."""
        if self._post is not None:
            await self.withdraw()
            await self._post.stop()
            self._post = None

    async def _said(self, key: str, spec: str, call: ModelCall | None) -> Mapping[str, Any]:
        """Return what a worker says to a question; ModelError with what it has met."""
        name = self._named(key)
        assert self._post is not None  # noqa: S101 - `open` has made it
        said = await self._post.ask(name, lambda: question_data(spec, self.here.name, call))
        if call is None or "error" in said:
            self._settled.add(name)
        if "error" in said:
            error = error_of(said["error"])
            raise error if isinstance(error, ModelError) else ModelError(str(error), retryable=False)
        return said


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
