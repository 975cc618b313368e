"""A quote to the places it stands in; its one rule: line numbers are found by code, never believed.

Quote and artifact are compared folded: Unicode NFKC, curly quotes and dashes, white space, Markdown emphasis, list and
quotation markers, table bars. Letter case is kept. A quote must begin and end at word boundaries and must hold enough
to prove something: a word that stands anywhere proves nothing.
"""

import re
import unicodedata
from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache

from dramaturg.evidence.artifact import Artifact, Outline, Passage
from dramaturg.evidence.shared import shared
from dramaturg.persona.model import fold_id

_MIN_LETTERS = 10
_MIN_WITH_NUMBER = 3
_TYPOGRAPHY: Mapping[str, str] = {
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
    "\u200b": "",
    "\u2060": "",
    "\ufeff": "",
    "\u00ad": "",
}
_NEWLINE = re.compile(r"\r\n?")
_RULE_LINE = re.compile(r"^[^\S\n|:=-]*[|:=-][^\S\n|:=-]*(?:[|:=-][^\S\n]*)*$", re.MULTILINE)
_MARKER = re.compile(
    r"^[^\S\n]*(?:(?:[-*+•]|\d+[.)]|#{1,6})[^\S\n]+|>(?!=)[^\S\n]*)*(?:\[[ xX]\][^\S\n]+)?", re.MULTILINE
)
_INNER_MARKER = re.compile(r"[-+•]|\d+[.)]|#{1,6}|\[[xX]\]|[\[\]]")
_STRUCK = "~~"
_WORD = re.compile(r"[A-Za-z0-9][A-Za-z0-9./:@%-]*")  # is its own folded form
_QUOTES = 512
_UNDERSCORES = re.compile(r"_+")


@dataclass(frozen=True, slots=True, kw_only=True)
class Citation:
    """A quote that really stands in an artifact.

    Attributes:
        artifact: The artifact's id; `label` is how it is written.
        quote: As given.
        lines: Inclusive, 1-based; of several places the first.
        heading: Titles of the headings above the first line, outermost first.
        elsewhere: The lines of its further places.
    """

    artifact: str
    label: str
    quote: str
    lines: tuple[int, int]
    heading: tuple[str, ...]
    elsewhere: tuple[tuple[int, int], ...] = ()

    def __str__(self) -> str:
        return f"[Source: {self.label}, {shown_lines(self.lines)}]"


def shown_lines(lines: tuple[int, int]) -> str:
    """Return lines as citations write them: `L12`, `L12-14`."""
    first, last = lines
    return f"L{first}" if first == last else f"L{first}-{last}"


def fold(text: str) -> str:
    """Return the form in which a quote and its source are compared: one line, single spaces."""
    if _WORD.fullmatch(text):
        return text
    return " ".join(line for line in folded_lines(text) if line)


def folded_lines(text: str) -> list[str]:
    """Return each line of a text in the form in which it is compared; one that only draws a rule is empty."""
    plain = unicodedata.normalize("NFKC", _NEWLINE.sub("\n", text))
    if not plain.isascii():
        for odd, common in _TYPOGRAPHY.items():
            plain = plain.replace(odd, common)
    plain = _MARKER.sub("", _RULE_LINE.sub("", plain))
    plain = plain.replace("*", "").replace("`", "").replace(_STRUCK, "").replace("|", " ")
    plain = _UNDERSCORES.sub(_unless_inside_a_word, plain)
    return [" ".join(line.split()) for line in plain.split("\n")]


def _unless_inside_a_word(found: re.Match[str]) -> str:
    """Drop underscores that set off a word, and keep those of an identifier."""
    start, end = found.span()
    before, after = found.string[max(0, start - 1) : start], found.string[end : end + 1]
    return "" if before.isalnum() != after.isalnum() else found[0]


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
        self.locate = lru_cache(maxsize=_QUOTES)(self._locate)  # asked when an answer is judged, and when it is kept

    @cached_property
    def outline(self) -> Outline:
        """The artifact's headings and passages."""
        return Outline(self.artifact)

    @cached_property
    def passages(self) -> tuple[Passage, ...]:
        """The artifact's passages, in order."""
        return tuple(self.outline.passages())

    @cached_property
    def folded(self) -> "FoldedText":
        """The artifact's text, folded and indexed."""
        return FoldedText(self.artifact.text)

    def _locate(self, quote: str) -> Citation | None:
        """Return the places of a quote; None if it does not stand in the artifact or is too short to prove it."""
        needle = fold(quote)
        if not proves_something(needle):
            return None
        places = self.folded.places(needle) or self._reflowed(quote)
        if not places:
            return None
        return Citation(
            artifact=self.artifact.id,
            label=self.artifact.label,
            quote=quote,
            lines=places[0],
            heading=self.outline.heading_at(places[0][0]),
            elsewhere=places[1:],
        )

    def _reflowed(self, quote: str) -> tuple[tuple[int, int], ...]:
        """Return the places of a quote whose lines were broken anew, so that a number of its text opens one."""
        return self.folded.places(fold(" ".join(quote.split()))) if "\n" in quote else ()


@shared(lambda artifact: len(artifact.text))
def folded_artifact(artifact: Artifact) -> FoldedArtifact:
    """Return an artifact made searchable."""
    return FoldedArtifact(artifact)


class FoldedText:
    """A folded text that knows its lines, and where each of its words stands: quotes of long texts are found at once.

    Attributes:
        text: All of it on one line.
        lines: The folded lines that say something; `numbers` are theirs in the original, `starts` theirs in `text`.
        words: The offsets of each word, a word being what stands between two spaces.
    """

    def __init__(self, original: str) -> None:
        numbered = [(number, line) for number, line in enumerate(folded_lines(original), start=1) if line]
        self.numbers = [number for number, _ in numbered]
        self.lines = [line for _, line in numbered]
        self.text = " ".join(self.lines)
        self.starts: list[int] = []
        at = 0
        for line in self.lines:
            self.starts.append(at)
            at += len(line) + 1

    @cached_property
    def words(self) -> Mapping[str, list[int]]:
        """The offsets of each word."""
        found: dict[str, list[int]] = defaultdict(list)
        at = 0
        for word in self.text.split(" ") if self.text else ():  # a text without words has not even an empty one
            found[word].append(at)
            at += len(word) + 1
        return found

    def places(self, needle: str) -> tuple[tuple[int, int], ...]:
        """Return the lines of each place where a folded quote stands in whole words."""
        return self._whole(needle) or self._copied_on_one_line(needle)

    def _whole(self, needle: str, skips: Sequence[int] = ()) -> tuple[tuple[int, int], ...]:
        """Return the lines of each place of a text in which a line begins at every skip, an offset in the text."""
        found = (
            (self.line_at(at), self.line_at(at + len(needle) - 1))
            for at in self._offsets(needle)
            if at_word_boundaries(self.text, at, at + len(needle))
            and all(at + skip in self._line_starts for skip in skips)
        )
        return tuple(dict.fromkeys(found))

    def _copied_on_one_line(self, needle: str) -> tuple[tuple[int, int], ...]:
        """Return the places of a list that was copied on one line: its inner markers must stand where lines begin."""
        kept: list[str] = []
        skips: list[int] = []
        for word in needle.split(" "):
            if kept and _INNER_MARKER.fullmatch(word):
                skips.append(sum(len(other) + 1 for other in kept))
            else:
                kept.append(word)
        return self._whole(" ".join(kept), skips) if skips else ()

    @cached_property
    def _line_starts(self) -> frozenset[int]:
        return frozenset(self.starts)

    def line_at(self, offset: int) -> int:
        """Return the number of the original line that an offset of the folded text stands in."""
        return self.numbers[self.line_index(offset)]

    def line_index(self, offset: int) -> int:
        """Return the position among `lines` of the one that an offset stands in."""
        return bisect_right(self.starts, offset) - 1

    def _offsets(self, needle: str) -> Iterator[int]:
        """Yield the offsets at which a text stands: by its rarest inner word, which stands whole between two spaces."""
        inner = needle.split(" ")[1:-1]
        if not inner:
            at = self.text.find(needle)
            while at >= 0:
                yield at
                at = self.text.find(needle, at + 1)
            return
        rarest = min(inner, key=lambda word: len(self.words.get(word, ())))
        before = needle.index(f" {rarest} ") + 1
        for at in self.words.get(rarest, ()):
            if at >= before and self.text.startswith(needle, at - before):
                yield at - before


class Shelf:
    """The artifacts of a run, found by any spelling of their ids and names."""

    def __init__(self, artifacts: Sequence[Artifact]) -> None:
        self.artifacts = tuple(artifacts)
        folded = [folded_artifact(artifact) for artifact in artifacts]
        self._folded = {fold_id(one.artifact.label): one for one in folded}
        self._folded |= {fold_id(one.artifact.id): one for one in folded}
        self._own = {one.artifact.id: one for one in folded}
        self._exact = {one.artifact.label: one for one in folded}

    def get(self, name: str) -> FoldedArtifact | None:
        """Return the artifact of that name, if it was supplied."""
        return self._exact.get(name) or self._folded.get(fold_id(name))

    def of(self, artifact: Artifact) -> FoldedArtifact:
        """Return one of the artifacts, made searchable."""
        return self._own[artifact.id]


def at_word_boundaries(text: str, start: int, end: int) -> bool:
    """Tell whether a stretch of a text neither begins nor ends within a word."""
    return not (_joined(text, start) or _joined(text, end))


def _joined(text: str, at: int) -> bool:
    """Tell whether a word goes on across an offset; in scripts that put no spaces between words it never does."""
    return 0 < at < len(text) and all(map(_in_a_word, text[at - 1 : at + 1]))


def _in_a_word(character: str) -> bool:
    """Tell whether a character is one of a word that spaces set off: scripts with letter case do that."""
    return character == "_" or character.isdigit() or character.lower() != character.upper()
