"""Marks in a paragraph: what they say, where they stand, and what is none."""

import pytest

from dramaturg.engine.marks import MarkKind, marks_of

SOURCE, INFERENCE, MISSING, UNSUPPORTED = MarkKind


@pytest.mark.parametrize(
    ("text", "kinds"),
    [
        ("It runs. [Source: BLUEPRINT, L3]", [SOURCE]),
        ("It runs. [source: BLUEPRINT, L3-5] [Source: COMPOSE, L1]", [SOURCE, SOURCE]),
        ("It runs. [REASONED_INFERENCE based on BLUEPRINT]", [INFERENCE]),
        ("It runs. [INFERENCE]", [INFERENCE]),
        ("**Backup:** [MISSING: nothing says it]", [MISSING]),
        ("[EVIDENCE MISSING] [TODO] [UNVERIFIED: x] [CLARIFICATION NEEDED: x]", [MISSING] * 4),
        ("It runs. [UNSUPPORTED]", [UNSUPPORTED]),
        (r"It runs. \[Source: BLUEPRINT,\n  L3\] \[MISSING: x\]", [SOURCE, MISSING]),
        ("It says `[Source: BLUEPRINT, L3]`", []),
        ("It says ``[MISSING: `x`]``", []),
        ("[Missing link](https://example.org) and [Unknown][1]", []),
        ("(Source: BLUEPRINT, L3)", []),
    ],
)
def test_marks_are_found(text: str, kinds: list[MarkKind]) -> None:
    found = [*marks_of(text, 0, len(text))]
    assert [mark.kind for mark in found] == kinds
    assert all(text[mark.start] in "\\[" for mark in found)


@pytest.mark.parametrize(
    ("text", "labels", "lines"),
    [
        ("[Source: BLUEPRINT, L3]", ("BLUEPRINT",), (3, 3)),
        ("[Source: SOURCES/api/a-b.py, L12-14]", ("SOURCES/api/a-b.py",), (12, 14)),
        ("[Source: BLUEPRINT , L12 – L14 ]", ("BLUEPRINT",), (12, 14)),
        (r"\[Source: RAW\_COMPOSE, L7\]", ("RAW_COMPOSE",), (7, 7)),
        ("\\[REASONED\\_INFERENCE based\non A\\_B\\]", ("A_B",), None),
        ("[Source: BLUEPRINT]", (), None),
        ("[Source: BLUEPRINT, p. 3]", (), None),
        ("[Source: BLUEPRINT, L1234567890]", (), None),
        ("[REASONED_INFERENCE based on A, B_C]", ("A", "B_C"), None),
    ],
)
def test_a_mark_says_what_it_rests_on(text: str, labels: tuple[str, ...], lines: tuple[int, int] | None) -> None:
    (mark,) = marks_of(text, 0, len(text))
    assert (mark.labels, mark.lines) == (labels, lines)


@pytest.mark.parametrize(
    ("text", "quote"),
    [
        ("  - “It runs on *two* hosts.” [Source: A, L1]", "It runs on *two* hosts."),
        ("- “It says “yes” at once.” [Source: A, L1] (also L5)", "It says “yes” at once."),
        ('1. "It runs." [Source: A, L1]', "It runs."),
        ("> “It runs.” [Source: A, L1]", "It runs."),
        ("It is called “the gateway” [Source: A, L1]", None),
        ("“It runs.” says Kim [Source: A, L1]", None),
    ],
)
def test_a_quote_is_all_that_stands_before_a_mark(text: str, quote: str | None) -> None:
    (mark,) = marks_of(text, 0, len(text))
    assert (text[slice(*mark.quote)] if mark.quote else None) == quote


def test_two_citations_may_share_a_quote_and_others_may_not() -> None:
    text = "“It runs on two hosts.” [Source: A, L1] [Source: B, L2], which is new [Source: C, L3]"
    assert [bool(mark.quote) for mark in marks_of(text, 0, len(text))] == [True, True, False]


def test_the_command_above_is_no_quote() -> None:
    (mark,) = marks_of("- The command above [Source: A, L1]", 0, 35)
    assert (mark.command, mark.quote) == (True, None)
