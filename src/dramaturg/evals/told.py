"""What an eval tells of itself while it is performed; its one rule: whoever is told decides nothing."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from dramaturg.evals.carrying import OnBatch
from dramaturg.evals.edits import Edit
from dramaturg.evals.runner import Step


@dataclass(frozen=True, slots=True, kw_only=True)
class Opened:
    """An eval that is about to be performed.

    Attributes:
        run: Its id.
        arms: What its arms are called, the candidate last.
        destinations: Where the text goes, by model.
        pairs: How many pairs there are.
        kept: How many performances are recorded already.
        edits: What was edited.
        out: Questions of the suite that are out in batches which are not waited for.
    """

    run: str
    arms: Sequence[str]
    destinations: Mapping[str, str]
    pairs: int
    kept: int
    edits: Sequence[Edit]
    out: int = 0


OnOpen = Callable[[Opened], None]
OnStep = Callable[[Step], None]


def ignore(told: object) -> None:
    """Take what nobody wants to be told."""
    del told


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """Whom an eval tells of itself: before anything is asked, of each pair in order, and how far each batch is."""

    opened: OnOpen = ignore
    step: OnStep = ignore
    batch: OnBatch = ignore


NOBODY = Told()
