"""A suite to the file of answers that goes with it; its one rule: all that it asks today, and no more.

An answer that is in the file stays as it stands there; only what was never answered is asked, unless everything is to
be. Answers of models that the suite is not performed with now stay too.
"""

import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from dramaturg.errors import CallerError
from dramaturg.evals.answers import Answers, answers_text, read_answers
from dramaturg.evals.carrying import OnBatch
from dramaturg.evals.evaluate import library_here, run_suite, state_here
from dramaturg.evals.evaluated import Evaluated
from dramaturg.evals.replies import Replies
from dramaturg.evals.report.figures import counted
from dramaturg.evals.runs import replies_folder
from dramaturg.evals.terms import Terms
from dramaturg.evals.told import OnOpen, OnStep, ignore
from dramaturg.evals.usable import read_usable


@dataclass(frozen=True, slots=True, kw_only=True)
class Recording:
    """What was recorded.

    Attributes:
        path: The file.
        questions: How many questions it answers.
        different: How many different answers it holds.
        new: Questions that it did not answer before, or otherwise.
        gone: Questions that it answers no longer, because nobody asks them.
        asked: Questions that were asked for it.
        size: Its bytes.
        result: What the suite amounts to.
    """

    path: Path
    questions: int
    different: int
    new: int
    gone: int
    asked: int
    size: int
    result: Evaluated

    @property
    def performances(self) -> int:
        """How many performances the answers are of."""
        return len(self.result.records)

    @property
    def passed(self) -> int:
        """How many of them passed."""
        return sum(record.outcome == "pass" for record in self.result.records)

    def to_json(self) -> dict[str, Any]:
        """Return it as plain JSON data."""
        names = ("questions", "different", "new", "gone", "asked", "size", "performances", "passed")
        return {"path": str(self.path), **{name: getattr(self, name) for name in names}}


def record_suite(
    suite: Path,
    terms: Terms | None = None,
    *,
    on_open: OnOpen = ignore,
    on_step: OnStep = ignore,
    on_batch: OnBatch = ignore,
) -> Recording:
    """Perform a suite as it is, and write every answer into the file that it names as `recorded`.

    Args:
        suite: The suite file.
        terms: How it is performed; without a baseline, whatever they say, and to the end.
        on_open: Told before anything is asked.
        on_step: Told of each performance.
        on_batch: Told how far each batch is, where questions go out in batches.

    Raises:
        CallerError: The suite names no file, or it cannot be written, or a performance failed for technical reasons;
            and as `arun_suite`.
        AuthorError, BudgetSpent, JournalMiss: As `arun_suite`.
    """
    terms = replace(terms or Terms(), baseline=None, sequential=False)
    file, _ = read_usable(suite, library_here(), terms)
    path = file.answers
    if path is None:
        remedy = f"add `recorded: answers/{file.suite.name}.jsonl`"
        raise CallerError(f"`{suite}` does not say where its answers are to be recorded; {remedy}")
    result = run_suite(suite, terms, on_open=on_open, on_step=on_step, on_batch=on_batch)
    if result.errors:
        failed = counted(result.errors, "performance")
        raise CallerError(f"{failed} failed for technical reasons; give the same command again")
    old, anew = read_answers(path), terms.replay == "off"
    folder = replies_folder(state_here(terms), file.suite.name)
    replies = Replies(folder, result.run, *(() if anew else (old,)), own=anew)
    try:
        text = answers_text(_records(result, old, replies))
    finally:
        replies.close()
    _write(path, text)
    return _told(path, text, old, result)


def _records(result: Evaluated, old: Answers, replies: Replies) -> Iterator[Mapping[str, Any]]:
    """Yield the record of each question that was asked, then those of models that were not."""
    models: set[str] = set()
    steps = (step for record in result.records for step in record.asked)
    for key in dict.fromkeys(key for step in steps for key in step.keys):
        now, before = replies.record(key), old.get(key)
        if now is not None:
            models.add(now["model"])
            yield now if before is None or before["reply"] != now["reply"] else before
    yield from (record for record in old if record["model"] not in models)


def _told(path: Path, text: bytes, old: Answers, result: Evaluated) -> Recording:
    now = Answers(text, str(path))
    before = {record["key"]: record["reply"] for record in old}
    after = {record["key"]: record["reply"] for record in now}
    return Recording(
        path=path,
        questions=len(now),
        different=sum(1 for _ in now.different),
        new=sum(before.get(key) != reply for key, reply in after.items()),
        gone=len(before.keys() - after.keys()),
        asked=result.asked,
        size=len(text),
        result=result,
    )


def _write(path: Path, text: bytes) -> None:
    """Write a file whole, or leave it as it was."""
    beside = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        beside.write_bytes(text)
        beside.replace(path)
    except OSError as error:
        raise CallerError(f"`{path}` cannot be written: {error.strerror}; change its permissions") from error
    finally:
        beside.unlink(missing_ok=True)
