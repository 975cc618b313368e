"""Questions that workers answer, to whoever waits for each; its one rule: one look for all of them, never one each.

Looks come twenty times a second while there is something to see, and more and more seldom while there is not.
"""

import asyncio
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from dramaturg.errors import ModelError
from dramaturg.run.durable.questions import Crew, Questions

_SOON, _LATE, _GROWTH = 0.05, 0.5, 1.2  # seconds between two looks
_MUSTER = 2.0  # seconds between two looks for who is there, and for what others have removed
_PATIENCE = 60.0  # seconds that a database may not answer
_NOBODY = "no worker answers questions on this database; `dramaturg worker --database URL` starts one; waiting"

Said = Mapping[str, Any]
Write = Callable[[], Mapping[str, Any]]


@dataclass(slots=True, kw_only=True)
class _Wanted:
    """A question that somebody waits for.

    Attributes:
        write: Gives it as plain data; what is there already need not be written.
        said: What comes of it.
        given: Whether it was seen to be in the database since this process waits.
    """

    write: Write
    said: asyncio.Future[Said]
    given: bool = False


@dataclass(slots=True, kw_only=True)
class Correspondence:
    """The questions of this process that workers are to answer.

    Attributes:
        questions: The way to the database.
        notice: Told in a line what keeps the answers from coming.
        crew: Who was there at the last look.
    """

    questions: Questions
    notice: Callable[[str], None]
    crew: Crew
    _wanted: dict[str, _Wanted] = field(default_factory=dict)
    _news: asyncio.Event = field(default_factory=asyncio.Event)
    _turn: asyncio.Lock = field(default_factory=asyncio.Lock)
    _tending: asyncio.Task[None] | None = None
    _mustered: float = 0.0
    _alone: bool = False
    _silent_since: float | None = None

    async def ask(self, name: str, write: Write) -> Said:
        """Wait for what comes of a question, as `Questions.over` tells it; given again, it is the same question.

        Args:
            name: Its id.
            write: Gives it as plain data.

        Raises:
            ModelError: The database does not answer for a minute.
        """
        if name not in self._wanted:
            self._wanted[name] = _Wanted(write=write, said=asyncio.get_running_loop().create_future())
            self._news.set()
        if self._tending is None or self._tending.done():
            self._tending = asyncio.ensure_future(self._tend())
            self._tending.add_done_callback(self._ended)
        return await asyncio.shield(self._wanted[name].said)

    async def take_back(self) -> None:
        """Withdraw what no worker has begun; whoever waits for it is cancelled."""
        async with self._turn:
            taken = [name for name, wanted in self._wanted.items() if not wanted.given]
            taken += await asyncio.to_thread(self.questions.take_back, [*self._wanted])
            for name in taken:
                wanted = self._wanted.pop(name, None)
                if wanted is not None:
                    wanted.said.cancel()

    async def stop(self) -> None:
        """Wait for nothing any more."""
        if self._tending is not None:
            self._tending.cancel()
            await asyncio.gather(self._tending, return_exceptions=True)

    async def _tend(self) -> None:
        """Give and look for as long as somebody waits."""
        pause = _SOON
        while self._wanted:
            self._news.clear()
            async with self._turn:
                pause = _SOON if await self._round() else min(_LATE, pause * _GROWTH)
            await self._until_news(pause)

    async def _until_news(self, pause: float) -> None:
        """Wait for the next look; questions that come meanwhile are given soon, those of a moment together."""
        await asyncio.sleep(_SOON)
        if pause > _SOON:
            try:
                await asyncio.wait_for(self._news.wait(), pause - _SOON)
            except TimeoutError:
                return

    async def _round(self) -> bool:
        """Look for what is over, then give what is new; tell whether anything happened."""
        fresh = {name: wanted for name, wanted in self._wanted.items() if not wanted.given}
        try:
            over, crew = await asyncio.to_thread(self._exchange, [*self._wanted], fresh)
        except ModelError as error:
            self._unanswered(error)
            return False
        self._silent_since = None
        for wanted in fresh.values():
            wanted.given = True
        for name, said in over.items():
            answered = self._wanted.pop(name, None)
            if answered is not None and not answered.said.done():
                answered.said.set_result(said)
        if crew is not None:
            self._muster(*crew)
        return bool(over or fresh)

    def _exchange(
        self, names: list[str], fresh: Mapping[str, _Wanted]
    ) -> tuple[Mapping[str, Said], tuple[Crew, set[str]] | None]:
        """Do what a round has to do in the database, on a thread of its own.

        Of what is over before this process asked for it only replies count: a fault, or what a model was, may have
        changed since.
        """
        over = dict(self.questions.over(names))
        stale = [name for name in fresh if name in over and "reply" not in over[name]]
        self.questions.remove(stale)
        for name in stale:
            del over[name]
        self.questions.give({name: wanted.write() for name, wanted in fresh.items() if name not in over})
        if time.monotonic() - self._mustered < _MUSTER:
            return over, None
        return over, (self.questions.crew(), self.questions.there(names))

    def _muster(self, crew: Crew, there: set[str]) -> None:
        """Note who is there; give again what somebody else who asked the same has removed."""
        self.crew, self._mustered = crew, time.monotonic()
        for name, wanted in self._wanted.items():
            wanted.given = wanted.given and name in there
        if not crew.workers and not self._alone:
            self.notice(_NOBODY)
        self._alone = not crew.workers

    def _unanswered(self, error: ModelError) -> None:
        """Note that the database does not answer; after a while nobody waits for it any more."""
        now = time.monotonic()
        if self._silent_since is None:
            self._silent_since = now
            self.notice(f"{error.message}; waiting")
        if now - self._silent_since > _PATIENCE:
            self._fail(error)

    def _ended(self, tending: asyncio.Task[None]) -> None:
        """Let nobody wait for what is not looked for any more."""
        error = None if tending.cancelled() else tending.exception()
        if error is not None:
            self._fail(error)

    def _fail(self, error: BaseException) -> None:
        for wanted in self._wanted.values():
            if not wanted.said.done():
                wanted.said.set_exception(error)
        self._wanted.clear()
