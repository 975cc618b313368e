"""A Markdown text to a manuscript; its one rule: any text is one, and every piece of it knows where it stands.

It reads what `assemble` writes, and what people and other programs make of it or write instead.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import pairwise

from markdown_it import MarkdownIt
from markdown_it.token import Token

from dramaturg.engine.manuscript import Manuscript, Part, Shape, Table, Unit
from dramaturg.engine.marks import marks_of
from dramaturg.findings.source import Source

_MARKDOWN = MarkdownIt("commonmark").enable("table")
_LINE_END = re.compile(r"\r\n?|\n")
_MARK = "\ufeff"
_FRONT = re.compile(r"\ufeff?---[ \t]*\r?\n(?:(?:[\w-]+:|[ \t#-])[^\r\n]*\r?\n)*?---[ \t]*(?:\r?\n|$)")
_BOX = re.compile(r"\[[ xX]\]\s+")
_GOES_ON = re.compile(r"Expect: |File\b.{0,300}:\Z")
_CODE = ("fence", "code_block")
_NOT_SAID = (*_CODE, "html_block")


def read_manuscript(text: str, path: str = "document") -> Manuscript:
    """Read a document; any text is one.

    Args:
        text: The document.
        path: What to call it in findings.
    """
    return _Reader(text, path).manuscript()


def plain(children: Sequence[Token] | None) -> str:
    """Return what inline Markdown reads as, on one line."""
    words = (" " if child.type in ("softbreak", "hardbreak") else child.content for child in children or ())
    return " ".join("".join(words).split())


def read_inline(text: str) -> str:
    """Return what a stretch of inline Markdown reads as, on one line."""
    return " ".join(plain(token.children) for token in _MARKDOWN.parseInline(text))


class _Reader:
    """Reads one document: tokens count lines, places count characters."""

    def __init__(self, text: str, path: str) -> None:
        self.text = text
        self.source = Source(path, text)
        front = _FRONT.match(text)
        self.begin = front.end() if front else len(_MARK) * text.startswith(_MARK)
        self.tokens = _MARKDOWN.parse(text[self.begin :])
        ends = [end.end() for end in _LINE_END.finditer(text, self.begin)]
        self.starts = [self.begin, *ends]
        self.said = self._without_code()

    def manuscript(self) -> Manuscript:
        places = [at for at, token in enumerate(self.tokens) if token.type == "heading_open" and token.level == 0]
        parts = [] if places[:1] == [0] else [self._part(None, self.tokens[: places[0] if places else None])]
        for at, end in pairwise([*places, len(self.tokens)]):
            parts.append(self._part(self.tokens[at : at + 2], self.tokens[at + 3 : end]))
        comments = (self._offsets(token.map or (0, 0)) for token in self.tokens if token.type == "html_block")
        return Manuscript(source=self.source, begin=self.begin, parts=tuple(parts), comments=tuple(comments))

    def _without_code(self) -> str:
        """Return the text with blanks for all that is code or HTML, so that nothing in it is read as a mark."""
        pieces, done = list[str](), 0
        for token in self.tokens:
            if token.type in _NOT_SAID and token.map:
                start, end = self._offsets(token.map)
                if start >= done:
                    pieces += [self.text[done:start], re.sub(r"[^\r\n]", " ", self.text[start:end])]
                    done = end
        return "".join([*pieces, self.text[done:]])

    def _offsets(self, lines: Sequence[int]) -> tuple[int, int]:
        """Return the offsets of 0-based lines, the latter exclusive, without blanks at their end."""
        first, last = lines[0], min(lines[1], len(self.starts))
        start = self.starts[first]
        stop = self.starts[last] if last < len(self.starts) else len(self.text)
        return start, max(start, start + len(self.text[start:stop].rstrip()))

    def _part(self, heading: Sequence[Token] | None, tokens: Sequence[Token]) -> Part:
        if heading:
            start, end = self._offsets(heading[0].map or (0, 0))
            depth, title = int(heading[0].tag[1]), plain(heading[1].children)
        else:
            start, end, depth, title = self.begin, self.begin, 0, ""
        units: list[Unit] = []
        for block in _blocks(tokens):
            if block[0].type in _CODE and units:
                _, stop = self._offsets(block[0].map or (0, 0))
                units[-1] = replace(units[-1], end=stop, code=(*units[-1].code, block[0].content))
            for unit in self._units(block):
                _take(unit, units)
        tables = tuple(self._table(block) for block in _blocks(tokens) if block[0].type == "table_open")
        code = sum(token.type in _CODE for token in tokens)
        return Part(depth=depth, title=title, start=start, end=end, units=tuple(units), tables=tables, code=code)

    def _table(self, block: Sequence[Token]) -> Table:
        head = next(token.map for token in block if token.type == "thead_open")
        start, end = self._offsets(head or (0, 0))
        return Table(columns=tuple(_cells(block, "th_open")), start=start, end=end)

    def _units(self, block: Sequence[Token]) -> Iterator[Unit]:
        """Yield the entries that a block at the top is, or holds."""
        kind = block[0].type
        if kind in ("bullet_list_open", "ordered_list_open"):
            for item in _children(block, "list_item_open"):
                yield self._unit(Shape.ITEM, item, ordered=kind == "ordered_list_open")
        elif kind == "table_open":
            columns = [*_cells(block, "th_open")]
            for row in _children(block, "tr_open"):
                if row[1].type == "td_open":
                    yield self._row(row, columns)
        elif kind in ("paragraph_open", "blockquote_open"):
            yield self._unit(Shape.PARAGRAPH, block)

    def _row(self, row: Sequence[Token], columns: Sequence[str]) -> Unit:
        start, end = self._offsets(row[0].map or (0, 0))
        values = [*_cells(row, "td_open")]
        return Unit(
            shape=Shape.ROW,
            start=start,
            end=end,
            text=" · ".join(value for value in values if value),
            cells=tuple(zip(columns, values, strict=False)),
            marks=tuple(marks_of(self.said, start, end)),
        )

    def _unit(self, shape: Shape, tokens: Sequence[Token], *, ordered: bool = False) -> Unit:
        start, end = self._offsets(tokens[0].map or (0, 0))
        said = [token for token in tokens if token.type == "inline"]
        texts = [plain(token.children) for token in said]
        first = texts[0] if texts else ""
        box = _BOX.match(first) if shape is Shape.ITEM else None
        return Unit(
            shape=shape,
            start=start,
            end=end,
            text=first[box.end() :] if box else first,
            label=_label(said[0].children or []) if said else "",
            further=tuple(texts[1:]),
            code=tuple(token.content for token in tokens if token.type in _CODE),
            marks=tuple(mark for token in said for mark in marks_of(self.said, *self._offsets(token.map or (0, 0)))),
            boxed=bool(box),
            ordered=ordered,
            goes_on=shape is Shape.PARAGRAPH and bool(_GOES_ON.match(first)),
        )


def _take(unit: Unit, units: list[Unit]) -> None:
    """Add a unit; a list of quotes belongs to the paragraph above it."""
    quotes = bool(unit.marks) and all(mark.quote or mark.command for mark in unit.marks)
    listed = unit.shape is Shape.ITEM and not (unit.boxed or unit.ordered)
    last = units[-1] if units else unit
    if quotes and listed and last.shape is Shape.PARAGRAPH:
        further, marks = (*last.further, unit.text), (*last.marks, *unit.marks)
        units[-1] = replace(last, end=unit.end, further=further, marks=marks)
    else:
        units.append(unit)


def _blocks(tokens: Sequence[Token]) -> Iterator[Sequence[Token]]:
    """Yield the tokens of each block at the level of the first."""
    start = 0
    depth = 0
    for at, token in enumerate(tokens):
        depth += token.nesting
        if depth == 0:
            yield tokens[start : at + 1]
            start = at + 1


def _children(block: Sequence[Token], kind: str) -> Iterator[Sequence[Token]]:
    """Yield the tokens of each child of a kind, whatever stands between it and the block; not of children in these."""
    start, level = None, 0
    for at, token in enumerate(block):
        if start is None and token.type == kind:
            start, level = at, token.level
        elif start is not None and token.nesting < 0 and token.level == level:
            yield block[start : at + 1]
            start = None


def _cells(block: Sequence[Token], kind: str) -> Iterator[str]:
    """Yield what the cells of a table or a row read as."""
    return (plain(block[at + 1].children) for at, token in enumerate(block) if token.type == kind)


def _label(children: Sequence[Token]) -> str:
    """Return the bold words at the beginning of a paragraph."""
    inside, words = False, list[str]()
    for child in children:
        if child.type == "strong_open":
            inside = True
        elif child.type == "strong_close":
            return " ".join("".join(words).split()).rstrip(" :")
        elif inside:
            words.append(child.content)
        elif _BOX.sub("", child.content + " ").strip():
            return ""
    return ""
