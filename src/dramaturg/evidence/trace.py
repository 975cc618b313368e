"""A quote to a trace that finds it again without its words; its one rule: what it finds is the quote, nothing like it.

A document cites places, not words. A trace is what is kept of the words: how many characters they are once folded, and
their hash. With it a later look at the artifact can tell whether they still stand where they stood.
"""

import hashlib
import re
import zlib
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from dramaturg.evidence.locate import FoldedText, at_word_boundaries, fold

_TRACE = re.compile(r"(?P<length>[1-9]\d{0,5})\.(?P<head>[0-9a-f]{4})(?P<hash>[0-9a-f]{12})")
_HEAD = 8  # characters by which the places are found at which a quote may begin
_BYTES = 6
_BEGINNING = re.compile(r"(?<!\w)\S|(?<=\w)[^\w\s]")


def trace_of(quote: str) -> str:
    """Return the trace of a quote."""
    folded = fold(quote)
    return f"{len(folded)}.{_head(folded[:_HEAD])}{_hashed(folded)}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Traced:
    """A quote found again: its folded words and its lines, inclusive, 1-based."""

    quote: str
    lines: tuple[int, int]


class Tracer:
    """A folded text made to be searched for many traces."""

    def __init__(self, text: FoldedText) -> None:
        self.text = text

    def find(self, trace: str, near: int) -> Traced | None:
        """Return what a trace was made of, at its place nearest to a line; None if it does not stand there any more.

        Args:
            trace: As `trace_of` makes it; one that is none finds nothing.
            near: A 1-based line of the original.
        """
        given = _TRACE.fullmatch(trace)
        if given is None:
            return None
        length = int(given["length"])
        starts = self._beginnings.get(given["head"], ()) if length >= _HEAD else self._starts
        found = [start for start in starts if self._holds(start, start + length, given["hash"])]
        if not found:
            return None
        start = min(found, key=lambda each: abs(self.text.line_at(each) - near))
        lines = self.text.line_at(start), self.text.line_at(start + length - 1)
        return Traced(quote=self.text.text[start : start + length], lines=lines)

    def _holds(self, start: int, end: int, hashed: str) -> bool:
        text = self.text.text
        return end <= len(text) and _hashed(text[start:end]) == hashed and at_word_boundaries(text, start, end)

    @cached_property
    def _starts(self) -> Sequence[int]:
        """The offsets at which a quote may begin."""
        text = self.text.text
        if not text.isascii():  # scripts without letter case put no spaces between words
            return [start for start, character in enumerate(text) if character != " "]
        return [found.start() for found in _BEGINNING.finditer(text)]

    @cached_property
    def _beginnings(self) -> Mapping[str, Sequence[int]]:
        """The same by the hash of the characters there."""
        found: defaultdict[str, list[int]] = defaultdict(list)
        for start in self._starts:
            found[_head(self.text.text[start : start + _HEAD])].append(start)
        return found


def _hashed(text: str) -> str:
    return hashlib.blake2b(text.encode("utf-8", "surrogatepass"), digest_size=_BYTES).hexdigest()


def _head(beginning: str) -> str:
    return f"{zlib.crc32(beginning.encode('utf-8', 'surrogatepass')) & 0xFFFF:04x}"
