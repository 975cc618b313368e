"""Whatever stands in any place of an answer: an adapter gives a reply or a ModelError, never another exception."""

import asyncio
from collections.abc import Sequence
from dataclasses import asdict

import httpx2
import pytest
from tests.odd import ODD, places, with_value
from tests.servers import Server, first_call
from tests.vendors import HOSTED, Body, Vendor

from dramaturg import ModelError
from dramaturg.engine.calls import ModelReply


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
    cases = [(path, value) for path in places(good) for value in ODD]
    outcomes = asyncio.run(_outcomes(vendor, [with_value(good, path, value) for path, value in cases]))
    replies = [outcome for outcome in outcomes if isinstance(outcome, ModelReply)]
    faults = [outcome for outcome in outcomes if isinstance(outcome, ModelError)]
    assert all(fault.message.startswith(vendor.provider) for fault in faults)
    assert all(type(reply.text) is str and min(asdict(reply.usage).values()) >= 0 for reply in replies)
    beside = [path[0] in {"usage", "id", "model"} for path, _ in cases]
    told = [outcome for outcome, aside in zip(outcomes, beside, strict=True) if aside]
    assert all(isinstance(outcome, ModelReply) and outcome.text == "{}" for outcome in told)
