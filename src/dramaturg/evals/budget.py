"""What an eval may cost to what is left of it; its one rule: a call that could exceed it is not made.

What the same eval spent before it was killed counts too; answers that others recorded cost nothing.
"""

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from decimal import Decimal

from dramaturg.engine.calls import ModelCall, Usage
from dramaturg.engine.profile import Profile
from dramaturg.errors import BudgetSpent, CallerError
from dramaturg.models.prices import dollars
from dramaturg.run.budget import Tariffs


@dataclass(slots=True, kw_only=True)
class Budget:
    """What an eval has spent, and may spend.

    Attributes:
        limit: US dollars; None for no limit.
        tariffs: What tokens cost.
        profiles: The traits of each model, by its name.
        run: The eval's id.
        batch: Whether its questions go out in batches.
        usd: Dollars spent; None once a model was asked whose price is not known.
        calls: Questions asked.
    """

    limit: Decimal | None
    tariffs: Tariffs
    profiles: Mapping[str, Profile]
    run: str
    batch: bool = False
    usd: Decimal | None = Decimal(0)
    calls: int = 0
    _held: Decimal = Decimal(0)
    _freed: asyncio.Condition = field(default_factory=asyncio.Condition)

    def require_prices(self) -> None:
        """Raise CallerError if there is a limit that cannot be kept, because the price of a model is not known."""
        unpriced = [name for name in self.profiles if self.tariffs.of(name).most(1, 1) is None]
        if self.limit is not None and unpriced:
            raise CallerError(
                f"the price of `{unpriced[0]}` is not known, so a budget in dollars cannot be kept; "
                "give it with `--price IN/OUT`, or leave `--budget` out"
            )

    def resume(self, spent: Sequence[tuple[str, Usage, bool]]) -> None:
        """Count what the eval has asked before, by model and usage, and whether a batch brought it."""
        for model, usage, batch in spent:
            self._count(model, usage, batch=batch)

    def used(self, call: ModelCall, usage: Usage) -> None:
        """Count what a call has used."""
        self._count(call.model, usage, batch=self.batch)

    def _count(self, model: str, usage: Usage, *, batch: bool) -> None:
        self.calls += 1
        cost = self.tariffs.of(model).cost(usage, batch=batch)
        self.usd = None if cost is None or self.usd is None else self.usd + cost

    @asynccontextmanager
    async def holding(self, call: ModelCall) -> AsyncIterator[None]:
        """Set aside what a call can cost at most while it is under way, once there is so much left.

        Raises:
            BudgetSpent: There is not, though no other call is under way.
        """
        if self.limit is None:
            yield
            return
        tokens = self.profiles[call.model].tokens("".join(message.text for message in call.messages))
        most = self.tariffs.of(call.model).most(tokens, call.max_output, batch=self.batch) or Decimal(0)
        async with self._freed:
            await self._freed.wait_for(lambda: not self._held or self._fits(most))
            if not self._fits(most):
                spent, needed = dollars(self.usd or Decimal(0)), f"{dollars(most)} for the next call alone"
                raise BudgetSpent(self.run, dollars(self.limit), spent, needed)
            self._held += most
        try:
            yield
        finally:
            async with self._freed:
                self._held -= most
                self._freed.notify_all()

    def _fits(self, most: Decimal) -> bool:
        return self.limit is None or (self.usd or Decimal(0)) + self._held + most <= self.limit
