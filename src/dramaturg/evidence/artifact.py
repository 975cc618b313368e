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


@dataclass(frozen=True, slots=True, kw_only=True)
class Artifact:
    """One supplied document.

    Attributes:
        id: As the persona or the caller names it.
        text: The whole text, as decoded.
        media_type: `text/markdown`, `text/plain`, …
        primary: Whether it is the kind of input the run stands on; a primary artifact beats an optional one.
    """

    id: str
    text: str
    media_type: str = MARKDOWN
    primary: bool = True

    @property
    def label(self) -> str:
        """The id as it is written in prompts and citations: `ARCHITECTURE_BLUEPRINT`."""
        return "_".join(self.id.replace("-", " ").replace("_", " ").split()).upper()

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
        language: Info string of a code block; empty for prose.
        code: Whether it is a code block's content.
    """

    artifact: str
    first: int
    last: int
    text: str
    heading: tuple[str, ...]
    language: str = ""
    code: bool = False


class Outline:
    """The Markdown structure of an artifact: its headings and its passages. A plain text has passages only."""

    def __init__(self, artifact: Artifact) -> None:
        self.artifact = artifact
        self.lines = artifact.text.split("\n")

    @cached_property
    def _tokens(self) -> list[Token]:
        if self.artifact.media_type != MARKDOWN:
            return []
        return MarkdownIt("commonmark").enable("table").parse(self.artifact.text)

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
        for token in self._tokens:
            if token.map is None:
                continue
            if token.type == "fence":
                yield self._passage(token.map[0] + 1, token.map[1] - 1, language=token.info.strip(), code=True)
            elif token.type == "code_block":
                yield self._passage(*token.map, code=True)
            elif token.type in ("paragraph_open", "tr_open"):
                yield self._passage(*token.map)

    def _groups(self) -> Iterator[Passage]:
        """Yield runs of lines between blank ones."""
        first = None
        for number, line in enumerate([*self.lines, ""]):
            if line.strip() and first is None:
                first = number
            elif not line.strip() and first is not None:
                yield self._passage(first, number, code=True)
                first = None

    def _passage(self, start: int, stop: int, *, language: str = "", code: bool = False) -> Passage:
        """Return the passage of the 0-based lines `start` to `stop`, the latter exclusive."""
        while stop > start + 1 and not self.lines[stop - 1].strip():
            stop -= 1
        return Passage(
            artifact=self.artifact.id,
            first=start + 1,
            last=stop,
            text="\n".join(self.lines[start:stop]),
            heading=self.heading_at(start + 1),
            language=language,
            code=code,
        )
