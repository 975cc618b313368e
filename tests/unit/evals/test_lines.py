"""Files of JSON lines: what was written whole is there, what was not is cut off, one process writes at a time."""

import json
from pathlib import Path

import pytest

from dramaturg.errors import CallerError, JournalMiss
from dramaturg.evals.lines import begin_lines, last_line, read_lines, take_up_lines
from dramaturg.evals.runs import read_run


def _records(path: Path) -> list[object]:
    return [json.loads(line) for _, line in read_lines(path)]


def test_lines_are_read_as_they_were_written_at_their_offsets(tmp_path: Path) -> None:
    path = tmp_path / "a" / "lines.jsonl"
    lines = begin_lines(path)
    assert lines
    with lines:
        places = [lines.add({"n": number, "text": "é\n" * number}, safe=True) for number in range(3)]
    assert [at for at, _ in read_lines(path)] == [at for at, _ in places]
    assert _records(path) == [{"n": number, "text": "é\n" * number} for number in range(3)]


def test_a_file_is_begun_once(tmp_path: Path) -> None:
    first = begin_lines(tmp_path / "lines.jsonl")
    assert first
    with first:
        assert begin_lines(tmp_path / "lines.jsonl") is None
        assert take_up_lines(tmp_path / "lines.jsonl") is None  # it is held


@pytest.mark.parametrize("torn", [b'{"n": 1', b'{"n": 1}', b"x" * 3_000_000])
def test_a_torn_last_line_counts_for_nothing_and_is_cut_off(tmp_path: Path, torn: bytes) -> None:
    path = tmp_path / "lines.jsonl"
    path.write_bytes(b'{"n": 0}\n' + torn)
    assert _records(path) == [{"n": 0}]
    lines = take_up_lines(path)
    assert lines
    with lines:
        lines.add({"n": 2})
    assert path.read_bytes() == b'{"n": 0}\n{"n": 2}\n'
    assert last_line(path) == b'{"n": 2}'


def test_a_file_of_one_torn_line_is_empty(tmp_path: Path) -> None:
    path = tmp_path / "lines.jsonl"
    path.write_bytes(b'{"n": 0')
    lines = take_up_lines(path)
    assert lines
    with lines:
        assert path.read_bytes() == b""


def test_a_place_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("", encoding="utf-8")
    with pytest.raises(CallerError, match="set `DRAMATURG_STATE`"):
        begin_lines(tmp_path / "file" / "lines.jsonl")
    with pytest.raises(CallerError, match="cannot be written"):
        take_up_lines(tmp_path / "none.jsonl")
    with pytest.raises(CallerError, match="cannot be read"):
        [*read_lines(tmp_path / "none.jsonl")]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "is no recorded eval"),
        ('{"type": "run", "format": 1}\n', "is no recorded eval"),
        ('{"type": "eval", "format": 9}\n', "has the format 9, this version reads 1"),
        ('{"type": "eval", "format": 1}\n{"type": "cell"}\n', "is damaged"),
    ],
)
def test_a_file_that_is_no_eval_of_this_version_is_told(tmp_path: Path, text: str, said: str) -> None:
    path = tmp_path / "some.jsonl"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(JournalMiss, match=said):
        read_run(path)
