"""Streams of events: whatever an answer holds and wherever the network cuts it, the same events arrive."""

import asyncio
import json
from collections.abc import AsyncIterator, Mapping, Sequence
from itertools import pairwise

import httpx2
from hypothesis import given
from hypothesis import strategies as st

from dramaturg.models.sse import events

_ODD = st.text(st.characters(codec="utf-8") | st.sampled_from("\x0b\x0c\x1c\x85\u2028\u2029"), max_size=20)


class _Unheard:
    def __call__(self, text: str) -> None:
        del text

    def told(self, headers: Mapping[str, str]) -> None:
        del headers


def _read(stream: bytes, cuts: Sequence[int]) -> list[object]:
    """Return the events of a stream that arrives in pieces."""
    places = [0, *sorted(cut % (len(stream) + 1) for cut in cuts), len(stream)]

    async def pieces() -> AsyncIterator[bytes]:
        for begin, end in pairwise(places):
            yield stream[begin:end]

    async def read() -> list[object]:
        response = httpx2.Response(200, content=pieces())
        return [event async for event in events("Vendor", response, _Unheard())]

    return asyncio.run(read())


@given(st.lists(_ODD, max_size=4), st.sampled_from(["\n", "\r\n", "\r"]), st.lists(st.integers(0, 999), max_size=6))
def test_an_answer_arrives_whole_whatever_stands_in_it_and_wherever_it_is_cut(
    texts: list[str], end: str, cuts: list[int]
) -> None:
    told = [{"text": text} for text in texts]
    stream = "".join(f"data: {json.dumps(each, ensure_ascii=False)}{end}{end}" for each in told)
    assert _read(stream.encode(), cuts) == told


@given(st.sampled_from(["\n", "\r\n", "\r"]), st.lists(st.integers(0, 99), max_size=6))
def test_the_lines_of_one_event_are_one_object(end: str, cuts: list[int]) -> None:
    stream = end.join(["event: note", 'data: {"text":', 'data: "two lines"}', "", ": a comment", ""])
    assert _read(stream.encode(), cuts) == [{"text": "two lines"}]
