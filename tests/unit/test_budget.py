"""What a run may use: prices, limits, and what is said of them."""

import asyncio
from collections.abc import Callable
from contextlib import suppress
from decimal import Decimal
from typing import Any

import pytest
from tests.support import dpa1_brief

from dramaturg.engine.calls import Message, ModelCall, ModelReply, Part, Usage
from dramaturg.errors import BudgetSpent, CallerError, ModelError
from dramaturg.models.prices import Tariff, dollars, parse_price
from dramaturg.run.budget import Limits, Purse, Tariffs, estimates, parse_seconds, parse_usd

_LOCAL = "openai:tiny@http://127.0.0.1:1/v1"
_TARIFFS = Tariffs(given=parse_price("3/15"))


def call(step: str = "2", text: str = "x" * 300, most: int = 1000, model: str = _LOCAL) -> ModelCall:
    messages = (Message(role="user", parts=(Part(text=text),)),)
    return ModelCall(
        step=step,
        attempt=0,
        sample=0,
        messages=messages,
        schema={},
        owes=(),
        artifacts=(),
        model=model,
        max_output=most,
    )


def purse(clock: Callable[[], float] = lambda: 0.0, **limits: Any) -> Purse:
    brief = dpa1_brief(model=_LOCAL)
    return Purse(limits=Limits(**limits), tariffs=_TARIFFS, brief=brief, clock=clock)


def test_cached_tokens_are_priced_as_the_vendor_prices_them() -> None:
    tariff = Tariff("anthropic:claude-sonnet-4-5")
    plain = tariff.cost(Usage(input=10_000, output=1_000))
    cached = tariff.cost(Usage(input=10_000, cache_read=9_000, output=1_000))
    written = tariff.cost(Usage(input=10_000, cache_write=9_000, output=1_000))
    assert plain == Decimal("0.045")
    assert cached == Decimal("0.003") + Decimal("0.0027") + Decimal("0.015")
    assert written is not None
    assert written > plain
    assert tariff.most(10_000, 1_000) == Decimal("0.0375") + Decimal("0.015")


@pytest.mark.parametrize("model", ["evidence", "gguf:tiny.gguf", _LOCAL, "openai:x@http://localhost:8080/v1"])
def test_what_runs_on_this_machine_costs_nothing(model: str) -> None:
    assert Tariff(model).cost(Usage(input=10**6, output=10**6)) == 0


@pytest.mark.parametrize("model", ["anthropic:no-such-model", "openai:x@https://models.example/v1", "scripted"])
def test_a_price_that_is_not_known_is_unknown_unless_it_is_given(model: str) -> None:
    assert Tariff(model).cost(Usage(input=1)) is None
    assert Tariff(model, parse_price("3/15")).cost(Usage(input=10**6, output=10**6)) == 18


def test_a_given_price_does_not_replace_a_known_one() -> None:
    assert Tariff("anthropic:claude-sonnet-4-5", parse_price("100/100")).cost(Usage(input=10**5)) == Decimal("0.3")


@pytest.mark.parametrize(
    ("model", "share"),
    [
        ("anthropic:claude-sonnet-5-5", "0.5"),  # listed
        ("openai:gpt-5.5", "0.5"),
        ("openai:gpt-4.1", "0.52"),  # whose cached tokens cost in batches what they cost alone
        ("anthropic:claude-3-haiku", "0.5"),  # not listed any more: what the vendor says of all its models
    ],
)
def test_a_batch_costs_what_the_vendor_lists_for_it_else_half(model: str, share: str) -> None:
    usage = Usage(input=1_000_000, cache_read=200_000, output=100_000)
    tariff = Tariff(model)
    alone, batch = tariff.cost(usage), tariff.cost(usage, batch=True)
    assert alone
    assert batch == alone * Decimal(share)
    most, most_alone = tariff.most(1_000, 1_000, batch=True), tariff.most(1_000, 1_000)
    assert most_alone
    assert most == most_alone / 2


def test_a_given_price_is_halved_in_a_batch_and_an_unknown_one_stays_unknown() -> None:
    usage = Usage(input=1_000_000, output=1_000_000)
    assert Tariff("openai:unheard-of", parse_price("3/15")).cost(usage, batch=True) == 9
    assert Tariff("openai:unheard-of").cost(usage, batch=True) is None
    assert Tariff("evidence").cost(usage, batch=True) == 0


@pytest.mark.parametrize("text", ["", "3", "3/", "/3", "a/b", "-1/2", "3/15/2"])
def test_what_is_no_price_is_refused(text: str) -> None:
    with pytest.raises(CallerError, match="is no price; write"):
        parse_price(text)


@pytest.mark.parametrize(
    ("amount", "shown"), [("0", "$0"), ("0.01", "$0.010"), ("12.5", "$12.50"), ("0.000123", "$0.00012"), ("1", "$1.00")]
)
def test_small_amounts_keep_digits_that_say_something(amount: str, shown: str) -> None:
    assert dollars(Decimal(amount)) == shown


@pytest.mark.parametrize(("text", "seconds"), [("90", 90), ("1.5s", 1.5), ("5m", 300), ("2 h", 7200), (30, 30)])
def test_a_duration_is_read(text: str | int, seconds: float) -> None:
    assert parse_seconds(text) == seconds


@pytest.mark.parametrize("text", ["", "soon", "5w", "-3"])
def test_what_is_no_duration_is_refused(text: str) -> None:
    with pytest.raises(CallerError, match="is no duration"):
        parse_seconds(text)


@pytest.mark.parametrize("text", ["", "much", "-1", "NaN", "inf"])
def test_what_is_no_amount_is_refused(text: str) -> None:
    with pytest.raises(CallerError, match="is no amount of money"):
        parse_usd(text)


async def may_be_made(held: Purse, asked: ModelCall) -> bool:
    """Tell whether a call would be made, without making it."""
    try:
        async with held.holding(asked):
            return True
    except BudgetSpent:
        return False


def made(held: Purse, asked: ModelCall) -> bool:
    return asyncio.run(may_be_made(held, asked))


def refused(held: Purse, asked: ModelCall) -> BudgetSpent:
    async def ask() -> None:
        async with held.holding(asked):
            pytest.fail("the call was made")

    with pytest.raises(BudgetSpent) as spent:
        asyncio.run(ask())
    return spent.value


def test_a_call_that_could_exceed_the_budget_is_not_made() -> None:
    held = purse(usd=parse_usd("$0.016"))  # 100 tokens in and 1,000 out cost at most 0.0153
    assert made(held, call())
    held.used(call(), ModelReply(text="", usage=Usage(input=100, output=100)))  # 0.0018
    spent = refused(held, call())
    assert (spent.limit, spent.spent) == ("$0.016", "$0.0018")
    left = [each.usd for each in estimates(held.brief, _TARIFFS) if each.step.id != "2"]
    assert spent.needed == dollars(sum((usd for usd in left if usd), Decimal(0)))


def test_a_stand_in_that_is_dearer_is_held_for_and_counted_by_its_own_price() -> None:
    cheap, dear = "anthropic:claude-haiku-4-5", "anthropic:claude-opus-4-5"
    brief = dpa1_brief(model=cheap)
    held = Purse(limits=Limits(usd=parse_usd("0.02")), tariffs=Tariffs(), brief=brief, fallback=[dear])
    assert made(held, call(model=cheap, most=700))  # at most 0.0185 of the dear one
    assert not made(held, call(model=cheap))
    held.used(call(model=cheap), ModelReply(text="", usage=Usage(input=1000, output=100), stand_in=dear))
    assert held.usd == Tariffs().of(dear).cost(Usage(input=1000, output=100))


@pytest.mark.parametrize(("took", "second"), [(100, True), (1_100, False)])
def test_a_call_waits_for_what_is_set_aside_for_its_siblings(took: int, *, second: bool) -> None:
    held = purse(tokens=2_000)

    async def siblings() -> bool:
        async with held.holding(call("2")):
            other = asyncio.ensure_future(may_be_made(held, call("3")))
            await asyncio.sleep(0.01)
            assert not other.done()  # 1,100 tokens and 1,100 are too many, unless the first takes less
            held.used(call("2"), ModelReply(text="", usage=Usage(input=took)))
        return await other

    assert asyncio.run(siblings()) is second
    assert held.tokens == took


def test_a_sibling_whose_call_fails_leaves_what_was_set_aside_for_it() -> None:
    held = purse(tokens=2_000)

    async def siblings() -> bool:
        with suppress(ModelError):
            async with held.holding(call("2")):
                raise ModelError("gone", retryable=True)
        return await may_be_made(held, call("3"))

    assert asyncio.run(siblings())


def test_after_the_deadline_no_call_is_made() -> None:
    now = [0.0]
    held = purse(clock=lambda: now[0], seconds=60.0)
    assert made(held, call())
    now[0] = 61.0
    spent = refused(held, call())
    assert str(spent) == "the next call could exceed 60 s: 61 s is spent, finishing takes at most 5 more steps"


def test_a_budget_for_a_model_without_a_price_is_refused_before_anything_is_asked() -> None:
    brief = dpa1_brief(model="anthropic:no-such-model")
    with pytest.raises(CallerError, match="the price of `anthropic:no-such-model` is not known"):
        Purse(limits=Limits(usd=Decimal(1)), tariffs=Tariffs(), brief=brief)
    assert Purse(limits=Limits(tokens=10), tariffs=Tariffs(), brief=brief).usd == 0


def test_a_step_costs_the_more_the_later_it_comes() -> None:
    found = estimates(dpa1_brief(model=_LOCAL), _TARIFFS)
    assert [each.step.id for each in found] == ["1", "2", "3", "4", "5"]
    costs = [each.usd for each in found if each.usd is not None]
    assert costs == sorted(costs)
