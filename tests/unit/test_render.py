"""How findings are drawn for a person: carets under the author's words, labels, remedies, whatever the text holds."""

import re
from textwrap import dedent

import pytest

from dramaturg.findings.model import Finding, Label, Severity, Span
from dramaturg.findings.render import render
from dramaturg.findings.source import Source

_STEPS = """\
---
alias: pela-1
---
<operational_protocol>
    <Step number="3" name="Audit">
    Look.

    </dStep>
</operational_protocol>
"""
_SOURCES = {
    "p.md": Source("p.md", _STEPS),
    "base.md": Source("base.md", "a\n" * 120 + "<Directive_Voice>\n"),
    "odd.md": Source("odd.md", "a\tb\tc\n日本語 かな x\ne\u0301te\u0301 x\ntext\r\nx\x1b[31mred\x07\u202ey\x9bz\rw\n"),
}


def _finding(
    span: Span | None, *labels: Label, severity: Severity = Severity.ERROR, note: str = "", remedy: str = ""
) -> Finding:
    return Finding(rule="P204", severity=severity, message="it is so", span=span, note=note, labels=labels, help=remedy)


def _span(path: str, line: int, column: int, length: int) -> Span:
    return Span(path=path, line=line, column=column, length=length)


_OPENER = _span("p.md", 5, 5, 30)
_CLOSER = _span("p.md", 8, 5, 8)
_MISSPELT = Label(span=_CLOSER, text="did you mean `</Step>`?")
_PARENT = Label(span=_span("base.md", 121, 1, 17), text="the parent's")


def _drawn(finding: Finding, *, colour: bool = False) -> str:
    return render(finding, _SOURCES.get, colour=colour)


@pytest.mark.parametrize(
    ("finding", "drawing"),
    [
        pytest.param(
            _finding(_OPENER, _MISSPELT, note="opened here", remedy="add `</Step>`"),
            """\
            error[P204]: it is so
             --> p.md:5:5
              |
            5 |     <Step number="3" name="Audit">
              |     ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^ opened here
            ...
            8 |     </dStep>
              |     -------- did you mean `</Step>`?
               = help: add `</Step>`""",
            id="a-label-after-the-place",
        ),
        pytest.param(
            _finding(_CLOSER, Label(span=_OPENER, text="opened here"), severity=Severity.WARNING),
            """\
            warning[P204]: it is so
             --> p.md:8:5
              |
            5 |     <Step number="3" name="Audit">
              |     ------------------------------ opened here
            ...
            8 |     </dStep>
              |     ^^^^^^^^""",
            id="a-label-before-the-place",
        ),
        pytest.param(
            _finding(_span("p.md", 4, 1, 22), Label(span=_OPENER, text="the next line")),
            """\
            error[P204]: it is so
             --> p.md:4:1
              |
            4 | <operational_protocol>
              | ^^^^^^^^^^^^^^^^^^^^^^
            5 |     <Step number="3" name="Audit">
              |     ------------------------------ the next line""",
            id="neighbouring-lines-without-dots",
        ),
        pytest.param(
            _finding(_span("p.md", 5, 22, 12), Label(span=_span("p.md", 5, 11, 10), text="first"), note="then"),
            """\
            error[P204]: it is so
             --> p.md:5:22
              |
            5 |     <Step number="3" name="Audit">
              |           ---------- first
              |                      ^^^^^^^^^^^^ then""",
            id="two-places-on-one-line",
        ),
        pytest.param(
            _finding(_span("p.md", 2, 8, 6), _PARENT, severity=Severity.NOTE),
            """\
            note[P204]: it is so
               --> p.md:2:8
                |
              2 | alias: pela-1
                |        ^^^^^^
               ::: base.md:121:1
                |
            121 | <Directive_Voice>
                | ----------------- the parent's""",
            id="two-files-in-one-gutter",
        ),
        pytest.param(
            _finding(_span("gone.md", 7, 3, 2), _PARENT, note="unseen", remedy="look"),
            """\
            error[P204]: it is so
               --> gone.md:7:3: unseen
               ::: base.md:121:1
                |
            121 | <Directive_Voice>
                | ----------------- the parent's
               = help: look""",
            id="a-source-that-cannot-be-read",
        ),
        pytest.param(
            _finding(None, remedy="look"), "error[P204]: it is so\n   = help: look", id="a-finding-without-a-place"
        ),
        pytest.param(
            _finding(None, _PARENT, _MISSPELT),
            """\
            error[P204]: it is so
               --> base.md:121:1
                |
            121 | <Directive_Voice>
                | ----------------- the parent's
               ::: p.md:8:5
                |
              8 |     </dStep>
                |     -------- did you mean `</Step>`?""",
            id="the-labels-of-a-finding-without-a-place",
        ),
        pytest.param(
            _finding(_span("\x1b[2J.md", 1, 1, 0)),
            "error[P204]: it is so\n --> ␛[2J.md:1:1",
            id="a-files-name-cannot-steer-the-terminal",
        ),
        pytest.param(
            _finding(_span("odd.md", 1, 3, 3)),
            """\
            error[P204]: it is so
             --> odd.md:1:3
              |
            1 | a   b   c
              |     ^^^^^""",
            id="tabs-are-four-columns",
        ),
        pytest.param(
            _finding(_span("odd.md", 2, 5, 2), note="wide"),
            """\
            error[P204]: it is so
             --> odd.md:2:5
              |
            2 | 日本語 かな x
              |        ^^^^ wide""",
            id="wide-characters-take-two-columns",
        ),
        pytest.param(
            _finding(_span("odd.md", 3, 7, 1)),
            """\
            error[P204]: it is so
             --> odd.md:3:7
              |
            3 | e\u0301te\u0301 x
              |     ^""",
            id="combining-characters-take-none",
        ),
        pytest.param(
            _finding(_span("odd.md", 4, 1, 99)),
            """\
            error[P204]: it is so
             --> odd.md:4:1
              |
            4 | text
              | ^^^^""",
            id="marks-end-with-the-line",
        ),
        pytest.param(
            _finding(_span("odd.md", 5, 2, 8)),
            """\
            error[P204]: it is so
             --> odd.md:5:2
              |
            5 | x␛[31mred␇\ufffdy\ufffdz␍w
              |  ^^^^^^^^""",
            id="control-characters-are-shown-not-sent",
        ),
        pytest.param(
            _finding(_span("p.md", 7, 1, 0), note="empty"),
            """\
            error[P204]: it is so
             --> p.md:7:1
              |
            7 |
              | ^ empty""",
            id="an-empty-place-has-one-mark",
        ),
    ],
)
def test_a_finding_is_drawn_under_the_authors_words(finding: Finding, drawing: str) -> None:
    assert _drawn(finding) == dedent(drawing)


@pytest.mark.parametrize("severity", Severity)
def test_colour_only_decorates(severity: Severity) -> None:
    finding = _finding(_CLOSER, _MISSPELT, _PARENT, severity=severity, note="here", remedy="mend it")
    coloured = _drawn(finding, colour=True)
    assert coloured != _drawn(finding)
    assert re.sub(r"\x1b\[[0-9;]*m", "", coloured) == _drawn(finding)


def test_each_severity_has_its_own_colour() -> None:
    starts = {_drawn(_finding(None, severity=severity), colour=True).split(str(severity))[0] for severity in Severity}
    assert len(starts) == len(Severity)


def test_a_message_cannot_steer_the_terminal() -> None:
    finding = Finding(rule="P1", severity=Severity.ERROR, message="`\x1b[2J` is no alias", help="not \x9b2J")
    assert _drawn(finding) == "error[P1]: `␛[2J` is no alias\n   = help: not \ufffd2J"


def test_the_place_has_the_colour_of_errors_and_labels_have_another() -> None:
    drawn = _drawn(_finding(_OPENER, _MISSPELT, note="opened here"), colour=True)
    starts = [re.findall(r"(\x1b\[[0-9;]*m)" + mark, drawn) for mark in (r"\^+ opened", r"-+ did you")]
    assert starts == [["\x1b[1;31m"], ["\x1b[1;34m"]]
