"""Files that other processes may hold or remove at any moment; its one rule: whoever only looks keeps nobody from one.

Whoever writes a file holds its lock alone; whoever looks shares it for a moment, and is waited for.
"""

import fcntl
import os
import time
from collections.abc import Iterable, Iterator
from contextlib import suppress
from pathlib import Path

from dramaturg.errors import CallerError

_PATIENCE, _PAUSE = 5.0, 0.001  # seconds; who only looks whether a file is held lets go at once


def hold(descriptor: int) -> bool:
    """Lock a file that is open for its writer; tell whether no other process holds it."""
    end = time.monotonic() + _PATIENCE
    while time.monotonic() < end:
        with suppress(BlockingIOError):
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return True
        with suppress(BlockingIOError):  # then others only look at it
            fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
            fcntl.flock(descriptor, fcntl.LOCK_UN)
            time.sleep(_PAUSE)
            continue
        break
    return False


def is_held(path: Path) -> bool:
    """Tell whether a process writes a file; none does one that is gone."""
    try:
        with path.open("rb") as file:
            fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    except FileNotFoundError:
        return False
    except OSError as error:
        raise CallerError(f"`{path}` cannot be read: {error.strerror or error}") from error
    return False


def there(paths: Iterable[Path]) -> Iterator[tuple[Path, os.stat_result]]:
    """Yield the files that nobody has removed meanwhile, and what is known of each."""
    for path in paths:
        try:
            facts = path.stat()
        except FileNotFoundError:
            continue
        yield path, facts
