"""Artifacts larger than a window to the parts a step needs; its one rule: what is left out is told.

An artifact is cut where its headings are, a text without headings between its paragraphs. A step gets the parts that
answer its demands best (`retrieve`), as many as there is room for, with the lines they have in the artifact. The
outline names every part, so that a model knows what it has not seen.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from dramaturg.evidence.artifact import Artifact, Outline
from dramaturg.evidence.locate import shown_lines
from dramaturg.evidence.retrieve import Index

_LONGEST_PART = 60  # lines; a longer stretch under one heading is cut
_ANSWERS = 0.1
_HITS = 60
_SHOWN = 60
_MOST_NAMED = 120


@dataclass(frozen=True, slots=True, kw_only=True)
class ArtifactPart:
    """A stretch of an artifact: inclusive 1-based lines, their text, and the headings they stand under."""

    artifact: Artifact
    first: int
    last: int
    text: str
    heading: tuple[str, ...]

    @property
    def name(self) -> str:
        """What it is called where it is not shown: its heading, else its first words."""
        words = self.heading[-1] if self.heading else " ".join(self.text.split())
        return words if len(words) <= _SHOWN else words[: _SHOWN - 1].rstrip() + "…"

    def __str__(self) -> str:
        return f"{self.artifact.label} {shown_lines((self.first, self.last))}: {self.name}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Selection:
    """The parts that a step is shown, in the order of the artifacts, and those that it is not."""

    shown: tuple[ArtifactPart, ...]
    left_out: tuple[ArtifactPart, ...]


class Parts:
    """The artifacts of a run, cut once and searched for each step."""

    def __init__(self, artifacts: Sequence[Artifact]) -> None:
        self.all = tuple(part for artifact in artifacts for part in _cut(artifact))
        self._index = Index(artifacts)

    def close(self) -> None:
        """Release the index."""
        self._index.close()

    def outline(self, most: int = _MOST_NAMED) -> str:
        """Return the parts by name, one a line; of very many the first."""
        lines = [f"- {part}" for part in self.all[:most]]
        more = len(self.all) - most
        return "\n".join([*lines, f"- and {more} more parts"] if more > 0 else lines)

    def select(self, demands: Sequence[str], room: int, tokens: Callable[[str], int]) -> Selection:
        """Choose the parts that answer demands best.

        Args:
            demands: What the step owes, in words, the step's instruction last.
            room: Tokens the parts may take together.
            tokens: Counts those of a text, rather too many than too few.
        """
        worth = [0.0] * len(self.all)
        for demand in demands:
            for position, value in self._answers(demand).items():
                worth[position] += value
        order = sorted(range(len(self.all)), key=lambda position: (-worth[position], position))
        chosen: set[int] = set()
        for position in order:
            needed = tokens(self.all[position].text)
            if needed <= room:
                chosen.add(position)
                room -= needed
        return Selection(
            shown=tuple(part for position, part in enumerate(self.all) if position in chosen),
            left_out=tuple(part for position, part in enumerate(self.all) if position not in chosen),
        )

    def _answers(self, demand: str) -> dict[int, float]:
        """Return how well each part answers a demand, by its best passage; parts that do not are not named."""
        best: dict[int, float] = {}
        for hit in self._index.search(demand, at_least=_ANSWERS, limit=_HITS):
            at = next(
                position
                for position, part in enumerate(self.all)
                if part.artifact.id == hit.passage.artifact and part.first <= hit.passage.first <= part.last
            )
            best[at] = max(best.get(at, 0), hit.coverage)
        return best


def _cut(artifact: Artifact) -> Iterator[ArtifactPart]:
    """Yield an artifact's parts: whole lines, each in one part, none of them empty."""
    outline = Outline(artifact)
    first = 1
    for number in range(1, len(outline.lines) + 1):
        if number > first and _begins(outline, number, number - first):
            yield from _part(outline, first, number - 1)
            first = number
    yield from _part(outline, first, len(outline.lines))


def _begins(outline: Outline, line: int, length: int) -> bool:
    """Tell whether a part begins at a line: at a heading, after a blank line of a long one, or where it must end."""
    if outline.heading_at(line) != outline.heading_at(line - 1):
        return True
    blank = not outline.lines[line - 2].strip()
    return length >= 2 * _LONGEST_PART or (blank and length >= _LONGEST_PART)


def _part(outline: Outline, first: int, last: int) -> Iterator[ArtifactPart]:
    lines = outline.lines[first - 1 : last]
    if any(line.strip() for line in lines):
        heading = outline.heading_at(first)
        yield ArtifactPart(artifact=outline.artifact, first=first, last=last, text="\n".join(lines), heading=heading)
