"""Folders to persona files and their bytes; its one rule: what cannot be read is named, and hides no other."""

import os
import stat
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from dramaturg.findings.source import Source

SUFFIXES = (".persona.md", ".mixin.md")
MOST_BYTES = 1024 * 1024
_ALIKE = 0.7  # of two names of seven characters two may differ
_ABSENT = (FileNotFoundError, NotADirectoryError)


@dataclass(frozen=True, slots=True, kw_only=True)
class Walk:
    """What lies below a root.

    Attributes:
        files: Each persona file by its path under the root, in the order of the paths' parts; None for one that cannot
            be looked at, such as a link to nowhere.
        unreadable: Folders that could not be listed, and why.
    """

    files: Mapping[str, os.stat_result | None]
    unreadable: Mapping[str, str]


def walk(root: Path, *, deep: bool = True) -> Walk:
    """Find the persona files below a folder, or only in it; links to files are followed, links to folders are not."""
    files: dict[str, os.stat_result | None] = {}
    unreadable: dict[str, str] = {}
    folders = [""]
    while folders:
        folder = folders.pop()
        place = os.path.join(root, folder)  # noqa: PTH118 - a thousand Paths cost more than the walk
        try:
            with os.scandir(place) as entries:
                inside = [*entries]
        except _ABSENT:
            continue
        except OSError as error:
            unreadable[place] = error.strerror or str(error)
            continue
        for entry in inside:
            name = f"{folder}/{entry.name}" if folder else entry.name
            if entry.is_dir(follow_symlinks=False):
                folders += [name] if deep else []
            elif entry.name.endswith(SUFFIXES):
                found = _looked_at(entry)
                if found is None or stat.S_ISREG(found.st_mode):
                    files[name] = found
    return Walk(files=dict(sorted(files.items(), key=lambda file: file[0].split("/"))), unreadable=unreadable)


def _looked_at(entry: os.DirEntry[str]) -> os.stat_result | None:
    try:
        return entry.stat()
    except OSError:
        return None


def read_start(path: Path | str) -> tuple[bytes, int]:
    """Return a file's bytes, no more than a persona can have and one, and its size; OSError if it cannot be read."""
    with open(path, "rb") as file:  # noqa: PTH123 - as in `walk`
        return file.read(MOST_BYTES + 1), os.fstat(file.fileno()).st_size


def unreadable(path: Path, error: OSError | ValueError) -> str:
    """Return that a file cannot be read, why, and what mends it where that shows; ValueError is for what is no path."""
    said = f"`{path}` cannot be read: {getattr(error, 'strerror', None) or error}"
    match error:
        case PermissionError():
            return f"{said}; change its permissions"
        case IsADirectoryError():
            return f"{said}; give a file of it"
        case FileNotFoundError() if near := _near(path):
            return f"{said}; did you mean `{near}`?"
        case _:
            return said


def _near(path: Path) -> Path | None:
    """Return which file may be meant by one that is not there: by its name up to a dot, as the rest is often alike."""
    from difflib import get_close_matches  # noqa: PLC0415 - only for a slip

    try:
        there = {each.name: each for each in path.parent.iterdir() if each.name != path.name}
    except OSError:
        return None
    wanted = path.name.partition(".")[0]
    alike = {*get_close_matches(wanted, {name.partition(".")[0] for name in there}, cutoff=_ALIKE)}
    names = [name for name in there if name.partition(".")[0] in alike]
    near = get_close_matches(path.name, names, n=1, cutoff=0.0)
    return there[near[0]] if near else None


def same_text(one: Path, other: Path) -> bool:
    """Tell whether two files say the same, byte for byte; one that cannot be read says nothing else."""
    try:
        return one.read_bytes() == other.read_bytes()
    except OSError:
        return False


def is_there(path: Path | str) -> bool:
    """Tell whether a file or folder is there; what can be no path is not, of which Path's own methods raise."""
    return os.path.exists(path)  # noqa: PTH110


def is_file(path: Path | str) -> bool:
    """Tell whether a file is there; what can be no path is none, as in `is_there`."""
    return os.path.isfile(path)  # noqa: PTH113


def is_folder(path: Path | str) -> bool:
    """Tell whether a folder is there; what can be no path is none, as in `is_there`."""
    return os.path.isdir(path)  # noqa: PTH112


def source_at(path: str) -> Source | None:
    """Return a file's text as it stands, every line end kept; None if it is no text that can be read."""
    try:
        return Source(path, Path(path).read_bytes().decode("utf-8"))
    except (OSError, ValueError):
        return None


def spoken(path: Path) -> str:
    """Return the shortest way to name a file: relative to the working folder where it lies below it."""
    absolute, here = path.absolute(), Path.cwd()
    return str(absolute.relative_to(here) if absolute.is_relative_to(here) else absolute)
