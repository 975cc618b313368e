"""Questions of an eval to answers; its one rule: what decides is what was answered, not in which way.

A way makes models ready to be asked, and puts questions to them. What it is given is asked now: what was recorded
before, and what may be spent, is seen to by whoever gives it (`cells.Desk`).
"""

import asyncio
import time
from contextlib import AsyncExitStack
from dataclasses import dataclass
from typing import Protocol

from dramaturg.engine.calls import ModelCall
from dramaturg.errors import CallerError
from dramaturg.evals.replies import Kept, Replies
from dramaturg.models.absent import AbsentModel, absent_model
from dramaturg.models.model import Loads, Model
from dramaturg.models.pool import Pool
from dramaturg.models.retry import RetryPolicy, answer_with_retries
from dramaturg.models.spec import ModelSpec, require_usable

AT_ONCE = 24
Beside = dict[str, asyncio.Task[Kept]]  # questions under way and answered, by key


class Way(Protocol):
    """How the questions of an eval are answered."""

    @property
    def at_once(self) -> int:
        """How many performances are worth having under way, as things are now."""
        ...

    @property
    def batches(self) -> bool:
        """Whether questions wait for each other, and then for the vendor: both arms of a pair go on side by side."""
        ...

    @property
    def beside(self) -> "Beside | None":
        """What evals that go on beside each other have asked; None where none does."""
        ...

    async def open(self, spec: ModelSpec, undo: AsyncExitStack, *, recorded: bool) -> Model:
        """Make a model ready to be asked until `undo` is done; with `recorded` it may well be asked nothing.

        Raises:
            CallerError, ModelError: It cannot be asked here.
        """
        ...

    def apart(self) -> "Way":
        """Return the same way for one more eval, which may go on beside others."""
        ...

    async def enter(self, replies: Replies, undo: AsyncExitStack) -> None:
        """Take note of where the answers of an eval are recorded, which begins now and goes on until `undo` is done."""
        ...

    async def ask(self, model: Model, call: ModelCall) -> Kept:
        """Put a question to a model; ModelError where there is no answer."""
        ...

    def recorded(self, key: str) -> None:
        """Take note that the answer to a question is written down, now or by this eval before it was killed."""
        ...

    async def withdraw(self) -> None:
        """Take back the questions that nobody works at yet: no more performances are begun."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class AtOnce:
    """Asks from this process, each question as soon as its model bears it.

    Attributes:
        pool: The models that are open.
        name: Which eval this is, where several share a model.
        policy: How patiently a faltering provider is asked again.
    """

    pool: Pool
    name: str
    policy: RetryPolicy
    at_once: int = AT_ONCE
    batches: bool = False
    beside: None = None

    async def open(self, spec: ModelSpec, undo: AsyncExitStack, *, recorded: bool) -> Model:
        """Open a model; one that cannot be is stood in for where all that it would be asked may be recorded."""
        absent = absent_model(spec) if recorded else None
        if absent is not None:
            try:
                require_usable(spec)
            except CallerError:
                return absent
        return await undo.enter_async_context(self.pool.lease(spec, None))

    def apart(self) -> "AtOnce":
        """Return itself: it knows of no eval."""
        return self

    async def enter(self, replies: Replies, undo: AsyncExitStack) -> None:
        """Do nothing: what is asked leaves no trace but its answer."""

    async def ask(self, model: Model, call: ModelCall) -> Kept:
        """Ask now; Unreached, at once, of a model that was not there when the eval began."""
        if isinstance(model, AbsentModel):  # trying again does not make it another
            return Kept(reply=await model.answer(call), seconds=0.0)
        if isinstance(model, Loads):  # the first performance is no slower than the others
            await model.start()
        began, line = time.monotonic(), self.pool.line(model, self.name, self.policy)
        reply = await answer_with_retries(model, call, self.policy, line, _ignore, _ignore)
        return Kept(reply=reply, seconds=time.monotonic() - began)

    def recorded(self, key: str) -> None:
        """Do nothing: no other process knows of the question."""

    async def withdraw(self) -> None:
        """Do nothing: what was asked is paid for."""


def _ignore(*told: object) -> None:
    del told
