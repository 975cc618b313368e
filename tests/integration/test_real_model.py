"""DPA-1 performed by a real small model: wire, grammar, prefix cache, repair, and a kill in the middle."""

import asyncio
import re
import signal
import subprocess
import sys
import urllib.request
from pathlib import Path

import pytest
from tests.support import BLUEPRINT, COMPOSE, INPUTS, dpa1_job
from tests.weights import NEEDS_WEIGHTS, weights_path

from dramaturg import Runtime
from dramaturg.engine.calls import Message, ModelCall, Part, Usage
from dramaturg.engine.events import CallAnswered, Event
from dramaturg.models.gguf import GgufModel
from dramaturg.models.profiles import LOCAL_WINDOW, hosted
from dramaturg.plan.outputs import envelope_schema
from dramaturg.run.report import RunResult

pytestmark = NEEDS_WEIGHTS
_REASKS = 1
_CACHED = 0.8


@pytest.fixture(scope="module")
def weights() -> Path:
    return weights_path()


@pytest.fixture
def command(weights: Path) -> list[str]:
    """The command line of a whole run on the example."""
    named = f"raw_docker_compose={COMPOSE}"
    model = f"gguf:{weights}"
    run = ["run", "DPA-1", str(BLUEPRINT), "--artifact", named, "--model", model, "--reasks", str(_REASKS)]
    return [sys.executable, "-m", "dramaturg", *run]


def _killed_after_step(command: list[str], step: int) -> None:
    """Run a command and kill it with SIGKILL as soon as it says that a step is done."""
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True) as process:
        assert process.stderr is not None
        done = re.compile(rf"\[{step}/\d\] .*: (?:done|\d+ items?)")
        for line in iter(process.stderr.readline, ""):
            if done.match(line):
                process.kill()
        assert process.wait() == -signal.SIGKILL, "the run ended before it could be killed"


async def _resumed(weights: Path, events: list[Event]) -> tuple[RunResult, dict[str, int]]:
    """Perform the same run again in this process; return its result and what the model's server counted."""
    model = GgufModel(weights, window=LOCAL_WINDOW)
    try:
        result = await Runtime(model=model, reasks=_REASKS).arun("DPA-1", INPUTS, on_event=events.append)
        return result, await asyncio.to_thread(_counters, model.address)
    finally:
        await model.aclose()


def _counters(address: str) -> dict[str, int]:
    with urllib.request.urlopen(f"{address}/metrics") as response:  # noqa: S310 - the server this test started
        lines = response.read().decode().splitlines()
    return {
        name: int(float(value))
        for line in lines
        if line.startswith("llamacpp:") and not line.startswith("#")
        for name, value in [line.removeprefix("llamacpp:").split(" ", 1)]
        if name.endswith("_total") and "seconds" not in name
    }


@pytest.mark.slow
def test_a_killed_run_goes_on_and_asks_nothing_twice(command: list[str], weights: Path) -> None:
    _killed_after_step(command, 3)
    events: list[Event] = []
    result, counted = asyncio.run(_resumed(weights, events))

    answered = [event for event in events if isinstance(event, CallAnswered)]
    asked = [event for event in answered if not event.replayed]
    assert {event.step for event in answered if event.replayed} >= {"1", "2", "3"}
    assert {event.step for event in asked} <= {"4", "5"}
    _server_saw_only(asked, counted)
    _prefix_is_cached([event.usage for event in answered], first_of_a_process={0, len(answered) - len(asked)})
    _document_is_whole(result)


def _server_saw_only(asked: list[CallAnswered], counted: dict[str, int]) -> None:
    """The second server's own counters hold the tokens of the calls after the kill, and no others."""
    read = counted["prompt_tokens_total"] + counted["prompt_tokens_cached_total"]
    assert read == sum(call.usage.input for call in asked)
    assert counted["tokens_predicted_total"] == sum(call.usage.output for call in asked)


def _prefix_is_cached(usages: list[Usage], first_of_a_process: set[int]) -> None:
    """From the second call of each process on, the server read most of the prompt from its cache."""
    for position, usage in enumerate(usages):
        if position not in first_of_a_process:
            assert usage.cache_read / usage.input >= _CACHED, f"call {position + 1} read {usage}"


def _document_is_whole(result: RunResult) -> None:
    plan = dpa1_job().plan
    assert [section.title for section in result.document.sections] == [step.section for step in plan.sections]
    for step, section in zip(plan.sections, result.document.sections, strict=True):
        covered = {name for entry in section.entries for name in entry.covers}
        assert {requirement.id for requirement in step.asks} <= covered
        assert any(entry.basis != "missing" for entry in section.entries)
    for entry in (entry for section in result.document.sections for entry in section.entries if entry.unsupported):
        assert "[UNSUPPORTED]" in result.document.markdown
        assert any(entry.text[:40] in question.text for question in result.document.questions)
    assert not [finding for finding in result.findings if finding.is_error]


def test_the_anthropic_sdk_reads_its_prefix_from_the_servers_cache(weights: Path) -> None:
    from anthropic import AsyncAnthropic  # noqa: PLC0415 - 1.4 s that the other tests need not wait for

    from dramaturg.models.anthropic import AnthropicModel  # noqa: PLC0415 - as above

    async def usages() -> list[Usage]:
        server = GgufModel(weights, window=2048)
        await server.start()
        client = AsyncAnthropic(api_key="none", base_url=server.address, max_retries=0)
        model = AnthropicModel("smollm2", client=client, profile=hosted())
        try:
            return [(await model.answer(_short_call(text))).usage for text in ("Name a colour.", "Name a fruit.")]
        finally:
            await model.aclose()
            await server.aclose()

    first, second = asyncio.run(usages())
    assert first.output > 0
    assert first.cache_read == 0
    assert second.input > second.cache_read > second.input * _CACHED


def _short_call(text: str) -> ModelCall:
    rules = "Answer with a single word. " * 40
    return ModelCall(
        step="1",
        attempt=0,
        sample=0,
        messages=(
            Message(role="system", parts=(Part(text=rules, cache=True),)),
            Message(role="user", parts=(Part(text=text),)),
        ),
        schema=envelope_schema(),
        owes=(),
        artifacts=(),
        model="smollm2",
        max_output=8,
    )


def test_weights_that_nobody_waits_for_any_more_are_loaded_all_the_same(weights: Path) -> None:
    async def given_up() -> bool:
        model = GgufModel(weights, window=512)
        waiting = asyncio.ensure_future(model.start())
        await asyncio.sleep(0)
        (loading,) = asyncio.all_tasks() - {asyncio.current_task(), waiting}
        waiting.cancel()
        with pytest.raises(asyncio.CancelledError):
            await waiting
        try:
            await loading
            before = model.address
            await model.start()
            return model.address == before
        finally:
            await model.aclose()

    assert asyncio.run(given_up())
