"""Judges of every kind: how each is asked, and what becomes of one that has no room, breaks off, refuses or is gone."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from tests.chat_server import ChatServer
from tests.commands import dramaturg
from tests.integration.test_rubrics import BACKUP, FILE, RUN, backed_up, scores, write
from tests.judges import Judge
from tests.servers import Server
from tests.suites import Bench, new_bench
from tests.vendors import ANTHROPIC, HOSTED, Body, Vendor


@pytest.fixture(name="bench")
def _bench(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Bench:
    return new_bench(tmp_path / "project", monkeypatch)


def test_a_judge_that_is_gone_is_an_error_and_the_same_command_goes_on(bench: Bench) -> None:
    gone = True

    def judge(number: int, request: Mapping[str, Any]) -> str | int:
        return 401 if gone else Judge(backed_up)(number, request)

    with ChatServer(judge) as server:
        write(bench, server.model, repeats=1)
        told = dramaturg(*RUN)
        assert told.code == 3
        assert "failed for technical reasons: the judge of `backed-up`:" in told.out
        gone = False
        again = dramaturg(*RUN, "--format", "json")
    assert again.code == 0
    assert scores(again.json, "baseline") == [1.0, 1.0]
    assert again.json["errors"] == 0


@pytest.mark.parametrize("vendor", HOSTED, ids=lambda vendor: vendor.name)
def test_a_judge_of_any_vendor_is_asked_in_its_own_way(bench: Bench, vendor: Vendor) -> None:
    judge = Server(vendor)

    def turn(_: str) -> Body:
        turns = [text for role, text in vendor.talk(judge.bodies[-1]) if role == "user"]
        asked = {"messages": [{"role": "user", "content": turns[0]}]}
        return vendor.said(Judge(backed_up)(0, asked) if len(turns) > 1 else "Not yet.")

    judge.always = lambda: turn
    write(bench, "anthropic:claude-haiku-4-5", repeats=1)
    bench.edit((BACKUP, ""))
    result = bench.run(FILE, judge=judge.model)
    scores = {(record.arm, record.scores["backed-up"].value) for record in result.records}
    assert scores == {("baseline", 1.0), ("candidate", 0.0)}
    assert len(judge.requests) == 4 * 2
    roles = [role for role, _ in vendor.talk(judge.bodies[-1])]
    assert [role for role in roles if role != "system"] == ["user", "assistant", "user"]


def test_a_document_that_a_judge_has_no_room_for_is_unscored_and_the_reason_recorded(bench: Bench) -> None:
    with ChatServer(Judge(backed_up), window=2600) as server:
        write(bench, server.model, repeats=1)
        result = bench.run(FILE, baseline=None)
    assert server.requests == []
    scored = [record.scores["backed-up"] for record in result.records]
    assert [each.value for each in scored] == [None, None]
    assert {each.why for each in scored} == {(f"it is larger than the window of `{server.model}` has room for",)}


def test_an_answer_that_was_cut_is_asked_for_with_more_room_once(bench: Bench) -> None:
    judge = Server(ANTHROPIC)
    cut = {"stop_reason": "max_tokens"}

    def turn(_: str) -> Body:
        turns = [text for role, text in ANTHROPIC.talk(judge.bodies[-1]) if role == "user"]
        whole = ANTHROPIC.said(Judge(backed_up)(0, {"messages": [{"role": "user", "content": turns[0]}]}))
        return whole if judge.bodies[-1]["max_tokens"] > 3000 else {**whole, **cut}

    judge.always = lambda: turn
    write(bench, "anthropic:claude-haiku-4-5", repeats=1)
    result = bench.run(FILE, judge=judge.model, baseline=None)
    assert [record.scores["backed-up"].value for record in result.records] == [1.0, 1.0]
    assert sorted(body["max_tokens"] for body in judge.bodies) == [3000, 3000, 10_000, 10_000]


def test_a_judge_that_refuses_abstains(bench: Bench) -> None:
    judge = Server(ANTHROPIC)
    judge.always = lambda: lambda _: ANTHROPIC.said("I would rather not.") | {"stop_reason": "refusal"}
    write(bench, "anthropic:claude-haiku-4-5", repeats=1)
    result = bench.run(FILE, judge=judge.model, baseline=None)
    assert [record.scores["backed-up"].value for record in result.records] == [None, None]
    assert result.errors == 0


@pytest.mark.parametrize("judge", ["evidence", "anthropi:claude", "replay:x.jsonl"])
def test_what_cannot_judge_is_refused_where_it_is_named(bench: Bench, judge: str) -> None:
    write(bench, judge)
    told = dramaturg(*RUN)
    assert told.code == 2
    assert "error[E103]: `judge`: " in told.err
    assert f"{FILE}:2:8" in told.err
