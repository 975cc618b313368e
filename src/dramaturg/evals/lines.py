"""Files of JSON lines that are only ever added to; its one rule: what was not written whole was never written.

A line without a line end was being written when its process died; whoever takes the file up cuts it off.
"""

import fcntl
import json
import os
from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from pathlib import Path
from typing import Any, Self

from dramaturg.errors import CallerError
from dramaturg.run.locks import hold

_CHUNK = 1 << 20


class Lines:
    """A file of JSON lines held open, and locked, by the process that adds to it."""

    def __init__(self, path: Path, descriptor: int) -> None:
        self.path = path
        self._descriptor = descriptor
        self._end = os.fstat(descriptor).st_size

    def add(self, *records: Mapping[str, Any], safe: bool = False) -> tuple[int, int]:
        """Write records whole, and return the offset and the length of what was written.

        Args:
            records: What to write, a line each.
            safe: Return only when it survives the machine, not just the process.
        """
        text = "".join(json.dumps(record, ensure_ascii=False) + "\n" for record in records)
        line = text.encode("utf-8", "surrogatepass")
        start, left = self._end, line
        try:
            while left:  # a full disk takes a part, and says so only when asked to take the rest
                left = left[os.write(self._descriptor, left) :]
            if safe:
                os.fsync(self._descriptor)
        except OSError as error:
            remedy = "free some space and give the same command again"
            raise CallerError(f"`{self.path}` cannot be written: {error.strerror}; {remedy}") from error
        self._end += len(line)
        return start, len(line)

    def close(self) -> None:
        """Release the file and its lock."""
        os.close(self._descriptor)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def begin_lines(path: Path) -> Lines | None:
    """Create a file; None if there is one of that name."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_APPEND, 0o600)
    except OSError as error:
        if isinstance(error, FileExistsError) and path.parent.is_dir():  # the file does, even if it is gone by now
            return None
        remedy = "set `DRAMATURG_STATE` to a folder that can"
        raise CallerError(f"`{path}` cannot be written: {error.strerror}; {remedy}") from error
    fcntl.flock(descriptor, fcntl.LOCK_EX)
    if not os.fstat(descriptor).st_nlink:  # who prunes has removed it before it was locked
        os.close(descriptor)
        return begin_lines(path)
    return Lines(path, descriptor)


def take_up_lines(path: Path) -> Lines | None:
    """Go on with a file, without what its last process left half written; None if another holds it, or it is gone."""
    try:
        descriptor = os.open(path, os.O_RDWR | os.O_APPEND)
    except FileNotFoundError:
        return None
    except OSError as error:
        raise CallerError(f"`{path}` cannot be written: {error.strerror}; change its permissions") from error
    with ExitStack() as undo:
        undo.callback(os.close, descriptor)
        if not hold(descriptor) or not os.fstat(descriptor).st_nlink:  # removed by whoever held it before
            return None
        os.ftruncate(descriptor, _whole(descriptor))
        undo.pop_all()
    return Lines(path, descriptor)


def read_lines(path: Path) -> Iterator[tuple[int, bytes]]:
    """Yield the offset and the bytes of each line that was written whole; none of a file that is gone."""
    try:
        with path.open("rb") as file:
            at = 0
            for line in file:
                if line.endswith(b"\n"):
                    yield at, line
                at += len(line)
    except FileNotFoundError:
        return
    except OSError as error:
        raise CallerError(f"`{path}` cannot be read: {error.strerror or error}") from error


def last_line(path: Path) -> bytes:
    """Return the last line of a file, whole or not; as much of it as tells what it is, nothing of one that is gone."""
    try:
        with path.open("rb") as file:
            file.seek(max(0, os.fstat(file.fileno()).st_size - _CHUNK))
            return file.read().rstrip(b"\n").rsplit(b"\n", 1)[-1]
    except FileNotFoundError:
        return b""


def _whole(descriptor: int) -> int:
    """Return the length of a file up to the end of its last whole line."""
    end = os.fstat(descriptor).st_size
    while end:
        start = max(0, end - _CHUNK)
        found = os.pread(descriptor, end - start, start).rfind(b"\n")
        if found >= 0:
            return start + found + 1
        end = start
    return 0
