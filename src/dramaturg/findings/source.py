"""A text and its places; its one rule: every position is derived from the text as it was read."""

from bisect import bisect_right
from collections.abc import Callable, Iterator, Mapping
from functools import cached_property
from itertools import accumulate, count
from operator import add

from dramaturg.findings.model import Span, make_span

_BOM = "\ufeff"  # stands in no column


class Source:
    r"""A file's text under the path it is spoken of, able to say where an offset stands.

    Lines end at `\n`; a `\r` before it belongs to the line. Offsets count characters from 0.
    """

    def __init__(self, path: str, text: str) -> None:
        self.path = path
        self.text = text

    @cached_property
    def line_starts(self) -> list[int]:
        """Offsets of the first character of each line."""
        starts = _line_starts(self.text)
        starts[0] = int(self.text.startswith(_BOM))
        return starts

    def line_at(self, offset: int) -> int:
        """Return the 1-based line that holds `offset`."""
        return max(1, bisect_right(self.line_starts, offset))

    def span(self, start: int, end: int) -> Span:
        """Return the span of `text[start:end]`."""
        starts = self.line_starts
        line = bisect_right(starts, start) or 1
        return make_span(self.path, line, start - starts[line - 1] + 1 or 1, end - start)

    def is_blank(self, start: int, end: int) -> bool:
        """Tell whether `text[start:end]` is nothing but white space."""
        return start >= end or self.text[start:end].isspace()

    def trimmed(self, start: int, end: int) -> tuple[int, int]:
        """Return the same offsets, less the white space that `text[start:end]` closes with."""
        return start, start + len(self.text[start:end].rstrip())

    def offset(self, span: Span) -> int:
        """Return the offset at which `span` begins."""
        return self.line_starts[span.line - 1] + span.column - 1

    def end(self, span: Span) -> tuple[int, int]:
        """Return the line and the column behind the last character of `span`."""
        offset = self.offset(span) + span.length
        line = self.line_at(offset)
        return line, offset - self.line_starts[line - 1] + 1

    def line(self, number: int) -> str:
        """Return the 1-based line without its line end; empty past the last one."""
        if not 1 <= number <= len(self.line_starts):
            return ""
        start = self.line_starts[number - 1]
        end = self.line_starts[number] - 1 if number < len(self.line_starts) else len(self.text)
        return self.text[start:end].removesuffix("\r")


class Places(Mapping[str, Span]):
    """Named stretches of a source, less a line end they close with; they are only measured when somebody asks.

    Attributes:
        offsets: Where each begins and ends.
    """

    def __init__(self, source: Source) -> None:
        self._source = source
        self.offsets: dict[str, tuple[int, int]] = {}

    def __getitem__(self, name: str) -> Span:
        return self._source.span(*self._source.trimmed(*self.offsets[name]))

    def __iter__(self) -> Iterator[str]:
        return iter(self.offsets)

    def __len__(self) -> int:
        return len(self.offsets)

    def __contains__(self, name: object) -> bool:
        return name in self.offsets


def places_in(text: str, span: Span) -> Callable[[int, int], Span]:
    """Return what tells the span of `text[start:end]`, where `span` covers the text.

    It says what `Span.within` says, and counts the lines once for all it is asked.
    """
    starts = _line_starts(text)

    def place(start: int, end: int) -> Span:
        line = bisect_right(starts, start) - 1
        return make_span(span.path, span.line + line, start - starts[line] + (1 if line else span.column), end - start)

    return place


def _line_starts(text: str) -> list[int]:
    """Return the offsets of the first character of each line."""
    return [0, *map(add, accumulate(map(len, text.split("\n"))), count(1))][:-1]
