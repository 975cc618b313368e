"""Two documents to one that shows both: nothing is lost, nothing stands twice, an edited entry beside what it was."""

from collections import Counter
from collections.abc import Sequence

from hypothesis import given
from hypothesis import strategies as st
from markupsafe import Markup, escape

from dramaturg.evals.report.page.compared import Block, Both, Matched, Piece, matched

_SAYINGS = st.sampled_from(["stop it", "stop it now", "start it", "count the rows of the table", "call somebody"])
_PIECES = st.lists(st.tuples(_SAYINGS, st.sampled_from([None, "Freeze", "Migrate"])), max_size=6)
_DOCUMENTS = st.dictionaries(st.sampled_from("ABCDE"), _PIECES, max_size=5).flatmap(
    lambda sections: st.permutations([*sections.items()])
)


def _block(title: str, pieces: Sequence[tuple[str, str | None]]) -> Block:
    return Block(
        key=title,
        title=Markup(title),  # noqa: S704 - a letter
        anchor=f"s{title}",
        pieces=tuple(
            Piece(key=(said, answers), answers=answers, said=said, html=escape(said), anchor=f"e{at}")
            for at, (said, answers) in enumerate(pieces)
        ),
    )


def _document(*sections: tuple[str, Sequence[tuple[str, str | None]]]) -> list[Block]:
    return [_block(*section) for section in sections]


def _told(row: Both) -> tuple[str, str, bool]:
    return row.old.said if row.old else "", row.new.said if row.new else "", row.same


def _titles(sections: Sequence[Matched]) -> list[tuple[str | None, str | None]]:
    return [(section.old, section.new) for section in sections]


def test_an_edited_entry_stands_beside_what_it_was_and_others_alone() -> None:
    old = _document(("A", [("stop it", "Freeze"), ("start it", None), ("call somebody", None)]))
    new = _document(("A", [("halt everything at once", "Freeze"), ("start it", None), ("count the rows", None)]))
    (section,) = matched(old, new)
    assert [*map(_told, section.rows)] == [
        ("stop it", "halt everything at once", False),
        ("", "start it", True),
        ("", "count the rows", False),
        ("call somebody", "", False),
    ]
    assert section.differs == 3


def test_an_entry_that_is_worded_otherwise_is_an_edit_though_it_answers_nothing() -> None:
    (section,) = matched(_document(("A", [("stop it", None)])), _document(("A", [("stop it now", None)])))
    assert [*map(_told, section.rows)] == [("stop it", "stop it now", False)]


def test_a_section_that_is_gone_stands_where_it_was() -> None:
    old, new = _document(("A", []), ("B", []), ("C", [])), _document(("A", []), ("C", []), ("D", []))
    assert _titles(matched(old, new)) == [("A", "A"), ("B", None), ("C", "C"), (None, "D")]


def test_a_renamed_section_stands_beside_what_it_was() -> None:
    (new,) = _document(("A", []))
    renamed = Block(key="A", title=Markup("UNDO"), anchor="s1", pieces=new.pieces)
    (section,) = matched(_document(("A", [])), [renamed])
    assert (section.old, section.new, section.differs) == ("A", "UNDO", 1)


@given(_DOCUMENTS, _DOCUMENTS)
def test_nothing_is_lost_and_nothing_stands_twice(
    old: Sequence[tuple[str, list[tuple[str, str | None]]]], new: Sequence[tuple[str, list[tuple[str, str | None]]]]
) -> None:
    sections = matched(_document(*old), _document(*new))
    assert Counter(section.old for section in sections if section.old) == Counter(title for title, _ in old)
    assert [section.new for section in sections if section.new] == [title for title, _ in new]
    for section in sections:
        sides = [dict(side).get(str(section.old or section.new), []) for side in (old, new)]
        olds = [row.new if row.same else row.old for row in section.rows]
        news = [row.new for row in section.rows]
        for pieces, side in zip((olds, news), sides, strict=True):
            assert [piece.key for piece in pieces if piece] == side
