"""Recorded answers of models by the question's key; its one rule: a question that was answered is not asked again.

A folder holds one file for each run that asked anything, so that two runs, or two branches of a repository, never write
to one file. The key is the question's content and its sample number (`ModelCall.key`): an edited prompt is another
question, and a repeat is one as well.
"""

import hashlib
import json
import os
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from dramaturg.engine.calls import ModelCall, ModelReply, Usage
from dramaturg.errors import CallerError, JournalMiss
from dramaturg.evals.answers import UNREADABLE, Answers, damaged_line, reply_of, whole_record
from dramaturg.evals.lines import Lines, begin_lines, read_lines, take_up_lines
from dramaturg.evals.outbox import NOTE, Sent, sent_in, still_out

_LINE = re.compile(rb'\{"key": "(?P<key>[0-9a-f]{64})"')
_SHOWN = 12
_OF = ("case", "step", "model")  # what two questions have in common that can be alike


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """A recorded answer, the seconds it took, and whether a batch brought it, which takes no time of its own."""

    reply: ModelReply
    seconds: float
    batch: bool = False


class Replies:
    """The recorded answers of a folder; new ones go to the file of a run.

    Args:
        folder: Where the answers are.
        run: The id of the run that adds to them.
        answers: Those that go with the suite; they count before those in the folder, so that all who have them agree.
        own: Use only what this run has asked.
    """

    def __init__(self, folder: Path, run: str, *answers: Answers, own: bool = False) -> None:
        self.folder = folder
        self._answers = answers
        self.run = run
        self._places: dict[bytes, tuple[int, int, int]] = {}
        self._files: list[Path] = []
        self._opened: dict[int, int] = {}  # those that an answer was read from, by their number
        self._lines: Lines | None = None
        self._notes: list[bytes] = []
        mine = self._path
        for path in [mine] if own else sorted({*folder.glob("*.jsonl"), mine}):
            if path.is_file():
                self._index(path)

    @property
    def _path(self) -> Path:
        return self.folder / f"{self.run}.jsonl"

    def _index(self, path: Path) -> None:
        number = len(self._files)
        self._files.append(path)
        for at, line in read_lines(path):
            found = _LINE.match(line)
            if found:
                self._places[bytes.fromhex(found["key"].decode())] = (number, at, len(line))
            elif line.startswith(NOTE):
                self._notes.append(line)

    def get(self, key: str) -> Kept | None:
        """Return the answer to a question; None if it was never asked, or all that says so is gone.

        Raises:
            JournalMiss: What is recorded of it is damaged.
        """
        record = self.record(key)
        return None if record is None else _kept(record)

    def record(self, key: str) -> Mapping[str, Any] | None:
        """Return all that is recorded of a question and its answer; see `get`."""
        sources = (*(answers.get for answers in self._answers), self._in_folder)
        return next(filter(None, (read(key) for read in sources)), None)

    def _in_folder(self, key: str) -> Mapping[str, Any] | None:
        """Return what is recorded of a question in the folder; JournalMiss if it is damaged."""
        place = self._places.get(bytes.fromhex(key))
        if place is None:
            return None
        number, at, length = place
        path = self._files[number]
        try:
            if number not in self._opened:
                self._opened[number] = os.open(path, os.O_RDONLY)
            return whole_record(json.loads(os.pread(self._opened[number], length, at)))
        except FileNotFoundError:
            return None
        except OSError as error:
            raise CallerError(f"`{path}` cannot be read: {error.strerror or error}") from error
        except UNREADABLE as error:
            number = sum(start <= at for start, _ in read_lines(path))
            raise damaged_line(f"{path}:{number}", error, "the same command asks for it anew") from error

    def _damaged(self, error: Exception) -> JournalMiss:
        return JournalMiss("", f"the recorded answers in `{self.folder}` are damaged ({error})")

    def keep(self, key: str, call: ModelCall, kept: Kept, case: str, *, window: int | None = None, safe: bool) -> None:
        """Write an answer down, and the window of a model that not every server gives the same.

        When this returns it survives the process, and with `safe` the machine.
        """
        record = {
            "key": key,
            "case": case,
            "step": call.step,
            "attempt": call.attempt,
            "sample": call.sample,
            "model": call.model,
            "parts": parts_of(call),
            **({"window": window} if window else {}),
            "seconds": round(kept.seconds, 6),
            **({"batch": True} if kept.batch else {}),
            "reply": asdict(kept.reply),
        }
        at, length = self._taken_up().add(record, safe=safe)
        self._places[bytes.fromhex(key)] = (len(self._files) - 1, at, length)

    def note(self, said: Mapping[str, Any]) -> None:
        """Write down what became of a batch; when this returns it survives the machine."""
        self._taken_up().add(said, safe=True)
        self._notes.append(json.dumps(said).encode())

    def out(self) -> Iterator[Sent]:
        """Yield the batches of which an answer may still come; JournalMiss if what is recorded of them is damaged."""
        for sent in self._sent():
            yield from still_out((sent,), {key for key in sent.keys if self.record(key) is not None})

    @property
    def batches(self) -> frozenset[str]:
        """The vendors' ids of all batches that were ever sent."""
        return frozenset(sent.batch for sent in self._sent() if sent.batch)

    def _sent(self) -> Sequence[Sent]:
        try:
            return [*sent_in(self._notes)]
        except (ValueError, LookupError, TypeError) as error:
            raise self._damaged(error) from error

    @property
    def asked(self) -> Iterator[str]:
        """The keys of the questions that this run has asked so far."""
        yield from (key.hex() for key in keys_in(self._path)) if self._path.is_file() else ()

    def spent(self) -> list[tuple[str, Usage, bool]]:
        """Return model and usage of each answer that this run has asked for so far, and whether a batch brought it.

        Raises:
            JournalMiss: What was spent is not known, as one of them is damaged.
        """
        if not self._path.is_file():
            return []
        try:
            return [
                (each["model"], Usage(**each["reply"]["usage"]), each.get("batch", False))
                for each in map(json.loads, _answers_in(self._path))
            ]
        except (ValueError, LookupError, TypeError) as error:
            raise self._damaged(error) from error

    def alike(self, call: ModelCall, case: str) -> Mapping[str, str] | None:
        """Return the parts of the recorded question that is most like one which has no answer; None if none is."""
        wanted, own = (case, call.step, call.model), parts_of(call)
        found: Iterator[Mapping[str, str]] = (
            record["parts"] for record in self._all() if tuple(map(record.get, _OF)) == wanted
        )
        return max(found, key=lambda parts: sum(parts[name] == own[name] for name in own), default=None)

    def _all(self) -> Iterator[Mapping[str, Any]]:
        """Yield every record that can be read; those that say the same as another are told once."""
        for answers in self._answers:
            yield from answers.different
        for path in sorted(self.folder.glob("*.jsonl")):
            yield from readable_in(path)

    def _taken_up(self) -> Lines:
        """Return the file that new answers go to."""
        if self._lines is None:
            self._lines = _opened(self._path)
            self._files.append(self._path)
        return self._lines

    def close(self) -> None:
        """Release the files."""
        for descriptor in self._opened.values():
            os.close(descriptor)
        self._opened = {}
        if self._lines:
            self._lines.close()


def batches_out(path: Path) -> bool:
    """Tell whether an answer may still come of a batch that a file of answers tells of; of a damaged one none can."""
    notes = (line for _, line in read_lines(path) if line.startswith(NOTE))
    answered = {key.hex() for key in keys_in(path)}
    try:
        return any(True for _ in still_out(sent_in(notes), answered))
    except (ValueError, LookupError, TypeError):
        return False


def readable_in(path: Path) -> Iterator[Mapping[str, Any]]:
    """Yield all that is recorded of each answer in a file; those that are damaged are passed over."""
    for line in _answers_in(path):
        try:
            record = whole_record(json.loads(line))
        except UNREADABLE:
            continue
        yield record


def _answers_in(path: Path) -> Iterator[bytes]:
    return (line for _, line in read_lines(path) if _LINE.match(line))


def keys_in(path: Path) -> Iterator[bytes]:
    """Yield the keys of the answers in a file."""
    for _, line in read_lines(path):
        found = _LINE.match(line)
        if found:
            yield bytes.fromhex(found["key"].decode())


def parts_of(call: ModelCall) -> Mapping[str, str]:
    """Return digests of what a question is made of, by name: enough to tell which part of it was edited."""
    first, *history, last = (message.text for message in call.messages)
    artifacts = [[artifact.id, artifact.digest] for artifact in call.artifacts]
    owes = [[requirement.id, requirement.text] for requirement in call.owes]
    texts = {
        "system": first,
        "artifacts": json.dumps(artifacts),
        "history": "\0".join(history),
        "turn": last,
        "terms": json.dumps([call.schema, owes, call.max_output], sort_keys=True),
    }
    return {
        name: hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:_SHOWN] for name, text in texts.items()
    }


def _opened(path: Path) -> Lines:
    lines = take_up_lines(path) or begin_lines(path)
    if lines is None:
        raise CallerError(f"`{path}` is being written by another process; wait for it")
    return lines


def _kept(data: Mapping[str, Any]) -> Kept:
    return Kept(reply=reply_of(data["reply"]), seconds=data["seconds"], batch=data.get("batch", False))
