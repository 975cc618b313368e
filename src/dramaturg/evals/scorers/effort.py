"""What a performance took to whether that is within bounds; its one rule: a quantity without a bound only informs.

Recorded calls count as if they were made now: a replay must not look cheaper than what it replays.
"""

from typing import ClassVar, Literal

from pydantic import Field

from dramaturg.evals.scorers.model import Score, Scorer, View


class _Bounded(Scorer):
    """A quantity that should not exceed a bound."""

    short = "at_most"
    unknown: ClassVar[str] = "it is not known"

    at_most: float | None = Field(default=None, ge=0, description="The most it may be; only told unless given.")

    def score(self, view: View) -> Score:
        """Give 1 for a quantity within its bound, and the quantity; it is known of failed performances as well."""
        measured = self.measure(view)
        if measured is None:
            return Score(value=None, why=(self.unknown,))
        if self.at_most is None:
            return Score(value=None, measured=measured)
        kept = measured <= self.at_most
        why = () if kept else (f"{measured:g} {self.unit}, more than {self.at_most:g}",)
        return Score(value=float(kept), why=why, measured=measured)

    def measure(self, view: View) -> float | None:
        """Return the quantity; None if it is not known."""
        raise NotImplementedError


class Cost(_Bounded):
    """What do the calls cost?"""

    unit: ClassVar[str] = "USD"
    unknown: ClassVar[str] = "the price of the model is not known"

    kind: Literal["cost"] = "cost"

    def measure(self, view: View) -> float | None:
        """Return dollars."""
        return view.effort.usd


class Latency(_Bounded):
    """How long do the calls take, one after the other?"""

    unit: ClassVar[str] = "s"
    unknown: ClassVar[str] = "an answer that a batch brought has no time of its own"

    kind: Literal["latency"] = "latency"

    def measure(self, view: View) -> float | None:
        """Return seconds."""
        return view.effort.seconds


class Calls(_Bounded):
    """How often is the model asked?"""

    unit: ClassVar[str] = "calls"

    kind: Literal["calls"] = "calls"

    def measure(self, view: View) -> float:
        """Return the number of calls, those for rejected answers included."""
        return view.effort.calls


class Tokens(_Bounded):
    """How many tokens are read and written?"""

    unit: ClassVar[str] = "tokens"

    kind: Literal["tokens"] = "tokens"

    def measure(self, view: View) -> float:
        """Return tokens, in and out together."""
        return view.effort.usage.input + view.effort.usage.output
