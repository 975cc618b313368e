"""A judge is held against people: what it is worth is written down, bound to what was asked, and makes it decide."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from tests.chat_server import ChatServer
from tests.commands import dramaturg
from tests.judges import Judge, Shown, shown_to
from tests.labels import CRITERION, labels_text, write_labels
from tests.suites import Bench, new_bench

_BACKUP = "        - **Data Integrity:** A mandatory database backup and restore validation procedure.\n"
FILE = "evals/judged.suite.yaml"
LABELS = "evals/backed-up.labels.yaml"
RECORD = "evals/backed-up.calibration.json"
_SUITE = """personas: DPA-1
judge: {judge}
repeats: 5
scorers:
  - sections
  - rubric:
      name: backed-up
      criterion: {criterion}
      labels: backed-up.labels.yaml
      required: {required}
gate: {{metrics: [{gate}]}}
cases:
  - {{id: parcels, artifacts: {{architectural_blueprint: cases/parcel-tracking/blueprint.md}}}}
  - {{id: clinic, artifacts: {{architectural_blueprint: cases/clinic-booking/blueprint.md}}}}
  - {{id: receipts, artifacts: {{architectural_blueprint: cases/receipt-capture/blueprint.md}}}}
"""
CALIBRATE = ("eval", "calibrate", FILE)
RUN = ("eval", "run", FILE, "--baseline", "HEAD")


@pytest.fixture(name="bench")
def _bench(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Bench:
    bench = new_bench(tmp_path / "project", monkeypatch)
    write_labels(Path(LABELS))
    return bench


def write(judge: str, *, gate: str = "backed-up", required: str = "false", criterion: str = CRITERION) -> None:
    text = _SUITE.format(judge=judge, gate=gate, required=required, criterion=criterion)
    Path(FILE).write_text(text, encoding="utf-8")


def backed_up(shown: Shown) -> bool:
    return "Data Integrity" in shown.document


def misled(shown: Shown) -> bool | None:
    """Judge as a model does that takes some documents for others: 2 of 20 passes, 4 of 20 fails; 1 it cannot tell."""
    if "# Plan 19\n" in shown.document:
        return None
    wrong = ("# Plan 3\n", "# Plan 11\n") if backed_up(shown) else ("# Plan 3\n", "# Plan 5\n", "# Plan 6\n")
    return backed_up(shown) ^ any(shown.document.startswith(each) for each in wrong)


def tosses(shown: Shown) -> bool:
    return shown.document.startswith("# Plan") and int(shown.document.split()[2]) % 2 == 0


@pytest.mark.usefixtures("bench")
def test_a_newcomer_is_told_what_a_judge_is_worth_and_where_it_erred() -> None:
    with ChatServer(Judge(misled)) as server:
        write(server.model)
        told = dramaturg(*CALIBRATE, "--price", "3/15")
    assert told.code == 0
    lines = told.out.splitlines()
    assert lines[0] == f"backed-up, judged by {server.model} (40 labels)"
    assert [line.split() for line in lines[3:6]] == [
        ["judge", "passes", "fails", "abstains"],
        ["people", "pass", "17", "2", "1"],
        ["people", "fail", "3", "16", "1"],
    ]
    assert "  sensitivity: passes 89 % [67 %, 99 %] of what people pass" in lines
    assert "  specificity: fails 84 % [60 %, 97 %] of what people fail" in lines
    assert "  both less 1: 0.67 [0.44, 0.89], it tells pass from fail, and may decide" in lines
    wrong = [line for line in lines if line.startswith(f"    {LABELS}:")]
    assert len(wrong) == 7
    assert f"    {LABELS}:12:5: pass 3: people pass, the judge fails: It is a fail." in wrong
    assert f"  written down in {RECORD}" in lines
    assert lines[-1].startswith("40 of 40 questions were asked for this, $0.")
    assert len(server.requests) == 40
    assert told.err == f"model {server.model}: nothing leaves this machine\n"


@pytest.mark.usefixtures("bench")
def test_a_judge_sees_of_a_label_neither_its_name_nor_what_people_said() -> None:
    write_labels(Path(LABELS), labels_text(1, 1) + "    why: nobody backs up\n")
    with ChatServer(Judge(backed_up)) as server:
        write(server.model)
        dramaturg(*CALIBRATE)
    whole = json.dumps([request["messages"] for request in server.requests])
    assert "fail 0" not in whole
    assert "nobody backs up" not in whole
    assert {shown_to(request).criterion for request in server.requests} == {CRITERION}


def test_a_judge_that_was_calibrated_decides_and_its_rates_are_corrected(bench: Bench) -> None:
    with ChatServer(Judge(misled)) as server:
        write(server.model)
        assert dramaturg(*RUN).code == 2
        assert dramaturg(*CALIBRATE).code == 0
        bench.edit((_BACKUP, ""))
        told = dramaturg(*RUN)
    data = dramaturg(*RUN, "--replay", "strict", "--format", "json")  # which needs the judge no more
    again = dramaturg("eval", "report", data.json["run"])
    assert dramaturg(*CALIBRATE, "--replay", "strict").code == 0
    assert told.code == 1
    assert "backed-up *  15/15 = 100 % [82 %, 100 %], corrected 100 % [" in told.out
    assert "0/15 = 0 % [0 %, 18 %], corrected 0 % [0 %, " in told.out
    worth = "sensitivity 89 % [67 %, 99 %] on 19, specificity 84 % [60 %, 97 %] on 19 labels"
    assert f"backed-up: judged by {server.model}, {worth}" in told.out
    (metric,) = [each for each in data.json["verdict"]["metrics"] if each["metric"] == "backed-up"]
    assert (metric["kind"], metric["gates"], metric["candidate"]["corrected"]["estimate"]) == ("worse", True, 0.0)
    assert data.json["judges"]["backed-up"]["judge"]["passes"] == 19
    assert [line for line in again.out.splitlines() if line.startswith("backed-up")] == [
        line for line in told.out.splitlines() if line.startswith("backed-up")
    ]


def test_a_required_rubric_of_a_calibrated_judge_decides_with_pass(bench: Bench) -> None:
    with ChatServer(Judge(backed_up)) as server:
        write(server.model, gate="pass", required="true")
        told = dramaturg(*RUN)
        assert told.code == 2
        assert f"error[E111]: the judge of `backed-up` may not decide: `{server.model}` was never held" in told.err
        assert dramaturg(*CALIBRATE).code == 0
        bench.edit((_BACKUP, ""))
        assert dramaturg(*RUN).code == 1


@pytest.mark.parametrize(
    ("edit", "said"),
    [
        pytest.param("criterion", "the criterion was edited since it was calibrated on", marks=pytest.mark.slow),
        ("labels", "the labels were edited since"),
        pytest.param("prompt", "what judges are told was edited since", marks=pytest.mark.slow),
        pytest.param(
            "model", "was never held against `backed-up.labels.yaml`; only `openai:tiny@", marks=pytest.mark.slow
        ),
    ],
)
def test_an_edit_makes_a_calibration_stale_and_calibrating_again_mends_it(bench: Bench, edit: str, said: str) -> None:
    prompts = bench.checkout.folder / "prompts"
    with ChatServer(Judge(backed_up)) as server, ChatServer(Judge(backed_up)) as other:
        write(server.model)
        assert dramaturg(*CALIBRATE).code == 0
        if edit == "criterion":
            criterion = "A full backup is taken before anything is changed."
            write(server.model, criterion=criterion)
            write_labels(Path(LABELS), labels_text(criterion=criterion))
        elif edit == "labels":
            write_labels(Path(LABELS), labels_text(fails=21))
        elif edit == "model":
            write(other.model)
        else:
            path = prompts / "v1" / "rubric.md"
            path.write_text(path.read_text(encoding="utf-8") + "\nBe strict.\n", encoding="utf-8")
        give = partial(_told_with, prompts) if edit == "prompt" else dramaturg
        told = give(*RUN)
        assert told.code == 2
        assert said in told.err
        assert f"= help: `dramaturg eval calibrate {FILE}`; or leave it out of `gate`" in told.err
        assert give(*CALIBRATE).code == 0
        assert give(*RUN).code in (0, 6)


def _told_with(prompts: Path, *arguments: str) -> Any:
    """Give a command with prompts of one's own, which this process cannot."""
    code = (
        "import sys; from pathlib import Path; from unittest.mock import patch; from dramaturg.cli.main import main; "
        f"patch('dramaturg.evals.judging.standings.prompts_root', lambda: Path({str(prompts)!r})).start(); "
        f"sys.argv = ['dramaturg', *{list(arguments)!r}]; main()"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, check=False, timeout=300)
    return type("Told", (), {"code": done.returncode, "out": done.stdout.decode(), "err": done.stderr.decode()})


@pytest.mark.usefixtures("bench")
def test_where_a_judge_is_shown_artifacts_labels_have_some_and_show_them() -> None:
    with ChatServer(Judge(lambda shown: "<artifact " in shown.turn and "port 8080" in shown.turn)) as server:
        write(server.model)
        suite = Path(FILE)
        suite.write_text(suite.read_text("utf-8").replace("    labels:", "    artifacts: true\n      labels:"), "utf-8")
        told = dramaturg(*CALIBRATE)
        assert told.code == 2
        assert "error[E112]: `pass 0` has no artifacts, which the judge of `backed-up` is shown" in told.err
        assert f"{LABELS}:3:5" in told.err
        with_some = labels_text(20, 0) + "".join(labels_text(0, 20).splitlines(keepends=True)[2:])
        given = with_some.replace(
            "verdict: pass\n", "verdict: pass\n    artifacts: {blueprint: 'It listens on port 8080.'}\n"
        )
        given = given.replace("verdict: fail\n", "verdict: fail\n    artifacts: {blueprint: It is quiet.}\n")
        write_labels(Path(LABELS), given)
        told = dramaturg(*CALIBRATE)
    assert told.code == 0
    assert "passes 100 % [83 %, 100 %] of what people pass" in told.out


@pytest.mark.usefixtures("bench")
def test_a_coin_may_not_decide() -> None:
    with ChatServer(Judge(tosses)) as server:
        write(server.model)
        told = dramaturg(*CALIBRATE)
        assert told.code == 1
        assert "not shown to be better than a coin: it may not decide" in told.out
        refused = dramaturg(*RUN)
        assert refused.code == 2
        assert "sensitivity + specificity - 1 is 0.00 [-0.30, 0.30]" in refused.err
        write(server.model, gate="pass")
        shown = dramaturg(*RUN)
    assert shown.code in (0, 6)
    assert "not shown to be better than a coin, it decides nothing" in shown.out
    assert "corrected" not in shown.out


@pytest.mark.usefixtures("bench")
def test_a_judge_without_labels_is_told_beside_the_rest_and_how_to_change_that() -> None:
    with ChatServer(Judge(backed_up)) as server:
        write(server.model, gate="pass")
        suite = Path(FILE)
        suite.write_text(
            suite.read_text(encoding="utf-8").replace("      labels: backed-up.labels.yaml\n", ""), "utf-8"
        )
        told = dramaturg(*RUN)
        nothing = dramaturg(*CALIBRATE)
    assert "judges and decides nothing: there are no `labels` to hold it against" in told.out
    assert nothing.code == 2
    assert f"no rubric of `{FILE}` has `labels`; label some forty documents by its criterion" in nothing.err


@pytest.mark.slow
@pytest.mark.usefixtures("bench")
def test_a_calibration_that_is_killed_goes_on_and_asks_nothing_twice() -> None:
    with ChatServer(Judge(backed_up), delay=0.1) as server:
        write(server.model)
        write_labels(Path(LABELS), labels_text(60, 60))
        command = [sys.executable, "-m", "dramaturg", *CALIBRATE]
        with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env=os.environ) as child:
            server.wait_for(60)
            child.send_signal(signal.SIGKILL)
        told = dramaturg(*CALIBRATE, "--json")
        asked = len(server.requests)
        assert 120 <= asked <= 120 + 24
        assert told.json["questions"]["asked"] == told.json["questions"]["needed"] == 120
        record = Path(RECORD).read_bytes()
        assert dramaturg(*CALIBRATE, "--replay", "strict").code == 0
    assert (len(server.requests), Path(RECORD).read_bytes()) == (asked, record)


@pytest.mark.usefixtures("bench")
def test_what_calibrating_may_cost_is_kept_to_and_a_judge_that_is_gone_is_no_verdict() -> None:
    gone = False

    def judge(number: int, request: Mapping[str, Any]) -> str | int:
        return 401 if gone else Judge(backed_up)(number, request)

    with ChatServer(judge, letters=4) as server:
        write(server.model)
        assert dramaturg(*CALIBRATE, "--replay", "strict").code == 4
        told = dramaturg(*CALIBRATE, "--budget", "0.05", "--price", "3/15")
        assert told.code == 7
        assert 0 < len(server.requests) < 40
        gone = True
        assert dramaturg(*CALIBRATE).code == 3
        assert not Path(RECORD).exists()
        gone = False
        assert dramaturg(*CALIBRATE, "--json").json["questions"]["asked"] == 40


@pytest.mark.usefixtures("bench")
def test_mutants_are_not_judged_by_what_decides_nothing() -> None:
    with ChatServer(Judge(backed_up)) as server:
        write(server.model, gate="pass")
        told = dramaturg("eval", "mutate", FILE, "--operator", "step", "--limit", "1")
    assert told.code == 0
    assert server.requests == []
