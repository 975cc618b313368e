"""A quote to a trace that finds it again without its words; its one rule: what it finds is the quote, nothing like it.

A document cites places, not words. A trace is what is kept of the words: how many characters they are once folded, and
their hash. With it a later look at the artifact can tell whether they still stand where they stood.
"""

import hashlib
import re
from collections.abc import Iterator
from dataclasses import dataclass

from dramaturg.evidence.locate import FoldedText, fold

_TRACE = re.compile(r"(?P<length>[1-9]\d{0,5})\.(?P<hash>[0-9a-f]{12})")
_BYTES = 6
_BEGINNING = re.compile(r"(?<!\w)\S|(?<=\w)[^\w\s]")


def trace_of(quote: str) -> str:
    """Return the trace of a quote."""
    folded = fold(quote)
    return f"{len(folded)}.{_hashed(folded)}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Traced:
    """A quote found again: its folded words and its lines, inclusive, 1-based."""

    quote: str
    lines: tuple[int, int]


def traced(trace: str, text: FoldedText, near: int) -> Traced | None:
    """Return what a trace was made of, at its place nearest to a line; None if it does not stand there any more.

    Args:
        trace: As `trace_of` makes it; one that is none finds nothing.
        text: Where to look.
        near: A 1-based line of the original.
    """
    given = _TRACE.fullmatch(trace)
    if given is None:
        return None
    length = int(given["length"])
    for start in _outward(text, near):
        quote = text.text[start : start + length]
        if len(quote) == length and _hashed(quote) == given["hash"]:
            return Traced(quote=quote, lines=(text.line_at(start), text.line_at(start + length - 1)))
    return None


def _hashed(text: str) -> str:
    return hashlib.blake2b(text.encode("utf-8", "surrogatepass"), digest_size=_BYTES).hexdigest()


def _outward(text: FoldedText, near: int) -> Iterator[int]:
    """Yield the offsets at which a quote may begin, those of the lines nearest to a line first."""
    lines = sorted(range(len(text.lines)), key=lambda index: abs(text.numbers[index] - near))
    for index in lines:
        line, start = text.lines[index], text.starts[index]
        # scripts without letter case put no spaces between words, so that a quote may begin anywhere
        places = range(len(line)) if not line.isascii() else (found.start() for found in _BEGINNING.finditer(line))
        yield from (start + place for place in places)
