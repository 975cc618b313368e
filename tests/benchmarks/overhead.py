"""What engine, adapter and journal cost beside the bare SDK call, taken in one run.

Run it: `python -m tests.benchmarks.overhead [rounds]`. The server is an in-process transport that answers at once, so
what is left is our own work. Figures are medians over rounds; a round performs DPA-1 (five calls) on the example.
"""

import asyncio
import json
import statistics
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import httpx2
from anthropic import AsyncAnthropic
from openai import AsyncOpenAI
from tests.support import INPUTS, dpa1_brief, good_answer, perform_by_hand

from dramaturg import Runtime
from dramaturg.engine.calls import Answer, Questions
from dramaturg.engine.flow import perform
from dramaturg.models.anthropic import AnthropicModel
from dramaturg.models.chat import ChatModel
from dramaturg.models.model import Model
from dramaturg.models.profiles import hosted
from dramaturg.run.drive import drive

_CALLS = 5


def _answers() -> list[str]:
    """Return the good answer of each call, in order."""
    answers: list[str] = []

    def keep(call: Any) -> str:
        answers.append(good_answer(call))
        return answers[-1]

    perform_by_hand(dpa1_brief(), keep)
    return answers


class _Server:
    """Answers every request at once, in turn, and keeps the bodies it was sent."""

    def __init__(self, wrap: Callable[[str], dict[str, Any]]) -> None:
        self.replies = [json.dumps(wrap(answer)).encode() for answer in _answers()]
        self.bodies: list[dict[str, Any]] = []
        self.count = 0

    def __call__(self, request: httpx2.Request) -> httpx2.Response:
        if len(self.bodies) < _CALLS:
            self.bodies.append(json.loads(request.content))
        reply = self.replies[self.count % _CALLS]
        self.count += 1
        return httpx2.Response(200, content=reply, headers={"content-type": "application/json"})


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


async def _timed(work: Callable[[], Awaitable[Any]]) -> float:
    began = time.perf_counter()
    await work()
    return (time.perf_counter() - began) * 1000 / _CALLS


async def _measure(
    name: str, model: Model, bare: Callable[[dict[str, Any]], Awaitable[Any]], server: _Server, rounds: int
) -> None:
    with tempfile.TemporaryDirectory() as state:
        runtime = Runtime(model=model, state=Path(state))
        brief = dpa1_brief(model.profile, model=model.name)

        async def ours() -> None:
            await runtime.arun("DPA-1", INPUTS, fresh=True)

        async def engine() -> None:
            await drive(perform(brief), model.answer, _nobody, lambda _: None)

        async def theirs() -> None:
            for body in server.bodies:
                await bare(body)

        await ours()
        await engine()
        await theirs()
        rows = [(await _timed(theirs), await _timed(engine), await _timed(ours)) for _ in range(rounds)]
    sdk, inner, whole = (statistics.median(column) for column in zip(*rows, strict=True))
    print(f"{name}, ms a call: bare SDK {sdk:.2f}")
    print(f"  engine and adapter {inner:.2f}: +{inner - sdk:.2f}, x{inner / sdk:.2f}")
    print(f"  whole run, persona file to document, journal synced {whole:.2f}: +{whole - sdk:.2f}, x{whole / sdk:.2f}")


async def _main(rounds: int) -> None:
    server = _Server(_chat)
    http = httpx2.AsyncClient(transport=httpx2.MockTransport(server))
    openai = AsyncOpenAI(api_key="none", base_url="http://127.0.0.1/v1", http_client=http, max_retries=0)
    chat = ChatModel("openai:m", "m", client=openai, profile=hosted(), provider="bench")
    await _measure("openai chat", chat, lambda body: openai.chat.completions.create(**body), server, rounds)

    server = _Server(_message)
    http = httpx2.AsyncClient(transport=httpx2.MockTransport(server))
    anthropic = AsyncAnthropic(api_key="none", http_client=http, max_retries=0)
    messages = AnthropicModel("m", client=anthropic, profile=hosted())
    await _measure("anthropic", messages, lambda body: anthropic.messages.create(**body), server, rounds)


if __name__ == "__main__":
    asyncio.run(_main(int(sys.argv[1]) if sys.argv[1:] else 30))
