"""The way of batches: an eval's questions at half the price; its one rule: what takes none is refused at the start."""

import sys
from collections.abc import Iterable
from contextlib import AsyncExitStack
from dataclasses import dataclass, field

from dramaturg.engine.calls import ModelCall
from dramaturg.errors import CallerError
from dramaturg.evals.batching import Batcher
from dramaturg.evals.carrying import Carrier, OnBatch, Polling
from dramaturg.evals.reading import SuiteFile
from dramaturg.evals.replies import Kept, Replies
from dramaturg.evals.terms import Terms
from dramaturg.evals.ways import AtOnce, Beside
from dramaturg.models.batches import TakesBatches
from dramaturg.models.model import Model
from dramaturg.models.spec import ModelSpec, parse_spec, takes_batches


def require_batches(file: SuiteFile, terms: Terms, *, performs: bool = True, compares: bool = False) -> None:
    """Refuse what cannot be asked through batches, where it is to be, before a model is loaded for it.

    Args:
        file: The suite.
        terms: How it is performed.
        performs: Whether personas are performed, and not only judges asked.
        compares: Whether there is a baseline.
    """
    if not terms.batched:
        return
    suite = file.suite
    if suite.gate.sequential and compares:
        raise CallerError(
            "`--batch` asks all pairs at once, and a sequential eval stops once it is decided; "
            "give `--fixed`, or leave `--batch` out"
        )
    judges = {suite.judge_of(judged) for judged in suite.judged.values()}
    _require(terms.models or suite.models if performs else (), "--models")
    _require([terms.judge] if judges and terms.judge is not None else sorted(judges), "--judge")


def _require(models: Iterable[str | Model], option: str) -> None:
    """Refuse models whose vendor takes no batches; `option` names others."""
    for model in models:
        takes = takes_batches(parse_spec(model)) if isinstance(model, str) else isinstance(model, TakesBatches)
        if not takes:
            name = model if isinstance(model, str) else model.name
            forms = f"`{option} anthropic:NAME` or `{option} openai:NAME`"
            raise CallerError(f"`{name}` takes no batches; ask a model that does, {forms}, or leave `--batch` out")


@dataclass(slots=True, kw_only=True)
class Batched:
    """Asks in batches; as many performances as there are go on until they need an answer.

    Attributes:
        here: How models are opened, and how patiently a vendor is asked.
        polling: How patiently batches are waited for.
        told: Told how far each batch is.
        beside: What evals that go on beside each other have asked.
    """

    here: AtOnce
    polling: Polling
    told: OnBatch
    at_once: int = sys.maxsize
    batches: bool = True
    beside: Beside | None = None
    _shared: Beside = field(default_factory=dict)
    _known: set[str] = field(default_factory=set)
    _batcher: Batcher | None = field(default=None)

    async def open(self, spec: ModelSpec, undo: AsyncExitStack, *, recorded: bool) -> Model:
        """Open a model."""
        return await self.here.open(spec, undo, recorded=recorded)

    def apart(self) -> "Batched":
        """Return a way whose questions are gathered by themselves, and written down with their eval."""
        return Batched(here=self.here, polling=self.polling, told=self.told, beside=self._shared, _known=self._known)

    async def enter(self, replies: Replies, undo: AsyncExitStack) -> None:
        """Take up what is out of an eval."""
        carrier = Carrier(
            replies=replies, retry=self.here.policy, polling=self.polling, told=self.told, known=self._known
        )
        self._batcher = await undo.enter_async_context(Batcher(carrier=carrier))

    async def ask(self, model: Model, call: ModelCall) -> Kept:
        """Ask with the next batch, or wait for the one that the question is out with."""
        assert self._batcher is not None  # noqa: S101 - nothing is asked before an eval has begun
        return Kept(reply=await self._batcher.answer(model, call), seconds=0.0, batch=True)

    def recorded(self, key: str) -> None:
        """Do nothing: a question with an answer is not out."""

    async def withdraw(self) -> None:
        """Do nothing: what nobody waits for is not sent."""
