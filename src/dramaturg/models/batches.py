"""Many calls to a vendor at once, at half the price; its one rule: a batch that was sent can always be found again.

A vendor takes a batch, works through it within a day, and keeps the results for about a month. What belongs to which
call is told by the call's key. Sources: Anthropic's Message Batches API and OpenAI's Batch API, as their SDKs say.
"""

import json
import re
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Generic, Protocol, TypeVar, runtime_checkable

from dramaturg.engine.calls import ModelCall, ModelReply
from dramaturg.errors import ModelError
from dramaturg.models.faults import not_an_answer
from dramaturg.models.sse import read_object

PAGE = 100
_PAGES = 20  # of a list, at most: batches of other programs may have been begun since
ClientT = TypeVar("ClientT")
_ID = re.compile(r"[A-Za-z0-9_-]{1,200}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """How far a batch is: whether it has ended, and how many of its calls are done as far as the vendor tells."""

    ended: bool
    done: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Results:
    """What became of a batch: its calls by their keys, and what those came to that are not among them."""

    found: Mapping[str, ModelReply | ModelError]
    otherwise: ModelError

    def of(self, key: str) -> ModelReply | ModelError:
        """Return what a call came to."""
        return self.found.get(key, self.otherwise)


GONE = Look(ended=True, done=0)  # of a batch that the vendor does not know, or not any more: it has no results


@dataclass(frozen=True, slots=True, kw_only=True)
class Alone(Generic[ClientT]):
    """How a call is made by itself, which is what a batch says of it.

    Attributes:
        client: The SDK's.
        request: Returns the body of a call's request.
        read: Returns a call's answer from the body of its response.
    """

    client: ClientT
    request: Callable[[ModelCall], Mapping[str, Any]]
    read: Callable[[Mapping[str, Any]], ModelReply]


class Batches(Protocol):
    """A vendor's way for many calls at once; each method makes few requests, tries none again, raises ModelError.

    Attributes:
        most_calls: How many calls a batch may hold.
        most_bytes: How many bytes their lines may have together.
    """

    most_calls: int
    most_bytes: int

    def line(self, key: str, call: ModelCall) -> bytes:
        """Return a call as a line of a batch: what a request for it alone would say, under its key."""
        ...

    async def newest(self) -> str:
        """Return the id of the batch that was begun last; empty where there is none."""
        ...

    async def send(self, lines: Sequence[bytes], mark: str) -> str:
        """Begin a batch, and return its id; `mark` is put on it where the vendor has a place for that."""
        ...

    async def begun(self, mark: str, count: int, after: str) -> Sequence[str]:
        """Return the ids of batches that may be the one that was sent with a mark, and of so many calls.

        Args:
            mark: What was put on it.
            count: How many calls it holds.
            after: The batch that was the newest before it was sent.
        """
        ...

    async def look(self, batch: str) -> Look:
        """Return how far a batch is."""
        ...

    async def results(self, batch: str) -> Results:
        """Return what became of a batch that has ended."""
        ...


@runtime_checkable
class TakesBatches(Protocol):
    """A model whose vendor takes batches."""

    @property
    def batches(self) -> Batches:
        """Its way for them."""
        ...


class Listed(Protocol):
    """A batch in a vendor's list."""

    @property
    def id(self) -> str:
        """What the vendor calls it."""
        ...


ListedT = TypeVar("ListedT", bound=Listed)


async def begun_since(
    listed: Callable[[str], Awaitable[tuple[Sequence[ListedT], bool]]], after: str
) -> AsyncIterator[ListedT]:
    """Yield the batches that were begun after another one, the newest first.

    Args:
        listed: Returns the page of the vendor's list behind a batch, and whether there are more.
        after: The other one.
    """
    last = ""
    for _ in range(_PAGES):
        batches, more = await listed(last)
        for each in batches:
            if each.id == after:
                return
            yield each
        if not (more and batches):
            return
        last = batches[-1].id


def results_of(provider: str, found: Mapping[str, ModelReply | ModelError]) -> Results:
    """Return results of which each call should be one; none where the vendor does not know the batch any more."""
    what = "its batch has no result for a question" if found else "it does not know the batch, or not any more"
    return Results(found=found, otherwise=ModelError(f"{provider} has lost an answer: {what}", retryable=True))


def line_of(**said: Any) -> bytes:
    """Return a line of JSON; characters beyond ASCII are escaped, so that no text can spoil a whole batch."""
    return json.dumps(said, separators=(",", ":")).encode()


def lines_in(provider: str, body: bytes) -> Iterator[Mapping[str, Any]]:
    """Yield the objects in a body of JSON lines; ModelError, retryable, for one that is none."""
    for line in body.split(b"\n"):  # not `splitlines`, which also splits where a text has another line separator
        if line.strip():
            yield read_object(provider, line.decode(errors="replace"), "a result")


def require_id(provider: str, said: str) -> str:
    """Return an id that can stand in an address; ModelError for anything else that a vendor calls one."""
    if not _ID.fullmatch(said):
        raise not_an_answer(provider, f"`{said[:80]}` instead of an id")
    return said


def parts_of(
    lines: Iterable[tuple[str, bytes]], batches: Batches, most: int | None = None
) -> Iterator[Mapping[str, bytes]]:
    """Yield lines by key in as many parts as a vendor's limits make of them, or `most` in each."""
    count = min(batches.most_calls, most or batches.most_calls)
    part: dict[str, bytes] = {}
    size = 0
    for key, line in lines:
        if part and (len(part) == count or size + len(line) > batches.most_bytes):
            yield part
            part, size = {}, 0
        part[key] = line
        size += len(line) + 1
    if part:
        yield part
