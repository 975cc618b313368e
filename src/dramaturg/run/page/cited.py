"""Citations to anchors; its one rule: a place that is linked to exists, and knows who links to it."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field

from dramaturg.evidence.artifact import Artifact
from dramaturg.evidence.locate import shown_lines

Lines = tuple[int, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class Link:
    """A link within the page; `title` says more than its text, empty for nothing."""

    text: str
    href: str
    title: str = ""


@dataclass(slots=True, kw_only=True)
class Place:
    """Lines of an artifact that something on the page points to: who does, and with which quotes."""

    anchor: str
    lines: Lines
    cited_by: list[Link] = field(default_factory=list)
    quotes: list[str] = field(default_factory=list)


class Cited:
    """The places that are pointed to, by the number of their artifact; it grows while the document is read.

    Args:
        artifacts: Everything that can be cited, in the order in which it is shown.
        numbers: Their numbers on the page; from 1 unless given.
    """

    def __init__(self, artifacts: Sequence[Artifact], numbers: Sequence[int] = ()) -> None:
        self.artifacts = tuple(artifacts)
        numbered = zip(artifacts, numbers or range(1, len(artifacts) + 1), strict=True)
        self._numbers = {artifact.id: number for artifact, number in numbered}
        self._labels = {artifact.label: artifact.id for artifact in artifacts}
        self._places: dict[int, dict[Lines, Place]] = defaultdict(dict)

    @property
    def numbers(self) -> tuple[int, ...]:
        """The numbers of the artifacts, in their order."""
        return tuple(self._numbers.values())

    def link(self, artifact: str, lines: Lines, by: Link, quote: str = "") -> Link:
        """Return a link to lines of an artifact, by its id, and remember who points there."""
        number = self._numbers[artifact]
        place = self._places[number].setdefault(lines, Place(anchor=_anchor(number, lines), lines=lines))
        if by not in place.cited_by:
            place.cited_by.append(by)
        if quote and quote not in place.quotes:
            place.quotes.append(quote)
        return Link(text=shown_lines(lines), href=f"#{place.anchor}", title=quote)

    def artifact(self, label: str) -> Link:
        """Return a link to an artifact, by its label."""
        return Link(text=label, href=f"#{source_anchor(self._numbers[self._labels[label]])}")

    def places(self, number: int) -> list[Place]:
        """Return the places of the artifact of that number, in the order of their lines."""
        return sorted(self._places[number].values(), key=lambda place: place.lines)


def source_anchor(number: int) -> str:
    """Return the anchor of the artifact of that number, from 1."""
    return f"A{number}"


def line_anchor(number: int, line: int) -> str:
    """Return the anchor of a line."""
    return f"{source_anchor(number)}-L{line}"


def _anchor(number: int, lines: Lines) -> str:
    first, last = lines
    return line_anchor(number, first) + (f"-{last}" if last != first else "")
