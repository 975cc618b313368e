"""A quote to the place it stands in; its one rule: line numbers are found by code, never believed.

Quote and artifact are compared folded: Unicode NFKC, curly quotes and dashes, white space, Markdown emphasis, list and
quotation markers, table bars. Letter case is kept. A quote must begin and end at word boundaries and must hold enough
to prove something: a word that stands anywhere proves nothing.
"""

import re
import unicodedata
from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

from dramaturg.evidence.artifact import Artifact, Outline, lines_of
from dramaturg.persona.model import fold_id

_MIN_LETTERS = 10
_MIN_WITH_NUMBER = 3
_TYPOGRAPHY = str.maketrans(
    {
        "‘": "'",
        "’": "'",
        "\u201a": "'",
        "“": '"',
        "”": '"',
        "„": '"',
        "\u2010": "-",  # NFKC makes it of the non-breaking hyphen too
        "\u2212": "-",
        "–": "-",
        "—": "-",
        "\u200b": None,
        "\u2060": None,
        "\ufeff": None,
        "\u00ad": None,
    }
)
_MARKER = re.compile(r"^\s*(?:(?:[-*+•]|\d+[.)]|#{1,6})\s+|>(?!=)\s*)*(?:\[[ xX]\]\s+)?")
_EMPHASIS = re.compile(r"[*`]+|~~|(?<!\w)_+(?=\w)|(?<=\w)_+(?!\w)")
_RULE_LINE = re.compile(r"[\s|:=-]*")


@dataclass(frozen=True, slots=True, kw_only=True)
class Citation:
    """A quote that really stands in an artifact: inclusive 1-based lines, and the headings above the first."""

    artifact: str
    label: str
    quote: str
    lines: tuple[int, int]
    heading: tuple[str, ...]

    def __str__(self) -> str:
        first, last = self.lines
        return f"[Source: {self.label}, L{first}]" if first == last else f"[Source: {self.label}, L{first}-{last}]"


def fold(text: str) -> str:
    """Return the form in which a quote and its source are compared: one line, single spaces."""
    return " ".join(part for part in map(_fold_line, lines_of(text)) if part)


def _fold_line(line: str) -> str:
    if _RULE_LINE.fullmatch(line):
        return ""
    plain = unicodedata.normalize("NFKC", line).translate(_TYPOGRAPHY)
    plain = _EMPHASIS.sub("", plain[_marker_end(plain) :]).replace("|", " ")
    return " ".join(plain.split())


def _marker_end(line: str) -> int:
    marker = _MARKER.match(line)
    return marker.end() if marker else 0


def proves_something(quote: str) -> bool:
    """Tell whether a quote is more than a word that stands anywhere: some letters, or a number with its neighbours.

    A letter of a script without case, such as Chinese, says as much as three.
    """
    letters = sum(1 if character.lower() != character.upper() else 3 for character in quote if character.isalpha())
    digits = sum(map(str.isdigit, quote))
    return letters + digits >= (_MIN_WITH_NUMBER if digits else _MIN_LETTERS)


class FoldedArtifact:
    """An artifact made searchable once."""

    def __init__(self, artifact: Artifact) -> None:
        self.artifact = artifact

    @cached_property
    def outline(self) -> Outline:
        """The artifact's headings and passages."""
        return Outline(self.artifact)

    @cached_property
    def _folded(self) -> tuple[str, list[int], list[int]]:
        """The folded text, the offset each non-empty line begins at, and that line's number."""
        parts: list[str] = []
        starts: list[int] = []
        numbers: list[int] = []
        at = 0
        for number, line in enumerate(lines_of(self.artifact.text), start=1):
            folded = _fold_line(line)
            if folded:
                parts.append(folded)
                starts.append(at)
                numbers.append(number)
                at += len(folded) + 1
        return " ".join(parts), starts, numbers

    def locate(self, quote: str) -> Citation | None:
        """Return the first place of a quote; None if it does not stand in the artifact or is too short to prove it."""
        needle = fold(quote)
        if not proves_something(needle):
            return None
        text, starts, numbers = self._folded
        at = text.find(needle)
        while at >= 0 and not _at_word_boundaries(text, at, at + len(needle)):
            at = text.find(needle, at + 1)
        if at < 0:
            return None
        first = numbers[bisect_right(starts, at) - 1]
        last = numbers[bisect_right(starts, at + len(needle) - 1) - 1]
        return Citation(
            artifact=self.artifact.id,
            label=self.artifact.label,
            quote=quote,
            lines=(first, last),
            heading=self.outline.heading_at(first),
        )


class Shelf:
    """The artifacts of a run, found by any spelling of their ids and names."""

    def __init__(self, artifacts: Sequence[Artifact]) -> None:
        self.artifacts = tuple(artifacts)
        folded = [FoldedArtifact(artifact) for artifact in artifacts]
        self._folded = {fold_id(one.artifact.label): one for one in folded}
        self._folded |= {fold_id(one.artifact.id): one for one in folded}

    def get(self, name: str) -> FoldedArtifact | None:
        """Return the artifact of that name, if it was supplied."""
        return self._folded.get(fold_id(name))


def _at_word_boundaries(text: str, start: int, end: int) -> bool:
    return not (_joined(text, start) or _joined(text, end))


def _joined(text: str, at: int) -> bool:
    """Tell whether a word goes on across an offset; in scripts that put no spaces between words it never does."""
    return 0 < at < len(text) and all(map(_in_a_word, text[at - 1 : at + 1]))


def _in_a_word(character: str) -> bool:
    """Tell whether a character is one of a word that spaces set off: scripts with letter case do that."""
    return character == "_" or character.isdigit() or character.lower() != character.upper()
