"""Odd values for every place of a body that a vendor may send."""

from collections.abc import Iterator
from copy import deepcopy
from typing import Any

GONE = object()
ODD: tuple[Any, ...] = (None, "", "x", 7, -1, 1.5, True, [], [None], ["x"], [{}], {}, {"x": 1}, GONE)


def places(node: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Yield the path of everything in a body."""
    keys = node.items() if isinstance(node, dict) else enumerate(node) if isinstance(node, list) else ()
    for key, value in keys:
        yield (*path, key)
        yield from places(value, (*path, key))


def with_value(body: dict[str, Any], path: tuple[Any, ...], value: Any) -> dict[str, Any]:
    """Return a body with another value in one place; without that place for `GONE`."""
    changed = deepcopy(body)
    parent: Any = changed
    for key in path[:-1]:
        parent = parent[key]
    if value is GONE:
        del parent[path[-1]]
    else:
        parent[path[-1]] = value
    return changed
