"""A judge of pairs is held against people: what that shows, and how its preferences decide from then on."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from tests.chat_server import ChatServer
from tests.commands import dramaturg
from tests.judges import Pair, comparing, pair_shown_to
from tests.labels import CRITERION, labels_text, pairs_text, write_labels
from tests.suites import Bench, new_bench

_BACKUP = "        - **Data Integrity:** A mandatory database backup and restore validation procedure.\n"
_FILE = "evals/compared.suite.yaml"
_LABELS = "evals/safer.labels.yaml"
_RECORD = "evals/safer.calibration.json"
_SUITE = """personas: DPA-1
judge: {judge}
repeats: 5
scorers:
  - sections
  - pairwise: {{name: safer, criterion: {criterion}, labels: safer.labels.yaml{more}}}
gate: {{metrics: [{gate}]}}
cases:
  - {{id: parcels, artifacts: {{architectural_blueprint: cases/parcel-tracking/blueprint.md}}}}
  - {{id: clinic, artifacts: {{architectural_blueprint: cases/clinic-booking/blueprint.md}}}}
"""
_RUN = ("eval", "run", _FILE, "--baseline", "HEAD")
_CALIBRATE = ("eval", "calibrate", _FILE)


@pytest.fixture(name="bench")
def _bench(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Bench:
    bench = new_bench(tmp_path / "project", monkeypatch)
    write_labels(Path(_LABELS), pairs_text())
    return bench


def _write(judge: str, *, gate: str = "safer", more: str = "", criterion: str = CRITERION) -> None:
    text = _SUITE.format(judge=judge, gate=gate, more=more, criterion=criterion)
    Path(_FILE).write_text(text, encoding="utf-8")


def _safer(pair: Pair) -> str:
    """Prefer the document that backs up."""
    backed = ["Data Integrity" in document for document in (pair.first, pair.second)]
    return "tie" if backed[0] == backed[1] else "first" if backed[0] else "second"


def _misled(pair: Pair) -> str:
    """Judge as a model does that errs: one pair the wrong way round, two by their places, one it cannot tell."""
    said, number = _safer(pair), pair.first.split("\n")[0].rsplit(" ", 1)[1]
    if said == "tie":
        return said if number != "0" else "first" if "and wait" in pair.first else "second"
    if number == "3":
        return "second" if said == "first" else "first"
    return {"5": "first", "7": "unclear"}.get(number, said)


def _metric(told: Any) -> Any:
    return next(each for each in told["verdict"]["metrics"] if each["metric"] == "safer")


@pytest.mark.usefixtures("bench")
def test_a_newcomer_is_told_what_a_judge_of_pairs_is_worth_and_where_it_erred() -> None:
    with ChatServer(comparing(_misled)) as server:
        _write(server.model)
        told = dramaturg(*_CALIBRATE, "--price", "3/15")
        annotated = dramaturg(*_CALIBRATE, "--format", "github").out.splitlines()
    place = f"::notice title=safer,file={_LABELS},line=15::a 3: people prefer a, the judge prefers b: "
    assert annotated[0].startswith(place)
    assert annotated[-1].startswith(
        f"::notice title=compared,file={_LABELS}::safer, judged by {server.model}: prefers "
    )
    assert told.code == 0, told.err
    assert f"safer, judged by {server.model} (28 labels)\n  {CRITERION}\n" in told.out
    rows = [line.split() for line in told.out.splitlines() if line.startswith("  people")]
    assert [row[-4:] for row in rows] == [["9", "1", "1", "1"], ["1", "9", "1", "1"], ["0", "1", "3", "0"]]
    assert "agreement: prefers 82 % [60 %, 95 %] of what people prefer" in told.out
    assert "contradiction: prefers the other in 9 % [1 %, 29 %]" in told.out
    assert "their difference: 0.67 [0.40, 0.93], it tells better from worse, and may decide" in told.out
    assert "of what people call a tie it decides 25 % [1 %, 81 %]" in told.out
    assert "the verdict followed the places in 2 of 26 = 8 % [1 %, 25 %]" in told.out
    assert f"{_LABELS}:15:5: a 3: people prefer a, the judge prefers b: Look at them." in told.out
    assert "a 5: people prefer a, the judge calls it a tie: the verdict follows the order" in told.out
    assert "56 of 56 questions were asked for this, $" in told.out
    kept = json.loads(Path(_RECORD).read_text(encoding="utf-8"))["calibrations"][0]
    assert [each["swayed"] for each in kept["judged"] if "swayed" in each].count(True) == 2


@pytest.mark.usefixtures("bench")
def test_the_judge_is_asked_in_both_orders_exactly_as_an_eval_asks_and_learns_no_label() -> None:
    with ChatServer(comparing(_safer)) as server:
        _write(server.model)
        first = dramaturg(*_CALIBRATE, "--json").json["pairwise"][0]
        asked = len(server.requests)
        again = dramaturg(*_CALIBRATE, "--replay", "strict", "--json").json["pairwise"][0]
    pairs = [pair_shown_to(request) for request in server.requests]
    assert asked == len(server.requests) == 56
    assert {(pair.first, pair.second) for pair in pairs} == {(pair.second, pair.first) for pair in pairs}
    assert not any(given in json.dumps(server.requests[0]["messages"]) for given in ("verdict: a", "a 0", "people"))
    assert first == again
    assert (first["may_decide"], first["counts"]["a"]["a"], first["swayed"]) == (True, 12, {"pairs": 0, "of": 28})


def test_preferences_of_a_calibrated_judge_decide(bench: Bench) -> None:
    bench.edit((_BACKUP, ""))
    with ChatServer(comparing(_safer)) as server:
        _write(server.model)
        refused = dramaturg(*_RUN)
        assert refused.code == 2
        assert "error[E111]: the judge of `safer` may not decide: `openai:tiny@" in refused.err
        assert "was never held against `safer.labels.yaml`" in refused.err
        assert dramaturg(*_CALIBRATE).code == 0
        told = dramaturg(*_RUN)
        metric = _metric(dramaturg(*_RUN, "--json").json)
    assert told.code == 1, told.out
    assert told.out.endswith("\nWORSE\n")
    assert f"safer: judged by {server.model}, prefers what people prefer in 100 % [86 %, 100 %] of 24 pairs" in told.out
    assert metric["p_worse"] == pytest.approx(2.0**-10)
    assert metric["effect"]["estimate"] == -1.0
    assert metric["method"] == "exact permutation test within pairs"


def test_a_comparison_that_decides_is_replayed_in_a_fresh_clone(
    bench: Bench, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    strict, record = (*_RUN, "--replay", "strict"), ("eval", "record", *_RUN[2:])
    command = " ".join(("dramaturg", *record))
    with ChatServer(comparing(_safer)) as server:
        _write(server.model)
        bench.checkout.write(_FILE, bench.text(_FILE) + "recorded: answers/compared.jsonl\n")
        assert dramaturg(*_CALIBRATE).code == 0
        assert dramaturg("eval", "record", _FILE).code == 0
        bench.checkout.commit()
        bench.edit((_BACKUP, ""))
        monkeypatch.setenv("DRAMATURG_STATE", str(tmp_path / "author"))
        missed = dramaturg(*strict)
        assert (missed.code, f"record it: `{command}`" in missed.err) == (4, True)
        told = dramaturg(*_RUN)
        assert (told.code, f"to keep them with the suite: {command}\n" in told.err) == (1, True)
        asked = len(server.requests)
        assert dramaturg(*record).code == 0
        assert len(server.requests) == asked
    monkeypatch.setenv("DRAMATURG_STATE", str(tmp_path / "clone"))
    told = dramaturg(*strict)
    assert (told.code, told.out.endswith("\nWORSE\n"), "0 of " in told.out) == (1, True, True)
    whole = bench.text("evals/answers/compared.jsonl")
    assert whole.count('"step": "pairwise"') == 2 * 2  # cases and orders; each repeat is answered like the first
    told = dramaturg("eval", "record", _FILE)
    assert bench.text("evals/answers/compared.jsonl") == whole  # what was said of pairs stays
    assert "\n20 questions about pairs kept without a look; with `--baseline REV` those that are asked no" in told.out
    bench.checkout.commit()
    assert dramaturg(*record).code == 0
    assert '"step": "pairwise"' not in bench.text("evals/answers/compared.jsonl")
    assert dramaturg(*strict).code == 0


@pytest.mark.parametrize("options", [(), ("--baseline", "HEAD")])
def test_what_was_said_of_pairs_goes_with_the_comparison(bench: Bench, options: Sequence[str]) -> None:
    path = "evals/answers/compared.jsonl"
    bench.edit((_BACKUP, ""))
    with ChatServer(comparing(_safer)) as server:
        _write(server.model, gate="pass")
        whole = bench.text(_FILE) + f"recorded: {path.removeprefix('evals/')}\n"
        bench.checkout.write(_FILE, whole)
        assert dramaturg("eval", "record", *_RUN[2:]).code == 0
        assert '"step": "pairwise"' in bench.text(path)
        bench.checkout.write(_FILE, "\n".join(line for line in whole.splitlines() if "- pairwise:" not in line))
        told = dramaturg("eval", "record", _FILE, *options)
    assert (told.code, "about pairs" in told.out) == (0, False)
    assert '"step": "pairwise"' not in bench.text(path)


def test_where_documents_are_equal_nothing_is_asked_and_the_margin_may_be_its_own(bench: Bench) -> None:
    bench.edit(("**Log Analysis:** Specific", "**Log Analysis:**  Specific"))
    with ChatServer(comparing(_safer)) as server:
        _write(server.model, more=", margin: 50")
        assert dramaturg(*_CALIBRATE).code == 0
        asked = len(server.requests)
        told = dramaturg(*_RUN, "--json")
        _write(server.model, gate="pass, safer", more=", margin: 50")
        suite = Path(_FILE).read_text(encoding="utf-8").replace("[pass, safer]", "[pass, safer], margin: 40")
        Path(_FILE).write_text(suite, encoding="utf-8")
        both = dramaturg(*_RUN)
    assert len(server.requests) == asked
    assert both.out.endswith("\nNO WORSE than 40 points, `safer` than 50\n")
    assert (told.code, _metric(told.json)["kind"], _metric(told.json)["margin"]) == (0, "no worse", 0.5)


def test_a_strict_replay_misses_pairs_that_decide_and_two_recorded_evals_are_left_open(bench: Bench) -> None:
    with ChatServer(comparing(_safer)) as server:
        _write(server.model)
        assert dramaturg(*_CALIBRATE).code == 0
        before = dramaturg("eval", "run", _FILE, "--json").json["run"]
        bench.edit((_BACKUP, ""))
        after = dramaturg("eval", "run", _FILE, "--json").json["run"]
        strict = dramaturg(*_RUN, "--replay", "strict")
        compared = dramaturg("eval", "compare", before, after)
    assert strict.code == 4
    assert "the judge's question has no recorded answer: nothing of the kind was ever recorded" in strict.err
    assert "; record it: give the command with `--replay auto` once\n" in strict.err
    assert compared.code == 6
    assert "0 are ties, 10 unscored" in compared.out


def test_a_case_of_which_the_judge_can_say_nothing_keeps_it_from_being_green(bench: Bench) -> None:
    def torn(pair: Pair) -> str:
        return "unclear" if "booking" in pair.first else _safer(pair)

    bench.edit(("**Log Analysis:** Specific", "**Log Analysis:** Exact"), (_BACKUP, _BACKUP.replace("A mand", "Mand")))
    with ChatServer(comparing(torn)) as server:
        _write(server.model, more=", margin: 45")
        assert dramaturg(*_CALIBRATE).code == 0
        told = dramaturg(*_RUN, "--repeats", "20")
    assert told.code == 6
    assert "20 of 40 pairs have no verdict; losses among them could be a drop" in told.out


@pytest.mark.usefixtures("bench")
def test_a_judge_that_goes_by_the_places_may_not_decide() -> None:
    with ChatServer(comparing(lambda _: "first")) as server:
        _write(server.model)
        told = dramaturg(*_CALIBRATE)
        refused = dramaturg(*_RUN)
    assert told.code == 1
    assert "the verdict followed the places in 28 of 28 = 100 % [88 %, 100 %]" in told.out
    assert "not shown to be better than a coin: it may not decide" in told.out
    assert refused.code == 2
    assert "agreement less contradiction is 0.00 [-0.08, 0.08], p of a coin 1" in refused.err


@pytest.mark.usefixtures("bench")
def test_a_coin_may_not_decide() -> None:
    with ChatServer(comparing(lambda pair: "first" if "and wait" in pair.first else "second")) as server:
        _write(server.model)
        told = dramaturg(*_CALIBRATE)
    assert told.code == 1
    assert "not shown to be better than a coin: it may not decide" in told.out


@pytest.mark.usefixtures("bench")
def test_labels_of_the_other_kind_and_what_a_comparison_cannot_be_are_refused_where_they_stand() -> None:
    write_labels(Path(_LABELS), labels_text())
    _write("openai:tiny@http://127.0.0.1:1/v1", more=", required: true")
    told = dramaturg(*_RUN)
    assert told.code == 2
    assert "error[E112]: `safer.labels.yaml` has labels of documents\n" in told.err
    assert "= help: give `pairs`, two documents each: a `pairwise` is held against what it is asked" in told.err
    write_labels(Path(_LABELS), pairs_text())
    told = dramaturg(*_RUN)
    assert "error[E111]: `safer` tells which of two documents is better: nobody passes or fails by it" in told.err
    rubric = Path(_FILE).read_text(encoding="utf-8").replace("pairwise:", "rubric:")
    Path(_FILE).write_text(rubric, encoding="utf-8")
    told = dramaturg(*_CALIBRATE)
    assert "error[E112]: `safer.labels.yaml` has labels of pairs\n" in told.err


@pytest.mark.usefixtures("bench")
def test_an_edit_of_what_people_judged_makes_it_stale() -> None:
    with ChatServer(comparing(_safer)) as server:
        _write(server.model)
        assert dramaturg(*_CALIBRATE).code == 0
        assert dramaturg(*_RUN).code == 0
        write_labels(Path(_LABELS), pairs_text(ties=5))
        told = dramaturg(*_RUN)
    assert (told.code, "the labels were edited since it was calibrated on" in told.err) == (2, True)
