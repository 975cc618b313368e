"""Pieces of HTML to what of a page is packed; its one rule: a piece is unpacked only where somebody opens it.

A page of five hundred cases would otherwise lay out a hundred megabytes that nobody looks at.
"""

import base64
import zlib
from dataclasses import dataclass, field

ROOM = 15_000_000  # characters of packed documents
_LEVEL = 6


@dataclass(frozen=True, slots=True, kw_only=True)
class Pack:
    """A packed piece: its id on the page, and base64 of its deflated bytes."""

    name: str
    data: str


@dataclass(slots=True, kw_only=True)
class Shelf:
    """The packed pieces of a page, and the room that is left for them."""

    packs: list[Pack] = field(default_factory=list)
    left: int = ROOM

    def put(self, name: str, text: str) -> None:
        """Pack a piece."""
        data = base64.b64encode(zlib.compress(text.encode(), _LEVEL)).decode()
        self.left -= len(data)
        self.packs.append(Pack(name=name, data=data))
