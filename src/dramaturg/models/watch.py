"""An answer while it arrives, watched; its one rule: what goes nowhere is cut, what is slow is not.

A model can fall into writing white space, or the same few characters, until its room is full; a connection can go
silent without breaking. Both are noticed from the text and the time alone, whatever the engine.
"""

import asyncio
import math
from collections.abc import Callable, Mapping
from typing import Protocol

_MOST_BLANK = 400
_MOST_REPEATED = 1_000
_LONGEST_UNIT = 8
_LOOK_EACH = 250  # characters between two looks for a repetition
_SLACK = 0.05  # share of the silence allowed by which the limit may strike late: to move it takes longer than to read
_BLANK_ESCAPES = ("\\n", "\\t", "\\r")


class Watch(Protocol):
    """What an adapter tells of an answer that arrives."""

    def __call__(self, text: str) -> None:
        """Take the next piece of the answer; an empty one is a sign of life."""
        ...

    def told(self, headers: Mapping[str, str]) -> None:
        """Take the headers of the response."""
        ...


class LoopError(Exception):
    """The answer goes on with nothing new; raised through the adapter, which lets go of its connection."""


class Watchdog:
    """Watches one answer.

    Args:
        on_text: Told the text that has arrived so far, whenever more has.
        on_headers: Told the headers.
        stall: Seconds of silence, once something has come, after which the limit strikes.
    """

    def __init__(
        self, on_text: Callable[[str], None], on_headers: Callable[[Mapping[str, str]], None], stall: float
    ) -> None:
        self._on_text = on_text
        self._on_headers = on_headers
        self._stall = stall
        self._parts: list[str] = []
        self._blank = 0
        self._length = 0
        self._looked = 0
        self._moved = -math.inf
        self.limit: asyncio.Timeout | None = None
        self.alive = False

    @property
    def text(self) -> str:
        """What has arrived."""
        return "".join(self._parts)

    def __call__(self, text: str) -> None:
        """Take the next piece; LoopError if the answer goes nowhere."""
        self.alive = True
        self._move_limit()
        if not text:
            return
        self._parts.append(text)
        self._length += len(text)
        self._count_blank(text)
        if self._blank > _MOST_BLANK:
            raise LoopError("nothing but white space")
        if self._length - self._looked >= _LOOK_EACH:
            self._looked = self._length
            self._parts = [self.text]
            if _repeats(self._parts[0][-_MOST_REPEATED:]):
                raise LoopError("the same characters again and again")
        self._on_text(text)

    def told(self, headers: Mapping[str, str]) -> None:
        """Pass the headers on."""
        self._on_headers(headers)

    def _move_limit(self) -> None:
        now = asyncio.get_running_loop().time()
        if self.limit is not None and now - self._moved > self._stall * _SLACK:
            self._moved = now
            self.limit.reschedule(now + self._stall * (1 + _SLACK))

    def _count_blank(self, text: str) -> None:
        """Count the white space at the end, that which is escaped in a JSON string included."""
        bare = text
        for escape in _BLANK_ESCAPES:
            bare = bare.replace(escape, " ")
        kept = bare.rstrip()
        self._blank = self._blank + len(text) if not kept else len(bare) - len(kept)


def _repeats(tail: str) -> bool:
    """Tell whether a long text is one short unit again and again."""
    if len(tail) < _MOST_REPEATED:
        return False
    return any(tail[unit:] == tail[:-unit] for unit in range(1, _LONGEST_UNIT + 1))
