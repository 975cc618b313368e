"""A run to a file on disk, answer by answer; its one rule: an answer that was paid for is never lost.

The file's first line, the header, holds everything the run is decided by, so that it goes on under the text it began
with whatever has changed since. The file is locked while the run is performed.
"""

import fcntl
import json
import os
import tempfile
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Self

from dramaturg.engine.brief import Brief
from dramaturg.engine.calls import Answer, ModelCall, ModelReply, Question
from dramaturg.errors import CallerError, JournalMiss
from dramaturg.models.prices import Price
from dramaturg.run.header import header_of, inputs_digest
from dramaturg.run.journal_folder import BEGUN, folder_of, numbers, stem_of
from dramaturg.run.locks import hold
from dramaturg.run.record import Record, is_plainly_over, read_journal


class Journal:
    """A journal held open, and locked, by the process that performs the run."""

    def __init__(self, record: Record, descriptor: int) -> None:
        self.record = record
        self._descriptor = descriptor
        self._replies = dict(record.replies)
        self._answers = dict(record.answers)

    @property
    def run(self) -> str:
        """The run's id."""
        return self.record.run

    def get(self, key: str) -> ModelReply | None:
        """Return the answer to a call that was made before."""
        return self._replies.get(key)

    def keep(self, key: str, call: ModelCall, reply: ModelReply, seconds: float = 0.0) -> None:
        """Write the answer to a call down under its key, and how long it took; when this returns, it survives."""
        whose = {"type": "reply", "key": key, "step": call.step, "attempt": call.attempt}
        self._write({**whose, "seconds": round(seconds, 3), "reply": asdict(reply)})
        self._replies[key] = reply

    def get_answer(self, key: str) -> Answer | None:
        """Return what a person answered before."""
        return self._answers.get(key)

    def keep_answer(self, question: Question, answer: Answer) -> None:
        """Write a person's answer down with its question; nobody is asked twice either."""
        key = question.key
        self._write({"type": "answer", "key": key, "question": asdict(question), "answer": asdict(answer)})
        self._answers[key] = answer

    def pause(self, questions: Sequence[tuple[str, str, str]]) -> None:
        """Write down what the run waits for: id, kind and text of each question."""
        asked = [{"id": name, "kind": kind, "text": text} for name, kind, text in questions]
        self._write({"type": "pause", "questions": asked})

    def end(self, status: str, message: str = "", *, delivered: bool = True) -> None:
        """Write down how the run ended: `done` or `failed`. A run without this record can be resumed.

        Args:
            status: How.
            message: Why it failed.
            delivered: Whether the caller has the result with that; else it has once `deliver` was called.
        """
        ended = {"type": "end", "status": status, "message": message, "at": _now()}
        self._write(ended if delivered else {**ended, "delivered": False})

    def deliver(self) -> None:
        """Write down that the result has reached its reader."""
        self._write({"type": "delivered", "at": _now()})

    def close(self) -> None:
        """Release the file and its lock."""
        os.close(self._descriptor)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _write(self, record: Mapping[str, Any]) -> None:
        try:
            _write_line(self._descriptor, record)
            os.fsync(self._descriptor)
        except OSError as error:
            raise CallerError(
                f"the journal `{self.record.path}` cannot be written: {error.strerror}; free some space and resume"
            ) from error


def create_journal(state: Path, brief: Brief, specs: Mapping[str, str], price: Price | None = None) -> Journal:
    """Begin a run: a new id, a header on disk, a lock. The header appears whole or not at all.

    Args:
        state: Folder of the journals.
        brief: What the run is decided by.
        specs: By the name of each model asked, the one by which it can be opened again.
        price: What tokens cost of models whose price is not known.
    """
    folder = folder_of(state)
    descriptor, temporary = _begun(folder)
    try:
        number = max(numbers(folder, stem := stem_of(brief.plan)), default=0) + 1
        while True:
            run = f"{stem}-{number}"
            header = header_of(run, brief, specs, _now(), price)
            os.lseek(descriptor, 0, os.SEEK_SET)
            _write_line(descriptor, header)
            os.fsync(descriptor)
            try:
                os.link(temporary, folder / f"{run}.jsonl")
                break
            except FileExistsError:  # another process took the number; the next header is at least as long
                number += 1
        _sync(folder)
    except OSError as error:
        os.close(descriptor)
        raise CallerError(
            f"the journal folder `{folder}` cannot be used: {error.strerror}; set `DRAMATURG_STATE` to another one"
        ) from error
    finally:
        Path(temporary).unlink(missing_ok=True)
    record = Record(path=folder / f"{run}.jsonl", header=header, replies={}, steps=(), answers={}, waits=(), end=None)
    return Journal(record, descriptor)


def _begun(folder: Path) -> tuple[int, str]:
    """Return a new file for a header, open and locked, and its path; CallerError if it cannot be written."""
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        while True:
            descriptor, temporary = tempfile.mkstemp(dir=folder, prefix=BEGUN)
            fcntl.flock(descriptor, fcntl.LOCK_EX)  # nobody else holds it for longer than a look
            if os.fstat(descriptor).st_nlink:
                return descriptor, temporary
            os.close(descriptor)  # it was removed as a leftover before it was locked
    except OSError as error:
        raise CallerError(
            f"the state folder `{folder}` cannot be written: {error.strerror}; set `DRAMATURG_STATE` to one that can"
        ) from error


def _sync(folder: Path) -> None:
    """Have the names in a folder survive the machine."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def open_journal(path: Path) -> Journal:
    """Take up a run; CallerError if its journal cannot be written, is gone, or another process performs it."""
    journal = _take_up(path)
    if journal is None:
        if not path.exists():
            raise CallerError(f"run `{path.stem}` was removed meanwhile; start a new one")
        remedy = "wait for it or start a new one with `--fresh`"
        raise CallerError(f"run `{path.stem}` is being performed by another process; {remedy}")
    return journal


def adopt_journal(state: Path, brief: Brief) -> Journal | None:
    """Take up the newest run of the same plan, inputs and model that is unfinished or undelivered.

    One that another process performs is left to it.
    """
    wanted = inputs_digest(brief)
    folder, stem = folder_of(state), stem_of(brief.plan)
    for number in sorted(numbers(folder, stem), reverse=True):
        path = folder / f"{stem}-{number}.jsonl"
        if is_plainly_over(path):
            continue
        try:
            journal = _take_up(path)
        except JournalMiss:  # damaged, or of another version: nothing to go on with, and no reason not to begin
            continue
        if journal and not journal.record.is_over and journal.record.header["inputs"] == wanted:
            return journal
        if journal:
            journal.close()
    return None


def mark_delivered(path: Path) -> None:
    """Write down that the result of a run has reached its reader, where that is not known yet."""
    record = read_journal(path)
    if record.end is None or record.is_over:
        return
    if journal := _take_up(path):  # else another process has taken it up, and delivers it too
        with journal:
            journal.deliver()


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")


def _take_up(path: Path) -> Journal | None:
    """Open and lock a journal, and cut off what was being written when its process died; None if it is held or gone."""
    try:
        descriptor = os.open(path, os.O_RDWR)
    except FileNotFoundError:
        return None
    except OSError as error:
        raise CallerError(
            f"the journal `{path}` cannot be written: {error.strerror}; change its permissions"
        ) from error
    with ExitStack() as undo:
        undo.callback(os.close, descriptor)
        if not hold(descriptor) or not os.fstat(descriptor).st_nlink:  # removed by whoever held it before
            return None
        record = read_journal(path)
        os.lseek(descriptor, _drop_torn_line(descriptor), os.SEEK_SET)
        undo.pop_all()
    return Journal(record, descriptor)


def _write_line(descriptor: int, record: Mapping[str, Any]) -> None:
    """Write a record whole: a full disk takes a part of it, and says so only when asked to take the rest."""
    line = (json.dumps(record, ensure_ascii=False) + "\n").encode("utf-8", "surrogatepass")
    while line:
        line = line[os.write(descriptor, line) :]


def _drop_torn_line(descriptor: int) -> int:
    """Cut off a last line that has no end, and return the file's length."""
    size = os.fstat(descriptor).st_size
    whole = os.pread(descriptor, size, 0)
    length = whole.rfind(b"\n") + 1
    if length != size:  # leave the time of last writing alone, `runs` sorts by it
        os.ftruncate(descriptor, length)
    return length
