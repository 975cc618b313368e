"""Environment and project file to settings; its one rule: what is explicit wins over what is found."""

import os
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from dramaturg.data import personas_root
from dramaturg.errors import CallerError

_KEYS = ("model", "personas")


@dataclass(frozen=True, slots=True, kw_only=True)
class Project:
    """What `[tool.dramaturg]` of the working folder's `pyproject.toml` says."""

    model: str = ""
    personas: tuple[Path, ...] = ()


def read_project(folder: Path) -> Project:
    """Read the project's settings; CallerError for a file or key that means nothing."""
    path = folder / "pyproject.toml"
    if not path.is_file():
        return Project()
    try:
        table: Any = tomllib.loads(path.read_text(encoding="utf-8")).get("tool", {}).get("dramaturg", {})
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise CallerError(f"`{path}` cannot be read: {error}") from error
    for key in table:
        if key not in _KEYS:
            near = get_close_matches(key, _KEYS, n=1)
            remedy = f"did you mean `{near[0]}`?" if near else f"it has {', '.join(_KEYS)}"
            raise CallerError(f"`{path}`: unknown key `{key}` in [tool.dramaturg]; {remedy}")
    folders = table.get("personas", [])
    if not isinstance(folders, list) or not all(isinstance(name, str) for name in folders):
        raise CallerError(f"`{path}`: `personas` must be a list of folders")
    return Project(model=str(table.get("model", "")), personas=tuple(folder / name for name in folders))


def persona_roots(project: Project, folder: Path, environment: Mapping[str, str]) -> tuple[Path, ...]:
    """Return the folders to look for personas in, nearest first: configured, the project's, the user's, the shipped."""
    home = Path(environment.get("XDG_CONFIG_HOME") or Path.home() / ".config")
    wanted: Sequence[Path] = (*project.personas, folder / "personas", home / "dramaturg" / "personas", personas_root())
    there: dict[Path, Path] = {}
    for root in wanted:
        if root.is_dir():
            there.setdefault(root.resolve(), root)
    return tuple(there.values())


def state_root(environment: Mapping[str, str]) -> Path:
    """Return the folder that holds journals: `DRAMATURG_STATE`, else the user's state folder (XDG base directories)."""
    named = environment.get("DRAMATURG_STATE")
    if named:
        return Path(named)
    home = environment.get("XDG_STATE_HOME")
    return (Path(home) if home else Path.home() / ".local" / "state") / "dramaturg"


def current() -> tuple[Project, Path, Mapping[str, str]]:
    """Return the working folder's project, the folder, and the environment."""
    folder = Path.cwd()
    return read_project(folder), folder, os.environ
