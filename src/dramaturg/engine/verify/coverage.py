"""What a section owes to what of it its entries cover; its one rule: an entry counts for what it says it is.

What an entry covers shows in the words it begins with, or in a heading above it. A document that dramaturg made keeps
the rest in its colophon. In one that something else wrote, an entry is taken for the demand whose words it has.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from dramaturg.engine.colophon import opens_with
from dramaturg.engine.manuscript import Shape, Unit
from dramaturg.engine.verify.entries import Entries
from dramaturg.engine.verify.layout import Written
from dramaturg.evidence.claims import stems
from dramaturg.plan.model import Requirement
from dramaturg.plan.pairing import Pairing

_OPENING = 16  # words of an entry that may say what it is about
_MOST_OF = 0.6  # share of the words of a demand's name from which an entry that is nothing else is taken for it
_PART_OF = 0.75  # share of an entry's words that a demand has from which it is taken for part of it


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where a document says something: offsets, and the words it begins with."""

    start: int
    end: int
    opening: str


@dataclass(frozen=True, slots=True, kw_only=True)
class _Words:
    """The words of a demand, of its name and all; of a place both are those it begins with."""

    name: frozenset[str]
    text: frozenset[str]


def coverage(section: Written, entries: Entries) -> Mapping[str, tuple[Place, ...]]:
    """Return the places that cover each mandatory demand of a section, by its id; the section as such is none.

    Args:
        section: As the document has it.
        entries: Its entries beside those it was made with.
    """
    demands = [each for each in section.step.owes if not (each.whole_section or each.column)]
    places = [*_places(section)]
    found = {demand.id: tuple(_said(demand, section, entries, places)) for demand in demands}
    if entries.kept:
        return found
    taken = {place.start for said in found.values() for place in said}
    rest = [place for place in places if place.start not in taken]
    return found | _alike([demand for demand in demands if not found[demand.id]], rest)


def _places(section: Written) -> Iterator[Place]:
    """Yield the headings inside a section and its entries."""
    for part in section.further:
        yield Place(start=part.start, end=part.end, opening=part.title)
    for unit in section.units:
        words = unit.text.split() if unit.shape is Shape.ROW else unit.text.split()[:_OPENING]
        yield Place(start=unit.start, end=unit.end, opening=" ".join(words))


def _said(demand: Requirement, section: Written, entries: Entries, places: Sequence[Place]) -> Iterator[Place]:
    """Yield the places that say they cover a demand, and the entries of which the colophon knows that they do."""
    known = {unit.start for unit in section.units if demand.id in entries.covers(unit) or _has_cell(unit, demand.id)}
    yield from (place for place in places if place.start in known or opens_with(place.opening, demand.id))


def _has_cell(unit: Unit, name: str) -> bool:
    return any(opens_with(value, name) for _, value in unit.cells)


def _alike(demands: Sequence[Requirement], places: Sequence[Place]) -> dict[str, tuple[Place, ...]]:
    """Return the places that have the words of a demand's name, or most of them, or say part of what it says.

    All words of a name make any number of places; what is less sure makes one place of one demand.
    """
    wanted = [_Words(name=frozenset(stems(demand.id)), text=frozenset(stems(demand.text))) for demand in demands]
    openings = (frozenset(stems(place.opening)) for place in places)
    given = [_Words(name=words, text=words) for words in openings]
    pairing = Pairing(wanted, given)
    pairing.by_score(_name_share, least=_MOST_OF)
    pairing.by_score(_text_share, least=_PART_OF)
    found = {}
    for old, demand in enumerate(demands):
        whole = [at for at, words in enumerate(given) if _name_share(wanted[old], words) == 1]
        likely = [new for other, new in pairing.new_of.items() if other == old]
        found[demand.id] = tuple(places[at] for at in whole or likely)
    return found


def _name_share(wanted: _Words, given: _Words) -> float:
    """Return the share of a name's words that a place has."""
    return _shared(wanted.name, given.name)


def _text_share(wanted: _Words, given: _Words) -> float:
    """Return the share of a place's words that a demand has."""
    return _shared(given.text, wanted.text)


def _shared(words: frozenset[str], others: frozenset[str]) -> float:
    """Return the share of words that others have too; `app` of `apply` and `apply` of `applying` are the same word."""
    known = [word for word in words if any(word.startswith(each) or each.startswith(word) for each in others)]
    return len(known) / len(words) if words else 0
