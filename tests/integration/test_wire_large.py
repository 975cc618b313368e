"""Large questions over a real socket: whole, counted, and without a warning, which is an error here."""

import asyncio
from dataclasses import replace

import pytest
from tests.chat_server import ChatServer
from tests.servers import first_call

from dramaturg import ModelError
from dramaturg.engine.calls import Message, ModelCall, ModelReply, Part
from dramaturg.models.spec import open_model, parse_spec
from dramaturg.models.watch import Watch, Watchdog

_LINES = "".join(f"{number}: a line of a log\n" for number in range(100_000))  # 2.5 MB


def _large() -> ModelCall:
    call = first_call()
    return replace(call, messages=(*call.messages, Message(role="user", parts=(Part(text=_LINES),))))


def _dog() -> Watch:
    return Watchdog(lambda _: None, lambda _: None, stall=30)


@pytest.mark.parametrize("watched", [True, False], ids=["as a stream", "at once"])
def test_a_question_of_megabytes_arrives_whole(*, watched: bool) -> None:
    async def asked(name: str) -> ModelReply:
        model = await open_model(parse_spec(name), window=10_000_000)
        try:
            return await model.answer(_large(), _dog() if watched else None)
        finally:
            await model.aclose()

    with ChatServer() as server:
        reply = asyncio.run(asked(server.model))
    (request,) = server.requests
    assert request["messages"][-1]["content"] == _LINES
    assert reply.stop == "end"


def test_a_question_that_is_refused_while_it_is_sent_is_told_by_the_servers_reason() -> None:
    said = b'{"error": {"message": "no more than a megabyte"}}'

    async def refuse(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 413 Payload Too Large\r\nContent-Length: %d\r\n\r\n%s" % (len(said), said))
        await writer.drain()
        writer.close()

    async def asked() -> None:
        async with await asyncio.start_server(refuse, "127.0.0.1", 0) as server:
            port = server.sockets[0].getsockname()[1]
            model = await open_model(parse_spec(f"openai:tiny@http://127.0.0.1:{port}/v1"), window=10_000_000)
            try:
                await model.answer(_large(), _dog())
            finally:
                await model.aclose()

    with pytest.raises(ModelError, match="answered 413: no more than a megabyte; give shorter artifacts") as raised:
        asyncio.run(asked())
    assert not raised.value.retryable
