"""How an eval is performed; its one rule: what is not said here is what the suite says."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path

from dramaturg.evals.carrying import Polling
from dramaturg.evals.cells import Replay
from dramaturg.models.model import Model
from dramaturg.models.prices import Price
from dramaturg.models.retry import RetryPolicy
from dramaturg.run.secrets import Handling


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """How an eval is performed.

    Attributes:
        baseline: A git revision, or a recorded eval by its id or file, whose candidate is the baseline; None for none.
        models: The models to ask instead of the suite's, each as a name or a `Model`.
        judge: Who judges by rubrics, instead of whom the suite names; None for those.
        repeats: How often each case is performed, instead of as often as the suite says.
        sequential: Stop when it is decided; None for what the suite says.
        replay: `auto` asks what was never answered, `strict` asks nothing, `off` uses nothing recorded earlier.
        budget: US dollars that the eval may cost; None for no limit.
        price: What tokens cost of a model whose price is not known.
        seed: Of the random order of a sequential eval, and of permutation tests.
        tags: Perform only cases with one of these tags; all without any.
        secrets: What to do with secrets in artifacts that leave this machine.
        batch: Ask through the vendors' batches, at half the price and within a day.
        polling: How patiently batches are waited for.
        retry: How patiently a faltering provider is asked again.
        prompts: Folder of the prompt kernels; None for the shipped ones.
        state: The user's state folder; None for the usual one.
        queue: URL of a Postgres database whose workers ask the models; None to ask them from here.
        notice: Told in a line what keeps workers from answering, or an eval from ending.
    """

    baseline: str | None = None
    models: Sequence[str | Model] = ()
    judge: str | Model | None = None
    repeats: int | None = None
    sequential: bool | None = None
    replay: Replay = "auto"
    budget: Decimal | None = None
    price: Price | None = None
    seed: int = 0
    tags: Sequence[str] = ()
    secrets: Handling = "stop"
    batch: bool = False
    polling: Polling = field(default_factory=Polling)
    retry: RetryPolicy = field(default_factory=RetryPolicy)
    prompts: Path | None = None
    state: Path | None = None
    queue: str | None = None
    notice: Callable[[str], None] = lambda _: None

    @property
    def queued(self) -> bool:
        """Whether workers ask: a strict replay needs none."""
        return self.queue is not None and self.replay != "strict"

    @property
    def batched(self) -> bool:
        """Whether questions go out in batches: a strict replay asks none."""
        return self.batch and self.replay != "strict"
