"""Calls to Anthropic's Message Batches API; its one rule: a request in a batch is the request made alone.

The vendor has no place for a mark of ours, so a batch whose id was lost is looked for among those that were begun later
and hold as many calls: whether it is the one, its results tell by their keys.
"""

from collections.abc import Mapping, Sequence
from typing import Annotated, Any

import anthropic
from anthropic import AsyncAnthropic

from dramaturg.engine.calls import ModelCall, ModelReply
from dramaturg.errors import ModelError
from dramaturg.models.batches import (
    GONE,
    PAGE,
    Alone,
    Look,
    Results,
    begun_since,
    line_of,
    lines_in,
    require_id,
    results_of,
)
from dramaturg.models.faults import broke_off, from_event
from dramaturg.models.messages import PROVIDER, translated
from dramaturg.models.sse import body
from dramaturg.models.wire import BESIDE, Count, Flag, Label, Shape, got, put, read_body

_PATH = "/v1/messages/batches"


class _Counts(Shape):
    processing: Count = 0
    succeeded: Count = 0
    errored: Count = 0
    canceled: Count = 0
    expired: Count = 0

    @property
    def done(self) -> int:
        return self.succeeded + self.errored + self.canceled + self.expired


class _Batch(Shape):
    id: Label
    processing_status: Label
    request_counts: Annotated[_Counts, BESIDE] = _Counts()


class _Listing(Shape):
    data: tuple[_Batch, ...]
    has_more: Flag = False


class MessageBatches:
    """The way for many calls to one model.

    Args:
        alone: How one of them is made by itself.
    """

    most_calls = 100_000
    most_bytes = 250_000_000  # of 256 MB

    def __init__(self, alone: Alone[AsyncAnthropic]) -> None:
        self._alone = alone

    def line(self, key: str, call: ModelCall) -> bytes:
        """Return a call as a line of a batch."""
        return line_of(custom_id=key, params=self._alone.request(call))

    async def newest(self) -> str:
        """Return the id of the batch that was begun last; empty where there is none."""
        return next((each.id for each in (await self._listed("", 1))[0]), "")

    async def send(self, lines: Sequence[bytes], mark: str) -> str:
        """Begin a batch, and return its id."""
        del mark
        content = b'{"requests":[' + b",".join(lines) + b"]}"
        with translated():
            async with put(self._alone.client, _PATH, content) as response:
                said = read_body(PROVIDER, _Batch, await body(PROVIDER, response))
        return require_id(PROVIDER, said.id)

    async def begun(self, mark: str, count: int, after: str) -> Sequence[str]:
        """Return the batches that were begun after another one and hold so many calls, the oldest first."""
        del mark
        found = [
            require_id(PROVIDER, each.id)
            async for each in begun_since(self._listed, after)
            if each.request_counts.processing + each.request_counts.done == count
        ]
        return found[::-1]

    async def look(self, batch: str) -> Look:
        """Return how far a batch is; the vendor counts what is done only once all of it is."""
        with translated():
            try:
                async with got(self._alone.client, f"{_PATH}/{require_id(PROVIDER, batch)}") as response:
                    said = read_body(PROVIDER, _Batch, await body(PROVIDER, response))
            except anthropic.NotFoundError:
                return GONE
        return Look(ended=said.processing_status == "ended", done=said.request_counts.done)

    async def results(self, batch: str) -> Results:
        """Return what became of a batch."""
        with translated():
            try:
                async with got(self._alone.client, f"{_PATH}/{require_id(PROVIDER, batch)}/results") as response:
                    lines = await body(PROVIDER, response)
            except anthropic.NotFoundError:
                return results_of(PROVIDER, {})
        said = lines_in(PROVIDER, lines)
        return results_of(PROVIDER, {str(line.get("custom_id")): self._became(line.get("result")) for line in said})

    def _became(self, result: Any) -> ModelReply | ModelError:
        """Return a call's answer, or why it has none."""
        said = result if isinstance(result, Mapping) else {}
        kind = said.get("type")
        try:
            if kind == "succeeded":
                return self._alone.read(said.get("message") or {})
        except ModelError as error:
            return error
        if kind == "errored":
            told = said.get("error")
            return from_event(PROVIDER, told.get("error", told) if isinstance(told, Mapping) else told)
        return broke_off(PROVIDER, f"in its batch the question came to `{kind}`")

    async def _listed(self, after: str, limit: int = PAGE) -> tuple[Sequence[_Batch], bool]:
        """Return a page of all batches, the newest first, and whether there are more."""
        query = {"limit": limit, **({"after_id": after} if after else {})}
        with translated():
            async with got(self._alone.client, _PATH, query) as response:
                page = read_body(PROVIDER, _Listing, await body(PROVIDER, response))
        return page.data, page.has_more
