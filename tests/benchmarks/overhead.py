"""What engine, adapter and journal cost beside the bare SDK call and beside pydantic-ai, taken in one run.

Run it: `python -m tests.benchmarks.overhead [ROUNDS]`. The server is an in-process transport that answers at once, so
what is left is our own work. A round performs DPA-1 (five calls) on the example; at concurrency 64, as many of them at
once. Times are medians over rounds, each contestant once in each round.
"""

import asyncio
import json
import resource
import statistics
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import httpx2
from anthropic import AsyncAnthropic
from openai import AsyncOpenAI
from pydantic_ai import Agent, NativeOutput
from pydantic_ai.messages import ModelMessage, ModelRequest, ModelResponse, SystemPromptPart, TextPart, UserPromptPart
from pydantic_ai.models.openai import OpenAIChatModel
from pydantic_ai.providers.openai import OpenAIProvider
from tests.support import INPUTS, dpa1_brief, good_answer, perform_by_hand

from dramaturg import Runtime
from dramaturg.engine.calls import Answer, ModelCall, Questions
from dramaturg.engine.flow import perform
from dramaturg.models.anthropic import AnthropicModel
from dramaturg.models.chat import ChatModel
from dramaturg.models.model import Model
from dramaturg.models.profiles import hosted
from dramaturg.plan.outputs import StepOutput
from dramaturg.run.drive import drive

_CALLS = 5
_CONCURRENCY = (1, 64)
Work = Callable[[], Awaitable[Any]]


def _calls() -> tuple[list[ModelCall], list[str]]:
    """Return the calls of a run with the good answer of each."""
    calls: list[ModelCall] = []

    def keep(call: ModelCall) -> str:
        calls.append(call)
        return good_answer(call)

    perform_by_hand(dpa1_brief(), keep)
    return calls, [good_answer(call) for call in calls]


class _Server:
    """Answers every request at once, by how far its conversation is, and keeps the bodies of the first run."""

    def __init__(self, wrap: Callable[[str], dict[str, Any]]) -> None:
        self._replies = [json.dumps(wrap(answer)).encode() for answer in _calls()[1]]
        self.bodies: list[dict[str, Any]] = []

    def __call__(self, request: httpx2.Request) -> httpx2.Response:
        if len(self.bodies) < _CALLS:
            self.bodies.append(json.loads(request.content))
        said = request.content.count(b'"role":"assistant"')
        return httpx2.Response(200, content=self._replies[said], headers={"content-type": "application/json"})


def _chat(text: str) -> dict[str, Any]:
    message = {"role": "assistant", "content": text}
    usage = {"prompt_tokens": 1, "completion_tokens": 1, "total_tokens": 2}
    choice = {"index": 0, "finish_reason": "stop", "message": message}
    return {"id": "c", "object": "chat.completion", "created": 0, "model": "m", "choices": [choice], "usage": usage}


def _message(text: str) -> dict[str, Any]:
    usage = {"input_tokens": 1, "output_tokens": 1}
    content = [{"type": "text", "text": text}]
    return {
        "id": "m",
        "type": "message",
        "role": "assistant",
        "model": "m",
        "content": content,
        "stop_reason": "end_turn",
        "usage": usage,
    }


async def _nobody(asked: Questions) -> tuple[Answer, ...]:
    return tuple(Answer() for _ in asked.questions)


def _bare(client: Callable[..., Awaitable[Any]], server: _Server) -> Work:
    async def work() -> None:
        for body in server.bodies:
            await client(**body)

    return work


def _engine(model: Model) -> Work:
    brief = dpa1_brief(model.profile, model=model.name)

    async def work() -> None:
        await drive(perform(brief), model.answer, _nobody, lambda _: None)

    return work


def _whole(model: Model, state: Path) -> Work:
    runtime = Runtime(model=model, state=state)

    async def work() -> None:
        await runtime.arun("DPA-1", INPUTS, fresh=True)

    return work


def _pydantic_ai(client: AsyncOpenAI) -> Work:
    """Return the same conversation held by pydantic-ai: the same turns, and an answer of the same type."""
    model = OpenAIChatModel("m", provider=OpenAIProvider(openai_client=client))
    agent = Agent(model, output_type=NativeOutput(StepOutput))
    asked = [_history(call) for call in _calls()[0]]

    async def work() -> None:
        for prompt, history in asked:
            await agent.run(prompt, message_history=history)

    return work


def _history(call: ModelCall) -> tuple[str, list[ModelMessage]]:
    system, *turns, last = call.messages
    messages: list[ModelMessage] = [ModelRequest(parts=[SystemPromptPart(content=system.text)])]
    for turn in turns:
        if turn.role == "assistant":
            messages.append(ModelResponse(parts=[TextPart(content=turn.text)]))
        else:
            messages.append(ModelRequest(parts=[UserPromptPart(content=turn.text)]))
    return last.text, messages


async def _timed(work: Work, concurrency: int) -> tuple[float, float]:
    """Return wall and CPU milliseconds a call."""
    began, used = time.perf_counter(), time.process_time()
    await asyncio.gather(*(work() for _ in range(concurrency)))
    calls = _CALLS * concurrency
    return (time.perf_counter() - began) * 1000 / calls, (time.process_time() - used) * 1000 / calls


async def _compare(name: str, contestants: Mapping[str, Work], rounds: int) -> None:
    for work in contestants.values():
        await work()
    for concurrency in _CONCURRENCY:
        taken: dict[str, list[tuple[float, float]]] = {each: [] for each in contestants}
        for _ in range(rounds if concurrency == 1 else max(3, rounds // 8)):
            for each, work in contestants.items():
                taken[each].append(await _timed(work, concurrency))
        print(f"{name}, {concurrency} at once, ms a call:")
        bare = _medians(taken["bare SDK"])[0]
        for each, times in taken.items():
            wall, cpu = _medians(times)
            print(f"  {each:<45} {wall:6.2f} ({wall - bare:+.2f}), CPU {cpu:.2f}, {1000 / wall:.0f} calls/s")


def _medians(times: Sequence[tuple[float, float]]) -> tuple[float, float]:
    walls, used = zip(*times, strict=True)
    return statistics.median(walls), statistics.median(used)


async def _openai(state: Path, rounds: int) -> None:
    server = _Server(_chat)
    http = httpx2.AsyncClient(transport=httpx2.MockTransport(server))
    client = AsyncOpenAI(api_key="none", base_url="http://127.0.0.1/v1", http_client=http, max_retries=0)
    model = ChatModel("openai:m", "m", client=client, profile=hosted(), provider="bench")
    await _engine(model)()
    contestants = {
        "bare SDK": _bare(client.chat.completions.create, server),
        "engine and adapter": _engine(model),
        "pydantic-ai": _pydantic_ai(client),
        "whole run: files to document, journal synced": _whole(model, state),
    }
    await _compare("OpenAI chat", contestants, rounds)


async def _anthropic(state: Path, rounds: int) -> None:
    server = _Server(_message)
    http = httpx2.AsyncClient(transport=httpx2.MockTransport(server))
    client = AsyncAnthropic(api_key="none", http_client=http, max_retries=0)
    model = AnthropicModel("m", client=client, profile=hosted())
    await _engine(model)()
    contestants = {
        "bare SDK": _bare(client.messages.create, server),
        "engine and adapter": _engine(model),
        "whole run: files to document, journal synced": _whole(model, state),
    }
    await _compare("Anthropic", contestants, rounds)


async def _main(rounds: int) -> None:
    with tempfile.TemporaryDirectory() as folder:
        await _openai(Path(folder), rounds)
        await _anthropic(Path(folder), rounds)
    print(f"most memory resident: {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024} MB")


if __name__ == "__main__":
    asyncio.run(_main(int(sys.argv[1]) if sys.argv[1:] else 40))
