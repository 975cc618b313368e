"""The order in which answers that come together are worked on."""

import asyncio

import pytest
from tests.chat_server import ChatServer
from tests.clock import run_by_the_clock
from tests.servers import first_call

from dramaturg.models.model import Model
from dramaturg.models.pool import Pool
from dramaturg.models.retry import Line, RetryPolicy, answer_with_retries
from dramaturg.models.scripted import ScriptedModel
from dramaturg.models.spec import open_model, parse_spec
from dramaturg.models.turnstile import Turnstile


async def _worked(turnstile: Turnstile, name: int, log: list[str], rounds: int = 3) -> None:
    await turnstile.passing()
    log.append(f"reads {name}")
    for _ in range(rounds):  # of the loop, as the transport takes them
        await asyncio.sleep(0)
    log.append(f"asks {name}")


def test_the_next_question_of_an_answer_is_out_before_the_next_answer_is_read() -> None:
    log: list[str] = []

    async def together() -> None:
        turnstile = Turnstile()
        await asyncio.gather(*(_worked(turnstile, name, log) for name in range(5)))

    run_by_the_clock(together())
    assert log == [f"{what} {name}" for name in range(5) for what in ("reads", "asks")]


def test_what_comes_alone_does_not_wait() -> None:
    async def alone() -> int:
        turnstile = Turnstile()
        await turnstile.passing()
        await asyncio.sleep(0.05)
        passing = asyncio.ensure_future(turnstile.passing())
        await asyncio.sleep(0)
        return int(passing.done())

    assert run_by_the_clock(alone()) == 1


def test_who_gives_up_waiting_keeps_nobody_from_passing() -> None:
    log: list[str] = []

    async def given_up() -> None:
        turnstile = Turnstile()
        tasks = [asyncio.ensure_future(_worked(turnstile, name, log)) for name in range(4)]
        await asyncio.sleep(0)
        tasks[1].cancel()
        tasks[3].cancel()
        await asyncio.wait(tasks)
        await asyncio.wait_for(turnstile.passing(), timeout=5)

    run_by_the_clock(given_up())
    assert log == ["reads 0", "asks 0", "reads 2", "asks 2"]


async def _asked_once(model: Model) -> Turnstile:
    policy = RetryPolicy()
    line = Pool().line(model, "run", policy)
    await answer_with_retries(model, first_call(), policy, line, lambda *_: None, lambda _: None)
    return line.turnstile


def test_an_answer_of_this_process_keeps_nobody_waiting_and_passes_by() -> None:
    assert asyncio.run(_asked_once(ScriptedModel(["{}"]))) == Turnstile()


def test_an_answer_of_a_server_passes() -> None:
    async def asked(name: str) -> Turnstile:
        model = await open_model(parse_spec(name))
        try:
            return await _asked_once(model)
        finally:
            await model.aclose()

    with ChatServer() as server:
        assert asyncio.run(asked(server.model)) != Turnstile()


async def _ask(model: Model, line: Line) -> str:
    policy = RetryPolicy()
    return (await answer_with_retries(model, first_call(), policy, line, lambda *_: None, lambda _: None)).text


async def _in_line(line: Line) -> None:
    """Wait until an answer has come, which then stands in a line that others were in before."""
    while not line.limiter.answered:  # noqa: ASYNC110 - at the very next round of the loop
        await asyncio.sleep(0)


def test_an_answer_that_has_come_is_had_by_a_run_that_is_cancelled_in_the_line() -> None:
    had: list[str] = []

    async def asked(model: Model, line: Line) -> None:
        had.append(await _ask(model, line))
        await asyncio.sleep(0)
        had.clear()

    async def cancelled(name: str) -> None:
        model = await open_model(parse_spec(name))
        line = Pool().line(model, "run", RetryPolicy())
        crowd = [asyncio.ensure_future(line.turnstile.passing()) for _ in range(5000)]
        asking = asyncio.ensure_future(asked(model, line))
        await _in_line(line)
        asking.cancel()
        await asyncio.wait((asking, *crowd))
        await model.aclose()
        assert asking.cancelled()

    with ChatServer() as server:
        asyncio.run(cancelled(server.model))
    assert len(had) == 1


def test_a_time_limit_that_strikes_in_the_line_is_told_as_one_all_the_same() -> None:
    async def struck(line: Line, limit: asyncio.Timeout) -> None:
        await _in_line(line)
        limit.reschedule(0)

    async def limited(name: str) -> None:
        model = await open_model(parse_spec(name))
        line = Pool().line(model, "run", RetryPolicy())
        crowd = [asyncio.ensure_future(line.turnstile.passing()) for _ in range(5000)]
        try:
            async with asyncio.timeout(60) as limit:
                crowd.append(asyncio.ensure_future(struck(line, limit)))
                await _ask(model, line)
                await asyncio.sleep(60)
        finally:
            await asyncio.wait(crowd)
            await model.aclose()

    with ChatServer() as server, pytest.raises(TimeoutError):
        asyncio.run(limited(server.model))
