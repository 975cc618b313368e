"""What a run is given to work from; its one rule: an artifact is data and is never changed."""

import hashlib
from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

from markdown_it import MarkdownIt
from markdown_it.token import Token

MARKDOWN = "text/markdown"
PLAIN = "text/plain"
BLOCKS = MarkdownIt("commonmark").enable("table").disable("inline")  # half the time where only structure is asked
_LEAVES = ("fence", "code_block", "paragraph_open", "tr_open")


@dataclass(frozen=True, slots=True, kw_only=True)
class Artifact:
    """One supplied document.

    Attributes:
        id: As the persona declares it, or as the caller names it.
        name: What the persona's steps call it; the id where they do not.
        text: The whole text, as decoded.
        media_type: `text/markdown`, `text/plain`, …
        primary: Whether it is the kind of input the run stands on; a primary artifact beats an optional one.
    """

    id: str
    text: str
    name: str = ""
    media_type: str = MARKDOWN
    primary: bool = True

    @property
    def label(self) -> str:
        """How it is written in prompts and citations: `ARCHITECTURE_BLUEPRINT`."""
        return "_".join((self.name or self.id).replace("-", " ").replace("_", " ").split()).upper()

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


class Outline:
    """The Markdown structure of an artifact: its headings and its passages. A plain text has passages only."""

    def __init__(self, artifact: Artifact) -> None:
        self.artifact = artifact
        self.lines = artifact.text.split("\n")

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
            elif token.type == "fence":
                yield self._fence(token)
            elif token.type == "tr_open" and self.lines[start] != head:
                yield self._passage(start, end, context=head)
            elif token.type in ("paragraph_open", "code_block"):
                introduces = following if self.lines[end - 1].rstrip().endswith(":") else None
                block = self._fence(introduces) if introduces and introduces.type == "fence" else None
                yield self._passage(start, end, context=block.text if block else "", block=block)

    def _fence(self, token: Token) -> Passage:
        """Return the content of a fenced block, without its fences."""
        start, end = token.map or (0, 0)
        closed = end - start > 1 and self.lines[end - 1].lstrip().startswith(token.markup)
        return self._passage(start + 1, end - closed, language=token.info.strip() or "text")

    def _groups(self) -> Iterator[Passage]:
        """Yield runs of lines between blank ones."""
        first = None
        for number, line in enumerate([*self.lines, ""]):
            if line.strip() and first is None:
                first = number
            elif not line.strip() and first is not None:
                yield self._passage(first, number)
                first = None

    def _passage(
        self, start: int, stop: int, *, context: str = "", language: str = "", block: Passage | None = None
    ) -> Passage:
        """Return the passage of the 0-based lines `start` to `stop`, the latter exclusive."""
        while stop > start + 1 and not self.lines[stop - 1].strip():
            stop -= 1
        return Passage(
            artifact=self.artifact.id,
            first=start + 1,
            last=stop,
            text="\n".join(self.lines[start:stop]),
            heading=self.heading_at(start + 1),
            context=context,
            language=language,
            block=block,
        )
