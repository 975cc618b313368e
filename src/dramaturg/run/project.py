"""`pyproject.toml` to settings; its one rule: every fault of them is told at once, each with its line and key."""

import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from dramaturg.errors import CallerError
from dramaturg.persona.files import is_folder, spoken, unreadable
from dramaturg.persona.model import same_id

_KEYS = ("model", "models", "personas")
_TABLE = ("tool", "dramaturg")


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where a key of a project file is set; as text, `pyproject.toml:3`, with its key.

    Attributes:
        path: The file.
        text: What it says.
        keys: The key, with those of the tables around it.
    """

    path: Path
    text: str
    keys: tuple[str, ...]

    def __str__(self) -> str:
        return f"`{spoken(self.path)}:{_line_of(self.text, self.keys)}`, `{'.'.join(self.keys[len(_TABLE) :])}`"


@dataclass(frozen=True, slots=True, kw_only=True)
class Project:
    """What `[tool.dramaturg]` of the working folder's `pyproject.toml` says.

    Attributes:
        model: The model to use.
        models: Those by kind or number of step; below an alias, those of one persona.
        personas: Folders of personas.
        path: The file.
        text: What it says.
    """

    model: str = ""
    models: Mapping[str, str | Mapping[str, str]] = field(default_factory=dict)
    personas: tuple[Path, ...] = ()
    path: Path = field(default=Path("pyproject.toml"), compare=False)
    text: str = field(default="", compare=False)

    def place(self, *keys: str) -> Place:
        """Return where a key below `[tool.dramaturg]` is set."""
        return Place(path=self.path, text=self.text, keys=(*_TABLE, *keys))

    def models_of(self, alias: str) -> Mapping[tuple[str, ...], str]:
        """Return the models for a persona by their keys below `models`: those for all, then those for it alone."""
        found: dict[tuple[str, ...], str] = {(key,): it for key, it in self.models.items() if isinstance(it, str)}
        for name, table in self.models.items():
            if not isinstance(table, str) and same_id(name, alias):
                found |= {(name, key): model for key, model in table.items()}
        return found


def read_project(folder: Path) -> Project:
    """Read the project's settings; CallerError for a file that cannot be read, and for all keys that mean nothing."""
    path = folder / "pyproject.toml"
    if not path.is_file():
        return Project()
    try:
        text = path.read_text(encoding="utf-8")
        tools: Any = tomllib.loads(text).get("tool")
    except OSError as error:
        raise CallerError(unreadable(Path(spoken(path)), error)) from error
    except (ValueError, RecursionError) as error:  # no TOML, or what Python bounds: digits of a number, nesting
        raise CallerError(f"`{spoken(path)}` cannot be read: {error}; mend it, or work in another folder") from error
    table = tools.get("dramaturg", {}) if isinstance(tools, dict) else {}
    if not isinstance(table, dict):
        place = f"`{spoken(path)}:{_line_of(text, _TABLE)}`"
        raise CallerError(f"{place}: `tool.dramaturg` must be a table; write `[tool.dramaturg]`")
    named = table.get("personas", [])
    folders = tuple(folder / name for name in named if isinstance(name, str)) if isinstance(named, list) else ()
    faults = [*_faults(table, folders)]
    if faults:
        told = (f"{Place(path=path, text=text, keys=(*_TABLE, *keys))}: {fault}" for keys, fault in faults)
        raise CallerError("\n".join(told))
    return Project(model=table.get("model", ""), models=table.get("models", {}), personas=folders, path=path, text=text)


def _faults(table: Mapping[str, Any], folders: tuple[Path, ...]) -> Iterator[tuple[tuple[str, ...], str]]:
    """Yield each key that means nothing, with what is wrong about it and what mends it."""
    for key in (key for key in table if key not in _KEYS):
        near = get_close_matches(key, _KEYS, n=1)
        yield (key,), "no such setting; " + (f"did you mean `{near[0]}`?" if near else f"there are {', '.join(_KEYS)}")
    if not isinstance(table.get("model", ""), str):
        yield ("model",), "must be a model's name in quotes, such as `evidence`"
    models = table.get("models", {})
    if not isinstance(models, dict):
        yield ("models",), 'must be a table of models by step or kind; write `section = "MODEL"`'
    else:
        for key, named in models.items():
            yield from ((("models", *keys), fault) for keys, fault in _models_faults(key, named))
    named = table.get("personas", [])
    if not isinstance(named, list) or not all(isinstance(name, str) for name in named):
        yield ("personas",), 'must be a list of folders, such as `["personas"]`'
    for folder in folders:
        if not is_folder(folder):
            yield ("personas",), f"there is no folder `{folder}`; make it, or leave it out"


def _models_faults(key: str, named: object) -> Iterator[tuple[tuple[str, ...], str]]:
    """Yield what is wrong with the model of a kind or number of step, or with those of a persona."""
    if isinstance(named, dict) and key.isdecimal():
        step = f"{key}.{next(iter(named), 1)}"
        yield (key,), f'must be a model\'s name in quotes; the step `{step}` is written in quotes too, `"{step}"`'
    elif isinstance(named, dict):
        for inner in (inner for inner, name in named.items() if not isinstance(name, str)):
            yield (key, inner), "must be a model's name in quotes"
    elif not isinstance(named, str):
        yield (key,), "must be a model's name in quotes, or a table of those for the persona of this alias"


def _line_of(text: str, keys: tuple[str, ...]) -> int:
    """Return the 1-based line on which a key begins to be set, in a text that sets it.

    Only a TOML reader knows, and it tells no lines: what is asked is after how many of them it has the key.
    """
    lines = text.replace("\r\n", "\n").split("\n")
    before = next((number for number, line in enumerate(lines) if _TABLE[-1] in line), 0)
    for number in range(before + 1, len(lines) + 1):
        try:
            found: Any = tomllib.loads("\n".join(lines[:number]))
        except tomllib.TOMLDecodeError:  # in the middle of a value
            continue
        for key in keys:
            found = found.get(key) if isinstance(found, dict) else None
        if found is not None:
            break
        before = number
    return before + 1
