"""What a section owes to what of it its entries cover; its one rule: an entry counts for what it says it is.

What an entry covers shows in the words it begins with, or in a heading above it. A document that dramaturg made keeps
the rest in its colophon. In one that something else wrote, an entry is taken for the demand whose words it has.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from dramaturg.engine.colophon import opens_with
from dramaturg.engine.verify.entries import Entries
from dramaturg.engine.verify.layout import Written
from dramaturg.evidence.claims import stems
from dramaturg.plan.model import Requirement
from dramaturg.plan.pairing import Pairing

_OPENING = 16  # words of an entry that may say what it is about
_MOST_OF = 0.6  # share of a demand's words from which an entry that is nothing else is taken for it


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where a document says something: offsets, and the words it begins with."""

    start: int
    end: int
    opening: str


def coverage(section: Written, entries: Entries) -> Mapping[str, tuple[Place, ...]]:
    """Return the places that cover each mandatory demand of a section, by its id; the section as such is none.

    Args:
        section: As the document has it.
        entries: Its entries beside those it was made with.
    """
    demands = [each for each in section.step.owes if not (each.whole_section or each.column)]
    places = [*_places(section)]
    found = {demand.id: tuple(_said(demand, section, entries, places)) for demand in demands}
    open_ones = [demand for demand in demands if not found[demand.id]]
    return found | (_alike(open_ones, places) if not entries.kept else {})


def _places(section: Written) -> Iterator[Place]:
    """Yield the headings inside a section and its entries."""
    for part in section.further:
        yield Place(start=part.start, end=part.end, opening=part.title)
    for unit in section.units:
        yield Place(start=unit.start, end=unit.end, opening=" ".join(unit.text.split()[:_OPENING]))


def _said(demand: Requirement, section: Written, entries: Entries, places: Sequence[Place]) -> Iterator[Place]:
    """Yield the places that say they cover a demand, and the entries of which the colophon knows that they do."""
    kept = {unit.start for unit in section.units if demand.id in entries.covers(unit)}
    yield from (place for place in places if place.start in kept or opens_with(place.opening, demand.id))


def _alike(demands: Sequence[Requirement], places: Sequence[Place]) -> dict[str, tuple[Place, ...]]:
    """Return the places that have a demand's words, all of them, or most and of no other demand as many."""
    wanted = [(demand.id, frozenset(stems(demand.id))) for demand in demands]
    given = [(place, frozenset(stems(place.opening))) for place in places]
    found = {name: tuple(place for place, has in given if words and words <= has) for name, words in wanted}
    pairing = Pairing([words for _, words in wanted], [has for _, has in given])
    pairing.by_score(_share, least=_MOST_OF)
    for old, new in pairing.new_of.items():
        found[wanted[old][0]] = found[wanted[old][0]] or (given[new][0],)
    return found


def _share(wanted: frozenset[str], has: frozenset[str]) -> float:
    return len(wanted & has) / len(wanted) if wanted else 0
