"""A recorded eval to its performances once more; its one rule: nothing is asked, and what cannot be told is said so.

Records hold what came of a performance, and of its document only the digest. The document comes from performing it
again over its recorded answers, with the traits that the eval's header says its models had: neither model nor key is
needed.
"""

from collections.abc import Callable, Mapping
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from dramaturg.engine.brief import Brief
from dramaturg.engine.calls import ModelCall, ModelReply
from dramaturg.engine.outcome import Outcome
from dramaturg.engine.profile import Profile
from dramaturg.errors import CallerError, JournalMiss
from dramaturg.evals.cells import Desk, Place, perform_cell
from dramaturg.evals.evaluated import Evaluated
from dramaturg.evals.opening import earlier_answers
from dramaturg.evals.records import Record
from dramaturg.evals.replies import Kept, Replies
from dramaturg.evals.scoring import document_text, text_digest
from dramaturg.evals.stage import Pair, Stage
from dramaturg.evals.terms import Terms
from dramaturg.evals.ways import AtOnce
from dramaturg.models.model import STAYS_HERE, Model
from dramaturg.models.pool import Pool
from dramaturg.models.retry import RetryPolicy
from dramaturg.models.watch import Watch
from dramaturg.run.budget import Tariffs
from dramaturg.run.loop import PRIVATE_LOOP

OnTold = Callable[[int, int], None]  # told how much is told again, of how much
_CHANGED = "this version writes it otherwise than it was recorded"
_LOST = "its answers are not recorded here, or an artifact or a prompt has changed since"
_OLD = "the eval was recorded by a version that did not keep its models' traits"


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """A performance told again.

    Attributes:
        brief: What was performed; None where that cannot be told.
        outcome: What came of it; None where it has no document.
        why: Why there is no document, or what is odd about it; empty for nothing.
        asked: The questions, in the order answered, and their answers.
    """

    brief: Brief | None = None
    outcome: Outcome | None = None
    why: str = ""
    asked: tuple[tuple[ModelCall, Kept], ...] = ()


class Recorded(Replies):
    """Recorded answers to tell of; for one that is not there, none that is like it is looked for."""

    def alike(self, call: ModelCall, case: str) -> Mapping[str, str] | None:
        """Return None."""
        del call, case
        return None


def recorded_of(result: Evaluated, header: Mapping[str, Any], state: Path) -> Recorded:
    """Return the answers of an eval: in the user's state, and with the suite as far as its revisions are still there.

    Args:
        result: The eval.
        header: That of its file.
        state: The user's state folder.
    """
    baseline = result.arms["baseline"].name if "baseline" in result.arms else None
    try:
        earlier = earlier_answers(result.suite, Terms(baseline=baseline, replay=header["replay"]), state)
    except CallerError:
        earlier = earlier_answers(result.suite, Terms(replay=header["replay"]), state)
    return Recorded(earlier.folder, result.run, *earlier.answers, own=header["replay"] == "off")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Remembered:
    """A model that was asked once."""

    name: str
    profile: Profile
    destination: str = STAYS_HERE

    async def answer(self, call: ModelCall, watch: Watch | None = None) -> ModelReply:
        """Never answer: its answers are recorded."""
        del watch
        raise JournalMiss(call.step, _LOST)

    async def aclose(self) -> None:
        """Release nothing."""


@dataclass(slots=True, kw_only=True)
class _Listening(Desk):
    """A desk that remembers what was asked there."""

    heard: list[tuple[ModelCall, Kept]] = field(default_factory=list)

    async def answer(self, model: Model, call: ModelCall, place: Place) -> tuple[str, Kept, bool]:
        """Answer as a desk does, and remember it."""
        answered = await Desk.answer(self, model, call, place)
        self.heard.append((call, answered[1]))
        return answered


class Retelling:
    """Performs what an eval performed once more.

    Args:
        result: The eval.
        header: What it is decided by.
        replies: Its recorded answers.
    """

    def __init__(self, result: Evaluated, header: Mapping[str, Any], replies: Replies) -> None:
        self._known = "profiles" in header
        profiles = header.get("profiles", {})
        cases = [case.id for case in result.suite.suite.cases]
        self._cases = {case: at for at, case in enumerate(cases)}
        self.stage = Stage(
            file=result.suite,
            arms=result.arms,
            models={name: _Remembered(name=name, profile=Profile(**said)) for name, said in profiles.items()},
            repeats=header["repeats"],
            judges={},
            standings={},
            prompts={},
            cases=range(len(cases)),
            tariffs=Tariffs(),
        )
        way = AtOnce(pool=Pool(), name="", policy=RetryPolicy())  # nobody is asked
        self._desk = _Listening(replies=replies, replay="strict", way=way, holding=_holding, used=_used)

    def tell(self, record: Record) -> Told:
        """Tell again what a record is of."""
        if not self._known:
            return Told(why=record.error or _OLD)
        pair = Pair(persona=record.persona, case=self._cases[record.case], model=record.model, repeat=record.repeat)
        heard = self._desk.heard = []
        brief = None
        try:
            bench, model = self.stage.bench(record.arm, pair), self.stage.models[record.model]
            brief, place = bench.brief, self.stage.place(record.arm, pair)
            performed = PRIVATE_LOOP.call(perform_cell(place, brief, model, self._desk, bench.case.answers))
        except (CallerError, JournalMiss) as error:
            if record.error and len(heard) == record.calls:  # as far as it came
                return Told(brief=brief, why=record.error, asked=(*heard,))
            return Told(why=record.error or (_LOST if isinstance(error, JournalMiss) else str(error)))
        if record.error or performed.outcome is None:
            return Told(brief=brief, why=record.error or record.failure, asked=(*heard,))
        same = text_digest(document_text(brief, performed.outcome)) == record.document
        why = "" if same else _CHANGED
        return Told(brief=brief, outcome=performed.outcome, why=why, asked=(*heard,))


def _holding(call: ModelCall) -> AbstractAsyncContextManager[None]:
    raise JournalMiss(call.step, _LOST)


def _used(call: ModelCall, usage: object) -> None:
    raise JournalMiss(call.step, f"{_LOST}: {usage}")
