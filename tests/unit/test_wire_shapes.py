"""Whatever stands in any place of an answer: an adapter gives a reply or a ModelError, never another exception."""

import asyncio
from collections.abc import Iterator, Sequence
from copy import deepcopy
from dataclasses import asdict
from typing import Any

import httpx2
import pytest
from tests.servers import Server, first_call
from tests.vendors import HOSTED, Body, Vendor

from dramaturg import ModelError
from dramaturg.engine.calls import ModelReply

_ODD: tuple[Any, ...] = (None, "", "x", 7, -1, 1.5, True, [], [None], ["x"], [{}], {}, {"x": 1})
_GONE = object()


def _places(node: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Yield the path of everything in a body."""
    keys = node.items() if isinstance(node, dict) else enumerate(node) if isinstance(node, list) else ()
    for key, value in keys:
        yield (*path, key)
        yield from _places(value, (*path, key))


def _with(body: Body, path: tuple[Any, ...], value: Any) -> Body:
    changed = deepcopy(body)
    parent: Any = changed
    for key in path[:-1]:
        parent = parent[key]
    if value is _GONE:
        del parent[path[-1]]
    else:
        parent[path[-1]] = value
    return changed


async def _outcomes(vendor: Vendor, bodies: Sequence[Body]) -> list[ModelReply | ModelError]:
    model = Server(vendor, [httpx2.Response(200, json=body) for body in bodies]).model
    outcomes: list[ModelReply | ModelError] = []
    for _ in bodies:
        try:
            outcomes.append(await model.answer(first_call()))
        except ModelError as error:
            outcomes.append(error)
    return outcomes


@pytest.mark.parametrize("vendor", HOSTED, ids=lambda vendor: vendor.name)
def test_any_field_may_be_missing_or_hold_anything(vendor: Vendor) -> None:
    good = vendor.said("{}")
    cases = [(path, value) for path in _places(good) for value in (*_ODD, _GONE)]
    outcomes = asyncio.run(_outcomes(vendor, [_with(good, path, value) for path, value in cases]))
    replies = [outcome for outcome in outcomes if isinstance(outcome, ModelReply)]
    faults = [outcome for outcome in outcomes if isinstance(outcome, ModelError)]
    assert all(fault.message.startswith(vendor.provider) for fault in faults)
    assert all(type(reply.text) is str and min(asdict(reply.usage).values()) >= 0 for reply in replies)
    beside = [path[0] in {"usage", "id", "model"} for path, _ in cases]
    told = [outcome for outcome, aside in zip(outcomes, beside, strict=True) if aside]
    assert all(isinstance(outcome, ModelReply) and outcome.text == "{}" for outcome in told)
