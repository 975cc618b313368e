"""Two sequences to pairs that are the same thing; its one rule: the surest pairs first, and each member once."""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from difflib import SequenceMatcher
from functools import lru_cache
from typing import Generic, TypeVar

_Member = TypeVar("_Member")
_Key = str | tuple[object, ...]
_WORD = re.compile(r"\w+")
_MOST_PAIRS = 10_000
_MOST_WORDS = 300  # enough to know a text again, few enough for a text of any length


class Pairing(Generic[_Member]):
    """The members of two sequences by their indices; each call pairs what is still alone.

    Attributes:
        new_of: The new index of each old one that has a partner.
        old_of: The reverse.
    """

    def __init__(self, olds: Sequence[_Member], news: Sequence[_Member]) -> None:
        self.olds = olds
        self.news = news
        self.new_of: dict[int, int] = {}
        self.old_of: dict[int, int] = {}

    def by_key(self, key: Callable[[_Member], _Key]) -> None:
        """Pair members of equal keys, in the order they stand; an empty key is none."""
        waiting: dict[_Key, list[int]] = {}
        for new in self._alone(self.news, self.old_of):
            waiting.setdefault(key(self.news[new]), []).append(new)
        for old in self._alone(self.olds, self.new_of):
            wanted = key(self.olds[old])
            if wanted and waiting.get(wanted):
                self.join(old, waiting[wanted].pop(0))

    def by_score(self, score: Callable[[_Member, _Member], float], *, least: float) -> None:
        """Pair members that score at least so much, the highest score first, then in the order they stand.

        Where there are too many to hold each against each, they stay alone.
        """
        olds, news = self._alone(self.olds, self.new_of), self._alone(self.news, self.old_of)
        if len(olds) * len(news) > _MOST_PAIRS:
            return
        ranked = [
            (-points, old, new)
            for old in olds
            for new in news
            if (points := score(self.olds[old], self.news[new])) >= least
        ]
        for _, old, new in sorted(ranked):
            if old not in self.new_of and new not in self.old_of:
                self.join(old, new)

    def in_order(self, olds: Sequence[int], news: Sequence[int]) -> Iterator[tuple[int | None, int | None]]:
        """Yield members of either side in the new order: pairs, what is new, and what is gone behind what it followed.

        An old member whose partner is not among `news` is not yielded; a new one is, with its partner from anywhere.
        """
        gone: dict[int | None, list[int]] = {}
        last: int | None = None
        among = set(news)
        for old in olds:
            new = self.new_of.get(old)
            if new is None:
                gone.setdefault(last, []).append(old)
            elif new in among:
                last = new
        yield from ((old, None) for old in gone.get(None, ()))
        for new in news:
            yield self.old_of.get(new), new
            yield from ((old, None) for old in gone.get(new, ()))

    def members(self, old: int | None, new: int | None) -> tuple[_Member | None, _Member | None]:
        """Return the members of two indices, None for none."""
        return None if old is None else self.olds[old], None if new is None else self.news[new]

    def displaced(self, olds: Sequence[int], news: Sequence[int]) -> Mapping[int | None, tuple[int, int]]:
        """Return the new indices of pairs that stand in another order than the rest, with both positions, from 1."""
        inside = set(olds)
        order = [self.old_of[new] for new in news if self.old_of.get(new) in inside]
        kept = SequenceMatcher(None, sorted(order), order, autojunk=False).get_matching_blocks()
        steady = {order[block.b + at] for block in kept for at in range(block.size)}
        pairs = ((old, self.new_of[old]) for old in order if old not in steady)
        return {new: (olds.index(old) + 1, news.index(new) + 1) for old, new in pairs}

    def join(self, old: int, new: int) -> None:
        """Pair two members that are alone."""
        self.new_of[old] = new
        self.old_of[new] = old

    @staticmethod
    def _alone(members: Sequence[_Member], paired: dict[int, int]) -> list[int]:
        return [index for index in range(len(members)) if index not in paired]


def likeness(old: Sequence[str], new: Sequence[str]) -> float:
    """Return how alike two sequences of words are, from 0 to 1; nothing is like nothing."""
    if not old or not new:
        return 0.0
    return SequenceMatcher(None, old[:_MOST_WORDS], new[:_MOST_WORDS], autojunk=False).ratio()


@lru_cache(maxsize=1024)
def words(text: str) -> tuple[str, ...]:
    """Return the words of a text, without case."""
    return tuple(_WORD.findall(text.casefold()))
