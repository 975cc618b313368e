"""The journal: ids, locks, modes and times, and which run is taken up again."""

import fcntl
import os
import re
import stat
import threading
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from tests.journals import REPLY, SPECS, kept

from dramaturg.engine.brief import Brief
from dramaturg.engine.calls import ModelCall, ModelReply, Usage
from dramaturg.engine.prompts import Kernel
from dramaturg.errors import CallerError
from dramaturg.models.profiles import local
from dramaturg.run.journal import adopt_journal, create_journal, mark_delivered, open_journal
from dramaturg.run.journal_folder import all_journals, find_journal, leftovers, remove_leftover
from dramaturg.run.locks import is_held
from dramaturg.run.record import read_journal
from dramaturg.run.runs import run_summaries, run_summary


def test_an_answer_is_read_back_as_it_was_given(state: Path, brief: Brief, calls: list[ModelCall]) -> None:
    usage = Usage(input=5, cache_read=4, cache_write=3, output=2, reasoning=1)
    reply = ModelReply(
        text='“quoted”\n{"a": "\u2028"} \ud83d', stop="length", usage=usage, model="tiny-2", request_id="r1"
    )
    with create_journal(state, brief, SPECS) as journal:
        journal.keep(calls[0].key, calls[0], reply)
        assert journal.get(calls[0].key) == reply
        assert journal.get(calls[1].key) is None
    record = read_journal(journal.record.path)
    assert record.replies == {calls[0].key: reply}
    assert record.steps == (("1", 0),)
    assert record.end is None


def test_the_header_holds_everything_the_run_is_decided_by(state: Path, brief: Brief) -> None:
    with create_journal(state, brief, {"scripted": "openai:x@http://127.0.0.1:1/v1"}) as journal:
        header = read_journal(journal.record.path).header
    assert [file["path"] for file in header["chain"]] == [file.path for file in brief.plan.persona.chain]
    assert [file["text"] for file in header["chain"]] == [file.text for file in brief.plan.persona.chain]
    assert [artifact["text"] for artifact in header["artifacts"]] == [artifact.text for artifact in brief.artifacts]
    assert Kernel(header["kernel"]["version"], header["kernel"]["sources"]).digest == brief.kernel.digest
    assert (header["spec"], header["model"], header["reasks"]) == ("openai:x@http://127.0.0.1:1/v1", "scripted", 2)


def test_runs_of_one_plan_are_counted(state: Path, brief: Brief) -> None:
    runs = []
    for _ in range(11):
        with create_journal(state, brief, SPECS) as journal:
            runs.append(journal.run)
    stem = f"dpa-1-{brief.plan.digest[:8]}"
    assert runs == [f"{stem}-{number}" for number in range(1, 12)]


def test_the_run_written_last_is_listed_first(state: Path, brief: Brief) -> None:
    paths = [kept(create_journal(state, brief, SPECS), []) for _ in range(3)]
    for path, written in zip(paths, (20, 30, 10), strict=True):
        os.utime(path, (written, written))
    assert all_journals(state) == [paths[1], paths[0], paths[2]]


def test_who_names_no_run_is_asked_about_the_newest_that_begins_so_or_is_like_it(state: Path, brief: Brief) -> None:
    first, second = (kept(create_journal(state, brief, SPECS), []) for _ in range(2))
    os.utime(first, (10, 10))
    stem = first.stem.removesuffix("-1")
    for said in (stem, stem.rpartition("-")[0], brief.plan.persona.alias, f"{second.stem}x"):
        with pytest.raises(
            CallerError, match=f"no run or journal `{said}`; did you mean `{second.stem}`\\? `dramaturg"
        ):
            find_journal(state, said)
    for said in ("", "x", "saa-1-0a0a0a0a-1"):
        with pytest.raises(CallerError, match=f"there is no run or journal `{said}`; `dramaturg runs` lists the runs$"):
            find_journal(state, said)


def test_only_the_user_can_read_a_journal(state: Path, brief: Brief) -> None:
    with create_journal(state, brief, SPECS) as journal:
        path = journal.record.path
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    assert [file.name for file in path.parent.iterdir()] == [path.name]


@pytest.mark.parametrize("alias", ["../../etc/x", "/etc/x", "..", "ÄÖ", "x\ny", "a" * 300, "domains/programming/dpa-1"])
def test_an_alias_never_becomes_a_path(state: Path, brief: Brief, alias: str) -> None:
    named = replace(brief, plan=replace(brief.plan, persona=replace(brief.plan.persona, alias=alias)))
    with create_journal(state, named, SPECS) as journal:
        assert journal.record.path.parent == state / "runs"
        assert re.fullmatch(r"[a-z0-9-]{1,60}\.jsonl", journal.record.path.name)
    assert find_journal(state, journal.run) == journal.record.path


@pytest.mark.parametrize(
    "text", ["", ".", "..", "../runs", "DPA-1", "dpa-1-9e5c6c0f-1", "dpa-1-9e5c6c0f-1\n", "a/b", "x\0y", "a" * 5000]
)
def test_text_that_names_no_run_is_a_callers_error(state: Path, text: str) -> None:
    with pytest.raises(CallerError, match="there is no run or journal"):
        find_journal(state, text)


def test_a_run_is_found_by_id_and_by_path(state: Path, brief: Brief) -> None:
    with create_journal(state, brief, SPECS) as journal:
        path = journal.record.path
    assert find_journal(state, path.stem) == find_journal(state, str(path)) == path


def test_a_run_being_performed_is_locked_and_not_taken_up(state: Path, brief: Brief) -> None:
    with create_journal(state, brief, SPECS) as held:
        assert is_held(held.record.path)
        assert adopt_journal(state, brief) is None
        with pytest.raises(CallerError, match=f"run `{held.run}` is being performed by another process"):
            open_journal(held.record.path)
    assert not is_held(held.record.path)
    adopted = adopt_journal(state, brief)
    assert adopted is not None
    with adopted:
        assert adopted.run == held.run
        assert is_held(held.record.path)


def test_listing_runs_keeps_no_process_from_beginning_or_going_on_with_one(state: Path, brief: Brief) -> None:
    done = threading.Event()
    rows: list[str] = []

    def look() -> None:
        while not done.is_set():
            rows.extend(row["status"] for row in run_summaries(all_journals(state)))
            leftovers(state)

    lookers = [threading.Thread(target=look) for _ in range(2)]
    for looker in lookers:
        looker.start()
    try:
        for _ in range(100):
            with create_journal(state, brief, SPECS) as begun:
                path = begun.record.path
            adopted = adopt_journal(state, brief)
            assert adopted, "another run would be begun, and every answer paid for again"
            adopted.end("done", delivered=False)
            adopted.close()
            mark_delivered(path)
            assert read_journal(path).is_over, "the same command would deliver it once more"
            path.unlink()
    finally:
        done.set()
        for looker in lookers:
            looker.join()
    assert rows


def test_a_run_that_begins_while_leftovers_are_removed_begins_all_the_same(state: Path, brief: Brief) -> None:
    done, folder = threading.Event(), state / "runs"
    folder.mkdir(parents=True)

    def prune() -> None:
        while not done.is_set():
            for path in folder.iterdir():
                if path.name.startswith("."):
                    remove_leftover(path)

    pruner = threading.Thread(target=prune)
    pruner.start()
    try:
        for _ in range(500):
            with create_journal(state, brief, SPECS) as journal:
                assert is_held(journal.record.path)
                journal.record.path.unlink()
    finally:
        done.set()
        pruner.join()
    assert leftovers(state) == []


def test_a_run_that_ends_while_it_is_listed_is_not_called_unfinished(state: Path, brief: Brief) -> None:
    with create_journal(state, brief, SPECS) as journal:
        held = is_held(journal.record.path)
        record = read_journal(journal.record.path)
    assert run_summary(record, held=held)["status"] == "running"


def test_a_run_that_is_removed_while_somebody_waits_for_it_is_not_taken_up(state: Path, brief: Brief) -> None:
    with create_journal(state, brief, SPECS) as journal:
        path = journal.record.path
    with path.open("rb") as looked_at:
        fcntl.flock(looked_at, fcntl.LOCK_SH)
        taken: list[object] = []
        waiting = threading.Thread(target=lambda: taken.append(adopt_journal(state, brief)))
        waiting.start()
        waiting.join(0.05)
        path.unlink()
    waiting.join()
    assert taken == [None]
    with pytest.raises(CallerError, match=f"run `{path.stem}` was removed meanwhile; start a new one"):
        open_journal(path)


def test_the_times_that_a_run_and_its_answers_took_are_kept(state: Path, brief: Brief, calls: list[ModelCall]) -> None:
    with create_journal(state, brief, SPECS) as journal:
        journal.keep(calls[0].key, calls[0], REPLY, 1.23456)
        journal.end("done")
    record = read_journal(journal.record.path)
    assert record.seconds == {calls[0].key: 1.235}
    assert record.end is not None
    began, ended = (datetime.fromisoformat(text) for text in (record.header["began"], record.end["at"]))
    assert timedelta(0) <= ended - began < timedelta(minutes=1)
    assert began.tzinfo == UTC


def test_a_journal_without_times_is_read_all_the_same(state: Path, brief: Brief, calls: list[ModelCall]) -> None:
    path = kept(create_journal(state, brief, SPECS), calls[:1])
    with open_journal(path) as journal:
        journal.end("done")
    path.write_text(re.sub(r', "(seconds|at|began)": (0.0|"[^"]*")', "", path.read_text("utf-8")), encoding="utf-8")
    record = read_journal(path)
    assert [*record.replies] == [calls[0].key]
    assert record.seconds == {}
    assert record.end == {"status": "done", "message": "", "at": ""}


def test_a_finished_run_is_not_taken_up(state: Path, brief: Brief) -> None:
    with create_journal(state, brief, SPECS) as journal:
        journal.end("done")
    assert adopt_journal(state, brief) is None


def test_the_newest_unfinished_run_is_taken_up(state: Path, brief: Brief) -> None:
    paths = [kept(create_journal(state, brief, SPECS), []) for _ in range(12)]
    with open_journal(paths[11]) as journal:
        journal.end("failed", "because")
    adopted = adopt_journal(state, brief)
    assert adopted is not None
    with adopted:
        assert adopted.record.path == paths[10]


def _other_text(brief: Brief) -> Brief:
    first, *others = brief.artifacts
    return replace(brief, artifacts=(replace(first, text=first.text + "\nmore"), *others))


def _other_rank(brief: Brief) -> Brief:
    return replace(brief, artifacts=tuple(replace(artifact, primary=True) for artifact in brief.artifacts))


def _other_prompt(brief: Brief) -> Brief:
    sources = brief.kernel.sources | {"step.md.j2": brief.kernel.sources["step.md.j2"] + "\nBe brief."}
    return replace(brief, kernel=Kernel("v1", sources))


def _other_plan(brief: Brief) -> Brief:
    plan = replace(brief.plan)
    vars(plan)["digest"] = brief.plan.digest[:8] + "0" * 56  # as no edit does that could be found by searching
    return replace(brief, plan=plan)


@pytest.mark.parametrize(
    "change",
    [
        _other_text,
        _other_rank,
        _other_prompt,
        _other_plan,
        lambda brief: replace(brief, model="another"),
        lambda brief: replace(brief, profile=local(4096)),
        lambda brief: replace(brief, reasks=0),
        lambda brief: replace(brief, sample=1),
    ],
)
def test_a_run_that_would_ask_otherwise_is_not_taken_up(
    state: Path, brief: Brief, change: Callable[[Brief], Brief]
) -> None:
    kept(create_journal(state, brief, SPECS), [])
    assert adopt_journal(state, change(brief)) is None


def test_a_copy_of_a_journal_is_no_run_of_the_plan(state: Path, brief: Brief) -> None:
    path = kept(create_journal(state, brief, SPECS), [])
    copy = path.with_name(f"{path.stem}.copy.jsonl")
    copy.write_bytes(path.read_bytes())
    adopted = adopt_journal(state, brief)
    assert adopted is not None
    with adopted:
        assert adopted.record.path == path
    with create_journal(state, brief, SPECS) as journal:
        assert journal.run.endswith("-2")


def test_a_journal_that_is_only_looked_at_keeps_its_time(state: Path, brief: Brief, calls: list[ModelCall]) -> None:
    path = kept(create_journal(state, brief, SPECS), calls[:1])
    os.utime(path, (1_000_000, 1_000_000))
    adopted = adopt_journal(state, brief)
    assert adopted is not None
    adopted.close()
    open_journal(path).close()
    assert path.stat().st_mtime == 1_000_000
