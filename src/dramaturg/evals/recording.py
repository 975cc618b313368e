"""A suite to the file of answers that goes with it; its one rule: all that it asks today, and no more.

An answer that is in the file stays as it stands there; only what was never answered is asked, unless everything is to
be. Answers of models that the suite is not performed with now stay too, and without a baseline what judges said of
pairs, while the suite compares any: that is asked only of two arms.
"""

import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from dramaturg.errors import CallerError
from dramaturg.evals.answers import Answers, answers_text, read_answers
from dramaturg.evals.carrying import OnBatch
from dramaturg.evals.evaluate import library_here, run_suite, state_here
from dramaturg.evals.evaluated import Evaluated
from dramaturg.evals.opening import earlier_answers, other_plans
from dramaturg.evals.replies import Replies
from dramaturg.evals.report.figures import counted
from dramaturg.evals.scorers.judged import PAIRWISE
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
        unseen: Questions about pairs that it still answers, though without a baseline nobody knows whether they are
            asked.
        asked: Questions that were asked for it.
        size: Its bytes.
        result: What the suite amounts to.
    """

    path: Path
    questions: int
    different: int
    new: int
    gone: int
    unseen: int
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
        names = ("questions", "different", "new", "gone", "unseen", "asked", "size", "performances", "passed")
        return {"path": str(self.path), **{name: getattr(self, name) for name in names}}


def record_suite(
    suite: Path,
    terms: Terms | None = None,
    *,
    on_open: OnOpen = ignore,
    on_step: OnStep = ignore,
    on_batch: OnBatch = ignore,
) -> Recording:
    """Perform a suite, and write every answer into the file that it names as `recorded`.

    With a baseline that is also what judges say of the documents of both arms, and what only the baseline asks, as far
    as its revision has not recorded it.

    Args:
        suite: The suite file.
        terms: How it is performed; to the end, whatever they say.
        on_open: Told before anything is asked.
        on_step: Told of each performance.
        on_batch: Told how far each batch is, where questions go out in batches.

    Raises:
        CallerError: The suite names no file, or it cannot be written, or a performance failed for technical reasons;
            and as `arun_suite`.
        AuthorError, BudgetSpent, JournalMiss: As `arun_suite`.
    """
    terms = replace(terms or Terms(), sequential=False)
    library, state = library_here(), state_here(terms)
    file, _ = read_usable(suite, library, terms, other_plans(terms, library, state))
    path = file.answers
    if path is None:
        remedy = f"add `recorded: answers/{file.suite.name}.jsonl`"
        raise CallerError(f"`{suite}` does not say where its answers are to be recorded; {remedy}")
    result = run_suite(suite, terms, on_open=on_open, on_step=on_step, on_batch=on_batch)
    if result.errors:
        failed = counted(result.errors, "performance")
        raise CallerError(f"{failed} failed for technical reasons; give the same command again")
    old, earlier = read_answers(path), earlier_answers(file, terms, state)
    with closing(Replies(earlier.folder, result.run, *earlier.answers, own=terms.replay == "off")) as replies:
        text = answers_text(_records(result, old, earlier.answers[1:], replies))
    _write(path, text)
    return _told(path, text, old, result)


def _records(result: Evaluated, old: Answers, past: Sequence[Answers], replies: Replies) -> Iterator[Mapping[str, Any]]:
    """Yield the record of each question that was asked and is not in the past, pairs last, then those that stay.

    Args:
        result: What was asked.
        old: What is recorded with the suite now.
        past: What was at the revision of the baseline.
        replies: Every answer.
    """
    asked: list[Mapping[str, Any]] = []
    for key in _asked(result, past):
        now, before = replies.record(key), old.get(key)
        if now is not None:
            asked.append(now if before is None or before["reply"] != now["reply"] else before)
    yield from sorted(asked, key=_is_of_a_pair)
    models = {record["model"] for record in asked}
    compared = "baseline" in result.arms
    judges = models | {standing.model for standing in result.judges.values()}
    for record in old:
        stays = record["model"] not in models
        if _is_of_a_pair(record):
            stays = bool(result.suite.suite.pairwise) and (not compared or record["model"] not in judges)
        if stays:
            yield record


def _is_of_a_pair(record: Mapping[str, Any]) -> bool:
    return bool(record["step"] == PAIRWISE)


def _asked(result: Evaluated, past: Sequence[Answers]) -> Iterable[str]:
    """Return the keys of what the candidate asked, then of what only the baseline did, unless it is in the past."""
    keys = {
        arm: [key for each in result.records if each.arm == arm for step in each.asked for key in step.keys]
        for arm in ("candidate", "baseline")
    }
    alone = (key for key in keys["baseline"] if all(answers.get(key) is None for answers in past))
    return dict.fromkeys((*keys["candidate"], *alone))


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
        unseen=0 if "baseline" in result.arms else sum(map(_is_of_a_pair, now)),
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
