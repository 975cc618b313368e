"""What a run may use to what is left of it; its one rule: a call that could exceed a limit is not made.

A call counts with the most it can take until it is answered, so that calls under way together cannot exceed a limit
either. What a resumed run used before counts too.
"""

import asyncio
import re
import time
from collections.abc import AsyncIterator, Callable, Iterable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation

from dramaturg.engine.brief import Brief
from dramaturg.engine.calls import ModelCall, ModelReply, Usage
from dramaturg.errors import BudgetSpent, CallerError
from dramaturg.models.prices import Price, Tariff, dollars
from dramaturg.plan.model import PlannedStep

_DURATION = re.compile(r"\s*(?P<number>\d+(?:\.\d+)?)\s*(?P<unit>s|m|h|d)?\s*")
_UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86400, None: 1}
_QUESTION = 400  # tokens of a step's own turn, at the most that is usual


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """What a run may use: US dollars, tokens in and out together, seconds of this process; None for no limit."""

    usd: Decimal | None = None
    tokens: int | None = None
    seconds: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Estimate:
    """What one step takes at most, asked once."""

    step: PlannedStep
    model: str
    tokens_in: int
    tokens_out: int
    usd: Decimal | None


def parse_usd(text: str | float | Decimal) -> Decimal:
    """Read an amount such as `0.01` or `$2`; CallerError for what is none."""
    try:
        amount = Decimal(str(text).strip().removeprefix("$"))
    except InvalidOperation:
        amount = Decimal("NaN")
    if not (amount.is_finite() and amount >= 0):
        raise CallerError(f"`{text}` is no amount of money; write dollars, such as `0.50`")
    return amount


def parse_seconds(text: str | float) -> float:
    """Read a duration such as `90`, `90s`, `5m` or `1h`, in seconds; CallerError for what is none."""
    found = _DURATION.fullmatch(str(text))
    if found is None:
        raise CallerError(f"`{text}` is no duration; write seconds, or a number with s, m, h or d, such as `5m`")
    return float(found["number"]) * _UNITS[found["unit"]]


def estimates(brief: Brief, tariffs: "Tariffs") -> Sequence[Estimate]:
    """Return what each step that a model is asked for takes at most, asked once and answered at full length."""
    rooms = brief.rooms
    said = 0
    found = []
    for step in brief.plan.calls:
        asked = brief.respondent(step)
        room = rooms[asked.model]
        tokens_in = asked.profile.tokens("".join(brief.prefix)) + said + _QUESTION
        usd = tariffs.of(asked.model).most(tokens_in, room)
        found.append(Estimate(step=step, model=asked.model, tokens_in=tokens_in, tokens_out=room, usd=usd))
        said += _QUESTION + room
    return found


@dataclass(slots=True, kw_only=True)
class Tariffs:
    """The tariff of each model, made once; `given` is the price of those whose price is not known."""

    given: Price | None = None
    _made: dict[str, Tariff] = field(default_factory=dict)

    def of(self, model: str) -> Tariff:
        """Return a model's tariff."""
        if model not in self._made:
            self._made[model] = Tariff(model, self.given)
        return self._made[model]


def require_prices(limits: Limits, tariffs: Tariffs, models: Iterable[str]) -> None:
    """Refuse a budget in dollars for models whose price is not known."""
    unpriced = [name for name in models if tariffs.of(name).most(1, 1) is None]
    if limits.usd is not None and unpriced:
        raise CallerError(
            f"the price of `{unpriced[0]}` is not known, so a budget in dollars cannot be kept; "
            "give it with `--price IN/OUT`, or limit tokens with `--max-tokens`"
        )


@dataclass(slots=True, kw_only=True)
class Purse:
    """What a run has used, and may use.

    Attributes:
        limits: What it may use.
        tariffs: What tokens cost.
        brief: What it is decided by.
        fallback: Names of the models that may be asked instead; a call counts with the dearest of them beforehand.
        clock: Gives seconds.
        began: When the seconds began to count, by the clock; None for now.
        usd: Dollars used; None once a model was asked whose price is not known.
        tokens: Tokens used, in and out.
    """

    limits: Limits
    tariffs: Tariffs
    brief: Brief
    fallback: Sequence[str] = ()
    clock: Callable[[], float] = time.monotonic
    began: float | None = None
    usd: Decimal | None = Decimal(0)
    tokens: int = 0
    _held: list[tuple[int, Decimal]] = field(default_factory=list)
    _let_go: asyncio.Event = field(default_factory=asyncio.Event)
    _done: set[str] = field(default_factory=set)

    def __post_init__(self) -> None:
        asked = (*self.brief.rooms, *(each.model for each in self.brief.others.values()), *self.fallback)
        require_prices(self.limits, self.tariffs, asked)
        if self.began is None:
            self.began = self.clock()

    def used(self, call: ModelCall, reply: ModelReply) -> None:
        """Count what a call has used."""
        self.count(call.step, reply.stand_in or call.model, reply.usage)

    def count(self, step: str, model: str, usage: Usage) -> None:
        """Count what a step's call to a model has used."""
        self._done.add(step)
        self.tokens += usage.input + usage.output
        cost = self.tariffs.of(model).cost(usage)
        self.usd = None if cost is None or self.usd is None else self.usd + cost

    @asynccontextmanager
    async def holding(self, call: ModelCall) -> AsyncIterator[None]:
        """Set aside what a call can take at most while it is under way.

        Where that is too much only because of other calls under way, they are waited for: most take less than is set
        aside for them.

        Raises:
            BudgetSpent: There is not so much left.
        """
        if self.limits == Limits():
            yield
            return
        tokens, usd = self._most(call)
        while self._held and self._exceeded(tokens, usd):
            await self._let_go.wait()
        if spent := self._exceeded(tokens, usd):
            raise spent
        self._held.append((tokens, usd))
        try:
            yield
        finally:
            self._held.remove((tokens, usd))
            self._let_go.set()
            self._let_go = asyncio.Event()

    def _most(self, call: ModelCall) -> tuple[int, Decimal]:
        """Return the tokens and dollars that a call takes at most, whoever of those who may be asked answers it."""
        text = "".join(message.text for message in call.messages)
        profile = next(
            (each.profile for each in self.brief.others.values() if each.model == call.model), self.brief.profile
        )
        tokens_in = profile.tokens(text)
        asked = (call.model, *self.fallback)
        usd = max(self.tariffs.of(each).most(tokens_in, call.max_output) or Decimal(0) for each in asked)
        return tokens_in + call.max_output, usd

    def _exceeded(self, tokens: int, usd: Decimal) -> BudgetSpent | None:
        """Return the error for a call that takes so much at most; None where there is so much left."""
        limits = self.limits
        tokens += self.tokens + sum(held for held, _ in self._held)
        usd += sum((held for _, held in self._held), Decimal(0))
        if limits.usd is not None and self.usd is not None and self.usd + usd > limits.usd:
            needed = sum((each.usd for each in self._left() if each.usd is not None), Decimal(0))
            return BudgetSpent("", dollars(limits.usd), dollars(self.usd), dollars(needed))
        if limits.tokens is not None and tokens > limits.tokens:
            lacking = sum(each.tokens_in + each.tokens_out for each in self._left())
            return BudgetSpent("", _tokens(limits.tokens), _tokens(self.tokens), _tokens(lacking))
        spent = self.clock() - (self.began or 0.0)
        if limits.seconds is not None and spent > limits.seconds:
            left = self._left()
            steps = f"{len(left)} more step" + ("s" if len(left) != 1 else "")
            return BudgetSpent("", f"{limits.seconds:g} s", f"{spent:.0f} s", steps)
        return None

    def _left(self) -> Sequence[Estimate]:
        """Return what the steps take that have no answer yet."""
        return [each for each in estimates(self.brief, self.tariffs) if each.step.id not in self._done]


def _tokens(count: int) -> str:
    return f"{count:,} tokens"
