"""A run on disk: what froze it and every answer it got; its one rule: an answer that was paid for is never lost.

One JSON object a line. The first one, the header, holds everything the run is decided by, so that it goes on under the
text it began with whatever has changed since. A line without a line end was being written when the process died and
counts for nothing. The file is locked while the run is performed.
"""

import fcntl
import hashlib
import json
import os
import re
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Self

from dramaturg.engine.events import ModelCall, ModelReply, Usage
from dramaturg.engine.flow import Brief
from dramaturg.errors import CallerError, JournalMiss

FORMAT = 1
_DIGEST_SHOWN = 8
_RUN_ID = re.compile(r"[a-z0-9][a-z0-9.-]*-[0-9a-f]{8}-\d+")
_FOLDER = "runs"


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """What a journal says, read without locking it.

    Attributes:
        path: The file.
        header: What froze the run.
        replies: Answers by call key, in the order they came.
        steps: Step and attempt of each answer, in the same order.
        end: The record of how it ended, None while it is unfinished.
    """

    path: Path
    header: Mapping[str, Any]
    replies: Mapping[str, ModelReply]
    steps: tuple[tuple[str, int], ...]
    end: Mapping[str, Any] | None

    @property
    def run(self) -> str:
        """The run's id."""
        return str(self.header["run"])


class Journal:
    """A journal held open, and locked, by the process that performs the run."""

    def __init__(self, record: Record, descriptor: int) -> None:
        self.record = record
        self._descriptor = descriptor
        self._replies = dict(record.replies)

    @property
    def run(self) -> str:
        """The run's id."""
        return self.record.run

    def get(self, key: str) -> ModelReply | None:
        """Return the answer to a call that was made before."""
        return self._replies.get(key)

    def keep(self, key: str, call: ModelCall, reply: ModelReply) -> None:
        """Write the answer to a call down under its key; when this returns, it survives the process."""
        self._write({"type": "reply", "key": key, "step": call.step, "attempt": call.attempt, "reply": asdict(reply)})
        self._replies[key] = reply

    def end(self, status: str, message: str = "") -> None:
        """Write down how the run ended: `done` or `failed`. A run without this record can be resumed."""
        self._write({"type": "end", "status": status, "message": message})

    def close(self) -> None:
        """Release the file and its lock."""
        os.close(self._descriptor)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _write(self, record: Mapping[str, Any]) -> None:
        line = (json.dumps(record, ensure_ascii=False) + "\n").encode()
        try:
            os.write(self._descriptor, line)
            os.fsync(self._descriptor)
        except OSError as error:
            raise CallerError(
                f"the journal `{self.record.path}` cannot be written: {error.strerror}; free some space and resume"
            ) from error


def create_journal(state: Path, brief: Brief, spec: str) -> Journal:
    """Begin a run: a new id, a header on disk, a lock. The header appears whole or not at all."""
    folder = state / _FOLDER
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        descriptor, temporary = tempfile.mkstemp(dir=folder, prefix=".new-")
    except OSError as error:
        raise CallerError(
            f"the state folder `{folder}` cannot be written: {error.strerror}; set `DRAMATURG_STATE` to one that can"
        ) from error
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        stem = f"{_slug(brief.plan.persona.alias)}-{brief.plan.digest[:_DIGEST_SHOWN]}"
        number = max((_counter(path) for path in folder.glob(f"{stem}-*.jsonl")), default=0) + 1
        while True:
            run = f"{stem}-{number}"
            header = _header(run, brief, spec)
            os.pwrite(descriptor, (json.dumps(header, ensure_ascii=False) + "\n").encode(), 0)
            try:
                os.link(temporary, folder / f"{run}.jsonl")
                break
            except FileExistsError:  # another process took the number; the next header is at least as long
                number += 1
        os.fsync(descriptor)
        os.lseek(descriptor, 0, os.SEEK_END)
    except OSError as error:
        os.close(descriptor)
        raise CallerError(
            f"the journal folder `{folder}` cannot be used: {error.strerror}; set `DRAMATURG_STATE` to another one"
        ) from error
    finally:
        Path(temporary).unlink()
    record = Record(path=folder / f"{run}.jsonl", header=header, replies={}, steps=(), end=None)
    return Journal(record, descriptor)


def open_journal(state: Path, run: str) -> Journal:
    """Take up a run; CallerError if there is none of that id or another process performs it."""
    path = journal_path(state, run)
    try:
        descriptor = os.open(path, os.O_RDWR)
    except OSError as error:
        raise CallerError(f"there is no run `{run}`; `dramaturg runs` lists them") from error
    if not _lock(descriptor):
        os.close(descriptor)
        raise CallerError(
            f"run `{run}` is being performed by another process; wait for it or start a new one with `--fresh`"
        )
    record = read_journal(path)
    os.lseek(descriptor, _drop_torn_line(descriptor), os.SEEK_SET)
    return Journal(record, descriptor)


def adopt_journal(state: Path, brief: Brief) -> Journal | None:
    """Take up the newest unfinished run of the same plan, inputs and model that no process performs."""
    wanted = inputs_digest(brief)
    stem = f"{_slug(brief.plan.persona.alias)}-{brief.plan.digest[:_DIGEST_SHOWN]}"
    for path in sorted((state / _FOLDER).glob(f"{stem}-*.jsonl"), key=_counter, reverse=True):
        record = read_journal(path)
        if record.end is None and record.header["inputs"] == wanted and not is_performed(path):
            return open_journal(state, record.run)
    return None


def read_journal(path: Path) -> Record:
    """Read a journal; JournalMiss if the file is damaged or of another format."""
    try:
        whole = path.read_bytes()
    except OSError as error:
        raise CallerError(f"the journal `{path}` cannot be read: {error.strerror or error}") from error
    lines = whole.split(b"\n")[:-1]
    try:
        records = [json.loads(line) for line in lines]
        header = records[0]
        if header["type"] != "run" or header["format"] != FORMAT:
            raise JournalMiss(
                "", f"the journal `{path}` has the format {header['format']}, this version reads {FORMAT}"
            )
        answers = [record for record in records if record["type"] == "reply"]
        replies = {record["key"]: _reply(record["reply"]) for record in answers}
    except (ValueError, LookupError, TypeError) as error:
        raise JournalMiss("", f"the journal `{path}` is damaged ({error}); start a new run with `--fresh`") from error
    return Record(
        path=path,
        header=header,
        replies=replies,
        steps=tuple((record["step"], record["attempt"]) for record in answers),
        end=next((record for record in reversed(records) if record["type"] == "end"), None),
    )


def all_runs(state: Path) -> Iterator[Record]:
    """Yield every run, the most recently written first."""
    paths = [(path.stat().st_mtime, path) for path in (state / _FOLDER).glob("*.jsonl")]
    for _, path in sorted(paths, reverse=True):
        yield read_journal(path)


def journal_path(state: Path, run: str) -> Path:
    """Return the file of a run; CallerError for text that is no run id, which must never become a path."""
    if not _RUN_ID.fullmatch(run):
        raise CallerError(f"`{run}` is not a run id; `dramaturg runs` lists them")
    return state / _FOLDER / f"{run}.jsonl"


def is_performed(path: Path) -> bool:
    """Tell whether a process holds the journal's lock."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        return not _lock(descriptor)
    finally:
        os.close(descriptor)


def inputs_digest(brief: Brief) -> str:
    """Return what two runs share that would ask the same questions."""
    content = [
        brief.plan.digest,
        brief.kernel.digest,
        [[artifact.id, artifact.digest, artifact.primary] for artifact in brief.artifacts],
        brief.model,
        asdict(brief.profile),
        brief.reasks,
        brief.sample,
    ]
    return hashlib.sha256(json.dumps(content).encode()).hexdigest()


def _header(run: str, brief: Brief, spec: str) -> dict[str, Any]:
    return {
        "type": "run",
        "format": FORMAT,
        "run": run,
        "plan": brief.plan.digest,
        "inputs": inputs_digest(brief),
        "persona": brief.plan.persona.alias,
        "chain": [{"path": file.path, "text": file.text} for file in brief.plan.persona.chain],
        "kernel": {"version": brief.kernel.version, "sources": brief.kernel.sources},
        "artifacts": [asdict(artifact) for artifact in brief.artifacts],
        "spec": spec,
        "model": brief.model,
        "profile": asdict(brief.profile),
        "reasks": brief.reasks,
        "sample": brief.sample,
    }


def _reply(data: Mapping[str, Any]) -> ModelReply:
    return ModelReply(
        text=data["text"],
        stop=data["stop"],
        usage=Usage(**data["usage"]),
        model=data["model"],
        request_id=data["request_id"],
    )


def _lock(descriptor: int) -> bool:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _drop_torn_line(descriptor: int) -> int:
    """Cut off a last line that has no end, and return the file's length."""
    size = os.fstat(descriptor).st_size
    whole = os.pread(descriptor, size, 0)
    length = whole.rfind(b"\n") + 1
    os.ftruncate(descriptor, length)
    return length


def _counter(path: Path) -> int:
    return int(path.stem.rsplit("-", 1)[1])


def _slug(alias: str) -> str:
    """Return a persona's alias as a file name part: an alias is the author's text and never a path."""
    return re.sub(r"[^a-z0-9]+", "-", alias.casefold()).strip("-")[:40] or "persona"
