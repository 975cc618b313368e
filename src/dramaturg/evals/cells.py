"""A persona, a case, a model and a repeat to what came of them; its one rule: a fault of machinery is no failure.

A cell is performed like any run, but without a journal: what was answered is recorded by the question's key, so that
the arms of an eval share every question that both ask, and nothing is asked twice.
"""

import asyncio
from collections.abc import Callable, Coroutine, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field, replace
from typing import Any, Literal, TypeVar

from dramaturg.engine.brief import Brief
from dramaturg.engine.calls import Answer, ModelCall, ModelReply, Question, Questions, Usage
from dramaturg.engine.events import Event, StepAccepted
from dramaturg.engine.flow import perform
from dramaturg.engine.outcome import Outcome
from dramaturg.errors import JournalMiss, ModelError, StepFailed, Unreached
from dramaturg.evals.keys import key_remedy
from dramaturg.evals.replies import Kept, Replies, parts_of
from dramaturg.evals.scorers.judged import JUDGED
from dramaturg.evals.ways import Beside, Way
from dramaturg.models.model import Model, leaves_this_machine
from dramaturg.run.drive import AskPerson, drive
from dramaturg.run.respond import Known, responding

_Result = TypeVar("_Result")
Replay = Literal["auto", "strict", "off"]
_PARTS = {
    "system": "the system prompt (the persona outside its steps, or `prompts/`)",
    "artifacts": "an artifact",
    "turn": "the prompt of the step itself (its text, or `prompts/`)",
    "history": "what the steps before it were asked and answered",
    "terms": "what the step owes, or the form of the answer",
}
_PARTS_OF_A_JUDGE = {
    "system": "what judges are told (`prompts/`)",
    "turn": "the document or the criterion",
    "history": "the document or the criterion",
    "terms": "the form of the answer",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Which performance this is."""

    arm: str
    persona: str
    case: str
    model: str
    repeat: int

    def __str__(self) -> str:
        return f"case `{self.case}`, `{self.persona}`, `{self.model}`, repeat {self.repeat + 1}, {self.arm}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """One question, whom it was put to, and what its answer took; `new` if it was asked now.

    The seconds are None where a batch brought the answer: how long it waited there says nothing of the model.
    """

    step: str
    model: str
    key: str
    usage: Usage
    seconds: float | None
    new: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Performed:
    """What came of a cell.

    Attributes:
        place: Which one.
        outcome: What the run decided; None where it did not come to an end.
        failure: The step that fell short and why; None for none.
        error: What the machinery failed with; empty for nothing.
        asked: Every question, in the order answered.
        accepted: The ids of the steps that were accepted.
    """

    place: Place
    outcome: Outcome | None
    failure: StepFailed | None
    error: str
    asked: tuple[Asked, ...]
    accepted: tuple[str, ...]


@dataclass(slots=True, kw_only=True)
class Desk:
    """Where the questions of all cells are answered.

    Attributes:
        replies: What was answered before.
        replay: `strict` asks nothing, `off` uses nothing that an earlier eval recorded.
        way: How a question is put to a model.
        holding: Sets aside what a call can cost while it is under way; BudgetSpent if there is not so much left.
        used: Told what a call has used.
        hint: What was edited, for a strict replay that misses an answer.
        remedies: How that answer is recorded, by what the arm is called, or by the step where that differs.
        notice: Told in a line what is waited for although nobody needs it any more.
    """

    replies: Replies
    replay: Replay
    way: Way
    holding: Callable[[ModelCall], AbstractAsyncContextManager[None]]
    used: Callable[[ModelCall, Usage], None]
    hint: str = ""
    remedies: Mapping[str, str] = field(default_factory=dict)
    notice: Callable[[str], None] = lambda _: None
    _under_way: dict[str, asyncio.Task[Kept]] = field(default_factory=dict)

    async def answer(self, model: Model, call: ModelCall, place: Place) -> tuple[str, Kept, bool]:
        """Return a question's key, its answer, and whether it was asked now."""
        key = call.key
        kept = self.replies.get(key)
        if kept is not None:
            return key, kept, False
        beside = None if self.replay == "off" else self.way.beside
        if beside and key not in self._under_way and (kept := await _answered(beside, key)):
            return key, kept, False
        if key in self._under_way:
            return key, await asyncio.shield(self._under_way[key]), False
        if self.replay == "strict":
            raise self._miss(call, place)
        asking = self._under_way[key] = asyncio.create_task(self._ask(model, call, key, place))
        asking.add_done_callback(lambda _: self._under_way.pop(key))
        if beside is not None:
            beside[key] = asking
        return key, await asyncio.shield(asking), True

    async def together(self, works: Sequence[Callable[[], Coroutine[Any, Any, _Result]]]) -> list[_Result]:
        """Do several things that ask: one after the other, or side by side where their questions wait for a batch."""
        if not self.way.batches:
            return [await work() for work in works]
        tasks = [asyncio.ensure_future(work()) for work in works]
        try:
            return [await task for task in tasks]
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    async def settle(self) -> None:
        """Take back what nobody works at, and wait for the rest: that is paid for, and its answers are recorded.

        A batch goes on by itself, and is not waited for.
        """
        await self.way.withdraw()
        for task in self._under_way.values() if self.way.batches else ():
            task.cancel()
        if self._under_way and not self.way.batches:
            self.notice(f"waiting for answers that are paid for already: {len(self._under_way):,}")
        await asyncio.gather(*self._under_way.values(), return_exceptions=True)

    async def _ask(self, model: Model, call: ModelCall, key: str, place: Place) -> Kept:
        async with self.holding(call):
            with key_remedy(judging=call.step in JUDGED):
                kept = await self.way.ask(model, call)
            self.used(call, kept.reply.usage)
        window = model.profile.window if model.profile.narrowed else None  # which its server is free to choose
        self.replies.keep(key, call, kept, place.case, window=window, safe=leaves_this_machine(model))
        self.way.recorded(key)
        return kept

    def _miss(self, call: ModelCall, place: Place) -> JournalMiss:
        """Return the error of a strict replay, which says what differs from the question that was recorded."""
        alike = self.replies.alike(call, place.case)
        own = parts_of(call)
        judged = call.step in JUDGED
        if alike is None:
            why = "nothing of the kind was ever recorded"
        else:
            parts = _PARTS_OF_A_JUDGE if judged else _PARTS
            differs = [said for part, said in parts.items() if alike[part] != own[part]]
            why = f"{differs[0]} has changed" if differs else f"only other repeats are recorded than {call.sample + 1}"
        hint = f"\n{self.hint}" if self.hint else ""
        remedy = self.remedies.get(call.step) or self.remedies.get(place.arm, "record it")
        what = "the judge's question" if judged else f"step {call.step}"
        return JournalMiss(call.step, f"{place}: {what} has no recorded answer: {why}; {remedy}{hint}")


async def _answered(beside: Beside, key: str) -> Kept | None:
    """Return what an eval beside is answered, once it is; None where none asks, or it comes to nothing."""
    while asking := beside.get(key):
        await asyncio.wait([asking])
        if not asking.cancelled() and asking.exception() is None:
            return asking.result()
        if beside.get(key) is asking:
            del beside[key]
    return None


def asked_of(call: ModelCall, key: str, kept: Kept, *, new: bool) -> Asked:
    """Return what a question and its answer come to; see `Asked`."""
    seconds = None if kept.batch else kept.seconds
    return Asked(step=call.step, model=call.model, key=key, usage=kept.reply.usage, seconds=seconds, new=new)


async def perform_cell(place: Place, brief: Brief, model: Model, desk: Desk, answers: Known) -> Performed:
    """Perform a cell.

    Raises:
        BudgetSpent: The next call could exceed what the eval may use.
        JournalMiss: A strict replay lacks an answer.
        Unreached: So does any other, and its model was not there from the start.
    """
    asked: list[Asked] = []
    accepted: list[str] = []
    refused = False

    async def ask(call: ModelCall) -> ModelReply:
        nonlocal refused
        key, kept, new = await desk.answer(model, call, place)
        asked.append(asked_of(call, key, kept, new=new))
        refused = kept.reply.stop == "refusal"
        return kept.reply

    def note(event: Event) -> None:
        if isinstance(event, StepAccepted):
            accepted.append(event.step)

    outcome, failure, error = None, None, ""
    try:
        flow = perform(replace(brief, sample=place.repeat))
        outcome = await drive(flow, ask, _person(answers), note)
    except StepFailed as fell_short:
        failure = fell_short
    except Unreached:
        raise
    except ModelError as fault:
        if refused:  # the provider did its work; it is the persona's text that the model would not follow
            failure = StepFailed(asked[-1].step, fault.message, ())
        else:
            error = str(fault)
    return Performed(
        place=place, outcome=outcome, failure=failure, error=error, asked=tuple(asked), accepted=tuple(accepted)
    )


def _person(answers: Known) -> AskPerson:
    """Return what answers for a person: as the case says, else with a yes to what is to be confirmed."""
    respond = responding(answers, yes=True, then=None)

    async def ask(asked: Questions) -> tuple[Answer, ...]:
        return tuple([await respond(question) or _silence(question) for question in asked.questions])

    return ask


def _silence(question: Question) -> Answer:
    """Return no answer, with which a run goes on all the same."""
    del question
    return Answer()
