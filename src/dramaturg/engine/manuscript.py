"""What a Markdown document consists of: headings, entries, marks; its one rule: every piece knows where it stands.

An entry is an item of a list, a row of a table, or a paragraph; what belongs to one (its command, what to expect, its
quotes) is no entry.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

from dramaturg.engine.marks import Mark
from dramaturg.findings.model import Span
from dramaturg.findings.source import Source

_LINE_END = re.compile(r"\r\n?|\n")


class Shape(StrEnum):
    """What an entry is in the document."""

    ITEM = "item"
    ROW = "row"
    PARAGRAPH = "paragraph"


@dataclass(frozen=True, slots=True, kw_only=True)
class Unit:
    """One entry as it stands in a document.

    Attributes:
        shape: What it is there.
        start: Its offset; `end`, exclusive, is that of its last character.
        text: Its first paragraph as it reads, of a row its cells.
        label: The bold words it begins with, without their colon; empty for none.
        cells: Column and text of each cell of a row.
        further: Its further paragraphs and nested items as they read.
        code: The content of its fences.
        marks: In order; those of the quotes below it too.
        boxed: It is an item to tick off.
        ordered: It is an item of a numbered list.
        goes_on: It only says what to expect, or which file follows.
    """

    shape: Shape
    start: int
    end: int
    text: str
    label: str = ""
    cells: tuple[tuple[str, str], ...] = ()
    further: tuple[str, ...] = ()
    code: tuple[str, ...] = ()
    marks: tuple[Mark, ...] = ()
    boxed: bool = False
    ordered: bool = False
    goes_on: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """A table: what its columns are called, and the offsets of its head."""

    columns: tuple[str, ...]
    start: int
    end: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """A heading and what stands below it, up to the next heading of any depth; the first part may have none.

    Attributes:
        depth: 1 to 6; 0 without a heading.
        title: As it reads.
        start: The offset of the heading; `end`, exclusive, is that of the heading's last character.
        units: The entries.
        tables: Its tables; their rows are among the units.
        code: How many blocks of code there are.
    """

    depth: int
    title: str
    start: int
    end: int
    units: tuple[Unit, ...]
    tables: tuple[Table, ...] = ()
    code: int = 0

    @property
    def empty(self) -> bool:
        """Whether nothing stands below the heading."""
        return not (self.units or self.tables or self.code)


@dataclass(frozen=True, slots=True, kw_only=True)
class Manuscript:
    """A document as it stands, by whomever it was written.

    Attributes:
        source: Its text and its name in findings.
        begin: The offset at which it begins, behind a byte order mark and front matter.
        parts: In order.
        comments: The offsets of its HTML blocks, in order.
    """

    source: Source
    begin: int
    parts: tuple[Part, ...]
    comments: tuple[tuple[int, int], ...]

    def span(self, start: int, end: int) -> Span:
        """Return the span of `text[start:end]`."""
        return self.source.span(start, end)

    @property
    def top(self) -> Span:
        """The first character, where the document as a whole is meant."""
        return self.source.span(self.begin, min(self.begin + 1, len(self.source.text)))

    def line_around(self, offset: int) -> Span:
        """Return the span of the line of an offset, without the blanks around it."""
        text = self.source.text
        start = max(self.begin, *(text.rfind(end, 0, offset) + 1 for end in "\r\n"))
        line = _LINE_END.split(text[start:], maxsplit=1)[0]
        return self.source.span(start + len(line) - len(line.lstrip()), start + len(line.rstrip()))

    @property
    def units(self) -> Iterator[Unit]:
        """Every entry, in order."""
        return (unit for part in self.parts for unit in part.units)
