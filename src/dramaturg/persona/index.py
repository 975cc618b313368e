"""A root to what is known of its files; its one rule: a file is read again only when it may have changed.

What is known is kept between processes in the user's cache folder, a file for each root. A persona file counts as
unchanged while its times, its size and its inode are as they were when it was read; otherwise the digest of its
content decides. One that had only just been written when it was read could be written again without its times telling
(git calls that "racy": https://git-scm.com/docs/racy-git), so it is not trusted until it has rested.

The cache is never needed: where it cannot be read, or is not whole, or other code has made it, it is made anew; where
it cannot be written, there is none.
"""

import hashlib
import json
import os
import stat
import time
from collections.abc import Mapping
from contextlib import suppress
from functools import cache
from pathlib import Path
from typing import NamedTuple

from dramaturg.findings.source import Source
from dramaturg.persona.files import Walk, read_start, walk
from dramaturg.persona.frontmatter import read_frontmatter
from dramaturg.persona.model import Frontmatter, PersonaFile

_KEPT = ("alias", "version", "title", "status", "type")
HEAD_BYTES = 256 * 1024  # bytes in which a frontmatter that can be listed ends
_REST = 2_000_000_000  # nanoseconds; the coarsest times among usual file systems are FAT's
_MOST_BYTES = 64 * 1024 * 1024  # what a cache of a hundred thousand files does not reach


class Known(NamedTuple):
    """What is known of one file.

    Attributes:
        seen: Its times, size and inode when it was read; empty where they are not to be trusted.
        digest: SHA-256 of its content.
        values: What its frontmatter says.
        alias_at: Line, column and length of its alias; empty where it gives none.
    """

    seen: list[int]
    digest: str
    values: dict[str, str]
    alias_at: list[int]


_NOTHING = Known([], "", {}, [])


def index(
    root: Path, scanned: Mapping[str, PersonaFile], *, deep: bool = True
) -> tuple[Mapping[str, Known], Mapping[str, str]]:
    """Look up the persona files below a folder.

    Args:
        root: The folder.
        scanned: Files that have been scanned, by absolute path: what they say is taken from there.
        deep: Whether folders in it are looked into.

    Returns:
        What is known of each file, by its path under the root, in the order of the paths; nothing of one that cannot be
        read. What a damaged file says is judged when that file is used, not here. Then the folders that could not be
        listed, with the reason.
    """
    now = time.time_ns()
    found = walk(root, deep=deep)
    kept = _cache_file(root) if deep else None
    before = _load(kept) if deep else {}
    known = _known(root, found, before, now, scanned)
    if kept and known != before:
        _save(kept, known)
    return {name: known.get(name, _NOTHING) for name in found.files}, found.unreadable


def _known(
    root: Path, found: Walk, before: Mapping[str, Known], now: int, scanned: Mapping[str, PersonaFile]
) -> dict[str, Known]:
    """Return what is known of each file that can be read, having read those that may have changed."""
    known: dict[str, Known] = {}
    folder = os.path.abspath(root)  # noqa: PTH100 - Path.absolute leaves `..` in, and Path.resolve asks the disk
    for name, seen in found.files.items():
        if seen is None:
            continue
        state = [seen.st_mtime_ns, seen.st_ctime_ns, seen.st_size, seen.st_ino]
        old = before.get(name)
        if old and old.seen == state:
            known[name] = old
            continue
        try:
            raw, _ = read_start(root / name)
        except OSError:
            continue
        rested = max(seen.st_mtime_ns, seen.st_ctime_ns) < now - _REST
        known[name] = _read(raw, state if rested else [], old, scanned.get(f"{folder}/{name}"))
    return known


def _read(raw: bytes, seen: list[int], old: Known | None, scanned: PersonaFile | None) -> Known:
    digest = hashlib.sha256(raw).hexdigest()
    if old and old.digest == digest:
        return old._replace(seen=seen)
    head = _head_of(raw, scanned)
    values = {key: value for key in _KEPT if (value := head.text(key))}
    at = head.spans["alias"] if "alias" in values else None
    return Known(seen, digest, values, [at.line, at.column, at.length] if at else [])


def _head_of(raw: bytes, scanned: PersonaFile | None) -> Frontmatter:
    """Return the frontmatter of a file, from what was scanned if that is still what the file holds."""
    if scanned and len(raw) <= HEAD_BYTES and scanned.text.encode() == raw:
        return scanned.frontmatter
    head, _, _ = read_frontmatter(Source("", raw[:HEAD_BYTES].decode("utf-8", errors="replace")))
    return head


def _cache_file(root: Path) -> Path | None:
    """Return where the index of a root is kept; None for a user without a folder for such things."""
    own, standard = os.environ.get("DRAMATURG_CACHE"), os.environ.get("XDG_CACHE_HOME")
    folder = Path(own) if own else Path(standard or "~/.cache") / "dramaturg"
    name = hashlib.sha256(os.fsencode(os.path.realpath(root))).hexdigest()
    with suppress(RuntimeError):
        return folder.expanduser() / "index" / f"{name}.jsonl"
    return None


def _load(path: Path | None) -> dict[str, Known]:
    """Return what a cache holds; nothing unless this very code has written it, whole."""
    if path is None:
        return {}
    try:
        found = path.stat()
        if not stat.S_ISREG(found.st_mode) or found.st_size > _MOST_BYTES:
            return {}
        head, _, body = path.read_bytes().partition(b"\n")
        ours = head == _head(body)
    except OSError:
        return {}
    return {name: Known(*known) for name, known in json.loads(body).items()} if ours else {}


def _save(path: Path, known: Mapping[str, Known]) -> None:
    """Write a cache, whole or not at all, whoever else is writing it."""
    body = json.dumps(known).encode()
    temporary = path.with_name(f".new-{os.getpid()}-{time.monotonic_ns()}")
    with suppress(OSError):
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        try:
            temporary.write_bytes(_head(body) + b"\n" + body)
            temporary.replace(path)
        finally:
            temporary.unlink(missing_ok=True)


def _head(body: bytes) -> bytes:
    """Return the line that only the same code writes over the same content."""
    return json.dumps({"code": _code(), "content": hashlib.sha256(body).hexdigest()}).encode()


@cache
def _code() -> str:
    """Return what identifies the code that reads frontmatter, in a release and in a checkout alike."""
    sources = sorted(Path(__file__).parent.glob("*.py"))
    return hashlib.sha256(b"".join(source.read_bytes() for source in sources)).hexdigest()
