"""Mending files: what the edits of findings change, and that nothing else changes."""

import os
import subprocess
from collections import Counter
from dataclasses import replace
from pathlib import Path
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.cases import texts_given

from dramaturg.errors import CallerError
from dramaturg.findings.model import Edit, Finding, Severity
from dramaturg.findings.source import Source
from dramaturg.persona.scan import scan
from dramaturg.run.mend import Mend, mends, write_mend

_TEXT = "one two three\nfour five\n"


def _finding(source: Source, *edits: tuple[int, int, str]) -> Finding:
    made = tuple(Edit(span=source.span(start, end), text=text) for start, end, text in edits)
    return Finding(rule="P106", severity=Severity.NOTE, message="m", edits=made)


def _mended(text: str, *findings: list[tuple[int, int, str]]) -> tuple[str, list[int]]:
    """Return the mended text and which findings were mended."""
    source = Source("a.md", text)
    made = [_finding(source, *edits) for edits in findings]
    found = mends(made, {"a.md": source})
    if not found:
        return text, []
    (mend,) = found
    assert (mend.path, mend.before) == ("a.md", text)
    return mend.after, [next(at for at, each in enumerate(made) if each is done) for done in mend.findings]


@pytest.mark.parametrize(
    ("findings", "after", "mended"),
    [
        pytest.param([[(4, 7, "2")]], "one 2 three\nfour five\n", [0], id="one"),
        pytest.param([[(4, 7, "2")], [(19, 23, "5")]], "one 2 three\nfour 5\n", [0, 1], id="two, first to last"),
        pytest.param([[(19, 23, "5")], [(4, 7, "2")]], "one 2 three\nfour 5\n", [0, 1], id="two, last to first"),
        pytest.param([[(4, 7, "2"), (19, 23, "5")]], "one 2 three\nfour 5\n", [0], id="one of two edits"),
        pytest.param([[(4, 7, "2")], [(6, 9, "x")]], "one 2 three\nfour five\n", [0], id="the second overlaps"),
        pytest.param([[(4, 7, "2")], [(5, 5, "x")]], "one 2 three\nfour five\n", [0], id="an insertion inside another"),
        pytest.param([[(4, 7, "2")], [(7, 7, "!")]], "one 2! three\nfour five\n", [0, 1], id="an insertion behind"),
        pytest.param([[(4, 7, "2")], [(4, 4, "!")]], "one !2 three\nfour five\n", [0, 1], id="an insertion before"),
        pytest.param(
            [[(23, 23, "</a>")], [(23, 23, "</b>")]], "one two three\nfour five</b></a>\n", [0, 1], id="nested"
        ),
        pytest.param([[(4, 7, "2")], [(6, 9, "x"), (19, 23, "5")]], "one 2 three\nfour five\n", [0], id="all or none"),
        pytest.param([[(4, 8, "")]], "one three\nfour five\n", [0], id="a removal"),
        pytest.param([[]], _TEXT, [], id="no edit"),
    ],
)
def test_edits_change_what_they_name_and_the_rest_stays(
    findings: list[list[tuple[int, int, str]]], after: str, mended: list[int]
) -> None:
    assert _mended(_TEXT, *findings) == (after, mended)


@given(st.lists(st.tuples(st.text("ab\r\né日", max_size=8), st.text("xy", max_size=3)), max_size=6), st.randoms())
def test_what_stands_between_edits_is_kept_in_any_order(pieces: list[tuple[str, str]], random: Random) -> None:
    """Each piece is text that stays and the text that replaces the mark `#` behind it."""
    text = "".join(f"{kept}#" for kept, _ in pieces)
    marks = [at for at, character in enumerate(text) if character == "#"]
    findings = [[(at, at + 1, new)] for at, (_, new) in zip(marks, pieces, strict=True)]
    random.shuffle(findings)
    assert _mended(text, *findings)[0] == "".join(f"{kept}{new}" for kept, new in pieces)


@pytest.mark.parametrize(
    ("text", "after"),
    [
        ("a\nb\n", "a\n---\nb\n"),
        ("a\r\nb\r\n", "a\r\n---\r\nb\r\n"),
    ],
)
def test_an_inserted_line_ends_as_the_files_lines_do(text: str, after: str) -> None:
    at = text.index("b")
    assert _mended(text, [(at, at, "---\n")])[0] == after


def test_only_files_that_may_be_changed_are() -> None:
    own, other = Source("own.md", _TEXT), Source("other.md", _TEXT)
    spread = Finding(
        rule="P306",
        severity=Severity.NOTE,
        message="m",
        edits=tuple(Edit(span=source.span(0, 3), text="1") for source in (own, other)),
    )
    assert mends([_finding(other, (0, 3, "1")), spread], {"own.md": own}) == []
    both = mends([spread], {"own.md": own, "other.md": other})
    assert [(mend.path, mend.after.split()[0], len(mend.findings)) for mend in both] == [
        ("own.md", "1", 1),
        ("other.md", "1", 0),
    ]


def _read(text: str) -> Counter[tuple[str, str]]:
    return Counter((finding.rule, finding.message) for finding in scan("a.md", text).findings)


def _mended_file(text: str) -> tuple[str, Counter[tuple[str, str]]]:
    """Return a file's text mended, and what was mended in it."""
    made = mends(scan("a.md", text).findings, {"a.md": Source("a.md", text)})
    after, done = (made[0].after, made[0].findings) if made else (text, ())
    return after, Counter((finding.rule, finding.message) for finding in done)


_TEXTS = texts_given("scan")


@pytest.mark.parametrize("text", _TEXTS.values(), ids=_TEXTS.keys())
def test_what_is_mended_is_not_found_again_and_nothing_new_is(text: str) -> None:
    after, mended = _mended_file(text)
    assert _read(after) == _read(text) - mended


@given(st.sampled_from([*_TEXTS.values()]), st.integers(0), st.integers(0, 30))
def test_whatever_is_missing_mending_mends_and_comes_to_an_end(text: str, start: int, length: int) -> None:
    start %= len(text) + 1
    text = text[:start] + text[start + length :]
    mended = Counter([("", "")])
    for _ in range(4):  # what is mended can bring to light what it had covered
        after, mended = _mended_file(text)
        assert all(_read(after)[fault] <= _read(text)[fault] - count for fault, count in mended.items())
        text = after
    assert not mended


def test_a_slip_of_a_key_is_mended_where_it_can_only_be_a_slip() -> None:
    text = "---\nalias: a-1\ntitle: A\ninherit_from: b-1\n{}team: platform\n---\n<philosophy>A.</philosophy>\n"
    alone = text.format("")
    assert _mended_file(alone)[0] == alone.replace("inherit_from", "inherits_from")
    beside = text.format("inherits_from: c-1\n")
    assert _mended_file(beside)[0] == beside


@pytest.mark.parametrize(
    ("keys", "after"),
    [
        pytest.param("Inherits_From: b-1\ninherit_from: c-1", "inherits_from: b-1\ninherit_from: c-1", id="capitals"),
        pytest.param("inherit_from: c-1\nInherits_From: b-1", "inherit_from: c-1\ninherits_from: b-1", id="behind it"),
        pytest.param("inherit_form: b-1\ninherit_from: c-1", "inherits_from: b-1\ninherit_from: c-1", id="two slips"),
    ],
)
def test_no_key_is_mended_to_one_that_is_given_already(keys: str, after: str) -> None:
    text = "---\nalias: a-1\ntitle: A\n{}\n---\n<philosophy>A.</philosophy>\n"
    mended, _ = _mended_file(text.format(keys))
    assert mended == text.format(after)
    assert [finding.rule for finding in scan("a.md", mended).findings] == ["P107"]


def test_a_key_that_is_a_list_keeps_no_slip_from_being_mended() -> None:
    text = "---\nalias: a-1\ntitle: A\ninherit_from: b-1\n[a]: b\n---\n<philosophy>A.</philosophy>\n"
    assert _mended_file(text)[0] == text.replace("inherit_from", "inherits_from")


def test_an_edit_that_would_not_mend_is_not_made() -> None:
    text = "---\nalias: x-1\nversion: 1.0\ntitle: X\n---\n<output_contract>\nLike this:\n```json\n{}"
    source = Source("a.md", text)
    version, unclosed = scan("a.md", text).findings
    in_the_fence = Edit(span=source.span(len(text), len(text)), text="</output_contract>")
    (mend,) = mends([version, replace(unclosed, edits=(in_the_fence,))], {"a.md": source})
    assert (mend.after, mend.findings) == (text.replace("1.0", '"1.0"'), (version,))


@pytest.mark.parametrize(
    "before",
    [
        pytest.param("\ufeffone\r\ntwo\r\n", id="byte order mark and CRLF"),
        pytest.param("one\ntwo", id="no final line end"),
        pytest.param("one\ntwo\x0bthree\u2028four\rfive\n", id="what other tools take for line ends"),
    ],
)
def test_a_diff_applies_to_the_very_file(before: str, tmp_path: Path) -> None:
    source = Source("sub/a.md", before)
    at = before.index("two")
    (mend,) = mends([_finding(source, (at, at + 3, "2"))], {"sub/a.md": source})
    path = tmp_path / "sub" / "a.md"
    path.parent.mkdir()
    path.write_bytes(before.encode())
    subprocess.run(["git", "apply", "-"], input=mend.diff.encode(), cwd=tmp_path, check=True)  # noqa: S607 - any git
    assert path.read_bytes() == before.replace("two", "2").encode() == mend.after.encode()


@pytest.fixture(name="mend")
def _mend(tmp_path: Path) -> Mend:
    path = tmp_path / "a.md"
    path.write_text(_TEXT, encoding="utf-8")
    return Mend(path=str(path), before=_TEXT, after="mended\n", findings=())


def test_a_file_is_replaced_with_its_mode(mend: Mend, tmp_path: Path) -> None:
    path = Path(mend.path)
    path.chmod(0o640)
    write_mend(mend)
    assert (path.read_text(encoding="utf-8"), path.stat().st_mode & 0o777) == ("mended\n", 0o640)
    assert [*tmp_path.iterdir()] == [path]


def test_a_link_keeps_pointing_at_the_mended_file(mend: Mend, tmp_path: Path) -> None:
    link = tmp_path / "link.md"
    link.symlink_to("a.md")
    write_mend(Mend(path=str(link), before=mend.before, after=mend.after, findings=()))
    assert link.is_symlink()
    assert Path(mend.path).read_text(encoding="utf-8") == "mended\n"


def test_a_read_only_file_is_refused_whoever_asks(mend: Mend) -> None:
    Path(mend.path).chmod(0o444)
    with pytest.raises(CallerError, match=r"a\.md` is read-only; make it writable, or see the change with `--diff`"):
        write_mend(mend)
    assert Path(mend.path).read_text(encoding="utf-8") == _TEXT


def test_a_file_that_has_changed_since_is_left_alone(mend: Mend) -> None:
    Path(mend.path).write_text("new\n", encoding="utf-8")
    with pytest.raises(CallerError, match="has changed since it was checked; check it again"):
        write_mend(mend)
    assert Path(mend.path).read_text(encoding="utf-8") == "new\n"


def test_a_disk_that_is_full_leaves_the_file_as_it_was(
    mend: Mend, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    there = sorted(tmp_path.iterdir())

    def full(descriptor: int) -> None:
        raise OSError(28, os.strerror(28), descriptor)

    monkeypatch.setattr("os.fsync", full)
    with pytest.raises(CallerError, match=r"a\.md` cannot be written: No space left on device"):
        write_mend(mend)
    assert sorted(tmp_path.iterdir()) == there
    assert Path(mend.path).read_text(encoding="utf-8") == _TEXT
