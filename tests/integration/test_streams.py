"""One run, four ways to take it: each gives the same events and the same bytes."""

import asyncio
import signal
import subprocess
import sys
import threading
from collections.abc import Callable
from contextlib import aclosing, closing
from pathlib import Path

import pytest
from tests.commands import journals, timeless
from tests.support import INPUTS, ROOT, asked, gone_at, good_answer

from dramaturg import CallerError, ModelError, RunResult, arun_persona, run_persona, stream_persona
from dramaturg.engine.calls import ModelCall, ModelReply, Usage
from dramaturg.engine.events import CallAnswered, Event
from dramaturg.models.scripted import ScriptedModel
from dramaturg.models.watch import Watch
from dramaturg.run.record import read_journal
from dramaturg.run.retell import run_status
from dramaturg.run.stream import Stream

Taken = tuple[list[Event], RunResult]


def answer(call: ModelCall) -> ModelReply:
    """Answer well, but the first time step 2 is asked, and with a price."""
    text = "no JSON" if (call.step, call.attempt) == ("2", 0) else good_answer(call)
    return ModelReply(text=text, usage=Usage(input=len(call.messages), output=len(text)), model="scripted")


def by_call(state: Path) -> Taken:
    events: list[Event] = []
    result = run_persona("DPA-1", INPUTS, model=ScriptedModel(answer), state=state, on_event=events.append)
    return events, result


def by_await(state: Path) -> Taken:
    events: list[Event] = []
    coroutine = arun_persona("DPA-1", INPUTS, model=ScriptedModel(answer), state=state, on_event=events.append)
    return events, asyncio.run(coroutine)


def by_for(state: Path) -> Taken:
    stream = stream_persona("DPA-1", INPUTS, model=ScriptedModel(answer), state=state)
    return [*stream], stream.result


def by_async_for(state: Path) -> Taken:
    async def take() -> Taken:
        stream = stream_persona("DPA-1", INPUTS, model=ScriptedModel(answer), state=state)
        return [event async for event in stream], stream.result

    return asyncio.run(take())


def in_a_notebook(state: Path) -> Taken:
    """Call the synchronous function where an event loop is running, as a notebook's cell does."""

    async def cell() -> Taken:
        return by_call(state)

    return asyncio.run(cell())


@pytest.mark.parametrize("way", [by_await, by_for, by_async_for, in_a_notebook])
def test_every_way_gives_the_same_events_and_bytes(tmp_path: Path, way: Callable[[Path], Taken]) -> None:
    expected_events, expected = by_call(tmp_path / "one")
    events, result = way(tmp_path / "two")
    assert events == expected_events
    assert result == expected
    one, two = (timeless(journals(tmp_path / name)[0].read_bytes()) for name in ("one", "two"))
    assert one == two
    assert [type(event).__name__ for event in events][:8] == [
        "RunOpened",
        "RunStarted",
        "StepStarted",
        "CallAnswered",
        "StepAccepted",
        "StepStarted",
        "CallAnswered",
        "AnswerRejected",
    ]


def test_runs_of_two_callers_go_on_side_by_side(tmp_path: Path) -> None:
    async def both() -> list[RunResult]:
        states = (tmp_path / "one", tmp_path / "two")
        models = [ScriptedModel(answer) for _ in states]
        runs = [
            arun_persona("DPA-1", INPUTS, model=model, state=state) for model, state in zip(models, states, strict=True)
        ]
        return await asyncio.gather(*runs)

    one, two = asyncio.run(both())
    assert one == two


class Stuck(ScriptedModel):
    """A model that answers three steps and thinks about the fourth for ever."""

    def __init__(self) -> None:
        super().__init__(answer)

    async def answer(self, call: ModelCall, watch: Watch | None = None) -> ModelReply:
        if call.step == "4":
            await asyncio.Event().wait()
        return await super().answer(call, watch)


def third_answered(event: Event) -> bool:
    return isinstance(event, CallAnswered) and event.step == "3"


def leave_for() -> None:
    assert any(third_answered(event) for event in stream_persona("DPA-1", INPUTS, model=Stuck()))


def leave_for_that_is_held() -> None:
    events = iter(stream_persona("DPA-1", INPUTS, model=Stuck()))
    with closing(events):
        assert any(map(third_answered, events))


def leave_async_for() -> None:
    async def leave() -> None:
        async for event in stream_persona("DPA-1", INPUTS, model=Stuck()):
            if third_answered(event):
                break

    asyncio.run(leave())


def leave_async_for_and_go_on_in_the_same_loop() -> None:
    async def leave() -> None:
        async with aclosing(aiter(stream_persona("DPA-1", INPUTS, model=Stuck()))) as events:
            async for event in events:
                if third_answered(event):
                    break
        with pytest.raises(ModelError):
            await arun_persona("DPA-1", INPUTS, model=gone_at("4"))

    asyncio.run(leave())


def leave_by_exception() -> None:
    def consume() -> None:
        for event in stream_persona("DPA-1", INPUTS, model=Stuck()):
            if third_answered(event):
                raise RuntimeError("no more")

    with pytest.raises(RuntimeError, match="no more"):
        consume()


@pytest.mark.parametrize(
    "leave",
    [
        leave_for,
        leave_for_that_is_held,
        leave_async_for,
        leave_async_for_and_go_on_in_the_same_loop,
        leave_by_exception,
    ],
)
def test_leaving_early_leaves_a_run_that_goes_on(state: Path, leave: Callable[[], None]) -> None:
    leave()
    (journal,) = journals(state)
    assert run_status(read_journal(journal)) == "unfinished"
    model = ScriptedModel(answer)
    run_persona("DPA-1", INPUTS, model=model)
    assert asked(model) == ["4", "5"]
    assert journals(state) == [journal]


def test_an_interrupt_of_a_call_lets_go_of_the_run_at_once(state: Path) -> None:
    main_thread = threading.main_thread().ident
    assert main_thread is not None

    def interrupt(event: Event) -> None:
        if third_answered(event):
            signal.pthread_kill(main_thread, signal.SIGINT)

    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        with pytest.raises(KeyboardInterrupt):
            run_persona("DPA-1", INPUTS, model=Stuck(), on_event=interrupt)
    finally:
        signal.signal(signal.SIGINT, before)
    (journal,) = journals(state)
    assert run_status(read_journal(journal)) == "unfinished"
    model = ScriptedModel(answer)
    run_persona("DPA-1", INPUTS, model=model)
    assert asked(model) == ["4", "5"]


def test_a_stream_that_was_left_has_no_result() -> None:
    stream = stream_persona("DPA-1", INPUTS, model=ScriptedModel(answer))
    next(iter(stream))
    with pytest.raises(CallerError, match="the run has not ended; take all its events first"):
        _ = stream.result


def test_a_stream_is_taken_once_because_a_second_run_would_cost_again(state: Path) -> None:
    stream = stream_persona("DPA-1", INPUTS, model=ScriptedModel(answer))
    assert [*stream]
    with pytest.raises(CallerError, match="the events of this stream have been taken"):
        next(iter(stream))
    with pytest.raises(CallerError, match="the events of this stream have been taken"):
        asyncio.run(anext(aiter(stream)))
    assert len(journals(state)) == 1
    assert stream.result.document.sections


def take_with_for(stream: Stream, seen: list[Event]) -> None:
    seen.extend(stream)


def take_with_async_for(stream: Stream, seen: list[Event]) -> None:
    async def take() -> None:
        async for event in stream:
            seen.append(event)  # noqa: PERF401 - what came before the failure is to be seen

    asyncio.run(take())


@pytest.mark.parametrize("take", [take_with_for, take_with_async_for])
def test_a_failure_comes_after_the_events_before_it(take: Callable[[Stream, list[Event]], None]) -> None:
    seen: list[Event] = []
    with pytest.raises(ModelError, match="the provider is gone"):
        take(stream_persona("DPA-1", INPUTS, model=gone_at("2")), seen)
    assert [type(event).__name__ for event in seen][-2:] == ["StepAccepted", "StepStarted"]


def test_a_forked_process_has_a_loop_of_its_own() -> None:
    script = """
import os
from tests.support import INPUTS
from dramaturg import run_persona
run_persona("DPA-1", INPUTS, model="evidence")
child = os.fork()
run_persona("DPA-1", INPUTS, model="evidence")
if child:
    raise SystemExit(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
os._exit(0)
"""
    subprocess.run([sys.executable, "-W", "ignore", "-c", script], cwd=ROOT, check=True, timeout=300)


def _run_again(_: Event) -> None:
    run_persona("DPA-1", INPUTS, model="evidence")


def _stream_again(_: Event) -> None:
    for _ in stream_persona("DPA-1", INPUTS, model="evidence"):
        pass


@pytest.mark.parametrize("again", [_run_again, _stream_again])
def test_waiting_for_a_run_inside_a_callback_is_refused_instead_of_hanging(again: Callable[[Event], None]) -> None:
    with pytest.raises(CallerError, match="use `arun_persona`"):
        run_persona("DPA-1", INPUTS, model="evidence", on_event=again)
