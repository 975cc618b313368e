"""What every adapter is; its one rule: ask once and translate, never try again and never judge."""

import asyncio
from typing import Protocol, runtime_checkable

from dramaturg.engine.calls import ModelCall, ModelReply
from dramaturg.engine.profile import Profile
from dramaturg.models.watch import Watch

STAYS_HERE = "nothing leaves this machine"


class Model(Protocol):
    """Something that answers calls."""

    @property
    def name(self) -> str:
        """What it is, in the form a user names it by; part of every call's key."""
        ...

    @property
    def profile(self) -> Profile:
        """Its traits."""
        ...

    @property
    def destination(self) -> str:
        """Where the text goes, for the user to know before it does."""
        ...

    async def answer(self, call: ModelCall, watch: Watch | None = None) -> ModelReply:
        """Answer one call, or raise ModelError; told `watch`, ask for a stream and tell what arrives.

        What `watch` raises goes through, and the connection is let go of.
        """
        ...

    async def aclose(self) -> None:
        """Release what the adapter holds."""
        ...


@runtime_checkable
class Counts(Protocol):
    """A model whose vendor says how many tokens a text takes."""

    async def count(self, text: str) -> int | None:
        """Return the tokens of a text; None where the server at hand does not count. ModelError as for a call."""
        ...


@runtime_checkable
class Loads(Protocol):
    """A model that has something to load before it answers, which its first question does unless it is done before."""

    async def start(self) -> None:
        """Load it, unless that is done; CallerError if it cannot be."""
        ...


def leaves_this_machine(model: Model) -> bool:
    """Tell whether what a model is asked goes elsewhere; of one that does not say it does not, assume it does."""
    return STAYS_HERE not in model.destination


async def let_go(opening: asyncio.Task[Model]) -> None:
    """Close a model that is open, and stop the opening of one that is not."""
    if not opening.done():
        opening.cancel()
    await asyncio.wait((opening,))
    if not opening.cancelled() and opening.exception() is None:
        await opening.result().aclose()
