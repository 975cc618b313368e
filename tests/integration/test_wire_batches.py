"""What vendors say of batches on the wire, odd things included: each result by its key, no address of their words."""

import asyncio
import json
from collections.abc import Awaitable
from contextlib import suppress
from itertools import product
from typing import Any, TypeVar

import httpx2
import pytest
from tests.batch_vendors import AnthropicBatches, BatchVendor, OpenAIBatches
from tests.batched import Make, both
from tests.odd import ODD, places, with_value
from tests.servers import first_call, page
from tests.vendors import ANTHROPIC, REFUSAL, Body, Responses

from dramaturg.engine.calls import ModelReply
from dramaturg.errors import ModelError
from dramaturg.models.batches import Batches, TakesBatches, parts_of

_Result = TypeVar("_Result")
_KEYS = ("a" * 64, "b" * 64)


def _batches(server: BatchVendor) -> Batches:
    model = server.model
    assert isinstance(model, TakesBatches)
    return model.batches


def _run(work: Awaitable[_Result]) -> _Result:
    async def done() -> _Result:
        return await work

    return asyncio.run(done())


def _sent(server: BatchVendor) -> str:
    batches = _batches(server)
    return _run(batches.send([batches.line(key, first_call()) for key in _KEYS], "mark"))


@both
def test_answers_are_read_as_those_of_single_calls(vendor: Make) -> None:
    server = vendor()
    batch = _sent(server)
    results = _run(_batches(server).results(batch))
    alone = asyncio.run(vendor().model.answer(first_call()))
    assert results.found == dict.fromkeys(_KEYS, alone)


@both
def test_a_refusal_is_an_answer_and_an_odd_end_is_a_fault(vendor: Make) -> None:
    server = vendor()
    batch = _sent(server)
    (_, rows), forms = server.ended(batch), (server.vendor.refused("{}"), server.vendor.odd("{}"))
    for row, form in zip(rows, forms, strict=True):
        (row["result"] if "result" in row else row["response"])["message" if "result" in row else "body"] = form
    refused, odd = map(_run(_told(server, *rows).results(batch)).of, _KEYS)
    assert isinstance(refused, ModelReply)
    assert (refused.stop, refused.text) == ("refusal", REFUSAL)
    assert isinstance(odd, ModelError)
    assert "siesta" in odd.message


@both
def test_whatever_stands_in_any_place_of_a_result_is_an_answer_or_a_fault(vendor: Make) -> None:
    server = vendor()
    batch = _sent(server)
    _, (row, _) = server.ended(batch)
    for path, value in product(places(row), ODD):
        batches = _told(server, with_value(row, path, value))
        with suppress(ModelError):
            assert isinstance(_run(batches.results(batch)).of(_KEYS[0]), ModelReply | ModelError)


@both
def test_whatever_stands_in_any_place_of_what_is_said_of_a_batch_is_read_or_a_fault(vendor: Make) -> None:
    server = vendor()
    batch = _sent(server)
    said, rows = server.ended(batch)
    for path, value in product(places(said), ODD):
        batches = _told(server, *rows, batch=with_value(said, path, value))
        for work in (batches.look(batch), batches.results(batch), batches.newest(), batches.begun("mark", 2, "")):
            with suppress(ModelError):
                _run(work)


def _told(server: BatchVendor, *rows: Body, batch: Body | None = None) -> Batches:
    """Return the way to a vendor which says this of a batch, and these rows as its results."""

    def take(request: httpx2.Request) -> httpx2.Response:
        last = request.url.path.rsplit("/", 1)[-1]
        if last in ("results", "content"):
            return httpx2.Response(200, content="\n".join(map(json.dumps, rows)))
        if batch is not None:
            return httpx2.Response(200, json={"data": [batch], "has_more": False} if last == "batches" else batch)
        return server._take(request)

    model = server.vendor.model(httpx2.MockTransport(take))
    assert isinstance(model, TakesBatches)
    return model.batches


@both
def test_what_a_batch_says_nothing_of_is_lost(vendor: Make) -> None:
    server = vendor()
    batch = _sent(server)
    _, (row, _) = server.ended(batch)
    results = _run(_told(server, row).results(batch))
    assert isinstance(results.of(_KEYS[0]), ModelReply)
    lost = results.of(_KEYS[1])
    assert isinstance(lost, ModelError)
    assert lost.retryable
    assert "its batch has no result for a question" in lost.message


@both
def test_a_batch_that_the_vendor_does_not_know_has_ended_and_has_no_results(vendor: Make) -> None:
    batches = _batches(vendor())
    assert _run(batches.look("batch_9")).ended
    gone = _run(batches.results("batch_9"))
    assert not gone.found
    assert gone.otherwise.retryable


@both
def test_no_address_is_made_of_what_is_no_id(vendor: Make) -> None:
    server = vendor()
    for name in ("../files/secret", "", "a b", "x" * 201, "é"):
        with pytest.raises(ModelError, match="instead of an id"):
            _run(_batches(server).look(name))
    assert not server.asked


@both
@pytest.mark.parametrize("content", [b"<html>", b"null", b'{"data": 1}', b"[]"])
def test_a_body_of_another_shape_is_a_fault_that_may_pass(vendor: Make, content: bytes) -> None:
    server = vendor()
    odd = httpx2.Response(200, content=content)
    batches = server.vendor.model(httpx2.MockTransport(lambda _: odd))
    assert isinstance(batches, TakesBatches)
    line = batches.batches.line(_KEYS[0], first_call())
    works: list[Awaitable[Any]] = [
        batches.batches.newest(),
        batches.batches.send([line], "mark"),
        batches.batches.begun("mark", 1, ""),
        batches.batches.look("batch_1"),
    ]
    for work in works:
        with pytest.raises(ModelError) as fault:
            _run(work)
        assert fault.value.retryable


@both
def test_a_results_file_that_is_a_page_is_a_fault_that_may_pass(vendor: Make) -> None:
    server = vendor()
    batch = _sent(server)

    def take(request: httpx2.Request) -> httpx2.Response:
        last = request.url.path.rsplit("/", 1)[-1]
        return page() if last in ("results", "content") else server._take(request)

    model = server.vendor.model(httpx2.MockTransport(take))
    assert isinstance(model, TakesBatches)
    with pytest.raises(ModelError, match=r"a result that is no JSON; it begins `<html>") as fault:
        _run(model.batches.results(batch))
    assert fault.value.retryable


def test_a_text_with_every_kind_of_line_end_stays_whole() -> None:
    server = AnthropicBatches(ANTHROPIC)
    batch = _sent(server)
    text = json.dumps({"notes": "one\u2028two\x85three\x0bfour"}, ensure_ascii=False)
    server.became = lambda *_: text
    reply = _run(_batches(server).results(batch)).of(_KEYS[0])
    assert isinstance(reply, ModelReply)
    assert reply.text == text


def test_half_a_character_spoils_no_batch() -> None:
    batches = _batches(AnthropicBatches(ANTHROPIC))
    line = batches.line("\ud800", first_call())
    assert json.loads(line)["custom_id"] == "\ud800"


def test_the_list_is_read_page_by_page_up_to_the_batch_that_was_the_newest() -> None:
    server = AnthropicBatches(ANTHROPIC)
    for count in (2, *[1] * 150, 2, 2, *[1] * 120):
        server.begin({f"{len(server.batches)}-{at}": {} for at in range(count)})
    server.became = lambda *_: "{}"
    batches = _batches(server)
    assert list(_run(batches.begun("mark", 2, "batch_010"))) == ["batch_152", "batch_153"]
    assert list(_run(batches.begun("mark", 2, ""))) == ["batch_001", "batch_152", "batch_153"]


def test_a_mark_is_looked_for_in_the_whole_list() -> None:
    server = OpenAIBatches(Responses("gpt-5.5"))
    for at in range(130):
        server.begin({f"{at}": {}}, {"dramaturg": f"mark-{at}"})
    server.became = lambda *_: "{}"
    batches = _batches(server)
    assert list(_run(batches.begun("mark-3", 1, "batch_002"))) == ["batch_004"]
    assert list(_run(batches.begun("mark-3", 1, "batch_100"))) == []
    assert list(_run(batches.begun("mark-200", 1, ""))) == []


@both
def test_batches_are_divided_at_the_vendors_limits(vendor: Make) -> None:
    batches = _batches(vendor())
    lines = [(f"{at}", bytes(10)) for at in range(10)]
    batches.most_calls, batches.most_bytes = 4, 1_000
    assert [len(part) for part in parts_of(lines, batches)] == [4, 4, 2]
    batches.most_calls, batches.most_bytes = 100, 35
    assert [len(part) for part in parts_of(lines, batches)] == [3, 3, 3, 1]
    batches.most_bytes = 5
    assert [len(part) for part in parts_of(lines, batches)] == [1] * 10
    assert [len(part) for part in parts_of(lines, batches, 2)] == [1] * 10
    assert list(parts_of([], batches)) == []
