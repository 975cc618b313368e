"""How many calls may be under way: the limiter by itself, on a loop whose clock is exact."""

import asyncio
from collections.abc import Awaitable, Callable

from tests.clock import run_by_the_clock

from dramaturg.models.limiter import START, Limiter, Place


async def _hold(limiter: Limiter, run: str, let_go: asyncio.Event, told: Callable[[Place], None]) -> None:
    async with limiter.place(run) as place:
        told(place)
        await let_go.wait()


def _with_calls(count: int, then: Callable[[Limiter, list[Place]], Awaitable[None]]) -> None:
    """Let so many calls of one run ask for their place, and look at the limiter while they are under way."""

    async def main() -> None:
        limiter, let_go = Limiter(), asyncio.Event()
        places: list[Place] = []
        calls = [asyncio.ensure_future(_hold(limiter, "one", let_go, places.append)) for _ in range(count)]
        await asyncio.sleep(0.05)
        await then(limiter, places)
        let_go.set()
        await asyncio.gather(*calls)
        assert len(places) == count
        assert limiter.under_way == 0

    run_by_the_clock(main())


def test_a_first_crowd_goes_out_in_part() -> None:
    async def look(limiter: Limiter, places: list[Place]) -> None:
        assert (len(places), limiter.under_way) == (START, START)

    _with_calls(START + 20, look)


def test_more_go_out_while_calls_wait_and_nothing_is_refused() -> None:
    async def look(limiter: Limiter, places: list[Place]) -> None:
        await asyncio.sleep(0.6)
        assert len(places) == 2 * START
        assert limiter.limit == 2 * START
        await asyncio.sleep(0.5)
        assert len(places) == 2 * START + 20

    _with_calls(2 * START + 20, look)


def test_after_a_refusal_waiting_lets_nothing_out() -> None:
    async def look(limiter: Limiter, places: list[Place]) -> None:
        limiter.pressed(places[0], None)
        await asyncio.sleep(0.6)
        assert len(places) == START
        assert limiter.limit == START / 2

    _with_calls(START + 20, look)


def test_the_refusals_of_one_burst_count_once() -> None:
    async def look(limiter: Limiter, places: list[Place]) -> None:
        for place in places:
            limiter.pressed(place, None)
        assert limiter.limit == START / 2

    _with_calls(START, look)


def test_answers_after_a_refusal_raise_the_limit_by_one_for_as_many_as_it_allows() -> None:
    async def look(limiter: Limiter, places: list[Place]) -> None:
        limiter.pressed(places[0], None)
        half = limiter.limit
        for _ in range(int(half)):
            limiter.eased()
        assert half + 0.9 < limiter.limit <= half + 1

    _with_calls(START, look)


def test_a_run_with_many_calls_does_not_hold_up_a_run_with_one() -> None:
    async def main() -> None:
        limiter, let_go, order = Limiter(limit=1), asyncio.Event(), list[str]()
        limiter.pressed(Place(began=0.0), None)
        names = ["many"] * 5 + ["one"]
        told = [lambda _, name=name: order.append(name) for name in names]
        calls = [
            asyncio.ensure_future(_hold(limiter, name, let_go, tell)) for name, tell in zip(names, told, strict=True)
        ]
        await asyncio.sleep(0.01)
        let_go.set()
        await asyncio.gather(*calls)
        assert order.index("one") == 2  # after the call under way and one more

    run_by_the_clock(main())


def test_a_call_that_is_given_up_while_it_waits_takes_no_place() -> None:
    async def main() -> None:
        limiter, let_go = Limiter(limit=1), asyncio.Event()
        limiter.pressed(Place(began=0.0), None)
        first, second, third = (asyncio.ensure_future(_hold(limiter, "one", let_go, lambda _: None)) for _ in range(3))
        await asyncio.sleep(0.01)
        second.cancel()
        let_go.set()
        await asyncio.gather(first, third)
        assert limiter.under_way == 0

    run_by_the_clock(main())
