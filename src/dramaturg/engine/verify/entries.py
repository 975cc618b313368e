"""The entries a section was made with beside those it has; its one rule: an entry that was reworded is still there."""

from collections.abc import Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from itertools import pairwise

from dramaturg.engine.colophon import Kept, full_key, key_of
from dramaturg.engine.manuscript import Unit
from dramaturg.plan.pairing import Pairing

_ALIKE = 0.7  # likeness of the words two entries begin with from which they are the same


@dataclass(frozen=True, slots=True, kw_only=True)
class Gone:
    """An entry that a section was made with and has no more.

    Attributes:
        entry: What is known of it.
        before: The entry that follows it now; None where it was the last.
        after: The one it followed, or what goes on with that; None where it was the first.
    """

    entry: Kept
    before: Unit | None
    after: Unit | None


@dataclass(frozen=True, slots=True, kw_only=True)
class _Opening:
    """What an entry is known by, and among others that begin alike."""

    key: str
    full: str


class Entries:
    """The entries of one section.

    Attributes:
        kept: Those it was made with; empty where the document does not say.
        units: Those it has.
    """

    def __init__(self, kept: Sequence[Kept], units: Sequence[Unit]) -> None:
        self.kept = kept
        self.units = units
        self._pairing = Pairing(
            [_Opening(key=entry.key, full=entry.key if entry.has_twin else "") for entry in kept],
            [_Opening(key=key_of(unit.text), full=full_key(unit.text)) for unit in units],
        )
        if kept:
            self._pair()
        pairs = self._pairing.new_of.items()
        self._covers = {units[new].start: kept[old].covers for old, new in pairs}

    def unit_of(self, entry: Kept) -> Unit | None:
        """Return what has become of an entry; None if it is gone."""
        at = self._pairing.new_of.get(self._index(entry))
        return None if at is None else self.units[at]

    def covers(self, unit: Unit) -> tuple[str, ...]:
        """Return what a unit covers without saying so."""
        return self._covers.get(unit.start, ())

    def gone(self) -> list[Gone]:
        """Return the entries that are there no more, in order."""
        places = self._pairing.new_of
        found = []
        for old, entry in enumerate(self.kept):
            if old in places:
                continue
            later = (places[at] for at in range(old + 1, len(self.kept)) if at in places)
            earlier = (places[at] for at in range(old - 1, -1, -1) if at in places)
            before, after = next(later, None), next(earlier, None)
            found.append(
                Gone(
                    entry=entry,
                    before=None if before is None else self.units[before],
                    after=None if after is None else self._end_of(after),
                )
            )
        return found

    def _end_of(self, at: int) -> Unit:
        """Return the last of what goes on with a unit."""
        while at + 1 < len(self.units) and self.units[at + 1].goes_on:
            at += 1
        return self.units[at]

    def _index(self, entry: Kept) -> int:
        return next(at for at, each in enumerate(self.kept) if each is entry)

    def _pair(self) -> None:
        self._pairing.by_key(lambda opening: opening.full)
        self._pairing.by_key(lambda opening: opening.key)
        self._pairing.by_score(_alike, least=_ALIKE)
        places = [(-1, -1), *sorted(self._pairing.new_of.items()), (len(self.kept), len(self.units))]
        for (old, new), (next_old, next_new) in pairwise(places):
            olds = [at for at in range(old + 1, next_old) if at not in self._pairing.new_of]
            between = (at for at in range(new + 1, next_new) if at not in self._pairing.old_of)
            news = [at for at in between if not self.units[at].goes_on]
            if len(olds) == len(news):  # as many as there were: each was reworded
                for one, other in zip(olds, news, strict=True):
                    self._pairing.join(one, other)


def _alike(kept: _Opening, given: _Opening) -> float:
    return SequenceMatcher(None, kept.key, given.key, autojunk=False).ratio()
