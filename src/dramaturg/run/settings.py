"""Environment and project file to settings; its one rule: what is explicit wins over what is found."""

import os
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from dramaturg.data import personas_root
from dramaturg.errors import CallerError

_KEYS = ("model", "models", "personas")


@dataclass(frozen=True, slots=True, kw_only=True)
class Project:
    """What `[tool.dramaturg]` of the working folder's `pyproject.toml` says."""

    model: str = ""
    models: Mapping[str, str] = field(default_factory=dict)
    personas: tuple[Path, ...] = ()


def read_project(folder: Path) -> Project:
    """Read the project's settings; CallerError for a file or key that means nothing."""
    path = folder / "pyproject.toml"
    if not path.is_file():
        return Project()
    try:
        tools: Any = tomllib.loads(path.read_text(encoding="utf-8")).get("tool")
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise CallerError(f"`{path}` cannot be read: {error}") from error
    table = tools.get("dramaturg", {}) if isinstance(tools, dict) else {}
    if not isinstance(table, dict):
        raise CallerError(f"`{path}`: `tool.dramaturg` must be a table; write `[tool.dramaturg]`")
    for key in table:
        if key not in _KEYS:
            near = get_close_matches(key, _KEYS, n=1)
            remedy = f"did you mean `{near[0]}`?" if near else f"it has {', '.join(_KEYS)}"
            raise CallerError(f"`{path}`: unknown key `{key}` in [tool.dramaturg]; {remedy}")
    return Project(
        model=_model(path, table.get("model", "")),
        models=_models(path, table.get("models", {})),
        personas=_folders(path, table.get("personas", [])),
    )


def _model(path: Path, value: Any) -> str:
    if not isinstance(value, str):
        raise CallerError(f"`{path}`: `model` must be a model's name in quotes")
    return value


def _models(path: Path, value: Any) -> Mapping[str, str]:
    if not isinstance(value, dict) or not all(isinstance(name, str) for name in value.values()):
        raise CallerError(f'`{path}`: `models` must be a table of models by step or kind; write `section = "MODEL"`')
    return value


def _folders(path: Path, value: Any) -> tuple[Path, ...]:
    if not isinstance(value, list) or not all(isinstance(name, str) for name in value):
        raise CallerError(f"`{path}`: `personas` must be a list of folders")
    folders = tuple(path.parent / name for name in value)
    for folder in folders:
        if not folder.is_dir():
            raise CallerError(f"`{path}`: there is no folder `{folder}`; `personas` names it")
    return folders


def persona_roots(project: Project, folder: Path, environment: Mapping[str, str]) -> tuple[Path, ...]:
    """Return the folders to look for personas in, nearest first: configured, the project's, the user's, the shipped."""
    named = environment.get("XDG_CONFIG_HOME")
    home = _home()
    config = Path(named) if named else home / ".config" if home else None
    own = [config / "dramaturg" / "personas"] if config else []
    wanted: Sequence[Path] = (*project.personas, folder / "personas", *own, personas_root())
    there: dict[Path, Path] = {}
    for root in wanted:
        if root.is_dir():
            there.setdefault(root.resolve(), root)
    return tuple(there.values())


def state_root(environment: Mapping[str, str]) -> Path:
    """Return the folder that holds journals: `DRAMATURG_STATE`, else the user's state folder (XDG base directories)."""
    named = environment.get("DRAMATURG_STATE")
    if named:
        return as_path(named)
    standard = environment.get("XDG_STATE_HOME")
    if standard:
        return Path(standard) / "dramaturg"
    home = _home()
    if home is None:
        raise CallerError("this user has no home folder to keep journals in; set `DRAMATURG_STATE` to a folder")
    return home / ".local" / "state" / "dramaturg"


def existing_folders(named: str | Path | Sequence[str | Path]) -> list[Path]:
    """Return folders as paths; CallerError for one that is not there."""
    folders = [as_path(name) for name in ([named] if isinstance(named, str | Path) else named)]
    for folder in folders:
        if not os.path.isdir(folder):  # noqa: PTH112 - Path.is_dir raises for what can be no path, such as a long text
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
    """Return the working folder's project, the folder, and the environment."""
    folder = Path.cwd()
    return read_project(folder), folder, os.environ
