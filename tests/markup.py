"""A page read as a browser's parser reads it: elements, links, text."""

from dataclasses import dataclass, field
from html.parser import HTMLParser

_VOID = frozenset("meta link br hr img input".split())


@dataclass
class Element:
    """An element: its tag, its attributes, what stands in it."""

    tag: str
    attributes: dict[str, str]
    within: "Element | None"
    pieces: list[str] = field(default_factory=list)
    holds: "list[Element]" = field(default_factory=list)

    @property
    def text(self) -> str:
        """Everything it says, white space folded."""
        return " ".join("".join(self.pieces).split())

    def has(self, name: str) -> bool:
        """Tell whether it is of a class."""
        return name in self.attributes.get("class", "").split()

    def all(self, tag: str) -> "list[Element]":
        """Return the elements of a tag in it."""
        found = [each for element in self.holds for each in (element, *element.all(tag))]
        return [element for element in found if element.tag == tag]

    def inside(self, tag: str) -> bool:
        """Tell whether it stands in an element of a tag."""
        return self.within is not None and (self.within.tag == tag or self.within.inside(tag))


class Page(HTMLParser):
    """A parsed page."""

    def __init__(self, html: str) -> None:
        super().__init__(convert_charrefs=True)
        self.elements: list[Element] = []
        self._open: list[Element] = []
        self.feed(html)
        self.close()
        assert not self._open, f"<{self._open[-1].tag}> is never closed"

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        assert len({name for name, _ in attrs}) == len(attrs)
        given = {name: value or "" for name, value in attrs}
        element = Element(tag=tag, attributes=given, within=self._open[-1] if self._open else None)
        self.elements.append(element)
        if self._open:
            self._open[-1].holds.append(element)
        if tag not in _VOID:
            self._open.append(element)

    def handle_endtag(self, tag: str) -> None:
        closed = self._open.pop()
        assert closed.tag == tag, f"<{closed.tag}> is closed by </{tag}>"

    def handle_data(self, data: str) -> None:
        for element in self._open:
            element.pieces.append(data)

    def all(self, tag: str, of: str = "") -> list[Element]:
        """Return the elements of a tag, and of a class."""
        return [element for element in self.elements if element.tag == tag and (not of or element.has(of))]

    def table(self, of: str) -> list[Element]:
        """Return the rows of the table of a class."""
        (found,) = self.all("table", of)
        return found.all("tr")

    def get(self, name: str) -> Element:
        """Return the element of an id."""
        (found,) = [element for element in self.elements if element.attributes.get("id") == name]
        return found
