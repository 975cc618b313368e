"""Places: line and column to offset and back, for every text."""

from hypothesis import given
from hypothesis import strategies as st

from dramaturg.findings.model import Finding, Severity, Span, has_errors
from dramaturg.findings.source import Source, places_in

_TEXTS = st.text(st.sampled_from("ab\n\r\té日"), max_size=60)


@st.composite
def _slices(draw: st.DrawFn) -> tuple[str, int, int]:
    text = draw(_TEXTS)
    start = draw(st.integers(0, len(text)))
    return text, start, draw(st.integers(start, len(text)))


@given(_slices())
def test_a_span_leads_back_to_its_text(piece: tuple[str, int, int]) -> None:
    text, start, end = piece
    source = Source("a.md", text)
    span = source.span(start, end)
    at = source.offset(span)
    assert (at, text[at : at + span.length]) == (start, text[start:end])
    assert span.line == text.count("\n", 0, start) + 1
    assert source.line(span.line).startswith(text[:start].rpartition("\n")[2].rstrip("\r"))


@given(_slices(), st.data())
def test_a_span_within_a_span_is_the_span_of_the_same_text(piece: tuple[str, int, int], data: st.DataObject) -> None:
    text, start, end = piece
    source = Source("a.md", text)
    inner = data.draw(st.integers(start, end))
    stop = data.draw(st.integers(inner, end))
    outer = source.span(start, end)
    within = outer.within(text[start:end], inner - start, stop - start)
    assert within == places_in(text[start:end], outer)(inner - start, stop - start) == source.span(inner, stop)


@given(_TEXTS)
def test_the_lines_of_a_text_are_its_lines(text: str) -> None:
    source = Source("a.md", text)
    lines = [source.line(number) for number in range(1, len(source.line_starts) + 1)]
    assert lines == [line.removesuffix("\r") for line in text.split("\n")]
    assert [source.line(0), source.line(len(lines) + 1)] == ["", ""]


def test_a_span_is_spoken_of_as_editors_do() -> None:
    assert str(Span(path="a/b.md", line=3, column=7, length=2)) == "a/b.md:3:7"


def test_strict_turns_warnings_into_errors_and_leaves_notes() -> None:
    findings = [Finding(rule="P1", severity=severity, message="m") for severity in Severity]
    assert has_errors(findings)
    assert not has_errors(findings[1:])
    assert [finding.as_error().severity for finding in findings] == [Severity.ERROR, Severity.ERROR, Severity.NOTE]
