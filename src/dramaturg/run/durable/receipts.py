"""Orders that were given to the runs they became; its one rule: what nobody has got the result of is not ordered again.

A receipt is a file of the user's state, written before its order is given, and removed once the result is delivered. It
is locked while the run is followed: the same order given twice at once is two runs, as it is without a queue. Where the
state cannot be written there are no receipts, and every order is a new run.
"""

import fcntl
import hashlib
import json
import os
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

_FOLDER = "orders"
_NEW = "."  # how a receipt begins that is still being written; no run does
_LEFT = 60  # seconds after which nobody writes one any more: it takes less than one
_OTHERWISE = ("run", "trace", "limits", "answers", "yes")  # what the same order may say otherwise when it is repeated


@dataclass(frozen=True, slots=True, kw_only=True)
class Receipts:
    """The receipts of orders that were given to a database from here.

    Attributes:
        state: The user's state folder.
        database: Its URL, of which no more than a digest is kept.
        fresh: Whether each order is a new run, whatever was ordered before.
    """

    state: Path
    database: str
    fresh: bool = False

    @contextmanager
    def following(self, order: Mapping[str, Any], goes_on: Callable[[str], bool]) -> Iterator[str]:
        """Give the run that is to be followed for an order, whose receipt is kept from others meanwhile.

        Args:
            order: What is ordered.
            goes_on: Tells of an earlier run whether it is there still, and has not failed.

        Yields:
            The newest run of the same order that was not delivered, else the order's own, which is still to be given.
        """
        digest = self._digest(order)
        with ExitStack() as undo:
            earlier = None if self.fresh else self._taken_up(digest, goes_on, undo)
            if earlier is None:
                with suppress(OSError):
                    self._begin(str(order["run"]), digest, undo)
            yield earlier or str(order["run"])

    def settle(self, *runs: str) -> None:
        """Take note that the results of runs have been delivered, or that there are none to be had."""
        with suppress(OSError):
            for path in self._folder.glob("*"):
                if path.name in runs:  # which are ids, and no paths
                    path.unlink(missing_ok=True)

    def _taken_up(self, digest: str, goes_on: Callable[[str], bool], undo: ExitStack) -> str | None:
        """Return the newest run that was ordered with the same order and may be followed; its receipt is locked."""
        for path in sorted(self._folder.glob("[!.]*"), key=_written, reverse=True):
            with suppress(OSError), ExitStack() as mine:
                if path.read_bytes() != digest.encode():  # before it is locked: it may be another's to take up
                    continue
                _locked(path, os.O_RDONLY, mine)
                if goes_on(path.name):
                    undo.push(mine.pop_all())
                    return path.name
                self.settle(path.name)
        return None

    def _begin(self, run: str, digest: str, undo: ExitStack) -> None:
        """Write a receipt; who looks for one finds it locked, and whole, or not at all."""
        self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        new = self._path(f"{_NEW}{run}")
        descriptor = _locked(new, os.O_WRONLY | os.O_CREAT, undo)
        os.write(descriptor, digest.encode())
        os.fsync(descriptor)
        new.rename(self._path(run))
        self._clear()

    def _clear(self) -> None:
        """Remove what processes have left that were killed while they wrote a receipt."""
        for path in self._folder.glob(f"{_NEW}*"):
            with suppress(OSError), ExitStack() as mine:
                if time.time() - path.stat().st_mtime > _LEFT:
                    _locked(path, os.O_RDONLY, mine)
                    path.unlink()

    def _digest(self, order: Mapping[str, Any]) -> str:
        said = {name: value for name, value in order.items() if name not in _OTHERWISE}
        return hashlib.sha256(json.dumps([self.database, said], sort_keys=True).encode()).hexdigest()

    @property
    def _folder(self) -> Path:
        return self.state / _FOLDER

    def _path(self, run: str) -> Path:
        return self._folder / run


def _written(path: Path) -> tuple[float, str]:
    with suppress(OSError):  # it has been settled meanwhile
        return path.stat().st_mtime, path.name
    return 0.0, path.name


def _locked(path: Path, mode: int, undo: ExitStack) -> int:
    """Open a file and lock it until `undo` is done; OSError where another process, or another order, holds it."""
    descriptor = os.open(path, mode, 0o600)
    undo.callback(os.close, descriptor)
    fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    return descriptor
