"""Files of JSON lines: what was written whole is there, what was not is cut off, one process writes at a time."""

import fcntl
import json
import threading
from pathlib import Path

import pytest

from dramaturg.errors import CallerError, JournalMiss
from dramaturg.evals.lines import begin_lines, last_line, read_lines, take_up_lines
from dramaturg.evals.runs import open_run, read_run
from dramaturg.run.locks import is_held, there


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


def test_whoever_looks_whether_a_file_is_held_keeps_nobody_from_it(tmp_path: Path) -> None:
    path, done = tmp_path / "lines.jsonl", threading.Event()

    def look() -> None:
        while not done.is_set():
            is_held(path)

    lookers = [threading.Thread(target=look) for _ in range(2)]
    for looker in lookers:
        looker.start()
    try:
        for _ in range(200):
            lines = begin_lines(path)
            assert lines
            lines.close()
            lines = take_up_lines(path)
            assert lines
            with lines:
                path.unlink()
    finally:
        done.set()
        for looker in lookers:
            looker.join()


def test_a_file_that_is_begun_is_not_removed_under_its_writer(tmp_path: Path) -> None:
    path, done = tmp_path / "lines.jsonl", threading.Event()

    def prune() -> None:
        while not done.is_set():
            lines = take_up_lines(path)
            if lines:
                with lines:
                    path.unlink()

    pruner = threading.Thread(target=prune)
    pruner.start()
    try:
        for _ in range(1_000):
            lines = begin_lines(path)
            if lines:  # else the one before is still there
                with lines:
                    assert path.exists()
    finally:
        done.set()
        pruner.join()


def test_who_waits_for_a_file_that_is_removed_meanwhile_has_none(tmp_path: Path) -> None:
    path = tmp_path / "lines.jsonl"
    path.write_bytes(b"")
    with path.open("rb") as looked_at:
        fcntl.flock(looked_at, fcntl.LOCK_SH)
        taken: list[object] = []
        waiting = threading.Thread(target=lambda: taken.append(take_up_lines(path)))
        waiting.start()
        waiting.join(0.05)
        path.unlink()
    waiting.join()
    assert taken == [None]


def test_a_file_that_is_gone_says_nothing(tmp_path: Path) -> None:
    gone = tmp_path / "gone.jsonl"
    assert [*read_lines(gone)] == []
    assert (last_line(gone), is_held(gone), take_up_lines(gone)) == (b"", False, None)
    assert [*there([gone])] == []


def test_an_eval_whose_first_line_is_not_written_yet_is_somebody_elses(tmp_path: Path) -> None:
    run = open_run(tmp_path, "s", Path("s.yaml"), {"suite": {"path": "s.yaml"}})
    run.close()
    run.path.write_bytes(b'{"type": "ev')
    other = open_run(tmp_path, "s", Path("s.yaml"), {"suite": {"path": "s.yaml"}})
    other.close()
    assert other.path != run.path
    assert run.path.read_bytes() == b'{"type": "ev'


def test_a_place_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("", encoding="utf-8")
    with pytest.raises(CallerError, match="set `DRAMATURG_STATE`"):
        begin_lines(tmp_path / "file" / "lines.jsonl")
    with pytest.raises(CallerError, match="cannot be written"):
        take_up_lines(tmp_path)
    with pytest.raises(CallerError, match="cannot be read"):
        [*read_lines(tmp_path)]


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
