"""Documents of both arms beside each other: asked in both orders, masked, and counted as wins, ties and losses."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from tests.chat_server import ChatServer
from tests.commands import dramaturg
from tests.judges import Pair, comparing, pair_shown_to
from tests.suites import Bench, new_bench

_BACKUP = "        - **Data Integrity:** A mandatory database backup and restore validation procedure.\n"
_FILE = "evals/compared.suite.yaml"
_SUITE = """personas: DPA-1
judge: {judge}
repeats: {repeats}
scorers:
  - sections
  - pairwise: {{name: safer, criterion: "Whoever follows it can lose no data."{more}}}
cases:
  - {{id: parcels, artifacts: {{architectural_blueprint: cases/parcel-tracking/blueprint.md}}}}
  - {{id: clinic, artifacts: {{architectural_blueprint: cases/clinic-booking/blueprint.md}}}}
"""
_RUN = ("eval", "run", _FILE, "--baseline", "HEAD")


@pytest.fixture(name="bench")
def _bench(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Bench:
    bench = new_bench(tmp_path / "project", monkeypatch)
    bench.edit((_BACKUP, ""))
    return bench


def _write(judge: str, repeats: int = 3, more: str = "") -> None:
    Path(_FILE).write_text(_SUITE.format(judge=judge, repeats=repeats, more=more), encoding="utf-8")


def _safer(pair: Pair) -> str:
    """Prefer the document that backs up."""
    backed = ["Data Integrity" in document for document in (pair.first, pair.second)]
    return "tie" if backed[0] == backed[1] else "first" if backed[0] else "second"


def _metric(told: Any) -> Any:
    return next(each for each in told["verdict"]["metrics"] if each["metric"] == "safer")


@pytest.mark.usefixtures("bench")
def test_the_worse_document_loses_in_both_orders_and_decides_nothing() -> None:
    with ChatServer(comparing(_safer)) as server:
        _write(server.model)
        told = dramaturg(*_RUN)
        data = dramaturg(*_RUN, "--replay", "strict", "--format", "json").json
    assert len(server.requests) == 2 * 3 * 2  # cases, repeats, orders
    line = "safer: the candidate is preferred in 0 pairs, the baseline in 6, 0 are ties, 0 unscored; the verdict"
    assert f"{line} followed the order in 0 of 6 = 0 % [0 %, 46 %]" in told.out
    assert f"safer: {server.model} judges and decides nothing: there are no `labels` to hold it" in told.out
    metric = _metric(data)
    assert (metric["gates"], metric["scored"], metric["cases"]) == (False, True, 2)
    assert (metric["effect"]["estimate"], metric["method"]) == (-1.0, "exact permutation test within pairs")
    assert metric["p_worse"] == pytest.approx(2.0**-6)  # each of six signs could as well be the other
    assert "safer 1.00, mean of 6 0.00, mean of 6 -1.00 [" in " ".join(told.out.split())
    assert told.code == 6


@pytest.mark.usefixtures("bench")
def test_documents_stand_in_both_orders_and_nothing_tells_which_is_which() -> None:
    with ChatServer(comparing(_safer)) as server:
        _write(server.model, repeats=1)
        assert dramaturg(*_RUN).code == 6
    pairs = [pair_shown_to(request) for request in server.requests]
    assert {(pair.first, pair.second) for pair in pairs} == {(pair.second, pair.first) for pair in pairs}
    assert sum("Data Integrity" in pair.first for pair in pairs) == 2
    for request in server.requests:
        whole = json.dumps(request["messages"])
        for given_away in ("baseline", "candidate", "HEAD", "work tree", "DPA-1", "parcels", "evidence-only"):
            assert given_away not in whole


@pytest.mark.usefixtures("bench")
def test_a_verdict_that_follows_the_order_is_a_tie_and_is_told() -> None:
    with ChatServer(comparing(lambda _: "first")) as server:
        _write(server.model)
        told = dramaturg(*_RUN)
        metric = _metric(dramaturg(*_RUN, "--format", "json").json)
    assert "the baseline in 0, 6 are ties, 0 unscored; the verdict followed the order in 6 of 6 = 100 %" in told.out
    assert (metric["effect"]["estimate"], metric["p_worse"], metric["p_better"]) == (0.0, 1.0, 1.0)


@pytest.mark.usefixtures("bench")
def test_a_tie_in_one_order_is_a_tie_and_no_bias() -> None:
    with ChatServer(comparing(lambda pair: "tie" if "Data Integrity" in pair.first else "second")) as server:
        _write(server.model)
        told = dramaturg(*_RUN)
    assert "the candidate is preferred in 0 pairs, the baseline in 0, 6 are ties" in told.out
    assert "followed the order in 0 of 6" in told.out


@pytest.mark.usefixtures("bench")
def test_what_cannot_be_told_is_unscored() -> None:
    def torn(pair: Pair) -> str:
        return "unclear" if "booking" in pair.first and "Data Integrity" in pair.first else _safer(pair)

    with ChatServer(comparing(torn)) as server:
        _write(server.model)
        told = dramaturg(*_RUN)
    assert "the baseline in 3, 0 are ties, 3 unscored; the verdict followed the order in 0 of 3" in told.out
    assert "safer 1.00, mean of 3 (3 unscored) 0.00, mean of 3 (3 unscored)" in " ".join(told.out.split())


def test_equal_documents_are_a_tie_that_nobody_is_asked_about(bench: Bench) -> None:
    bench.checkout.commit()
    with ChatServer(comparing(_safer)) as server:
        _write(server.model)
        bench.edit(("**Log Analysis:** Specific", "**Log Analysis:**  Specific"))
        told = dramaturg(*_RUN)
    assert server.requests == []
    assert "the baseline in 0, 6 are ties, 0 unscored\n" in told.out


@pytest.mark.usefixtures("bench")
def test_without_a_baseline_there_is_nothing_to_compare() -> None:
    with ChatServer(comparing(_safer)) as server:
        _write(server.model)
        told = dramaturg("eval", "run", _FILE)
    assert (told.code, server.requests) == (0, [])
    assert "preferred" not in told.out


@pytest.mark.usefixtures("bench")
def test_a_winner_that_nothing_is_quoted_from_is_asked_about_once_more() -> None:
    def careless(number: int, request: Mapping[str, Any]) -> str:
        said = json.loads(comparing(_safer)(number, request))
        return json.dumps(said | ({} if len(request["messages"]) > 2 else {"first": [], "second": []}))

    with ChatServer(careless) as server:
        _write(server.model, repeats=1)
        told = dramaturg(*_RUN)
    assert sorted(len(request["messages"]) for request in server.requests) == [2] * 4 + [4] * 4
    assert "the baseline in 2, 0 are ties" in told.out


@pytest.mark.usefixtures("bench")
def test_a_judge_that_is_gone_is_an_error_of_both_and_the_same_command_goes_on() -> None:
    gone = True

    def judge(number: int, request: Mapping[str, Any]) -> str | int:
        return 401 if gone else comparing(_safer)(number, request)

    with ChatServer(judge) as server:
        _write(server.model)
        told = dramaturg(*_RUN)
        assert told.code == 3
        assert "12 times failed for technical reasons: the judge of `safer`:" in told.out
        gone = False
        again = dramaturg(*_RUN)
    assert again.code == 6
    assert "the baseline in 6, 0 are ties" in again.out


@pytest.mark.usefixtures("bench")
def test_a_comparison_that_nobody_has_calibrated_may_not_decide() -> None:
    _write("openai:tiny@http://127.0.0.1:1/v1")
    suite = Path(_FILE)
    suite.write_text(suite.read_text(encoding="utf-8") + "gate: {metrics: safer}\n", encoding="utf-8")
    told = dramaturg(*_RUN)
    assert told.code == 2
    assert "error[E111]: the judge of `safer` may not decide: there are no `labels` to hold it against" in told.err
    assert "= help: label some forty pairs of documents as `dramaturg explain E111` tells, then" in told.err


def test_what_asks_nothing_leaves_pairs_open_that_nobody_was_asked_about(bench: Bench) -> None:
    with ChatServer(comparing(_safer)) as server:
        _write(server.model)
        before = dramaturg(*_RUN, "--format", "json").json["run"]
        bench.edit(("**Log Analysis:** Specific", "**Log Analysis:** Exact"))
        assert dramaturg("eval", "run", _FILE).code == 0  # answers of the persona, and of no judge
        strict = dramaturg(*_RUN, "--replay", "strict")
        bench.edit(("**Log Analysis:** Exact", "**Log Analysis:** Specific"))
        after = dramaturg("eval", "run", _FILE, "--repeats", "2", "--format", "json").json["run"]
        same = dramaturg("eval", "compare", before, after)
        asked = len(server.requests)
    assert asked == 2 * 3 * 2
    assert strict.code == 6
    assert "safer – (6 unscored) – (6 unscored)" in " ".join(strict.out.split())
    assert "the baseline in 0, 0 are ties, 6 unscored\n" in strict.out
    assert "4 are ties, 0 unscored\n" in same.out  # both performed the same
