"""The commands with `--batch`: judges, records, calibrations, what is said meanwhile, exit codes, pruning."""

import json
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.batch_sockets import served
from tests.batch_vendors import AnthropicBatches
from tests.batched import BACKUP, FILE, HASTY, batch_bench, performed, write
from tests.commands import dramaturg
from tests.judges import Judge, Shown, comparing
from tests.suites import Bench
from tests.vendors import ANTHROPIC, Body

from dramaturg.evals import Terms, calibrate_suite, record_suite

_MODEL = "anthropic:claude-sonnet-5-5"
_JUDGED = """, {rubric: {name: backed-up, criterion: A backup is taken.}},
  {rubric: {name: short, criterion: It is short.}}, {pairwise: {name: safer, criterion: Data is safe.}}"""
_LABELS = """criterion: A backup is taken.
labels:
  - {id: one, verdict: pass, text: "Data Integrity is looked after before anything is changed."}
  - {id: two, verdict: fail, text: "Nothing is done before everything is changed."}
"""


class Judging(AnthropicBatches):
    """Performs as well as it can, and judges by whether a document speaks of data integrity."""

    def answer(self, body: Body) -> Body:
        fields = ANTHROPIC.schema(body)["properties"]
        if "first" in fields:
            return ANTHROPIC.said(comparing(lambda pair: _longer(pair.first, pair.second))(0, body))
        return ANTHROPIC.said(Judge(_backed_up)(0, body)) if "verdict" in fields else super().answer(body)


def _backed_up(shown: Shown) -> bool:
    return "Data Integrity" in shown.document


def _longer(first: str, second: str) -> str:
    return "first" if len(first) > len(second) else "second"


@pytest.fixture(name="bench")
def _bench(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Bench:
    return batch_bench(tmp_path / "project", monkeypatch)


@pytest.fixture(name="vendor")
def _vendor(monkeypatch: pytest.MonkeyPatch) -> Iterator[Judging]:
    """A vendor that commands reach."""
    vendor = Judging(ANTHROPIC)
    with served(vendor) as listening:
        monkeypatch.setenv("ANTHROPIC_BASE_URL", listening.address)
        monkeypatch.setenv("ANTHROPIC_API_KEY", "key")
        yield vendor


def test_all_that_judges_are_asked_of_a_step_is_one_batch(bench: Bench, vendor: Judging) -> None:
    write(bench, more=_JUDGED)
    bench.edit((BACKUP, ""))
    result = performed(vendor, judge=vendor.model)
    assert vendor.sizes == [2, 4, 4, 4, 4, 8, 4]
    scores = {(each.arm, each.scores["backed-up"].value, each.scores["safer"].value) for each in result.records}
    assert scores == {("baseline", 1.0, 1.0), ("candidate", 0.0, 0.0)}
    alone = performed(vendor, judge=vendor.model, batch=False, replay="off")
    assert [each.scores for each in alone.records] == [each.scores for each in result.records]
    assert alone.asked == result.asked == len(vendor.singles)


def test_answers_that_go_with_a_suite_are_recorded_in_batches(bench: Bench, vendor: Judging) -> None:
    path = bench.checkout.folder / FILE
    path.write_text(path.read_text(encoding="utf-8") + "recorded: answers/one.jsonl\n", encoding="utf-8")
    recording = record_suite(Path(FILE), Terms(models=[_MODEL], batch=True, polling=HASTY))
    assert (recording.questions, vendor.sizes, vendor.singles) == (10, [2] * 5, [])
    lines = [json.loads(line) for line in recording.path.read_text(encoding="utf-8").splitlines()]
    assert all(line["batch"] for line in lines if "reply" in line)
    told = dramaturg("eval", "run", FILE, "-m", _MODEL, "--replay", "strict", "--json")
    assert (told.code, told.json["questions"]) == (0, {"needed": 10, "asked": 0, "usd": 0.0})


def test_a_judge_is_calibrated_in_one_batch(bench: Bench, vendor: Judging) -> None:
    write(bench, more=", {rubric: {name: backed-up, criterion: A backup is taken., labels: one.labels.yaml}}")
    bench.checkout.write("evals/one.labels.yaml", _LABELS)
    terms = Terms(judge=_MODEL, batch=True, polling=HASTY)
    calibrated = calibrate_suite(Path(FILE), terms)
    assert (vendor.sizes, vendor.singles, calibrated.asked) == ([2], [], 2)
    assert [each.judge for each in calibrated.calibrations["backed-up"].judged] == ["pass", "fail"]
    again = dramaturg("eval", "calibrate", FILE, "--judge", _MODEL, "--batch", "--json")
    assert again.json["questions"]["asked"] == 2
    assert vendor.sizes == [2]


def test_the_command_tells_each_batch_and_what_it_has_cost(bench: Bench, vendor: Judging) -> None:
    del bench
    told = dramaturg("eval", "run", FILE, "-m", _MODEL, "--batch")
    assert told.code == 0
    assert "batch 1 (batch_001, 2 questions) is with anthropic:claude-sonnet-5-5\n" in told.err
    assert re.search(r"^batch 5 \(batch_005, 2 questions\) has ended after \d+ s$", told.err, re.MULTILINE)
    quiet = dramaturg("eval", "run", FILE, "-m", _MODEL, "--batch", "--quiet", "--json", "--replay", "off")
    assert quiet.err == ""
    assert quiet.json["questions"]["asked"] == 10
    assert quiet.json["questions"]["usd"] * 2 == pytest.approx(sum(each["usd"] for each in quiet.json["performances"]))
    assert len(vendor.batches) == 10


def test_half_of_them_failing_is_infrastructure_and_exits_with_3(bench: Bench, vendor: Judging) -> None:
    del bench
    error = {"type": "error", "error": {"type": "invalid_request_error", "message": "this cannot be answered"}}
    vendor.became = lambda batch, key: (
        {"type": "errored", "error": error} if key == next(iter(batch.requests)) and batch.id == "batch_001" else None
    )
    told = dramaturg("eval", "run", FILE, "-m", _MODEL, "--batch")
    assert told.code == 3
    assert "1 time failed for technical reasons: Anthropic answered 400: this cannot be answered" in told.out


def test_a_model_without_a_key_is_told_where_an_answer_is_not_recorded(
    bench: Bench, vendor: Judging, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = bench.checkout.folder / FILE
    path.write_text(path.read_text(encoding="utf-8") + "recorded: answers/one.jsonl\n", encoding="utf-8")
    record_suite(Path(FILE), Terms(models=[_MODEL], batch=True, polling=HASTY))
    bench.checkout.commit()
    monkeypatch.delenv("ANTHROPIC_API_KEY")
    run = ("eval", "run", FILE, "-m", _MODEL, "--batch")
    assert dramaturg(*run).code == 0
    bench.edit((BACKUP, ""))
    told = dramaturg(*run)
    assert (told.code, "`ANTHROPIC_API_KEY` is not set" in told.err) == (2, True)
    assert len(vendor.batches) == 5


def test_what_takes_no_batches_is_refused_with_what_does(bench: Bench) -> None:
    del bench
    told = dramaturg("eval", "run", FILE, "--batch")
    assert told.code == 2
    assert told.err == (
        "error: `evidence` takes no batches; ask a model that does, `--models anthropic:NAME` or "
        "`--models openai:NAME`, or leave `--batch` out\n"
    )


def test_an_eval_whose_batch_is_out_is_not_pruned(bench: Bench, vendor: Judging) -> None:
    del bench
    vendor.held = True
    command = [sys.executable, "-m", "dramaturg", "eval", "run", FILE, "-m", _MODEL, "--batch"]
    with subprocess.Popen(command, stderr=subprocess.DEVNULL, env=os.environ) as child:
        while not vendor.looks:
            assert child.poll() is None
            time.sleep(0.01)
        child.send_signal(signal.SIGKILL)
    (row,) = dramaturg("eval", "report", "--json").json
    assert (row["verdict"], row["status"]) == ("", "batch out")
    told = dramaturg("eval", "report")
    assert "  batch out  " in told.out
    assert told.err == "batch out: the same command, with `--batch`, waits for the answers and goes on\n"
    told = dramaturg("eval", "run", FILE, "--batch", "-m", _MODEL, "--budget", "0", "--json")
    assert (told.code, "paid twice" in told.err) == (7, False)
    assert (told.json["code"], told.json["limit"]) == (7, "$0")
    told = dramaturg("eval", "run", FILE, "-m", _MODEL, "--budget", "0")
    assert told.code == 7
    assert "2 questions of this suite are out in a batch; `--batch` waits for the answers, without it" in told.err
    prune = ("eval", "prune", "--older-than", "0s", "--status", "ended,unfinished,unreadable")
    told = dramaturg(*prune, "--dry-run")
    assert len(re.findall("^stays: one-.*, batch out, 0 days old", told.out, re.MULTILINE)) == 1
    assert dramaturg(*prune).out == ""
    vendor.held = False
    assert not performed(vendor, baseline=None).errors
    assert vendor.sizes == [2] * 5
    assert "stays" not in dramaturg(*prune, "--dry-run").out
