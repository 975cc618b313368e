"""Journals that are damaged, of another kind, or out of reach: each is told for what it is, and hides no other."""

import json
import re
from pathlib import Path
from typing import Any

import pytest
from hypothesis import event, given, settings
from hypothesis import strategies as st
from tests.journals import SPECS, kept
from tests.odd import ODD, places, with_value
from tests.support import good_answer

from dramaturg.engine.brief import Brief
from dramaturg.engine.calls import Answer, ModelCall, ModelReply, Question
from dramaturg.errors import CallerError, DramaturgError, JournalMiss
from dramaturg.run.journal import adopt_journal, create_journal, open_journal
from dramaturg.run.journal_folder import all_journals
from dramaturg.run.locks import is_held
from dramaturg.run.page.page import page_of
from dramaturg.run.record import read_journal
from dramaturg.run.retell import retell
from dramaturg.run.runs import run_summaries


def test_a_torn_last_line_counts_for_nothing_wherever_it_is_torn(
    state: Path, brief: Brief, calls: list[ModelCall]
) -> None:
    path = kept(create_journal(state, brief, SPECS), calls[:3])
    whole = path.read_bytes()
    last = whole.rindex(b"\n", 0, -1) + 1
    for length in range(last, len(whole)):
        path.write_bytes(whole[:length])
        journal = open_journal(path)
        assert [*journal.record.replies] == [call.key for call in calls[:2]]
        kept(journal, calls[2:3])
        assert path.read_bytes() == whole


def test_what_follows_a_torn_line_is_not_mixed_with_it(state: Path, brief: Brief, calls: list[ModelCall]) -> None:
    path = kept(create_journal(state, brief, SPECS), calls[:2])
    path.write_bytes(path.read_bytes()[:-1])
    with open_journal(path) as journal:
        journal.end("done")
    record = read_journal(path)
    assert path.read_bytes().endswith(b"}\n")
    assert [*record.replies] == [calls[0].key]
    assert record.end is not None
    assert (record.end["status"], record.end["message"]) == ("done", "")


def test_a_damaged_line_in_the_middle_is_never_skipped(state: Path, brief: Brief, calls: list[ModelCall]) -> None:
    path = kept(create_journal(state, brief, SPECS), calls[:3])
    lines = path.read_bytes().split(b"\n")
    lines[2] = lines[2][:-9]
    path.write_bytes(b"\n".join(lines))
    with pytest.raises(JournalMiss, match=r"is damaged .*; remove it, or start a new run with `--fresh`"):
        read_journal(path)
    with pytest.raises(JournalMiss):
        open_journal(path)
    assert not is_held(path), "a journal that cannot be read must not stay locked"


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\n",
        b"no json\n",
        b"\xff\xfe\n",
        b"[]\n",
        b'"run"\n',
        b"{}\n",
    ],
)
def test_what_does_not_begin_like_a_journal_is_called_none(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "x.jsonl"
    path.write_bytes(content)
    with pytest.raises(JournalMiss, match=re.escape(f"`{path}` is no journal; `dramaturg runs` lists the runs")):
        read_journal(path)


@pytest.mark.parametrize("content", [b'{"type": "run", "format": 1}\n', b'{"type": "run", "format": 1'])
def test_a_journal_without_its_whole_header_is_called_damaged(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "x.jsonl"
    path.write_bytes(content)
    with pytest.raises(JournalMiss, match=re.escape(f"the journal `{path}` is damaged")):
        read_journal(path)


@pytest.mark.parametrize(
    "line",
    ["1", "{}", '{"type": "reply"}', '{"type": "reply", "key": "k", "reply": {}}', '{"type": "end"}', '"reply"', "[1"],
)
def test_a_line_that_is_no_record_is_damage_too(state: Path, brief: Brief, line: str) -> None:
    path = kept(create_journal(state, brief, SPECS), [])
    with path.open("a", encoding="utf-8") as file:
        file.write(line + "\n")
    with pytest.raises(JournalMiss, match="is damaged"):
        read_journal(path)


@pytest.fixture(scope="module", name="records")
def _records(brief: Brief, calls: list[ModelCall], tmp_path_factory: pytest.TempPathFactory) -> list[dict[str, Any]]:
    """Return the records of a whole journal."""
    with create_journal(tmp_path_factory.mktemp("state"), brief, SPECS) as journal:
        journal.keep(calls[0].key, calls[0], ModelReply(text=good_answer(calls[0])))
        journal.keep_answer(Question(id="3", step="3", kind="confirm", text="Go on?"), Answer(text="yes"))
        journal.pause([("3", "confirm", "Go on?")])
        journal.end("failed", "nobody was there")
    return [json.loads(line) for line in journal.record.path.read_bytes().splitlines()]


@settings(max_examples=60)
@given(data=st.data())
def test_a_value_of_another_kind_is_damage_or_means_nothing(
    records: list[dict[str, Any]], data: st.DataObject, tmp_path_factory: pytest.TempPathFactory
) -> None:
    at = data.draw(st.integers(0, len(records) - 1))
    place = data.draw(st.sampled_from([*places(records[at])]))
    changed = with_value(records[at], place, data.draw(st.sampled_from([*ODD, "\ud800", "9" * 5000, 10**30])))
    path = tmp_path_factory.getbasetemp() / "dpa-1-12345678-1.jsonl"
    path.write_text("".join(f"{json.dumps(each)}\n" for each in [*records[:at], changed, *records[at + 1 :]]))
    (row,) = run_summaries([path])
    try:
        assert page_of(read_journal(path))
    except DramaturgError as error:
        event(f"refused: {type(error).__name__}, listed as {row['status']}")


def test_a_damaged_value_is_told_by_its_place(records: list[dict[str, Any]], tmp_path: Path) -> None:
    path = tmp_path / "x.jsonl"
    for at, place, said in (
        (0, ("profile", "window"), "`profile.window` of a record `run`: Input should be a valid integer"),
        (0, ("chain",), "`chain` of a record `run`: Input should be a valid list"),
        (1, ("reply", "usage", "input"), "`reply.usage.input` of a record `reply`: Input should be a valid integer"),
        (-1, ("at",), "`at` of a record `end`: "),
    ):
        changed = [*records]
        changed[at] = with_value(records[at], place, "x")
        path.write_text("".join(f"{json.dumps(each)}\n" for each in changed))
        with pytest.raises(JournalMiss, match=re.escape(f"is damaged ({said}")):
            read_journal(path)


def test_a_kernel_that_is_no_template_is_of_another_version(records: list[dict[str, Any]], tmp_path: Path) -> None:
    path = tmp_path / "x.jsonl"
    sources = dict.fromkeys(records[0]["kernel"]["sources"], "{{")
    path.write_text(json.dumps(with_value(records[0], ("kernel", "sources"), sources)) + "\n")
    with pytest.raises(JournalMiss, match="was begun by another version"):
        retell(read_journal(path))


def test_a_journal_of_another_format_says_so(state: Path, brief: Brief) -> None:
    path = kept(create_journal(state, brief, SPECS), [])
    header = json.loads(path.read_text(encoding="utf-8"))
    path.write_text(json.dumps(header | {"format": 2}) + "\n", encoding="utf-8")
    with pytest.raises(JournalMiss, match="has the format 2, this version reads 1; perform it with the version that"):
        read_journal(path)


@pytest.mark.parametrize(
    "content", [b"no json\n", b'{"type": "run", "format": 2}\n', b'{"type": "run", "format": 1}\n']
)
def test_a_journal_that_cannot_be_read_keeps_no_run_from_its_own(state: Path, brief: Brief, content: bytes) -> None:
    mine = kept(create_journal(state, brief, SPECS), [])
    other = kept(create_journal(state, brief, SPECS), [])
    other.write_bytes(content)
    journal = adopt_journal(state, brief)
    assert journal is not None
    with journal:
        assert journal.record.path == mine
    assert other.read_bytes() == content
    assert not is_held(other), "a journal that is passed over must not stay locked"


def test_a_folder_called_like_a_journal_is_none(state: Path, brief: Brief) -> None:
    path = state / "runs" / f"dpa-1-{brief.plan.digest[:8]}-1.jsonl"
    path.mkdir(parents=True)
    assert all_journals(state) == []
    assert adopt_journal(state, brief) is None


def test_a_state_folder_that_cannot_be_made_is_named(tmp_path: Path, brief: Brief) -> None:
    (tmp_path / "file").write_text("not a folder", encoding="utf-8")
    state = tmp_path / "file" / "state"
    assert all_journals(state) == []
    assert adopt_journal(state, brief) is None
    with pytest.raises(CallerError, match=r"the state folder `.*/file/state/runs` cannot be written: Not a directory"):
        create_journal(state, brief, SPECS)


def test_a_journal_that_cannot_be_opened_is_named(state: Path, brief: Brief) -> None:
    path = state / "runs" / f"dpa-1-{brief.plan.digest[:8]}-1.jsonl"
    path.mkdir(parents=True)
    with pytest.raises(CallerError, match="cannot be written: Is a directory"):
        open_journal(path)
    with pytest.raises(CallerError, match="cannot be read: Is a directory"):
        read_journal(path)


def test_a_journal_that_is_removed_or_cannot_be_read_hides_no_other(state: Path, brief: Brief) -> None:
    mine, gone, folder = (kept(create_journal(state, brief, SPECS), []) for _ in range(3))
    listed = [gone, folder, mine]
    gone.unlink()
    folder.unlink()
    folder.mkdir()
    rows = run_summaries(listed)
    assert [(row["run"], row["status"]) for row in rows] == [(folder.stem, "unreadable"), (mine.stem, "unfinished")]
    assert rows[0]["message"] == f"`{folder}` cannot be read: Is a directory"
