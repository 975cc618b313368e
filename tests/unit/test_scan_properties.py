"""Sound personas cut and joined: nothing is dropped in silence, one fault is told once, and what mends it mends it."""

import json
import os
import re
import subprocess
import sys
from collections import Counter

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from tests.cases import texts_given

from dramaturg.data import personas_root
from dramaturg.findings.model import Finding
from dramaturg.findings.source import Source
from dramaturg.persona.model import PersonaFile
from dramaturg.persona.scan import scan
from dramaturg.run.mend import mends

_VECTORS = texts_given("scan", "broken", "legal", "compile")
_SHIPPED = {path.name: path.read_text(encoding="utf-8") for path in sorted(personas_root().glob("*.md"))}
_TEXTS = _VECTORS | _SHIPPED
_SOUND = {name: text for name, text in _TEXTS.items() if not scan("x.md", text).findings}
_COMMENT = re.compile(r"<!--.*?-->", re.DOTALL)
_MARKUP = re.compile(
    r"\ufeff?(?:\s|</?[A-Za-z_](?:[^<>\"']|\"[^\"\n]*\"|'[^'\n]*')*>"
    r"|^[ \t]*(?:\d+[.)]|([-*_])(?:[ \t]*\1){2,}[ \t]*\r?$))*",
    re.MULTILINE,
)
_ONE_EACH = ("P104", "P206", "P210")  # a key, a piece or a number that is there twice is a fault of its own
_MOST = 10
_TELL = """
import json, sys
from dramaturg.persona.scan import scan
for text in json.load(sys.stdin):
    file = scan("x", text)
    print(file.frontmatter.values, {**file.frontmatter.spans}, file.slots, file.directives, file.steps, file.findings)
"""


def _lost(file: PersonaFile) -> list[str]:
    """Return what stands between the pieces of a file and is no tag, blank, comment, drawn line or number of a list."""
    between = (_COMMENT.sub("", piece.text) for piece in file.pieces if piece.kind == "markup")
    return [text for text in between if not _MARKUP.fullmatch(text)]


@pytest.mark.parametrize("text", _SOUND.values(), ids=_SOUND.keys())
def test_what_a_sound_file_says_is_in_its_pieces(text: str) -> None:
    assert _lost(scan("x.md", text)) == []


@settings(max_examples=300, deadline=None)
@given(st.sampled_from([*_SOUND.values()]), st.data())
def test_what_stands_between_the_pieces_is_markup_or_is_reported(text: str, data: st.DataObject) -> None:
    at = data.draw(st.integers(0, len(text)))
    word = data.draw(
        st.sampled_from(["lost", "<b>lost</b>", "`lost`", "\nlost\n", "<!-- found -->", "lost <!-- a -->"])
    )
    file = scan("x.md", text[:at] + word + text[at:])
    assert file.findings or not _lost(file)


@st.composite
def _spliced(draw: st.DrawFn) -> tuple[str, int]:
    """Give a head, perhaps a middle, and a tail of sound files as one text, and how often it was spliced."""
    sound = st.sampled_from([*_SOUND.values()])
    head, *middle, tail = draw(st.lists(sound, min_size=2, max_size=3))
    pieces = [head[: draw(st.integers(0, len(head)))]]
    for text in middle:
        start = draw(st.integers(0, len(text)))
        pieces.append(text[start : draw(st.integers(start, len(text)))])
    pieces.append(tail[draw(st.integers(0, len(tail))) :])
    return "".join(pieces), len(pieces) - 1


@settings(max_examples=400, deadline=None)
@given(_spliced())
def test_what_is_spliced_has_few_faults_and_each_in_its_bounds(spliced: tuple[str, int]) -> None:
    text, times = spliced
    file = scan("x.md", text)
    source = Source("x.md", text)
    told = [finding for finding in file.findings if finding.rule not in _ONE_EACH]
    assert len(told) <= _MOST * times, [finding.message for finding in told]
    for finding in file.findings:
        assert finding.span is not None
        for span in (finding.span, *(label.span for label in finding.labels), *(edit.span for edit in finding.edits)):
            start = source.offset(span)
            assert source.span(start, start + span.length) == span
            assert start + span.length <= len(text)


def _faults(text: str) -> Counter[tuple[str, str]]:
    return Counter((finding.rule, finding.message) for finding in scan("x.md", text).findings)


def _errors(text: str) -> Counter[str]:
    return Counter(finding.rule for finding in scan("x.md", text).findings if finding.is_error)


def _edited(text: str, finding: Finding) -> str:
    """Return a text with the edits of one finding made, the last first."""
    source = Source("x.md", text)
    edits = [(source.offset(edit.span), edit.span.length, edit.text) for edit in finding.edits]
    for start, length, new in sorted(edits, reverse=True):
        text = text[:start] + new + text[start + length :]
    return text


@pytest.mark.parametrize("text", _VECTORS.values(), ids=_VECTORS.keys())
def test_the_edits_of_each_finding_alone_mend_it_and_break_nothing(text: str) -> None:
    for finding in (each for each in scan("x.md", text).findings if each.edits):
        after = _edited(text, finding)
        fault = (finding.rule, finding.message)
        assert _faults(after)[fault] == _faults(text)[fault] - 1
        assert _errors(after) <= _errors(text)


@settings(max_examples=300, deadline=None)
@given(_spliced())
@example(("---\nalias: x-1\ntitle: X\nexpected_artalias: y\n---\n", 1))
@example(("---\nalias: x-1\ntitle: X\nstatuss: done\n---\n", 1))
@example(("---\nalias: x-1\ntitle: X\nallowed_tool: [{a: b}]\n---\n", 1))
@example(("<operational_protocol>a\n<operational_protocol>\n<Step>b</Step>\n</operational_protocol>\n", 1))
def test_what_is_mended_alone_in_a_spliced_file_is_mended_and_no_error_comes(spliced: tuple[str, int]) -> None:
    text, _ = spliced
    for finding in scan("x.md", text).findings:
        for mend in mends([finding], {"x.md": Source("x.md", text)}):
            fault = (finding.rule, finding.message)
            assert _faults(mend.after)[fault] < _faults(text)[fault]
            assert _errors(mend.after).total() <= _errors(text).total()


def test_what_a_file_is_read_as_does_not_depend_on_the_process() -> None:
    told = [
        subprocess.run(
            [sys.executable, "-c", _TELL],
            input=json.dumps([*_TEXTS.values()]).encode(),
            env=os.environ | {"PYTHONHASHSEED": seed},
            capture_output=True,
            check=True,
        ).stdout
        for seed in ("1", "2")
    ]
    assert len(told[0]) > sum(map(len, _SHIPPED.values()))
    assert told[0] == told[1]


@pytest.mark.timeout(30)  # to look for an attribute from each of its letters on takes longer
def test_a_tag_with_a_long_word_is_read_in_a_moment() -> None:
    (fault,) = (each for each in scan("x.md", f'<Step number="1" {"x" * 200_000}>').findings if each.rule == "P208")
    assert fault.span


@pytest.mark.timeout(30)  # to look at each block for each of them takes minutes
def test_many_closers_left_over_behind_many_blocks_are_reported_in_a_moment() -> None:
    blocks, closers = "<philosophy>a</philosophy>" * 20_000, "</persona>" * 40_000
    file = scan("x.md", f"---\nalias: x-1\ntitle: X\n---\n{blocks}{closers}")
    assert any(finding.rule == "P205" for finding in file.findings)
