"""Questions that can wait to batches at half the price; its one rule: what is out is waited for, never asked again.

Performances rest at their questions until none can go on without an answer. Then all questions go out, a batch for each
model: so step k of all cases is one batch, and what is asked again goes with the next. A batch goes on at its vendor
when this process ends; the same eval takes it up where its answers are still out.
"""

import asyncio
from collections import defaultdict
from collections.abc import Coroutine, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any, Self

from dramaturg.engine.calls import ModelCall, ModelReply
from dramaturg.errors import ModelError
from dramaturg.evals.carrying import Carrier
from dramaturg.evals.outbox import Sent
from dramaturg.models.batches import Batches, TakesBatches, parts_of
from dramaturg.models.model import Model

_Said = ModelReply | ModelError
_ROUNDS = 64  # of the loop without a new question, after which none can come: from an answer to the next one takes ten


@dataclass(frozen=True, slots=True, kw_only=True)
class _Question:
    batches: Batches
    key: str
    call: ModelCall


@dataclass(slots=True, kw_only=True)
class Batcher:
    """Puts questions to models in batches; a context, in which they are waited for.

    Attributes:
        carrier: Takes batches to vendors.
        tries: In how many batches a question may come to nothing.
    """

    carrier: Carrier
    tries: int = 3
    _out: dict[str, Sent] = field(default_factory=dict)  # by the key of each question
    _found: dict[str, _Said] = field(default_factory=dict)  # what nobody has asked for yet
    _waiting: dict[str, asyncio.Future[_Said]] = field(default_factory=dict)
    _gathered: list[_Question] = field(default_factory=list)
    _carried: set[str] = field(default_factory=set)  # marks of the batches that are waited for
    _most: dict[str, int] = field(default_factory=dict)  # questions that a batch may hold, by model
    _turns: defaultdict[str, asyncio.Lock] = field(default_factory=lambda: defaultdict(asyncio.Lock))
    _tasks: set[asyncio.Task[None]] = field(default_factory=set)
    _sending: set[asyncio.Task[Sent]] = field(default_factory=set)

    def __post_init__(self) -> None:
        for sent in self.carrier.replies.out():
            self._note_out(sent)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        """Stop waiting; a batch that is being sent is sent, so that its id is known."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, *self._sending, return_exceptions=True)

    async def answer(self, model: Model, call: ModelCall) -> ModelReply:
        """Return the answer to a question, once its batch has ended.

        Raises:
            ModelError: In several batches, or for good, it came to nothing; or its batch could not be sent or seen.
        """
        if not isinstance(model, TakesBatches):
            return await model.answer(call)  # a model that is not here, which says what it lacks
        question = _Question(batches=model.batches, key=call.key, call=call)
        left = self.tries
        while True:
            most = self._most.get(call.model)
            said = await self._said(question)
            if isinstance(said, ModelReply):
                return said
            if self._most.get(call.model) == most:  # else it was asked with too many others
                left -= 1
            if not (left and said.retryable):
                raise said

    async def _said(self, question: _Question) -> _Said:
        """Return what a question comes to in the batch that it is out with, or else goes out with."""
        key = question.key
        if key in self._found:
            return self._found.pop(key)
        future: asyncio.Future[_Said] = asyncio.get_running_loop().create_future()
        self._waiting[key] = future
        sent = self._out.get(key)
        if sent is None:
            if not self._gathered:
                self._start(self._dispatch(), ())
            self._gathered.append(question)
        elif sent.mark not in self._carried:
            self._carried.add(sent.mark)
            self._start(self._carry(question.batches, sent), sent.keys)
        try:
            return await future
        finally:
            del self._waiting[key]

    def _start(self, work: Coroutine[Any, Any, None], keys: Sequence[str]) -> None:
        """Let something go on beside; where it fails, those who wait for its questions are told."""
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(partial(self._over, keys))

    def _over(self, keys: Sequence[str], task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        error = None if task.cancelled() else task.exception()
        for future in filter(None, map(self._waiting.get, keys if error else ())):
            if error and not future.done():
                future.set_exception(error)

    async def _dispatch(self) -> None:
        """Send what is gathered once no more can come."""
        quiet = 0
        while quiet < _ROUNDS:
            count = len(self._gathered)
            await asyncio.sleep(0)
            quiet = quiet + 1 if count == len(self._gathered) else 0
        questions, self._gathered = self._gathered, []
        wanted = [each for each in questions if each.key in self._waiting]
        for name in dict.fromkeys(each.call.model for each in wanted):
            mine = [each for each in wanted if each.call.model == name]
            self._start(self._divide(name, mine), [each.key for each in mine])

    async def _divide(self, model: str, questions: Sequence[_Question]) -> None:
        """Send questions to a model in as many batches as its vendor's limits make of them.

        Where the vendor said that there were too many for the account, half as many go out, one batch after the other.
        """
        batches, most = questions[0].batches, self._most.get(model)
        lines = ((each.key, batches.line(each.key, each.call)) for each in questions)
        for part in parts_of(lines, batches, most):
            if most is None:
                self._start(self._send(batches, model, part), [*part])
            else:
                async with self._turns[model]:  # the next has room once this one has ended
                    await self._send(batches, model, part)

    async def _send(self, batches: Batches, model: str, lines: Mapping[str, bytes]) -> None:
        """Send a batch and wait for it."""
        sending = asyncio.get_running_loop().create_task(self._begun(batches, model, lines))
        self._sending.add(sending)
        sending.add_done_callback(self._sending.discard)
        await self._carry(batches, await asyncio.shield(sending))

    async def _begun(self, batches: Batches, model: str, lines: Mapping[str, bytes]) -> Sent:
        """Send a batch; from the first word on what it holds is out."""
        sent = await self.carrier.announce(batches, model, [*lines])
        self._note_out(sent)
        try:
            sent = await self.carrier.send(batches, sent, [*lines.values()])
        except ModelError as error:
            if not error.retryable:  # it was refused: there is nothing to look for
                self._lose(sent, sent.keys)
            raise
        self._note_out(sent)
        return sent

    async def _carry(self, batches: Batches, sent: Sent) -> None:
        """Wait for a batch, and hand its answers on."""
        self._carried.add(sent.mark)
        try:
            found = await self.carrier.results(batches, sent)
        finally:
            self._carried.discard(sent.mark)
        if found.otherwise.limited:
            self._most[sent.model] = max(1, sent.size // 2)
            await asyncio.sleep(self.carrier.polling.longest)
        self._lose(sent, [key for key in sent.keys if not isinstance(found.of(key), ModelReply)])
        for key in sent.keys:
            self._out.pop(key, None)
            said = found.of(key)
            future = self._waiting.get(key)
            if future is None:
                self._found[key] = said
            elif not future.done():
                future.set_result(said)

    def _note_out(self, sent: Sent) -> None:
        self._out |= dict.fromkeys(sent.keys, sent)

    def _lose(self, sent: Sent, keys: Sequence[str]) -> None:
        """Take note of questions that may be asked again."""
        if keys:
            self.carrier.replies.note(sent.lost(keys))
        for key in keys:
            self._out.pop(key, None)
