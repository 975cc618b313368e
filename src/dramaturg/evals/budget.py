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
class Pot:
    """Dollars that one eval may spend, or several that share them.

    Attributes:
        limit: US dollars; None for no limit.
        usd: What is spent, as far as prices are known.
        held: What calls under way can cost at most.
        freed: Notified when one of them has ended.
    """

    limit: Decimal | None
    usd: Decimal = Decimal(0)
    held: Decimal = Decimal(0)
    freed: asyncio.Condition = field(default_factory=asyncio.Condition)

    def fits(self, most: Decimal) -> bool:
        """Tell whether so much more can be set aside."""
        return self.limit is None or self.usd + self.held + most <= self.limit


@dataclass(slots=True, kw_only=True)
class Budget:
    """What an eval has spent, and may spend.

    Attributes:
        pot: What it may spend, with others if they share it.
        tariffs: What tokens cost.
        profiles: The traits of each model, by its name.
        run: The eval's id.
        batch: Whether its questions go out in batches.
        usd: Dollars spent; None once a model was asked whose price is not known.
        calls: Questions asked.
    """

    pot: Pot
    tariffs: Tariffs
    profiles: Mapping[str, Profile]
    run: str
    batch: bool = False
    usd: Decimal | None = Decimal(0)
    calls: int = 0

    def require_prices(self) -> None:
        """Raise CallerError if there is a limit that cannot be kept, because the price of a model is not known."""
        unpriced = [name for name in self.profiles if self.tariffs.of(name).most(1, 1) is None]
        if self.pot.limit is not None and unpriced:
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
        self.pot.usd += cost or 0

    @asynccontextmanager
    async def holding(self, call: ModelCall) -> AsyncIterator[None]:
        """Set aside what a call can cost at most while it is under way, once there is so much left.

        Raises:
            BudgetSpent: There is not, though no other call is under way.
        """
        pot = self.pot
        if pot.limit is None:
            yield
            return
        tokens = self.profiles[call.model].tokens("".join(message.text for message in call.messages))
        most = self.tariffs.of(call.model).most(tokens, call.max_output, batch=self.batch) or Decimal(0)
        async with pot.freed:
            await pot.freed.wait_for(lambda: not pot.held or pot.fits(most))
            if not pot.fits(most):
                needed = f"{dollars(most)} for the next call alone"
                raise BudgetSpent(self.run, dollars(pot.limit), dollars(pot.usd), needed)
            pot.held += most
        try:
            yield
        finally:
            async with pot.freed:
                pot.held -= most
                pot.freed.notify_all()
