"""Tokens to money; its one rule: a price that is not known is said to be unknown, never guessed.

Prices of the vendors' models come from the snapshot that `genai-prices` ships; nothing is fetched. It has those of
batches too. Where it has none, and of a price that the user gives, a batch costs half, as both vendors say of all their
models (platform.claude.com/docs/en/build-with-claude/batch-processing, developers.openai.com/api/docs/guides/batch).
"""

import re
from dataclasses import dataclass
from decimal import Decimal
from functools import lru_cache
from urllib.parse import urlsplit

from dramaturg.engine.calls import Usage
from dramaturg.errors import CallerError
from dramaturg.models.hosts import is_loopback
from dramaturg.models.spec import parse_spec

_MILLION = 1_000_000
_GIVEN = re.compile(r"\s*(?P<input>\d+(?:\.\d+)?)\s*/\s*(?P<output>\d+(?:\.\d+)?)\s*")
_BATCH = {"processing": "batch"}
_HALF = Decimal("0.5")
_FREE = ("evidence", "gguf", "replay")


@dataclass(frozen=True, slots=True, kw_only=True)
class Price:
    """US dollars for a million tokens, for a model whose price the user gives; cached tokens count as others."""

    input: Decimal
    output: Decimal

    def __str__(self) -> str:
        return f"{self.input}/{self.output}"


def parse_price(text: str) -> Price:
    """Read a price such as `3/15`: dollars for a million tokens in and out; CallerError for anything else."""
    found = _GIVEN.fullmatch(text)
    if found is None:
        raise CallerError(f"`{text}` is no price; write dollars for a million tokens in and out, such as `3/15`")
    return Price(input=Decimal(found["input"]), output=Decimal(found["output"]))


class Tariff:
    """What one model's tokens cost.

    Args:
        model: The model's name, as a user gives it.
        given: The price to use where none is known; None for none.
    """

    def __init__(self, model: str, given: Price | None = None) -> None:
        self.model = model
        self._given = given
        kind, _, rest = model.partition(":")
        spec = parse_spec(model) if kind in ("anthropic", "openai") and rest else None
        host = urlsplit(spec.base_url).hostname if spec and spec.base_url else None
        self._vendor = (kind, spec.name) if spec else None
        self._free = kind in _FREE or (host is not None and is_loopback(host))

    def cost(self, usage: Usage, *, batch: bool = False) -> Decimal | None:
        """Return the dollars that a call's tokens cost, alone or in a batch; None where the price is not known."""
        if self._given is not None and (self._free or self._known(Usage(input=1, output=1), batch=False) is None):
            cost = (self._given.input * usage.input + self._given.output * usage.output) / _MILLION
            return cost * _HALF if batch else cost
        return Decimal(0) if self._free else self._known(usage, batch=batch)

    def most(self, tokens_in: int, tokens_out: int, *, batch: bool = False) -> Decimal | None:
        """Return what so many tokens cost at most, whether they are read from a cache, written to it, or neither."""
        ways = (
            Usage(input=tokens_in, output=tokens_out),
            Usage(input=tokens_in, cache_write=tokens_in, output=tokens_out),
        )
        costs = [cost for usage in ways if (cost := self.cost(usage, batch=batch)) is not None]
        return max(costs, default=None)

    def _known(self, usage: Usage, *, batch: bool) -> Decimal | None:
        if self._vendor is None or not _is_priced(*self._vendor):
            return None
        import genai_prices  # noqa: PLC0415 - 0.2 s that only a paid run needs

        vendor, name = self._vendor
        counted = genai_prices.Usage(
            input_tokens=usage.input,
            cache_read_tokens=usage.cache_read,
            cache_write_tokens=usage.cache_write,
            output_tokens=usage.output,
        )
        listed = batch and _is_priced_in_batches(vendor, name)
        context = _BATCH if listed else None
        cost = genai_prices.calc_price(counted, model_ref=name, provider_id=vendor, price_context=context).total_price
        return cost * _HALF if batch and not listed else cost


@lru_cache
def _is_priced(vendor: str, name: str) -> bool:
    import genai_prices  # noqa: PLC0415 - as above

    try:
        genai_prices.calc_price(genai_prices.Usage(input_tokens=1), model_ref=name, provider_id=vendor)
    except LookupError:
        return False
    return True


@lru_cache
def _is_priced_in_batches(vendor: str, name: str) -> bool:
    """Tell whether the snapshot has other prices for batches of a model; it would give the usual ones for none."""
    import genai_prices  # noqa: PLC0415 - as above

    tokens = genai_prices.Usage(input_tokens=_MILLION, output_tokens=_MILLION)
    usual, batch = (
        genai_prices.calc_price(tokens, model_ref=name, provider_id=vendor, price_context=context).total_price
        for context in (None, _BATCH)
    )
    return batch != usual


def dollars(amount: Decimal) -> str:
    """Return an amount in words, rounded up to two digits that say something."""
    if not amount:
        return "$0"
    places = max(2, 1 - amount.adjusted())
    return f"${amount:.{places}f}"
