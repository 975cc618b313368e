"""A question of an eval to a model's answer, on a worker; its one rule: whatever comes of it is plain data.

Nothing is written down on the way: a question whose worker dies is asked again as a whole. What keeps an answer from
coming goes back to whoever asked, once waiting does not help.
"""

import asyncio
import re
import time
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field, replace
from typing import Any

from pydantic import TypeAdapter

from dramaturg.engine.calls import ModelCall
from dramaturg.errors import CallerError, ModelError
from dramaturg.models.model import Model
from dramaturg.models.pool import Pool
from dramaturg.models.retry import RetryPolicy, answer_with_retries
from dramaturg.models.spec import ModelSpec, parse_spec
from dramaturg.run.durable.held import lacked
from dramaturg.run.durable.plain import error_data, reply_data

FORMAT = 1
_CALL = TypeAdapter(ModelCall)
_LINGER = 60.0  # seconds for which a model that nobody asks is held open: weights take as long to load
_ANEW = 30.0  # seconds after which the same trouble is told again
_NUMBERS = re.compile(r"\d+")  # what tells two messages apart that say the same, such as seconds left


def question_data(model: str, asker: str, call: ModelCall | None) -> dict[str, Any]:
    """Return a question as plain data.

    What only the quoting of evidence reads of a call, which needs no worker, is left out.

    Args:
        model: Whom to ask, by name.
        asker: Which eval asks: each has its turn.
        call: What to ask; None to be told the model's traits.
    """
    kept = None if call is None else _CALL.dump_python(replace(call, owes=(), artifacts=()), mode="json")
    return {"format": FORMAT, "model": model, "asker": asker, "call": kept}


@dataclass(slots=True, kw_only=True)
class _Held:
    """A model that is held open until it is idle for a while."""

    idle: asyncio.Event
    holding: asyncio.Task[None]
    timer: asyncio.TimerHandle | None = None


@dataclass(slots=True, kw_only=True)
class Answering:
    """What a worker answers questions with.

    Attributes:
        worker: Its id.
        pool: The models that are open.
        retry: How patiently a faltering provider is asked again within a call.
        patience: Seconds between attempts at a provider that is down for longer than the retries of a call last.
        notice: Told in a line what keeps answers from coming.
        answered: How many questions were answered.
        failed: How many were not.
        under_way: How many are being asked.
    """

    worker: str
    pool: Pool
    retry: RetryPolicy
    patience: tuple[float, ...]
    notice: Callable[[str, str], None]
    answered: int = 0
    failed: int = 0
    under_way: int = 0
    _held: dict[str, _Held] = field(default_factory=dict)
    _told: dict[str, float] = field(default_factory=dict)

    async def answer(self, question: Mapping[str, Any]) -> dict[str, Any]:
        """Return what comes of a question, as `Questions.over` tells it."""
        self.under_way += 1
        try:
            said = await self._patiently(question)
        except CallerError as error:
            told = lacked(self.worker, error)
            said = {"error": error_data(told)}
            self._tell(str(told))
        except ModelError as error:
            said = {"error": error_data(error)}
            self._tell(str(error))
        finally:
            self.under_way -= 1
        self.answered += "error" not in said
        self.failed += "error" in said
        return {**said, "worker": self.worker}

    async def _patiently(self, question: Mapping[str, Any]) -> dict[str, Any]:
        """Ask until there is an answer, or waiting does not help."""
        if question.get("format") != FORMAT:
            said = f"the question has format {question.get('format')}, this worker answers {FORMAT}"
            raise CallerError(f"{said}; upgrade one of them")
        waits = iter(self.patience)
        while True:
            try:
                return await self._once(question)
            except ModelError as error:
                wait = next(waits, None)
                if not error.retryable or wait is None:
                    raise
                self._tell(f"waits {wait:.0f} s: {error}")
                await asyncio.sleep(wait)

    async def _once(self, question: Mapping[str, Any]) -> dict[str, Any]:
        spec = parse_spec(question["model"])
        async with self.pool.lease(spec, None) as model:
            self._linger(spec)
            if question["call"] is None:
                return {"traits": _traits(model)}
            call = _CALL.validate_python(question["call"])
            began, line = time.monotonic(), self.pool.line(model, question["asker"], self.retry)
            reply = await answer_with_retries(model, call, self.retry, line, _ignore, _ignore)
        return {"reply": reply_data(reply), "seconds": round(time.monotonic() - began, 6)}

    def _linger(self, spec: ModelSpec) -> None:
        """Hold a model open for a while after the last question to it."""
        name = str(spec)
        held = self._held.get(name)
        if held is None:
            idle = asyncio.Event()
            held = self._held[name] = _Held(idle=idle, holding=asyncio.ensure_future(self._hold(spec, idle)))
        if held.timer is not None:
            held.timer.cancel()
        held.timer = asyncio.get_running_loop().call_later(_LINGER, held.idle.set)

    async def _hold(self, spec: ModelSpec, idle: asyncio.Event) -> None:
        async with self.pool.lease(spec, None):
            await idle.wait()
            del self._held[str(spec)]

    def _tell(self, trouble: str) -> None:
        """Tell what keeps answers from coming, once for all questions that meet it."""
        now, kind = time.monotonic(), _NUMBERS.sub("", trouble)
        self._told = {each: at for each, at in self._told.items() if now - at < _ANEW}
        if kind not in self._told:
            self._told[kind] = now
            self.notice(self.worker, f"questions of evals: {trouble}")


def _traits(model: Model) -> dict[str, Any]:
    return {"name": model.name, "destination": model.destination, "profile": asdict(model.profile)}


def _ignore(*told: object) -> None:
    del told
