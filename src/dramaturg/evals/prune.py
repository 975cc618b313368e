"""Old evals to free space; its one rule: nothing goes that an eval which stays refers to.

An eval is a file of records, and its answers lie in files of those who asked first. So evals go by age and number, and
a file of answers only where no eval that stays needs one of them to be compared, or to go on.
"""

import os
import time
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from dramaturg.errors import CallerError, JournalMiss
from dramaturg.evals.lines import take_up_lines
from dramaturg.evals.replies import batches_out, keys_in
from dramaturg.evals.runs import FOLDER, MUTANTS, REPLIES, RUNNING, RUNS, place_of, read_header, read_run, standing
from dramaturg.run.locks import is_held, there

STATUSES = ("ended", "unfinished", "unreadable")
_MONTH = 30 * 86400.0
Kind = Literal["eval", "mutant", "answers"]
_KINDS: Mapping[Kind, str] = {"eval": RUNS, "mutant": MUTANTS, "answers": REPLIES}
_OF_RECORDS: Sequence[Kind] = ("eval", "mutant")


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """Which evals are to go.

    Attributes:
        older_than: Seconds since they were last written; None for any age where `keep` is given, else for 30 days.
        keep: How many of each suite stay in any case, the last written ones; and of its mutants as many.
        statuses: Which, by how they stand; those that are being performed never are.
    """

    older_than: float | None = None
    keep: int = 0
    statuses: Sequence[str] = ("ended",)

    @property
    def age(self) -> float:
        """Seconds since what goes was last written."""
        return 0.0 if self.older_than is None and self.keep else self.age_alone

    @property
    def age_alone(self) -> float:
        """The same for answers that no eval has asked for, of which there is no newest."""
        return _MONTH if self.older_than is None else self.older_than


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """A file of the user's state.

    Attributes:
        path: The file.
        suite: The folder of its suite.
        place: The suite's file, from the root on; empty where it is not known, as of answers.
        kind: An eval, that of a mutant, or answers.
        status: `ended`, `unfinished`, `running`, `batch out` (its answers can still be fetched), `unreadable`; of
            answers whether an eval that stays needs them.
        size: Bytes.
        age: Seconds since it was last written.
        goes: Whether it is to go.
    """

    path: Path
    suite: str
    place: str
    kind: Kind
    status: str
    size: int
    age: float
    goes: bool


def prunable(state: Path, wish: Wish) -> Iterator[Kept]:
    """Yield every file that evals have left in the user's state, suite by suite, with whether it is to go.

    Raises:
        CallerError: A status means nothing, or a file cannot be read.
    """
    for status in wish.statuses:
        if status not in STATUSES:
            raise CallerError(f"no eval that can be removed stands at `{status}`; use {', '.join(STATUSES)}")
    for folder in sorted((state / FOLDER).glob("*/")):
        evals = [found for kind in _OF_RECORDS for found in _evals(folder, kind, wish)]
        yield from (kept for kept, _ in evals)
        yield from _answers(folder, evals, wish)


def remove(kept: Kept) -> bool:
    """Remove a file; tell whether it was still there, and not taken up by another process meanwhile.

    Raises:
        CallerError: Its folder does not let go of it.
    """
    try:
        lines = take_up_lines(kept.path)
        if lines is None:
            return False
        with lines:
            kept.path.unlink()
    except OSError as error:
        remedy = "change the permissions of its folder"
        raise CallerError(f"`{kept.path}` cannot be removed: {error.strerror}; {remedy}") from error
    return True


def _evals(folder: Path, kind: Kind, wish: Wish) -> Iterator[tuple[Kept, frozenset[bytes]]]:
    """Yield the evals of a suite, the last written first, each with the keys of the answers it refers to."""
    newest = sorted(_files(folder, kind), key=lambda each: (each[1].st_mtime, each[0].name), reverse=True)
    newer = Counter[str]()  # by the suite's file: suites of two projects may have one name, and so one folder
    for path, facts in newest:
        status, place, keys = _looked_at(path)
        goes = newer[place] >= wish.keep and status in wish.statuses
        newer[place] += 1
        yield _kept(path, facts, kind, status, wish.age, goes=goes, place=place), keys


def _answers(folder: Path, evals: Sequence[tuple[Kept, frozenset[bytes]]], wish: Wish) -> Iterator[Kept]:
    """Yield the answers of a suite; those of one that is being performed are all needed."""
    running = any(kept.status == RUNNING for kept, _ in evals)
    staying = {kept.path.stem for kept, _ in evals if not kept.goes}
    needed = frozenset[bytes]().union(*(keys for kept, keys in evals if not kept.goes))
    known = {kept.path.stem for kept, _ in evals}
    for path, facts in sorted(_files(folder, "answers"), key=lambda each: each[0]):
        used = running or path.stem in staying or not needed.isdisjoint(keys_in(path)) or batches_out(path)
        status = "needed" if used else "not needed"
        least = wish.age if path.stem in known else wish.age_alone  # a calibration's answers are those of no eval
        yield _kept(path, facts, "answers", status, least, goes=not used)


def _files(folder: Path, kind: Kind) -> Iterator[tuple[Path, os.stat_result]]:
    return there((folder / _KINDS[kind]).glob("*.jsonl"))


def _kept(
    path: Path, facts: os.stat_result, kind: Kind, status: str, least: float, *, goes: bool, place: str = ""
) -> Kept:
    age = max(0.0, time.time() - facts.st_mtime)
    goes = goes and age >= least
    suite = path.parent.parent.name
    return Kept(path=path, suite=suite, place=place, kind=kind, status=status, size=facts.st_size, age=age, goes=goes)


def _looked_at(path: Path) -> tuple[str, str, frozenset[bytes]]:
    """Return how an eval stands, its suite's file, and the keys of the answers it refers to."""
    if is_held(path):
        return RUNNING, _place_begun(path), frozenset()
    try:
        recorded = read_run(path)
    except JournalMiss:
        return "unreadable", "", frozenset()
    keys = frozenset(bytes.fromhex(key) for record in recorded.records for key in record.keys)
    return standing(path, ended=recorded.end is not None, held=False), place_of(recorded.header), keys


def _place_begun(path: Path) -> str:
    """Return the suite's file of an eval that is being performed; empty where it is not known yet, or any more."""
    try:
        return place_of(read_header(path))
    except (ValueError, FileNotFoundError):  # whoever held it has not written its first line yet, or has removed it
        return ""
