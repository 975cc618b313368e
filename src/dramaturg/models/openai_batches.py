"""Calls to OpenAI's Batch API; its one rule: a request in a batch is the request made alone.

A batch is a file that is uploaded, and one or two files of results. Its mark travels as metadata, so that a batch whose
id was lost is found again.
"""

import json
from collections.abc import Mapping, Sequence
from typing import Annotated, Any

import openai
from httpx2 import Response
from openai import AsyncOpenAI
from pydantic import BeforeValidator

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
from dramaturg.models.dialect import translated
from dramaturg.models.faults import broke_off, from_event, from_status
from dramaturg.models.sse import body
from dramaturg.models.wire import BESIDE, Count, Flag, Label, Shape, got, posted, read_body

_PROVIDER = "OpenAI"
_ENDPOINT = "/v1/responses"
_WINDOW = "24h"  # the only one there is
_MARK = "dramaturg"
_ENDED = ("completed", "failed", "expired", "cancelled")
_GOOD = 200
_FULL = "token_limit_exceeded"  # of all batches of an account together
_LATER = ("batch_expired", "batch_cancelled")  # what may succeed when it is sent again


class _Counts(Shape):
    completed: Count = 0
    failed: Count = 0


class _Fault(Shape):
    code: Label = ""
    message: Label = ""


def _mappings(said: Any) -> Any:
    """Leave out what tells of no fault."""
    return [each for each in said if isinstance(each, Mapping)] if isinstance(said, list) else ()


class _Faults(Shape):
    data: Annotated[tuple[_Fault, ...], BeforeValidator(_mappings)] = ()


class _Batch(Shape):
    id: Label
    status: Label = ""
    output_file_id: Label = ""
    error_file_id: Label = ""
    errors: Annotated[_Faults, BESIDE] = _Faults()
    metadata: Annotated[Mapping[str, Any], BESIDE] = {}
    request_counts: Annotated[_Counts, BESIDE] = _Counts()


class _Listing(Shape):
    data: tuple[_Batch, ...]
    has_more: Flag = False


class _File(Shape):
    id: Label


class ResponseBatches:
    """The way for many calls to one model.

    Args:
        alone: How one of them is made by itself.
    """

    most_calls = 50_000
    most_bytes = 195_000_000  # of 200 MB

    def __init__(self, alone: Alone[AsyncOpenAI]) -> None:
        self._alone = alone

    def line(self, key: str, call: ModelCall) -> bytes:
        """Return a call as a line of a batch."""
        return line_of(custom_id=key, method="POST", url=_ENDPOINT, body=self._alone.request(call))

    async def newest(self) -> str:
        """Return the id of the batch that was begun last; empty where there is none."""
        return next((each.id for each in (await self._listed("", 1))[0]), "")

    async def send(self, lines: Sequence[bytes], mark: str) -> str:
        """Begin a batch, and return its id."""
        said = {
            "input_file_id": await self._uploaded(b"\n".join(lines) + b"\n", f"{_MARK}-{mark}.jsonl"),
            "endpoint": _ENDPOINT,
            "completion_window": _WINDOW,
            "metadata": {_MARK: mark},
        }
        with translated(_PROVIDER):
            async with posted(self._alone.client, "/batches", said, stream=False) as response:
                begun = read_body(_PROVIDER, _Batch, await body(_PROVIDER, response))
        return require_id(_PROVIDER, begun.id)

    async def begun(self, mark: str, count: int, after: str) -> Sequence[str]:
        """Return the batch that has a mark, if it was begun after another one."""
        del count
        async for each in begun_since(self._listed, after):
            if each.metadata.get(_MARK) == mark:
                return (require_id(_PROVIDER, each.id),)
        return ()

    async def look(self, batch: str) -> Look:
        """Return how far a batch is."""
        said = await self._batch(batch)
        if said is None:
            return GONE
        return Look(ended=said.status in _ENDED, done=said.request_counts.completed + said.request_counts.failed)

    async def results(self, batch: str) -> Results:
        """Return what became of a batch."""
        said = await self._batch(batch)
        found: dict[str, ModelReply | ModelError] = {}
        if said is None:
            return results_of(_PROVIDER, found)
        if said.status == "failed":
            return Results(found=found, otherwise=_not_taken(said.errors.data))
        for file in filter(None, (said.error_file_id, said.output_file_id)):
            with translated(_PROVIDER):
                async with got(self._alone.client, f"/files/{require_id(_PROVIDER, file)}/content") as response:
                    lines = await body(_PROVIDER, response)
            found |= {str(line.get("custom_id")): self._became(line) for line in lines_in(_PROVIDER, lines)}
        return results_of(_PROVIDER, found)

    def _became(self, line: Mapping[str, Any]) -> ModelReply | ModelError:
        """Return a call's answer, or why it has none."""
        fault, response = line.get("error"), line.get("response")
        if not isinstance(response, Mapping):
            told = fault if isinstance(fault, Mapping) else {}
            if told.get("code") in _LATER or not told:
                return broke_off(_PROVIDER, str(told.get("message") or "in its batch the question came to nothing"))
            return from_event(_PROVIDER, told)
        status, said = response.get("status_code"), response.get("body")
        if status != _GOOD:
            return from_status(_PROVIDER, status if isinstance(status, int) else 500, {}, json.dumps(said))
        try:
            return self._alone.read(said if isinstance(said, Mapping) else {})
        except ModelError as error:
            return error

    async def _uploaded(self, content: bytes, name: str) -> str:
        """Upload a file of requests, and return its id; the vendor removes it after a month."""
        headers = {"Content-Type": "multipart/form-data"}  # by which the SDK knows that it is a form
        with translated(_PROVIDER):
            response = await self._alone.client.post(
                "/files",
                cast_to=Response,
                body={"purpose": "batch"},
                files=[("file", (name, content, "application/jsonl"))],
                options={"headers": headers},
            )
            said = read_body(_PROVIDER, _File, await body(_PROVIDER, response))
        return require_id(_PROVIDER, said.id)

    async def _batch(self, batch: str) -> _Batch | None:
        """Return what the vendor says of a batch; None where it does not know it, or not any more."""
        with translated(_PROVIDER):
            try:
                async with got(self._alone.client, f"/batches/{require_id(_PROVIDER, batch)}") as response:
                    return read_body(_PROVIDER, _Batch, await body(_PROVIDER, response))
            except openai.NotFoundError:
                return None

    async def _listed(self, after: str, limit: int = PAGE) -> tuple[Sequence[_Batch], bool]:
        """Return a page of all batches, the newest first, and whether there are more."""
        query = {"limit": limit, **({"after": after} if after else {})}
        with translated(_PROVIDER):
            async with got(self._alone.client, "/batches", query) as response:
                page = read_body(_PROVIDER, _Listing, await body(_PROVIDER, response))
        return page.data, page.has_more


def _not_taken(faults: Sequence[_Fault]) -> ModelError:
    """Return the error for a batch that failed before any of its calls was made."""
    said = "; ".join(fault.message or fault.code for fault in faults[:3]) or "it does not say why"
    full = any(fault.code == _FULL for fault in faults)
    hint = "other batches of the account are to end first; the same command goes on where it stopped" if full else ""
    return ModelError(f"{_PROVIDER} did not take a batch: {said}", retryable=full, hint=hint, limited=full)
