"""Suites that are wrong in ways nobody thought of: faults are told, and something is sound of whatever can be read."""

import copy
from collections.abc import Iterator
from pathlib import Path
from random import Random
from typing import Any

import pytest
import yaml
from tests.support import ROOT

from dramaturg.data import personas_root
from dramaturg.errors import AuthorError
from dramaturg.evals.reading import read_suite
from dramaturg.evals.salvage import sound_part
from dramaturg.evals.terms import Terms
from dramaturg.evals.usable import read_usable
from dramaturg.persona.library import Library

_SUITES = ("judged/dpa-1.yaml", "rbw-1.suite.yaml")
_VALUES: tuple[Any, ...] = (
    *(None, [], {}, "x", "", ["x"], {"a": "b"}, [[]], "3"),
    *([{"rubric": None}], {"scorers": [{"a": "1", "b": "2"}]}, "scorers", [{"length": {"at_most": "q", "within": []}}]),
)
_KEYS = ("name", "personas", "foo", "scorers", "gate", "metrics", "text")


def _paths(data: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    yield path
    inside = data.items() if isinstance(data, dict) else enumerate(data) if isinstance(data, list) else ()
    for key, value in inside:
        yield from _paths(value, (*path, key))


def _spoil(data: Any, chance: Random) -> None:
    """Delete a value, put another in its place, misspell its key, or add a key beside it."""
    *around, key = chance.choice([path for path in _paths(data) if path])
    holder = data
    for part in around:
        holder = holder[part]
    how = chance.randrange(4)
    if how == 0:
        del holder[key]
    elif how == 1:
        holder[key] = copy.deepcopy(chance.choice(_VALUES))
    elif isinstance(holder, dict) and how == 2:
        at = chance.randrange(len(key) + 1)
        holder[f"{key[:at]}{chance.choice('sxe')}{key[at:]}"] = holder.pop(key)
    elif isinstance(holder, dict):
        holder[chance.choice(_KEYS)] = copy.deepcopy(chance.choice(_VALUES))


@pytest.mark.parametrize("seed", range(4))
def test_a_suite_that_is_spoilt_somehow_is_refused_with_places_and_its_rest_is_looked_at(
    seed: int, tmp_path: Path
) -> None:
    library, path = Library((personas_root(),)), tmp_path / "some.suite.yaml"
    for number in range(25):
        chance = Random(f"{seed} {number}")  # noqa: S311 - test data
        data = yaml.load((ROOT / "evals" / chance.choice(_SUITES)).read_text(encoding="utf-8"), Loader=yaml.BaseLoader)  # noqa: S506 - it makes text only
        for _ in range(chance.randint(1, 4)):
            _spoil(data, chance)
        path.write_text(yaml.safe_dump(data), encoding="utf-8")
        with pytest.raises(AuthorError) as refused:  # the files that a suite names are not beside this one
            read_usable(path, library, Terms())
        assert all(finding.span for finding in refused.value.findings)
        try:
            read_suite(path)
        except AuthorError:
            assert sound_part(path, path.read_text(encoding="utf-8")) is not None
