"""Two documents to one that shows both; its one rule: what both say stands once, what differs stands side by side.

Sections are matched by what the yardstick says of them, so that a renamed one stands beside what it was; entries by
what they say, then by the demand they answer, then by their likeness.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import Any

from markupsafe import Markup

from dramaturg.engine.outcome import Outcome
from dramaturg.evals.report.page.difference import marked_differences
from dramaturg.evals.yardstick import Yardstick
from dramaturg.run.page.document import ShownQuestion, ShownSection
from dramaturg.run.page.entries import ShownEntry
from dramaturg.run.page.text import prose

_ALIKE = 0.5  # from which share of common words on an entry counts as an edit of another
OPEN = "Open questions"


@dataclass(frozen=True, slots=True, kw_only=True)
class Piece:
    """An entry or a question as it can be compared: what it says, what it answers, its HTML, and its id."""

    key: Any
    answers: Any
    said: str
    html: Markup
    anchor: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Block:
    """A section of a document, or what it leaves open."""

    key: str
    title: Markup
    anchor: str
    pieces: tuple[Piece, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Both:
    """What stands beside each other: `old` and `new` of a piece, None where there is none; the same where `same`."""

    old: Piece | None
    new: Piece | None
    same: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Matched:
    """A section of either document, its title in both where they differ, and what stands in it.

    Attributes:
        old: Its title in the baseline; None where it is not there.
        new: Its title in the candidate, likewise.
        anchor: Its id.
        rows: What stands in it.
    """

    old: Markup | None
    new: Markup | None
    anchor: str
    rows: tuple[Both, ...]

    @property
    def differs(self) -> int:
        """How many of its rows differ; one for a title that does."""
        return sum(not row.same for row in self.rows) or int(self.old != self.new)


Render = Callable[[ShownEntry, bool], Markup]


def blocks_of(
    outcome: Outcome,
    sections: Sequence[ShownSection],
    questions: Sequence[ShownQuestion],
    names: Mapping[str, str],
    render: Render,
    ask: Callable[[ShownQuestion], Markup],
) -> tuple[Block, ...]:
    """Return a document as it can be compared.

    Args:
        outcome: The document.
        sections: Its sections as they are shown.
        questions: What it leaves open, likewise.
        names: What the baseline calls a section, by its title.
        render: Gives the HTML of an entry, which is a row of a table or not.
        ask: Gives the HTML of a question.
    """
    found = [
        Block(
            key=names.get(section.title, section.title),
            title=shown.title,
            anchor=shown.anchor,
            pieces=tuple(_pieces(shown, render)),
        )
        for section, shown in zip(outcome.sections, sections, strict=True)
    ]
    asked = tuple(
        Piece(
            key=(each.section, each.about, each.text),
            answers=(each.section, each.about),
            said=str(each.text),
            html=ask(each),
            anchor=each.anchor,
        )
        for each in questions
    )
    return (*found, Block(key=f"\0{OPEN}", title=prose(OPEN), anchor="", pieces=asked)) if asked else tuple(found)


def names_from(yardstick: Yardstick) -> dict[str, str]:
    """Return what the baseline calls each section of an arm, by its title there."""
    return {section.now: section.title for section in yardstick.sections if section.now is not None}


def _pieces(section: ShownSection, render: Render) -> Iterator[Piece]:
    for group in section.groups:
        for at, entry in enumerate((*group.rows, *group.others)):
            label = entry.label.text if entry.label else ""
            covers = tuple(link.title for link in entry.covers)
            yield Piece(
                key=_key(entry, str(group.about)),
                answers=(group.about, label, covers) if label or covers else None,
                said=str(entry.said),
                html=render(entry, at < len(group.rows)),
                anchor=entry.anchor,
            )


def _key(entry: ShownEntry, about: str) -> Any:
    """Return all that an entry says, without the numbers by which others refer to it."""
    sources = tuple((label, tuple(link.href for link in links)) for label, links in entry.sources)
    quotes = tuple((quote.text, quote.label, quote.link.href) for quote in entry.quotes)
    return (
        *(about, entry.basis, entry.label.text if entry.label else "", entry.said, sources, quotes),
        *(tuple(link.text for link in entry.rests_on), entry.unsupported, entry.doubts, entry.command, entry.expect),
        *(entry.cells, (entry.file.path, entry.file.content) if entry.file else None),
        *(tuple(link.title for link in entry.covers), entry.question is not None),
    )


def matched(olds: Sequence[Block], news: Sequence[Block]) -> tuple[Matched, ...]:
    """Return the sections of two documents, those of the candidate in its order."""
    return tuple(_matched(old, new) for old, new in _side_by_side(olds, news))


def _side_by_side(olds: Sequence[Block], news: Sequence[Block]) -> Iterator[tuple[Block | None, Block | None]]:
    before = {block.key: block for block in olds}
    after = {block.key: block for block in news}
    waiting = [*olds]
    for new in news:
        old = before.get(new.key)
        while old is not None and waiting and waiting[0].key not in (new.key, *after):
            yield waiting.pop(0), None
        waiting = [each for each in waiting if old is None or each.key != old.key]
        yield old, new
    yield from ((old, None) for old in waiting if old.key not in after)


def _matched(old: Block | None, new: Block | None) -> Matched:
    there = new or old
    assert there is not None  # noqa: S101 - one of them is
    rows = _rows(old.pieces if old else (), new.pieces if new else ())
    return Matched(
        old=old.title if old else None, new=new.title if new else None, anchor=there.anchor, rows=tuple(rows)
    )


def _rows(olds: Sequence[Piece], news: Sequence[Piece]) -> Iterator[Both]:
    numbers: dict[Any, int] = {}  # are hashed faster than what they stand for
    before, after = ([numbers.setdefault(piece.key, len(numbers)) for piece in pieces] for pieces in (olds, news))
    for tag, first, last, start, end in SequenceMatcher(None, before, after, autojunk=False).get_opcodes():
        if tag == "equal":
            yield from (Both(old=None, new=new, same=True) for new in news[start:end])
        else:
            yield from _paired(olds[first:last], news[start:end])


def _paired(olds: Sequence[Piece], news: Sequence[Piece]) -> Iterator[Both]:
    """Yield pieces that differ, an edited one beside what it was."""
    left = [*olds]
    for new in news:
        old = next((each for each in left if _akin(each, new)), None)
        if old is None:
            yield Both(old=None, new=new, same=False)
            continue
        at = left.index(old)
        yield from (Both(old=each, new=None, same=False) for each in left[:at])
        left = left[at + 1 :]
        was, now = marked_differences(old.html, new.html)
        yield Both(old=_with(old, was), new=_with(new, now), same=False)
    yield from (Both(old=each, new=None, same=False) for each in left)


def _akin(old: Piece, new: Piece) -> bool:
    if old.answers is not None and old.answers == new.answers:
        return True
    words = SequenceMatcher(None, old.said.split(), new.said.split(), autojunk=False)
    return words.real_quick_ratio() >= _ALIKE and words.ratio() >= _ALIKE


def _with(piece: Piece, html: Markup) -> Piece:
    return Piece(key=piece.key, answers=piece.answers, said=piece.said, html=html, anchor=piece.anchor)
