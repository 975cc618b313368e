"""What a run is given to work from; its one rule: an artifact is data and is never changed."""

import hashlib
import re
from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

from markdown_it import MarkdownIt
from markdown_it.token import Token

MARKDOWN = "text/markdown"
PLAIN = "text/plain"
BLOCKS = MarkdownIt("commonmark").enable("table").disable("inline")  # half the time where only structure is asked
_NEWLINE = re.compile(r"\r\n?|\n")
_LEAVES = ("fence", "code_block", "paragraph_open", "tr_open")


@dataclass(frozen=True, slots=True, kw_only=True)
class Artifact:
    """One supplied document.

    Attributes:
        id: As the persona declares it, or as the caller names it; of a file of a folder with that file's path in it.
        name: What the persona's steps call it; the id where they do not.
        text: The whole text, as decoded.
        media_type: `text/markdown`, `text/plain`, …
        primary: Whether it is the kind of input the run stands on; a primary artifact beats an optional one.
        part: The path inside the folder that the artifact is one file of, in characters that need no quoting.
        source: The path it was read from; empty for a text.
    """

    id: str
    text: str
    name: str = ""
    media_type: str = MARKDOWN
    primary: bool = True
    part: str = ""
    source: str = ""

    @property
    def whole_id(self) -> str:
        """The id of what the persona declares: that of the folder, where this is one of its files."""
        return self.id.removesuffix(f"/{self.part}") if self.part else self.id

    @property
    def label(self) -> str:
        """How it is written in prompts and citations: `ARCHITECTURE_BLUEPRINT`, `SOURCES/api/server.py`."""
        whole = "_".join((self.name or self.whole_id).replace("-", " ").replace("_", " ").split()).upper()
        return f"{whole}/{self.part}" if self.part else whole

    @property
    def place(self) -> str:
        """What a finding calls the file it points into."""
        return self.source or self.label

    @property
    def digest(self) -> str:
        """SHA-256 of the text."""
        return hashlib.sha256(self.text.encode()).hexdigest()


@dataclass(frozen=True, slots=True, kw_only=True)
class Passage:
    """A stretch of whole lines that says one thing.

    Attributes:
        artifact: The artifact's id.
        first: Its first line, 1-based; `last` is inclusive.
        text: The lines themselves.
        heading: Titles of the headings above it, outermost first.
        context: Words that belong to it but stand elsewhere: the head of its table, the lines it introduces.
        language: Info string of a code block; empty for prose.
        block: The code block that a paragraph ending in a colon introduces.
    """

    artifact: str
    first: int
    last: int
    text: str
    heading: tuple[str, ...]
    context: str = ""
    language: str = ""
    block: "Passage | None" = None


def lines_of(text: str) -> list[str]:
    """Return the lines of a text; like Markdown, take LF, CRLF and a lone CR for the end of one."""
    return _NEWLINE.split(text)


class Outline:
    """The Markdown structure of an artifact: its headings and its passages. A plain text has passages only."""

    def __init__(self, artifact: Artifact) -> None:
        self.artifact = artifact
        self.lines = lines_of(artifact.text)

    @cached_property
    def _tokens(self) -> list[Token]:
        if self.artifact.media_type != MARKDOWN:
            return []
        return BLOCKS.parse(self.artifact.text)

    @cached_property
    def _headings(self) -> list[tuple[int, tuple[str, ...]]]:
        """Line and path of every heading, in order."""
        found: list[tuple[int, tuple[str, ...]]] = []
        path: list[tuple[int, str]] = []
        for opening, inline in zip(self._tokens, self._tokens[1:], strict=False):
            if opening.type == "heading_open" and opening.map and opening.level == 0:
                depth = int(opening.tag[1])
                path = [(above, title) for above, title in path if above < depth]
                path.append((depth, " ".join(inline.content.split())))
                found.append((opening.map[0] + 1, tuple(title for _, title in path)))
        return found

    def heading_at(self, line: int) -> tuple[str, ...]:
        """Return the titles of the headings that the 1-based line stands under."""
        index = bisect_right(self._headings, line, key=lambda heading: heading[0])
        return self._headings[index - 1][1] if index else ()

    def passages(self) -> Iterator[Passage]:
        """Yield the passages in order: paragraphs, list items, table rows, code blocks; groups of lines otherwise."""
        if self.artifact.media_type != MARKDOWN:
            yield from self._groups()
            return
        blocks = [token for token in self._tokens if token.map and token.type in (*_LEAVES, "thead_open")]
        head = ""
        for token, following in zip(blocks, (*blocks[1:], None), strict=False):
            start, end = token.map or (0, 0)
            if token.type == "thead_open":
                head = self.lines[start]
            elif token.type == "fence" and token.content.strip():
                yield self._fence(token)
            elif token.type == "tr_open" and self.lines[start] != head:
                yield self._passage(start, end, context=head)
            elif token.type in ("paragraph_open", "code_block"):
                block = self._fence(following) if following and self._introduces(end, following) else None
                yield self._passage(start, end, context=block.text if block else "", block=block)

    def _introduces(self, end: int, following: Token) -> bool:
        """Tell whether a paragraph that ends before the 0-based line `end` announces the block that follows it."""
        announces = self.lines[end - 1].rstrip().endswith(":")
        return announces and following.type == "fence" and bool(following.content.strip())

    def _fence(self, token: Token) -> Passage:
        """Return the content of a fenced block, without its fences and without the marks of a quotation around it."""
        start, _ = token.map or (0, 0)
        content = token.content.rstrip()
        info = token.info.split()
        return Passage(
            artifact=self.artifact.id,
            first=start + 2,
            last=start + 2 + content.count("\n"),
            text=content,
            heading=self.heading_at(start + 1),
            language=info[0].casefold() if info else "text",
        )

    def _groups(self) -> Iterator[Passage]:
        """Yield runs of lines between blank ones."""
        first = None
        for number, line in enumerate([*self.lines, ""]):
            if line.strip() and first is None:
                first = number
            elif not line.strip() and first is not None:
                yield self._passage(first, number)
                first = None

    def _passage(self, start: int, stop: int, *, context: str = "", block: Passage | None = None) -> Passage:
        """Return the passage of the 0-based lines `start` to `stop`, the latter exclusive."""
        return Passage(
            artifact=self.artifact.id,
            first=start + 1,
            last=stop,
            text="\n".join(self.lines[start:stop]),
            heading=self.heading_at(start + 1),
            context=context,
            block=block,
        )
