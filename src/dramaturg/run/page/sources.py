"""Artifacts to what of them a page shows; its one rule: every cited line is there, however large the artifact."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

from markupsafe import Markup

from dramaturg.evidence.artifact import Artifact, lines_of
from dramaturg.run.page.cited import Cited, Link, Place, line_anchor, source_anchor
from dramaturg.run.page.text import marked, plain

WHOLE = 200_000  # characters of one artifact that is shown whole
ALTOGETHER = 600_000  # characters of all that are shown whole
CONTEXT = 6  # lines around what is cited in an artifact that is not
PRINTED = 2  # lines around what is cited that are printed
_LONGEST = 4_000  # characters of a line
_LEAD = 200  # of which so many stand before the quote
_EMPTY = Markup()


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """A line of an artifact, or a gap of `left_out` lines in place of some.

    Attributes:
        number: Its number, 1-based; of a gap that of the first line left out.
        anchor: Its id on the page.
        text: Its text.
        places: The places that begin in it and end in a later one.
        cited_by: Who points to a place that begins in it.
        cited: Whether it belongs to a place.
        near: Whether it stands close enough to one to be printed.
        left_out: How many lines a gap stands for; 0 for a line.
    """

    number: int
    anchor: str = ""
    text: Markup = _EMPTY
    places: tuple[Place, ...] = ()
    cited_by: tuple[Link, ...] = ()
    cited: bool = False
    near: bool = False
    left_out: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """An artifact as the page shows it.

    Attributes:
        artifact: The artifact.
        anchor: Its id on the page.
        total: Its number of lines.
        lines: What is shown.
        whole: Whether that is all of it.
        places: How many of its places are cited.
        rules: CSS selectors of the lines of each place that has several, while that place is the page's target.
    """

    artifact: Artifact
    anchor: str
    total: int
    lines: tuple[Line, ...]
    whole: bool
    places: int
    rules: tuple[str, ...]


def sources_of(cited: Cited) -> tuple[Source, ...]:
    """Return the artifacts; those that are cited come first where not all can be shown whole."""
    sizes = {number: len(artifact.text) for number, artifact in enumerate(cited.artifacts, start=1)}
    whole: set[int] = set()
    left = ALTOGETHER
    for number in sorted(sizes, key=lambda each: (not cited.places(each), each)):
        if sizes[number] <= min(WHOLE, left):
            whole.add(number)
            left -= sizes[number]
    return tuple(
        source_of(number, artifact, cited.places(number), whole=number in whole)
        for number, artifact in enumerate(cited.artifacts, start=1)
    )


def source_of(number: int, artifact: Artifact, places: Sequence[Place], *, whole: bool) -> Source:
    """Return an artifact as a page shows it.

    Args:
        number: Its number on the page.
        artifact: The artifact.
        places: What is cited of it.
        whole: Whether all of it is shown.
    """
    texts = lines_of(artifact.text)
    if len(texts) > 1 and not texts[-1]:
        texts.pop()  # what ends with a line end has no further line
    lines = tuple(_lines(number, texts, places, whole=whole))
    return Source(
        artifact=artifact,
        anchor=source_anchor(number),
        total=len(texts),
        lines=lines,
        whole=whole,
        places=len(places),
        rules=tuple(_rules(number, lines)),
    )


def _lines(number: int, texts: Sequence[str], places: Sequence[Place], *, whole: bool) -> Iterator[Line]:
    """Yield the lines that are shown, and a gap for each stretch of those that are not."""
    cited = _around(places, 0, len(texts))
    near = _around(places, PRINTED, len(texts))
    quoted = _quoted(places)
    wanted = range(1, len(texts) + 1) if whole else sorted(_around(places, CONTEXT, len(texts)))
    for before, line in pairwise([0, *wanted, len(texts) + 1]):
        if line > before + 1 and wanted:
            yield Line(number=before + 1, left_out=line - before - 1)
        if line > len(texts):
            return
        here = [place for place in places if place.lines[0] == line]
        yield Line(
            number=line,
            anchor=line_anchor(number, line),
            text=_shown(texts[line - 1], tuple(quoted[line])),
            places=tuple(place for place in here if place.lines[1] > line),
            cited_by=tuple(dict.fromkeys(link for place in here for link in place.cited_by)),
            cited=line in cited,
            near=line in near,
        )


def _shown(text: str, quotes: Sequence[str]) -> Markup:
    """Return a line with its quotes marked; of one too long for a page the part around the first quote."""
    if len(text) <= _LONGEST:
        return marked(text, quotes)
    at = min((text.index(quote) for quote in quotes if quote and quote in text), default=0)
    start = max(0, min(at - _LEAD, len(text) - _LONGEST))
    before = f"{start:,} characters … " if start else ""
    left = len(text) - start - _LONGEST
    return plain(before) + marked(text[start : start + _LONGEST], quotes) + plain(f" … {left:,} more" if left else "")


def _quoted(places: Sequence[Place]) -> Mapping[int, set[str]]:
    """Return the lines of the quotes that may stand in each line."""
    quoted: dict[int, set[str]] = defaultdict(set)
    for place in places:
        said = {part.strip() for quote in place.quotes for part in quote.split("\n")}
        for line in range(place.lines[0], place.lines[1] + 1):
            quoted[line] |= said
    return quoted


def _around(places: Sequence[Place], margin: int, total: int) -> set[int]:
    """Return the numbers of the lines of places, and of so many around each."""
    return {
        line
        for place in places
        for line in range(max(1, place.lines[0] - margin), min(total, place.lines[1] + margin) + 1)
    }


def _rules(number: int, lines: Sequence[Line]) -> Iterator[str]:
    """Yield the selectors that light all lines of a place, which an anchor alone cannot: it names the first."""
    positions = {line.number: position for position, line in enumerate(lines, start=1) if not line.left_out}
    for place in (place for line in lines for place in line.places):
        first, last = (positions[line] for line in place.lines)
        target = f"#{source_anchor(number)}:has(#{place.anchor}:target)"
        yield f"{target} .lines>li:nth-child(n+{first}):nth-child(-n+{last})"
