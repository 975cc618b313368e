"""The trace of a quote finds it again, wherever it went, and nothing that is like it."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dramaturg.evidence.locate import FoldedText, fold
from dramaturg.evidence.trace import Tracer, trace_of

TEXT = """# Parts

The *gateway* listens on port 8080.
The tracker writes to `PostgreSQL`,
which keeps two copies.

The gateway listens on port 8080.

服务在两台主机上运行。
"""


def lines(quote: str, near: int = 1, text: str = TEXT) -> tuple[int, int] | None:
    found = Tracer(FoldedText(text)).find(trace_of(quote), near)
    return found.lines if found else None


@pytest.mark.parametrize(
    ("quote", "place"),
    [
        ("The gateway listens on port 8080.", (3, 3)),
        ("listens   on **port 8080**", (3, 3)),
        ("writes to PostgreSQL, which keeps", (4, 5)),
        ("两台主机", (9, 9)),
        ("The gateway listens on port 8081.", None),
        ("gateway", (3, 3)),
        ("ateway", None),
        ("The gateway listens on port 808", None),
        ("8080", (3, 3)),
    ],
)
def test_a_quote_is_found_by_its_trace(quote: str, place: tuple[int, int] | None) -> None:
    assert lines(quote) == place


def test_of_several_places_the_nearest_counts() -> None:
    assert lines("The gateway listens on port 8080.", near=6) == (7, 7)


def test_what_moved_is_found() -> None:
    assert lines("two copies", near=5, text=f"A new line.\n\n{TEXT}") == (7, 7)


@pytest.mark.parametrize("trace", ["", "9", "9.xyz", "0.000000000000", "-1.abcdefabcdef", "9.abcdefabcdef\n", "1" * 9])
def test_what_is_no_trace_finds_nothing(trace: str) -> None:
    assert Tracer(FoldedText(TEXT)).find(trace, 1) is None


def test_a_trace_tells_no_word_of_its_quote() -> None:
    assert trace_of("port  *8080*") == trace_of("port 8080")
    assert trace_of("port 8080") == f"9.{trace_of('port 8080')[2:]}"
    assert "8080" not in trace_of("port 8080 of the host")


@settings(max_examples=200, deadline=None)
@given(st.text(alphabet="ab1. \n_*-部", min_size=1, max_size=60), st.data())
def test_whole_words_of_a_text_are_found_in_it(text: str, data: st.DataObject) -> None:
    folded = FoldedText(text)
    words = folded.text.split(" ")
    first = data.draw(st.integers(0, len(words) - 1))
    last = data.draw(st.integers(first, len(words) - 1))
    quote = " ".join(words[first : last + 1])
    if quote and fold(quote) == quote:  # a marker at its beginning means nothing within a line
        assert Tracer(folded).find(trace_of(quote), 1) is not None
