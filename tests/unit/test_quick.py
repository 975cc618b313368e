"""Quick constructors and makers: whatever they make is what the usual constructor makes."""

import inspect
import pickle
from collections.abc import Callable, Mapping
from dataclasses import FrozenInstanceError, dataclass, field, fields, replace

import pytest

from dramaturg.findings.quick import maker, quick


@dataclass(frozen=True, slots=True)
class _Usual:
    place: str
    line: int = 1
    seen: list[str] = field(default_factory=list, kw_only=True)
    of: Mapping[str, int] | None = field(default=None, kw_only=True)


@quick
@dataclass(frozen=True, slots=True)
class _Quick:
    place: str
    line: int = 1
    seen: list[str] = field(default_factory=list, kw_only=True)
    of: Mapping[str, int] | None = field(default=None, kw_only=True)


_make = maker(_Usual)


def _parameters(cls: Callable[..., object]) -> list[tuple[str, object, bool]]:
    said = inspect.signature(cls).parameters.values()
    return [(each.name, each.kind, each.default is inspect.Parameter.empty) for each in said]


@pytest.mark.parametrize("given", [{}, {"line": 7}, {"seen": ["a"]}, {"of": {"b": 2}, "line": 0}], ids=str)
def test_it_makes_the_same_value(given: dict[str, object]) -> None:
    made, usual = _Quick("here", **given), _Usual("here", **given)  # type: ignore[arg-type]
    assert [getattr(made, each.name) for each in fields(made)] == [getattr(usual, each.name) for each in fields(usual)]
    assert repr(made).replace("_Quick", "_Usual") == repr(usual)
    assert made == replace(made)


def test_it_takes_the_same_arguments() -> None:
    assert _parameters(_Quick) == _parameters(_Usual)
    for given in ({}, {"place": "a", "else": 1}):
        with pytest.raises(TypeError):
            _Quick(**given)  # type: ignore[arg-type]
    with pytest.raises(TypeError):
        _Quick("a", 1, ["c"])  # type: ignore[call-arg]


def test_each_value_has_a_default_of_its_own() -> None:
    assert _Quick("a").seen is not _Quick("a").seen


def test_it_stays_frozen() -> None:
    with pytest.raises(FrozenInstanceError):
        _Quick("a").line = 2  # type: ignore[misc]


@pytest.mark.parametrize("given", [{}, {"line": 7}, {"seen": ["a"]}, {"of": {"b": 2}, "line": 0}], ids=str)
def test_a_maker_makes_what_the_constructor_makes(given: dict[str, object]) -> None:
    made, usual = _make("here", **given), _Usual("here", **given)  # type: ignore[arg-type]
    assert type(made) is _Usual
    assert (made, repr(made)) == (usual, repr(usual))
    assert pickle.loads(pickle.dumps(made)) == replace(made) == usual  # noqa: S301 - what was dumped on this line
    assert made.seen is not _make("here").seen


def test_a_maker_takes_what_the_constructor_takes() -> None:
    assert _parameters(_make) == _parameters(_Usual)


def test_what_a_maker_made_is_frozen() -> None:
    with pytest.raises(FrozenInstanceError):
        _make("a").line = 2  # type: ignore[misc]
