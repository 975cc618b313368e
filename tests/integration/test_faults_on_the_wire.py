"""How providers fail, against a server on a real socket through the real SDKs: what is done, how often it is asked."""

import asyncio
import re
from collections import Counter
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
from tests import faulty_server as wire
from tests.faulty_server import Fault, FaultyServer, status
from tests.support import INPUTS, ROOT
from tests.vendors import ANTHROPIC, CHAT, Vendor

from dramaturg import ModelError, RunResult, Runtime
from dramaturg.engine.events import AnswerRejected, Event, FellBack, ItemArrived, Retrying
from dramaturg.models.retry import RetryPolicy

_QUICK = RetryPolicy(first=0.01, longest=0.05)
_IMPATIENT = replace(_QUICK, stall=2)  # which a slow machine is not silent for
_TABLE = re.compile(r"^\| (?P<what>[^|]+) \| [^|]+ \| (?P<requests>\d) \| (?P<end>[^|]+) \|$", re.MULTILINE)
_DOCS = {row["what"]: row for row in _TABLE.finditer((ROOT / "docs" / "providers.md").read_text(encoding="utf-8"))}


@dataclass(frozen=True)
class Case:
    """A row of docs/providers.md, and what the server does."""

    row: str
    faults: tuple[Fault, ...] = ()
    always: Fault | None = None
    vendors: tuple[Vendor, ...] = wire.STREAMING
    retry: RetryPolicy = _QUICK


_GOES_ON = [
    Case("429, 500 or 529 once", (status(429),)),
    Case("429, 500 or 529 once", (status(500),)),
    Case("429, 500 or 529 once", (status(529),)),
    Case("429 with `Retry-After`", (status(429, retry_after="0.01"),)),
    Case("429 with `Retry-After`", (status(429, retry_after="3600"),)),
    Case("the connection is reset before an answer", (wire.nothing,)),
    Case("the connection is reset in mid-stream", (wire.reset_in_mid_stream,)),
    Case("what answers does not speak HTTP", (wire.no_http,)),
    Case("the stream ends before the answer does", (wire.ends_in_mid_stream,)),
    Case("an error event in mid-stream", (wire.error_in_mid_stream,)),
    Case("silence in mid-stream", (wire.silence,), retry=_IMPATIENT),
    Case("200 with half a body", (wire.half_a_body,)),
]
_ENDS = [
    Case("500 without end", always=status(500)),
    Case("401: an expired key", always=status(401, "the key has expired", "authentication_error")),
    Case("400: the context is too long", always=status(400, "prompt is too long: 250000 tokens > 200000 maximum")),
]


def _each(cases: list[Case]) -> list[object]:
    return [
        pytest.param(case, vendor, id=f"{vendor.name}-{number}-{case.row}")
        for number, case in enumerate(cases)
        for vendor in case.vendors
    ]


def _run(server: FaultyServer, retry: RetryPolicy = _QUICK) -> tuple[RunResult, list[Event]]:
    events: list[Event] = []
    result = Runtime(model=server.model, retry=retry).run("DPA-1", INPUTS, on_event=events.append)
    return result, events


@pytest.mark.parametrize(("case", "vendor"), _each(_GOES_ON))
def test_what_passes_is_tried_again_and_the_run_goes_on(case: Case, vendor: Vendor) -> None:
    with FaultyServer(vendor, case.faults) as server:
        result, events = _run(server, case.retry)
    assert _DOCS[case.row]["end"] == "goes on"
    assert len(server.requests) == 5 - 1 + int(_DOCS[case.row]["requests"])
    assert Counter(map(str, server.requests)).most_common(1)[0][1] == 2  # the same request, nothing else twice
    (told,) = (event for event in events if isinstance(event, Retrying))
    assert told.wait <= _QUICK.longest
    assert len(result.document.sections) == 4


@pytest.mark.parametrize(("case", "vendor"), _each(_ENDS))
def test_what_stays_ends_the_run_which_can_be_resumed(case: Case, vendor: Vendor, state: Path) -> None:
    with FaultyServer(vendor, always=case.always) as server:
        with pytest.raises(ModelError):
            _run(server)
        assert _DOCS[case.row]["end"] == "exits with 3, resumable"
        assert len(server.requests) == int(_DOCS[case.row]["requests"])
        (row,) = Runtime(model="evidence", state=state).runs()
    assert row["status"] == "unfinished"


@pytest.mark.parametrize("vendor", wire.STREAMING, ids=lambda vendor: vendor.name)
def test_white_space_without_end_is_cut_and_asked_again_with_the_reason(vendor: Vendor) -> None:
    with FaultyServer(vendor, (wire.white_space,)) as server:
        result, events = _run(server)
        assert server.left.wait(300)  # the connection was closed on it
    row = _DOCS["white space or the same characters without end"]
    assert len(server.requests) == 5 - 1 + int(row["requests"])
    (rejected,) = (event for event in events if isinstance(event, AnswerRejected))
    assert [finding.rule for finding in rejected.findings] == ["R104"]
    assert not [event for event in events if isinstance(event, Retrying)]
    assert result.report.usage.output > 0  # what was cut is counted, by estimate


def test_every_row_of_the_table_is_shown() -> None:
    shown = {case.row for case in (*_GOES_ON, *_ENDS)} | {"white space or the same characters without end"}
    assert shown == {*_DOCS}


@pytest.mark.slow
def test_thirty_seconds_of_silence_are_what_is_waited() -> None:
    with FaultyServer(CHAT, (wire.silence,)) as server:
        result, events = _run(server, RetryPolicy(first=0.01, longest=0.05))
    (told,) = (event for event in events if isinstance(event, Retrying))
    assert told.reason.endswith("has said nothing for 30 s")
    assert len(result.document.sections) == 4


@pytest.mark.parametrize("vendor", wire.STREAMING, ids=lambda vendor: vendor.name)
def test_items_are_told_while_the_answer_is_written(vendor: Vendor) -> None:
    with FaultyServer(vendor) as server:
        _, events = _run(server)
    arrived = [event for event in events if isinstance(event, ItemArrived) and event.step == "3"]
    assert [event.number for event in arrived] == [*range(1, len(arrived) + 1)]
    assert arrived
    assert arrived[0].text.startswith("Do what is demanded")


def test_what_cannot_be_had_from_one_is_asked_of_another() -> None:
    events: list[Event] = []
    with FaultyServer(ANTHROPIC, always=status(529)) as down, FaultyServer(CHAT) as up:
        runtime = Runtime(model=down.model, fallback=(up.model,), retry=RetryPolicy(attempts=2, first=0, longest=0))
        result = runtime.run("DPA-1", INPUTS, on_event=events.append)
        again = runtime.run("DPA-1", INPUTS, fresh=True)
    fell = [event for event in events if isinstance(event, FellBack)]
    assert len(fell) == 5
    assert fell[0].instead == up.model.name
    assert len(result.document.sections) == len(again.document.sections) == 4
    assert len(down.requests) == 3 * 2  # after three calls that failed for good, it is left alone
    assert len(up.requests) == 10


def test_many_runs_share_what_the_provider_bears() -> None:
    refusals = [status(429, retry_after="0.01") for _ in range(8)]
    with FaultyServer(CHAT, refusals) as server:
        model = server.model

        async def crowd() -> list[RunResult]:
            runtime = Runtime(model=model, retry=_QUICK)
            try:
                return await asyncio.gather(*(runtime.arun("DPA-1", INPUTS, fresh=True) for _ in range(8)))
            finally:
                await model.aclose()

        results = asyncio.run(crowd())
    assert [len(result.document.sections) for result in results] == [4] * 8
    assert len(server.requests) == 8 * 5 + 8
