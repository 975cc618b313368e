"""A suite with faults to what of it can still be held against the world; its one rule: no fault follows from another.

What is at fault is left out, a key, a scorer or an artifact alone where the rest of its part means the same without it;
something that cannot be wrong keeps the place of what has one in a list.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path
from typing import Any

import yaml
from pydantic import BaseModel, ValidationError

from dramaturg.evals.nodes import plain_data, reader_of
from dramaturg.evals.reading import SuiteFile, misfits, named_file
from dramaturg.evals.scorers.kinds import SCORERS
from dramaturg.evals.suite import PASS, Case, Gate, Suite
from dramaturg.persona.composing import compose

_Path = tuple[str | int, ...]
_Fault = tuple[_Path, bool]  # where it is, and whether it is a key that means nothing
_ARTIFACT = {"text": "lost"}
_CASE = {"id": "lost", "artifacts": {"lost": _ARTIFACT}}
_INSTEAD: Mapping[_Path, Any] = {
    ("personas",): ["lost"],
    ("personas", 0): "lost",
    ("gate", "metrics", 0): PASS,
    ("cases",): [_CASE],
    ("cases", 0): _CASE,
    ("cases", 0, "artifacts"): _CASE["artifacts"],
}
_ASIDE = ("at_least", "required", "within", "artifacts")  # without these a scorer still looks at what it looks at


@dataclass(frozen=True, slots=True, kw_only=True)
class Lost:
    """What of a suite nothing is known of.

    Attributes:
        parts: Keys and positions that lead to each part.
        nameless: Whether a scorer is among them whose metric is not known.
    """

    parts: frozenset[_Path] = frozenset()
    nameless: bool = False

    def holds(self, *path: str | int) -> bool:
        """Tell whether what a path leads to is lost, alone or with what holds it."""
        return any(path[:length] in self.parts for length in range(1, len(path) + 1))


NOTHING = Lost()


def sound_part(path: Path, text: str) -> tuple[SuiteFile, Lost] | None:
    """Return what is sound of a suite that is refused, and what is not; None where nothing can be read."""
    reader = reader_of(path, text, "the suite", {})
    root = compose(text, reader)
    if not isinstance(root, yaml.MappingNode):
        return None
    data = plain_data(root, reader)
    faults = _faults(data)
    lost = frozenset(part for fault in faults for part in _parts(fault, data))
    nameless = any(part[-1] == "scorers" or (part[0] == "cases" and not part[2:]) for part in lost)
    for part in sorted(lost, key=len, reverse=True):  # what stands in a part goes before the part
        instead = _instead(part, data, faults)
        nameless |= _is_scorer(part) and not instead["markdown"]
        _replace(data, part, instead)
    try:
        suite = Suite.model_validate(data)
    except ValidationError:
        return None
    return named_file(path, text, suite), Lost(parts=lost, nameless=nameless)


def _faults(data: Mapping[str, Any]) -> Sequence[_Fault]:
    """Return what is wrong with the values of a suite."""
    try:
        Suite.model_validate(data)
    except ValidationError as error:
        return [(path, kind == "extra_forbidden") for kind, _, path in misfits(error)]
    return []


def _parts(fault: _Fault, data: Mapping[str, Any]) -> Iterator[_Path]:
    """Yield what nothing is known of because of a fault: the least part, and what an unknown key may have meant."""
    path, unknown = fault
    part = _part(path)
    *around, key = path
    meant = get_close_matches(str(key), _keys_beside(path), n=1) if unknown else []
    if unknown and _is_scorer(part):
        alone = isinstance(_at(data, around), dict) and not {*meant} - {*_ASIDE}
        yield path if alone else part
        return
    yield part
    if part == path and meant and meant[0] not in _at(data, around):
        yield (*around, meant[0])


def _part(path: _Path) -> _Path:
    """Return the least part that a fault is in and that can be left out alone."""
    match path:
        case ("scorers", int(), str(), str(key)) if key in _ASIDE:
            return path
        case ("cases", int(), "scorers", int(), str(), str(key)) if key in _ASIDE:
            return path
        case ("cases", int(), "scorers" | "artifacts", _, *_):
            return path[:4]
        case ("cases", int(), _, *_) | ("gate", "metrics", int(), *_):
            return path[:3]
        case ("cases" | "scorers" | "personas", int(), *_) | ("gate", _, *_):
            return path[:2]
        case _:
            return path[:1]


def _keys_beside(path: _Path) -> Sequence[str]:
    """Return the keys that there may be where one stands."""
    for part in path[:-1]:
        if part in SCORERS:
            return [*SCORERS[str(part)].model_fields]
    around: type[BaseModel] = Suite
    if path[1:]:
        around = Gate if path[0] == "gate" else Case
    return [*around.model_fields]


def _is_scorer(part: _Path) -> bool:
    return part[-2:-1] == ("scorers",)


def _instead(part: _Path, data: Mapping[str, Any], faults: Sequence[_Fault]) -> Any:
    """Return what keeps the place of a part; None where it can be left out."""
    if _is_scorer(part):
        return {"markdown": _named(part, _at(data, part), faults)}
    if part[2:] == ("id",):
        return f"number {int(part[1]) + 1}"
    if part[2:3] == ("artifacts",) and part[3:]:
        return _ARTIFACT
    return _INSTEAD.get(tuple(0 if isinstance(each, int) else each for each in part))


def _named(part: _Path, written: Any, faults: Sequence[_Fault]) -> Mapping[str, str]:
    """Return the metric of a scorer as its name; nothing where it is not known."""
    kind, given = next(iter(written.items()), ("", None)) if isinstance(written, dict) else (str(written), None)
    inside = [path[-1] for path, _ in faults if path[: len(part)] == part and path[len(part) :]]
    if any(get_close_matches(str(key), ["name"]) for key in inside):
        return {}
    name = given.get("name") if isinstance(given, dict) else None
    known = name or (kind if kind in SCORERS else "")
    return {"name": known} if known else {}


def _at(data: Any, path: Sequence[str | int]) -> Any:
    """Return what a path leads to."""
    for part in path:
        data = data[part]
    return data


def _replace(data: Any, path: _Path, instead: Any) -> None:
    """Put something in the place of what a path leads to, or leave it out; what holds it may be gone."""
    *around, last = path
    try:
        holder = _at(data, around)
    except (LookupError, TypeError):
        return
    if instead is not None:
        holder[last] = instead
    elif isinstance(holder, dict):
        holder.pop(last, None)
