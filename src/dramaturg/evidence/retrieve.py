"""A question to the passages that answer it; its one rule: ranked by BM25, accepted only if it says what was asked.

BM25 orders passages but its value has no scale, so a passage is accepted by coverage: the share of the question's
information (inverse document frequency, Robertson and Zaragoza 2009, "The Probabilistic Relevance Framework", §3.1)
that its words carry. A word the artifacts never use counts fully against every passage: a question about backups is
not answered by ten passages about databases.
"""

import math
import re
import sqlite3
import weakref
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import islice

from dramaturg.evidence.artifact import Artifact, Outline, Passage
from dramaturg.evidence.locate import fold, proves_something
from dramaturg.persona.model import fold_id

_WORD = re.compile(r"[^\W_]{2,}")
_LABEL = re.compile(r"(?:[-+*]\s|\d+[.)]\s)?[*_|`\s]*(?P<name>[^\W_][^\n:|*`]{0,80}?)[*_`\s]*[:|][*_]*\s")
_FORM = re.compile(r"(?<=.)_(?:plan|checklist|procedure|section|steps)$")
_HEADING_WEIGHT = 0.7
_NEAR_BEST = 0.45
_STEM = 5
_LONGEST = 1000  # characters; a passage is quoted whole, so it must fit a quote
_COMMON = frozenset(
    """a about above after all also an and any are as at be been before being below between both but by can could do
    does doing down during each few for from further had has have how if in into is it its itself just key list more
    most must no nor not of off on once only or other our out over own same section short should so some such than that
    the their them then there these they this those through to too under until up used using very was were what when
    where which while who whom why will with would you your etc including ensure ensuring confirm confirming verify
    verifying provide provides providing produce instructions instruction specific final mandatory non negotiable
    priority high explicit procedure step steps guide action actions""".split()
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Hit:
    """A passage and how much of the question it answers, from 0 to 1."""

    passage: Passage
    coverage: float


class Index:
    """A full-text index over the passages of the artifacts, in memory (SQLite FTS5, Porter stemming)."""

    def __init__(self, artifacts: Sequence[Artifact]) -> None:
        self.passages = [
            piece
            for artifact in artifacts
            for passage in Outline(artifact).passages()
            for piece in _pieces(passage)
            if proves_something(fold(piece.text))
        ]
        self._order = {artifact.id: position for position, artifact in enumerate(artifacts)}
        self._db = sqlite3.connect(":memory:", check_same_thread=False)
        weakref.finalize(self, self._db.close)  # where nobody does; Python 3.13 warns of a database left open
        self._db.execute("CREATE VIRTUAL TABLE passage USING fts5(heading, body, tokenize='porter unicode61')")
        self._db.executemany(
            "INSERT INTO passage (rowid, heading, body) VALUES (?, ?, ?)",
            [
                (number, " ".join((*passage.heading[1:], passage.context)), passage.text)
                for number, passage in enumerate(self.passages)
            ],
        )

    def rank(self, passage: Passage) -> int:
        """Return the position of a passage's artifact among those indexed."""
        return self._order[passage.artifact]

    def close(self) -> None:
        """Release the index."""
        self._db.close()

    def called(self, title: str, *, limit: int) -> list[Passage]:
        """Return the first passages that their author called so, by the heading right above or by a label: `Title: …`.

        A `plan` or a `checklist` is called by what it is of.
        """
        name = _name(title)
        found = (
            passage
            for passage in self.passages
            if (passage.heading and _name(passage.heading[-1]) == name)
            or ((label := _LABEL.match(passage.text)) and _name(label["name"]) == name)
        )
        return [*islice(found, limit)]

    def search(self, question: str, *, at_least: float, limit: int) -> list[Hit]:
        """Return the passages that answer a question, best first; primary artifacts first among equals.

        Args:
            question: What is asked, in words.
            at_least: The coverage below which a passage does not answer. One that answers less than half as well as
                the best is left out too.
            limit: How many to return at most.
        """
        holders = self._distinct({word: self._holders(word) for word in _words(question)})
        value = {word: self._idf(len(held)) for word, held in holders.items()}
        total = sum(value.values())
        hits = [
            Hit(
                passage=self.passages[row],
                coverage=sum(value[word] * holders[word].get(row, 0) for word in value) / total,
            )
            for row in self._ranked([*holders])
        ]
        least = max(at_least, _NEAR_BEST * max((hit.coverage for hit in hits), default=0))
        good = [hit for hit in hits if hit.coverage >= least]
        return sorted(good, key=lambda hit: -hit.coverage)[:limit]

    @staticmethod
    def _distinct(holders: dict[str, dict[int, float]]) -> dict[str, dict[int, float]]:
        """Keep one of several words that are forms of one (`functions`, `functional`): they ask for one thing."""
        kept: dict[str, dict[int, float]] = {}
        for word, held in holders.items():
            if not any(word[:_STEM] == other[:_STEM] and held == kept[other] for other in kept):
                kept[word] = held
        return kept

    def _holders(self, word: str) -> dict[int, float]:
        """Return the passages that hold a word: 1 in the text itself, less where only a heading above has it."""
        rows = self._db.execute("SELECT rowid FROM passage WHERE heading MATCH ?", (f'"{word}"',))
        held = {row: _HEADING_WEIGHT for (row,) in rows}
        rows = self._db.execute("SELECT rowid FROM passage WHERE body MATCH ?", (f'"{word}"',))
        return held | {row: 1.0 for (row,) in rows}

    def _idf(self, holders: int) -> float:
        return math.log(1 + (len(self.passages) - holders + 0.5) / (holders + 0.5))

    def _ranked(self, words: Sequence[str]) -> list[int]:
        if not words:
            return []
        query = " OR ".join(f'"{word}"' for word in words)
        rows = self._db.execute(
            "SELECT rowid FROM passage WHERE passage MATCH ? ORDER BY bm25(passage), rowid", (query,)
        )
        return [row for (row,) in rows]


def _pieces(passage: Passage) -> Iterator[Passage]:
    """Yield a passage, cut between its lines where it is long; code stays whole."""
    kept: list[str] = []
    first = passage.first
    for number, line in enumerate(passage.text.split("\n"), start=passage.first):
        if kept and not passage.language and sum(map(len, kept)) + len(line) > _LONGEST:
            yield replace(passage, first=first, last=number - 1, text="\n".join(kept), context="", block=None)
            kept, first = [], number
        kept.append(line)
    yield replace(passage, first=first, text="\n".join(kept))


def _name(title: str) -> str:
    """Return a title in the form in which two that name one thing are the same."""
    return _FORM.sub("", fold_id(title))


def _words(text: str) -> list[str]:
    """Return the words that carry meaning, each once, in order."""
    return [*dict.fromkeys(word for word in _WORD.findall(text.casefold()) if word not in _COMMON)]
