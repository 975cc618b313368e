"""A quote that is not there to the passage that comes nearest; its one rule: show the difference, never accept it.

Most lost quotes differ from their source in a word, a number or a gap. Whoever is shown where can mend it: the model
that is asked again, and the person who reads the finding.
"""

import math
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher

from dramaturg.evidence.locate import FoldedArtifact, FoldedText, Shelf, fold, proves_something, shown_lines

_GAP = re.compile(r"\s*(?:\[?(?:…|\.\.\.)\]?)\s*")
_NEAR = 0.55  # share of words in common, in order, below which another passage says something else
_CANDIDATES = 4
_STRIDE = 40  # characters within which words count for one place
_LONGEST_QUOTE = 250  # words of it that are compared
_DIFFERENCES = 2
_SHOWN = 40
_PUNCTUATION = ".,;:!?()\"'"
_OPENER = re.compile(r"[<\[]")


@dataclass(frozen=True, slots=True, kw_only=True)
class Nearest:
    """Where a lost quote comes nearest to an artifact, and how it differs.

    Attributes:
        label: The artifact's.
        lines: Inclusive, 1-based.
        difference: In words, on one line.
        likeness: From 0 to 1.
        instead: The first words of the quote that are others there, and those there; empty where none are.
    """

    label: str
    lines: tuple[int, int]
    difference: str
    likeness: float
    instead: tuple[str, str] = ("", "")

    def __str__(self) -> str:
        return f"nearest is {self.label} {shown_lines(self.lines)}: {self.difference}"


def nearest(quote: str, named: FoldedArtifact, shelf: Shelf) -> Nearest | None:
    """Return what comes nearest to a quote that does not stand in the artifact it names; None if nothing does.

    Args:
        quote: As given.
        named: The artifact it names.
        shelf: All artifacts: the quote may stand in another.
    """
    for artifact in shelf.artifacts:
        citation = shelf.of(artifact).locate(quote)
        if citation:
            return Nearest(label=artifact.label, lines=citation.lines, difference="it stands there", likeness=1.0)
    return _joined(quote, named) or _alike(fold(quote), named)


def _joined(quote: str, named: FoldedArtifact) -> Nearest | None:
    """Return the places of a quote's parts where it leaves something out between them."""
    parts = [part for part in _GAP.split(quote) if proves_something(fold(part))]
    found = [named.locate(part) for part in parts]
    places = [citation.lines for citation in found if citation]
    if not parts[1:] or len(places) < len(parts):
        return None
    first, *others = map(shown_lines, places)
    difference = f"it joins {first} and {', '.join(others)}; quote each by itself, without a gap"
    return Nearest(label=named.artifact.label, lines=places[0], difference=difference, likeness=1.0)


def _alike(needle: str, named: FoldedArtifact) -> Nearest | None:
    """Return the stretch of text that shares most words with a quote in the same order."""
    words = needle.split(" ")[:_LONGEST_QUOTE]
    text = named.folded
    stretches = [_stretch(start, words, text) for start in _starts(words, text)]
    best = max(stretches, key=lambda stretch: (stretch.likeness, -stretch.start), default=None)
    if best is None or best.likeness < _NEAR:
        return None
    return Nearest(
        label=named.artifact.label,
        lines=(text.line_at(best.start), text.line_at(best.start + len(" ".join(best.words)) - 1)),
        difference="; ".join(_differences(best.words, words)),
        likeness=best.likeness,
        instead=next(((_joint(ours), _joint(theirs)) for theirs, ours in _edits(best.words, words)), ("", "")),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Stretch:
    """Words of a folded text that begin at an offset, and the share of a quote's words they hold in order."""

    start: int
    words: Sequence[str]
    likeness: float


def _stretch(start: int, words: Sequence[str], text: FoldedText) -> _Stretch:
    """Return the stretch after an offset that is most like a quote, no longer than it where nothing matches."""
    room = 2 * sum(len(word) + 1 for word in words) + 4 * _STRIDE
    there = text.text[start : start + room].split(" ")
    blocks = SequenceMatcher(None, there, words, autojunk=False).get_matching_blocks()
    matched = sum(block.size for block in blocks)
    first, last = blocks[0], blocks[max(0, len(blocks) - 2)]
    begin = max(0, first.a - first.b)
    end = last.a + len(words) - last.b
    offset = start + sum(len(word) + 1 for word in there[:begin])
    return _Stretch(start=offset, words=there[begin:end], likeness=matched / len(words))


def _starts(words: Sequence[str], text: FoldedText) -> list[int]:
    """Return offsets shortly before which a passage like these words may begin, where most of the rare ones stand."""
    votes: dict[int, float] = {}
    lead = 0
    for word in words:
        held = text.words.get(word, ())
        if 0 < len(held) <= len(text.lines) // 4 + _CANDIDATES:
            for at in held:
                place = max(0, at - lead) // _STRIDE
                votes[place] = votes.get(place, 0) + math.log(1 + len(text.lines) / len(held))
        lead += len(word) + 1
    best = sorted(votes, key=lambda place: (-votes[place], place))[:_CANDIDATES]
    return [text.text.rfind(" ", 0, max(0, (place - 1) * _STRIDE)) + 1 for place in best]


def _differences(there: Sequence[str], quoted: Sequence[str]) -> Iterator[str]:
    """Yield how a passage differs from a quote, word for word."""
    edits = _edits(there, quoted)
    for theirs, ours in edits[:_DIFFERENCES]:
        if theirs and ours:
            yield f"it says {_shown(theirs)} where the quote says {_shown(ours)}"
        elif theirs:
            yield f"the quote leaves out {_shown(theirs)}"
        else:
            yield f"it does not say {_shown(ours)}"
    if not edits:
        yield "it differs in punctuation"
    if len(edits) > _DIFFERENCES:
        yield f"and {len(edits) - _DIFFERENCES} more"


def _edits(there: Sequence[str], quoted: Sequence[str]) -> list[tuple[Sequence[str], Sequence[str]]]:
    """Return the words of a passage and of a quote that differ, in order; punctuation does not count."""
    return [
        (there[a:b], quoted[c:d])
        for kind, a, b, c, d in SequenceMatcher(None, there, quoted, autojunk=False).get_opcodes()
        if kind != "equal" and _bare(there[a:b]) != _bare(quoted[c:d])
    ]


def _bare(words: Sequence[str]) -> list[str]:
    return [word.strip(_PUNCTUATION) for word in words]


def _joint(words: Sequence[str]) -> str:
    return " ".join(words).strip(_PUNCTUATION)


def _shown(words: Sequence[str]) -> str:
    """Return words of an artifact or an answer, short, and such that they can end nothing that they are shown in."""
    text = _joint(words)
    short = text if len(text) <= _SHOWN else text[:_SHOWN].rsplit(" ", 1)[0] + " …"
    return "`" + _OPENER.sub(lambda found: found[0] + "\u2060", short).replace("`", "'") + "`"
