"""How findings are drawn in so many columns: whole words, and every mark under what it marks."""

import unicodedata

import pytest

from dramaturg.findings.cells import cells, wrapped
from dramaturg.findings.model import Finding, Label, Severity, Span
from dramaturg.findings.render import render
from dramaturg.findings.source import Source

_LONG = f"    <Step number='3'>{'Look at it all. ' * 9}</dStep> <p> and more that nobody marks, to the end of the line"


def _span(line: int, column: int, length: int) -> Span:
    return Span(path="wide.md", line=line, column=column, length=length)


def _on_one_line(columns: int | None, *, first: str, note: str = "and this") -> list[str]:
    """Return how marks under the closing tag, under `first` and under `<p>`, all of one long line, are drawn."""
    opener, closer, other = (_span(1, _LONG.index(what) + 1, len(what)) for what in (first, "</dStep>", "<p>"))
    labels = (Label(span=opener, text="opened here"), Label(span=other, text=note))
    finding = Finding(
        rule="P204", severity=Severity.ERROR, message="it is so", span=closer, note="no such tag", labels=labels
    )
    return render(finding, lambda path: Source(path, f"{_LONG}\n"), columns=columns).split("\n")


@pytest.mark.parametrize("columns", [40, 60, 100])
def test_a_narrow_terminal_gets_whole_words_and_marks_under_what_they_mark(columns: int) -> None:
    label = Label(span=_span(3, 101, 7), text="and this")
    finding = Finding(
        rule="P1",
        severity=Severity.ERROR,
        message="words " * 20,
        span=_span(1, 101, 7),
        note="this",
        labels=(label,),
        help="remedies " * 12,
    )
    text = f"{'a ' * 50}the one {'b ' * 50}\n\n{'c ' * 50}the two {'d ' * 50}\n"
    drawn = render(finding, lambda path: Source(path, text), columns=columns)
    lines = drawn.split("\n")
    assert max(map(len, lines)) <= columns
    assert {*" ".join(lines).split()} >= {"words", "remedies"}
    for marked, mark in (("the one", "^"), ("the two", "-")):
        at = next(number for number, line in enumerate(lines) if marked in line)
        assert lines[at].index(marked) == lines[at + 1].index(mark * 7)
    assert len(render(finding, lambda path: Source(path, text)).split("\n")) == 9


@pytest.mark.parametrize("columns", [50, 80, 120])
def test_places_far_apart_on_a_long_line_are_each_drawn_under_their_words(columns: int) -> None:
    drawn = _on_one_line(columns, first="<Step number='3'>")
    assert max(map(len, drawn)) <= columns
    shown = [at for at, each in enumerate(drawn) if each.startswith("1 |")]
    assert len(shown) == 2  # what stands side by side is drawn in one excerpt
    for what, line, marks in (
        ("<Step number='3'>", shown[0], f"{'-' * 17} opened here"),
        ("</dStep>", shown[1], "^^^^^^^^ no such tag"),
        ("<p>", shown[1], "--- and this"),
    ):
        at = drawn[line].index(what)
        assert f"  | {' ' * (at - 4)}{marks}" in drawn


def test_a_line_that_fits_is_drawn_once() -> None:
    drawn = _on_one_line(None, first="<Step number='3'>")
    assert [each for each in drawn if each.startswith("1 |")] == [f"1 | {_LONG}"]


def test_all_places_of_a_line_leave_room_for_the_longest_note() -> None:
    drawn = _on_one_line(70, first="</dStep>", note="a note of some length, more than the others")
    assert [each[0] for each in drawn].count("1") == 1
    assert max(map(len, drawn)) <= 70


@pytest.mark.parametrize("columns", [5, 9, 11, 12, 20])
def test_the_narrowest_terminal_gets_every_word_once(columns: int) -> None:
    finding = Finding(rule="P204", severity=Severity.ERROR, message="it is so", help="close it where it ends")
    drawn = render(finding, lambda path: Source(path, ""), columns=columns)
    assert drawn.split() == "error[P204]: it is so = help: close it where it ends".split()


def _cells(text: str) -> int:
    """Return the cells of a text without joined characters, as Unicode's annex 11 counts them."""
    return sum(2 if unicodedata.east_asian_width(character) in "WF" else 1 for character in text)


@pytest.mark.parametrize("columns", [30, 40, 60])
def test_a_note_that_has_no_room_beside_its_marks_stands_below_them(columns: int) -> None:
    note = "this closes nothing; did you mean `</Step>`?"
    finding = Finding(rule="P204", severity=Severity.ERROR, message="it is so", span=_span(1, 5, 8), note=note)
    drawn = render(finding, lambda path: Source(path, "    </dStep>\n"), columns=columns).split("\n")
    assert max(map(len, drawn)) <= columns
    marks = drawn.index("  |     ^^^^^^^^")
    assert drawn[marks - 1] == "1 |     </dStep>"
    below = drawn[marks + 1 :]
    assert {line[:8] for line in below} == {"  |     "}
    assert " ".join(line[8:] for line in below) == note
    wide = render(finding, lambda path: Source(path, "    </dStep>\n"), columns=80).split("\n")
    assert wide[-1] == f"  |     ^^^^^^^^ {note}"


@pytest.mark.parametrize("columns", [40, 60, 80])
def test_wide_characters_are_counted_as_the_two_cells_they_take(columns: int) -> None:
    line = f"{'設定を読む。' * 12}<p>{'それだけ。' * 9}"
    finding = Finding(
        rule="P204",
        severity=Severity.ERROR,
        message="`日本語の題名` と `かな` と " * 4,
        span=_span(1, line.index("<p>") + 1, 3),
        note="かなの注",
    )
    drawn = render(finding, lambda path: Source(path, f"{line}\n"), columns=columns).split("\n")
    assert max(map(_cells, drawn)) <= columns
    quoted, marked = drawn[-2:]
    assert _cells(quoted.partition("<p>")[0]) == _cells(marked.partition("^")[0])
    assert marked.endswith("^^^ かなの注")


@pytest.mark.parametrize(
    ("character", "cells"),
    [("👩‍💻", 2), ("👍🏽", 2), ("🇩🇪", 2), ("❤️", 2), ("é", 1), ("e\u0301", 1), ("ｱ", 1), ("\t", 4)],
)
def test_what_is_joined_to_one_picture_takes_two_cells_together(character: str, cells: int) -> None:
    finding = Finding(
        rule="P204", severity=Severity.ERROR, message="it is so", span=_span(1, len(character) * 4 + 1, 3)
    )
    drawn = render(finding, lambda path: Source(path, f"{character * 4}<p>\n"), columns=80).split("\n")
    assert drawn[-1] == f"  | {' ' * 4 * cells}^^^"


def test_a_text_of_several_lines_is_folded_line_by_line() -> None:
    said = "the model said:\n  that it is\noverloaded, and will be for a while"
    assert wrapped(said, 18, lead=0, indent=2).split("\n") == [
        "the model said:",
        "  that it is",
        "overloaded, and",
        "  will be for a",
        "  while",
    ]


@pytest.mark.timeout(30)  # to measure the whole line for each of them takes a minute
def test_many_findings_in_one_long_line_are_drawn_in_a_moment() -> None:
    source = Source("a.md", "é <b>" * 40_000)
    for at in range(0, 200_000, 100):
        span = source.span(at, at + 5)
        drawn = render(Finding(rule="P101", severity=Severity.ERROR, message="m", span=span), {"a.md": source}.get)
        assert max(map(cells, drawn.split("\n"))) < 400
