"""An artifact that a document cites to its places; its one rule: what is looked for often is prepared once."""

import re
from collections.abc import Sequence
from functools import cached_property

from dramaturg.evidence.locate import FoldedArtifact
from dramaturg.evidence.trace import Tracer
from dramaturg.findings.model import Span
from dramaturg.findings.source import Source

_LINE_END = re.compile(r"\r\n?|\n")


class Reference:
    """An artifact made ready to be pointed into."""

    def __init__(self, artifact: FoldedArtifact) -> None:
        self.artifact = artifact

    @cached_property
    def source(self) -> Source:
        """Its text under the name that findings call it by."""
        return Source(self.artifact.artifact.place, self.artifact.artifact.text)

    @cached_property
    def tracer(self) -> Tracer:
        """Finds quotes by their traces."""
        return Tracer(self.artifact.folded)

    def span(self, lines: tuple[int, int]) -> Span:
        """Return the span of lines as citations count them, without the blanks before and behind."""
        first, last = lines
        text, starts = self.source.text, self._starts
        whole = text[starts[first - 1] : starts[last] if last < len(starts) else len(text)].rstrip()
        start = starts[first - 1] + len(whole) - len(whole.lstrip())
        return self.source.span(start, start + len(whole.lstrip()))

    @cached_property
    def _starts(self) -> Sequence[int]:
        return [0, *(end.end() for end in _LINE_END.finditer(self.source.text))]


def narrowed(span: Span, source: Source, words: str) -> Span:
    """Return where words stand in a span of a text, if they stand there once; else the span."""
    start = source.offset(span)
    stretch = source.text[start : start + span.length]
    at = stretch.find(words)
    if not words or stretch.count(words) != 1:
        return span
    return source.span(start + at, start + at + len(words))
