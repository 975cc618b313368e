"""Artifacts near the window: the vendor counts them, where an estimate says that they do not fit."""

import json
from pathlib import Path

import httpx2
import pytest
from tests.servers import NO_WAIT, Server
from tests.support import BLUEPRINT
from tests.vendors import ANTHROPIC, CHAT, RESPONSES, Vendor

from dramaturg import Runtime
from dramaturg.errors import ModelError
from dramaturg.run.report import RunResult

COUNTING = (ANTHROPIC, RESPONSES)
WINDOW = 200_000
LARGE = BLUEPRINT.read_text() + "".join(
    f"\n## Log {n}\n\n" + "it went well and nobody was hurt. " * 60 for n in range(330)
)


class Counting:
    """A vendor's server that counts prompts as it is told to."""

    def __init__(self, vendor: Vendor, counted: int | httpx2.Response) -> None:
        self.server = Server(vendor)
        self.counts: list[httpx2.Request] = []
        self._counted = counted
        self.model = vendor.model(httpx2.MockTransport(self._take))

    def _take(self, request: httpx2.Request) -> httpx2.Response:
        if not request.url.path.endswith(("/count_tokens", "/input_tokens")):
            return self.server.take(request)
        self.counts.append(request)
        if isinstance(self._counted, httpx2.Response):
            return self._counted
        return httpx2.Response(200, json={"input_tokens": self._counted, "object": "response.input_tokens"})

    def perform(self, state: Path, text: str = LARGE) -> RunResult:
        return Runtime(model=self.model, state=state, retry=NO_WAIT).run("DPA-1", text, fresh=True)


def _cut(result: RunResult) -> bool:
    return any(finding.rule == "A107" for finding in result.findings)


@pytest.mark.parametrize("vendor", COUNTING, ids=lambda vendor: vendor.name)
def test_what_the_vendor_says_fits_is_shown_whole(vendor: Vendor, tmp_path: Path) -> None:
    assert len(LARGE) / 3 > WINDOW
    counting = Counting(vendor, 140_000)
    assert not _cut(counting.perform(tmp_path))
    (count,) = counting.counts
    assert "it went well and nobody was hurt" in json.dumps(json.loads(count.content))
    assert all("## Log 329" in body.decode() for body in (request.content for request in counting.server.requests))


@pytest.mark.parametrize("vendor", COUNTING, ids=lambda vendor: vendor.name)
def test_what_the_vendor_says_does_not_fit_is_shown_in_parts(vendor: Vendor, tmp_path: Path) -> None:
    assert _cut(Counting(vendor, 260_000).perform(tmp_path))


@pytest.mark.parametrize("vendor", COUNTING, ids=lambda vendor: vendor.name)
def test_a_server_that_does_not_count_leaves_the_estimate(vendor: Vendor, tmp_path: Path) -> None:
    missing = httpx2.Response(404, json=vendor.fault("no such path"))
    assert _cut(Counting(vendor, missing).perform(tmp_path))


@pytest.mark.parametrize("vendor", COUNTING, ids=lambda vendor: vendor.name)
def test_a_count_that_fails_is_the_provider_s_failure_and_no_run_begins(vendor: Vendor, tmp_path: Path) -> None:
    counting = Counting(vendor, httpx2.Response(401, json=vendor.fault("no such key")))
    with pytest.raises(ModelError, match="401"):
        counting.perform(tmp_path)
    assert counting.server.requests == []
    assert Runtime(state=tmp_path).runs() == []


@pytest.mark.parametrize("vendor", COUNTING, ids=lambda vendor: vendor.name)
def test_what_fits_by_the_estimate_is_not_counted(vendor: Vendor, tmp_path: Path) -> None:
    counting = Counting(vendor, 1)
    counting.perform(tmp_path, BLUEPRINT.read_text())
    assert counting.counts == []


def test_other_servers_are_not_asked_to_count(tmp_path: Path) -> None:
    counting = Counting(CHAT, 140_000)
    assert _cut(counting.perform(tmp_path))
    assert counting.counts == []


def test_a_resumed_run_counts_by_what_it_began_with(tmp_path: Path) -> None:
    counting = Counting(ANTHROPIC, 140_000)
    runtime = Runtime(model=counting.model, state=tmp_path, retry=NO_WAIT)
    counting.server.turns = [httpx2.Response(401, json=ANTHROPIC.fault("no such key"))]
    with pytest.raises(ModelError):
        runtime.run("DPA-1", LARGE)
    (run,) = [row["run"] for row in runtime.runs()]
    assert not _cut(runtime.resume(run))
    assert len(counting.counts) == 1
