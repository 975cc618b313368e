"""Environment and project file to settings; its one rule: what is explicit wins over what is found."""

import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

from dramaturg.data import personas_root
from dramaturg.errors import CallerError, KeyMissing
from dramaturg.persona.files import is_folder
from dramaturg.run.project import Project, read_project

_STATE, _STANDARD = "DRAMATURG_STATE", "XDG_STATE_HOME"
_WRITABLE = "set it to one that can be written, or leave it unset"
VARIABLES = tuple(f"DRAMATURG_{name}" for name in ("MODEL", "API_KEY", "STATE", "CACHE", "DATABASE", "DEBUG"))


@contextmanager
def blaming(place: object) -> Iterator[None]:
    """Say of a value that is refused where it was found; its place is None where it was given."""
    try:
        yield
    except KeyMissing as error:
        if place is None:
            raise
        instead = f"name a model in {place} that needs none, such as `evidence`"
        raise KeyMissing(error.variable, error.where, instead) from error
    except CallerError as error:
        if place is None:
            raise
        raise CallerError(f"{place}: {error.message}") from error


def persona_roots(project: Project, folder: Path, environment: Mapping[str, str]) -> tuple[Path, ...]:
    """Return the folders to look for personas in, nearest first: configured, the project's, the user's, the shipped."""
    named = environment.get("XDG_CONFIG_HOME")
    home = _home()
    config = Path(named) if named else home / ".config" if home else None
    own = [config / "dramaturg" / "personas"] if config else []
    wanted: Sequence[Path] = (*project.personas, folder / "personas", *own, personas_root())
    there: dict[Path, Path] = {}
    for root in wanted:
        if is_folder(root):
            there.setdefault(root.resolve(), root)
    return tuple(there.values())


def state_root(environment: Mapping[str, str]) -> Path:
    """Return the folder that holds journals: `DRAMATURG_STATE`, else the user's state folder (XDG base directories)."""
    if named := environment.get(_STATE):
        with blaming(f"`{_STATE}`"):
            return _folder_of_state(as_path(named))
    if standard := environment.get(_STANDARD):
        with blaming(f"`{_STANDARD}`"):
            return _folder_of_state(Path(standard) / "dramaturg")
    home = _home()
    if home is None:
        raise CallerError("this user has no home folder to keep journals in; set `DRAMATURG_STATE` to a folder")
    return home / ".local" / "state" / "dramaturg"


def _folder_of_state(state: Path) -> Path:
    """Return a folder that may be there or be made; CallerError for what is none and can be none."""
    try:
        there = state.exists() and not state.is_dir()
    except OSError as error:  # such as too long a name
        raise CallerError(f"`{state}` can be no folder: {error.strerror}; {_WRITABLE}") from error
    if there:
        raise CallerError(f"`{state}` is no folder; {_WRITABLE}")
    return state


def existing_folders(named: str | Path | Sequence[str | Path]) -> list[Path]:
    """Return folders as paths; CallerError for one that is not there."""
    folders = [as_path(name) for name in ([named] if isinstance(named, str | Path) else named)]
    for folder in folders:
        if not is_folder(folder):
            raise CallerError(f"there is no folder `{folder}` to look for personas in")
    return folders


def as_path(name: object) -> Path:
    """Return a path with `~` expanded; CallerError for what is none."""
    if not isinstance(name, str | Path):
        raise CallerError(f"`{name!r}` is no path; pass a str or a Path")
    try:
        return Path(name).expanduser()
    except RuntimeError as error:
        raise CallerError(f"`{name}` begins with the home folder of nobody: {error}") from error


def whole_number(name: str, value: object, *, least: int) -> int:
    """Return a setting that counts something; CallerError for anything else."""
    if not isinstance(value, int) or isinstance(value, bool) or value < least:
        raise CallerError(f"`{name}` must be a whole number of at least {least}, not {value!r}")
    return value


def _home() -> Path | None:
    """Return the user's home folder; None for a user without one, such as a container's arbitrary number."""
    try:
        return Path.home()
    except RuntimeError:
        return None


def current() -> tuple[Project, Path, Mapping[str, str]]:
    """Return the working folder's project, the folder, and the environment; CallerError where it is gone."""
    try:
        folder = Path.cwd()
    except FileNotFoundError as error:
        raise CallerError("the working folder is gone; change to one that is there") from error
    return read_project(folder), folder, os.environ
