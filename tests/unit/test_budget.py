"""What a run may use: prices, limits, and what is said of them."""

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest
from tests.support import dpa1_brief

from dramaturg.engine.calls import Message, ModelCall, Part, Usage
from dramaturg.errors import BudgetSpent, CallerError
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


def test_a_call_that_could_exceed_the_budget_is_not_made() -> None:
    held = purse(usd=parse_usd("$0.016"))  # 100 tokens in and 1,000 out cost at most 0.0153
    with held.holding(call()):
        pass
    held.used(call(), Usage(input=100, output=100))  # 0.0018
    with pytest.raises(BudgetSpent) as spent, held.holding(call()):
        pytest.fail("the call was made")
    assert (spent.value.limit, spent.value.spent) == ("$0.016", "$0.0018")
    left = [each.usd for each in estimates(held.brief, _TARIFFS) if each.step.id != "2"]
    assert spent.value.needed == dollars(sum((usd for usd in left if usd), Decimal(0)))


def test_calls_under_way_together_cannot_exceed_a_limit() -> None:
    held = purse(tokens=2_000)
    with (
        held.holding(call("2")),
        pytest.raises(BudgetSpent, match="could exceed 2,000 tokens"),
        held.holding(call("3")),
    ):
        pytest.fail("the call was made")
    with held.holding(call("3")):
        assert held.tokens == 0


def test_after_the_deadline_no_call_is_made() -> None:
    now = [0.0]
    held = purse(clock=lambda: now[0], seconds=60.0)
    with held.holding(call()):
        now[0] = 61.0
    with pytest.raises(BudgetSpent) as spent, held.holding(call()):
        pytest.fail("the call was made")
    assert str(spent.value) == "the next call could exceed 60 s: 61 s is spent, finishing takes at most 5 more steps"


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
