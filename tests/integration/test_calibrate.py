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
from tests.servers import Server
from tests.suites import Bench, new_bench
from tests.vendors import ANTHROPIC

from dramaturg.errors import SecretsFound
from dramaturg.evals import Terms, calibrate_suite

_BACKUP = "        - **Data Integrity:** A mandatory database backup and restore validation procedure.\n"
_FILE = "evals/judged.suite.yaml"
_LABELS = "evals/backed-up.labels.yaml"
_RECORD = "evals/backed-up.calibration.json"
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
_CALIBRATE = ("eval", "calibrate", _FILE)
_RUN = ("eval", "run", _FILE, "--baseline", "HEAD")


@pytest.fixture(name="bench")
def _bench(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Bench:
    bench = new_bench(tmp_path / "project", monkeypatch)
    write_labels(Path(_LABELS))
    return bench


def _write(judge: str, *, gate: str = "backed-up", required: str = "false", criterion: str = CRITERION) -> None:
    text = _SUITE.format(judge=judge, gate=gate, required=required, criterion=criterion)
    Path(_FILE).write_text(text, encoding="utf-8")


def _backed_up(shown: Shown) -> bool:
    return "Data Integrity" in shown.document


def _misled(shown: Shown) -> bool | None:
    """Judge as a model does that takes some documents for others: 2 of 20 passes, 4 of 20 fails; 1 it cannot tell."""
    if "# Plan 19\n" in shown.document:
        return None
    wrong = ("# Plan 3\n", "# Plan 11\n") if _backed_up(shown) else ("# Plan 3\n", "# Plan 5\n", "# Plan 6\n")
    return _backed_up(shown) ^ any(shown.document.startswith(each) for each in wrong)


def _tosses(shown: Shown) -> bool:
    return shown.document.startswith("# Plan") and int(shown.document.split()[2]) % 2 == 0


@pytest.mark.usefixtures("bench")
def test_a_newcomer_is_told_what_a_judge_is_worth_and_where_it_erred() -> None:
    with ChatServer(Judge(_misled)) as server:
        _write(server.model)
        told = dramaturg(*_CALIBRATE, "--price", "3/15")
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
    wrong = [line for line in lines if line.startswith(f"    {_LABELS}:")]
    assert len(wrong) == 7
    assert f"    {_LABELS}:12:5: pass 3: people pass, the judge fails: It is a fail." in wrong
    assert f"  written down in {_RECORD}" in lines
    assert lines[-1].startswith("40 of 40 questions were asked for this, $0.")
    assert len(server.requests) == 40
    assert told.err == f"model {server.model}: nothing leaves this machine\n"


@pytest.mark.usefixtures("bench")
def test_a_judge_sees_of_a_label_neither_its_name_nor_what_people_said() -> None:
    write_labels(Path(_LABELS), labels_text(1, 1) + "    why: nobody backs up\n")
    with ChatServer(Judge(_backed_up)) as server:
        _write(server.model)
        dramaturg(*_CALIBRATE)
    whole = json.dumps([request["messages"] for request in server.requests])
    assert "fail 0" not in whole
    assert "nobody backs up" not in whole
    assert {shown_to(request).criterion for request in server.requests} == {CRITERION}


def test_a_judge_that_was_calibrated_decides_and_its_rates_are_corrected(bench: Bench) -> None:
    with ChatServer(Judge(_misled)) as server:
        _write(server.model)
        assert dramaturg(*_RUN).code == 2
        assert dramaturg(*_CALIBRATE).code == 0
        bench.edit((_BACKUP, ""))
        told = dramaturg(*_RUN)
    data = dramaturg(*_RUN, "--replay", "strict", "--format", "json")  # which needs the judge no more
    again = dramaturg("eval", "report", data.json["run"])
    assert dramaturg(*_CALIBRATE, "--replay", "strict").code == 0
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
    with ChatServer(Judge(_backed_up)) as server:
        _write(server.model, gate="pass", required="true")
        told = dramaturg(*_RUN)
        assert told.code == 2
        assert f"error[E111]: the judge of `backed-up` may not decide: `{server.model}` was never held" in told.err
        assert dramaturg(*_CALIBRATE).code == 0
        bench.edit((_BACKUP, ""))
        assert dramaturg(*_RUN).code == 1


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
    with ChatServer(Judge(_backed_up)) as server, ChatServer(Judge(_backed_up)) as other:
        _write(server.model)
        assert dramaturg(*_CALIBRATE).code == 0
        if edit == "criterion":
            criterion = "A full backup is taken before anything is changed."
            _write(server.model, criterion=criterion)
            write_labels(Path(_LABELS), labels_text(criterion=criterion))
        elif edit == "labels":
            write_labels(Path(_LABELS), labels_text(fails=21))
        elif edit == "model":
            _write(other.model)
        else:
            path = prompts / "v1" / "rubric.md"
            path.write_text(path.read_text(encoding="utf-8") + "\nBe strict.\n", encoding="utf-8")
        give = partial(_told_with, prompts) if edit == "prompt" else dramaturg
        told = give(*_RUN)
        assert told.code == 2
        assert said in told.err
        assert f"= help: `dramaturg eval calibrate {_FILE}`; or leave it out of `gate`" in told.err
        assert give(*_CALIBRATE).code == 0
        assert give(*_RUN).code in (0, 6)


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
def test_labels_for_another_criterion_are_refused_where_both_stand() -> None:
    _write("openai:tiny@http://127.0.0.1:1/v1", criterion="A full backup is taken.")
    for command in (_RUN, _CALIBRATE):
        told = dramaturg(*command)
        assert told.code == 2
        assert "error[E112]: `backed-up.labels.yaml` has labels for another criterion" in told.err
        assert f"{_FILE}:8:18" in told.err
        assert f"{_LABELS}:1:12" in told.err


@pytest.mark.usefixtures("bench")
def test_where_a_judge_is_shown_artifacts_labels_have_some_and_show_them() -> None:
    with ChatServer(Judge(lambda shown: "<artifact " in shown.turn and "port 8080" in shown.turn)) as server:
        _write(server.model)
        suite = Path(_FILE)
        suite.write_text(suite.read_text("utf-8").replace("    labels:", "    artifacts: true\n      labels:"), "utf-8")
        told = dramaturg(*_CALIBRATE)
        assert told.code == 2
        assert "error[E112]: `pass 0` has no artifacts, which the judge of `backed-up` is shown" in told.err
        assert f"{_LABELS}:3:5" in told.err
        with_some = labels_text(20, 0) + "".join(labels_text(0, 20).splitlines(keepends=True)[2:])
        given = with_some.replace(
            "verdict: pass\n", "verdict: pass\n    artifacts: {blueprint: 'It listens on port 8080.'}\n"
        )
        given = given.replace("verdict: fail\n", "verdict: fail\n    artifacts: {blueprint: It is quiet.}\n")
        write_labels(Path(_LABELS), given)
        told = dramaturg(*_CALIBRATE)
    assert told.code == 0
    assert "passes 100 % [83 %, 100 %] of what people pass" in told.out


@pytest.mark.usefixtures("bench")
def test_a_coin_may_not_decide() -> None:
    with ChatServer(Judge(_tosses)) as server:
        _write(server.model)
        told = dramaturg(*_CALIBRATE)
        assert told.code == 1
        assert "not shown to be better than a coin: it may not decide" in told.out
        refused = dramaturg(*_RUN)
        assert refused.code == 2
        assert "sensitivity + specificity - 1 is 0.00 [-0.30, 0.30]" in refused.err
        _write(server.model, gate="pass")
        shown = dramaturg(*_RUN)
    assert shown.code in (0, 6)
    assert "not shown to be better than a coin, it decides nothing" in shown.out
    assert "corrected" not in shown.out


@pytest.mark.usefixtures("bench")
def test_a_judge_without_labels_is_told_beside_the_rest_and_how_to_change_that() -> None:
    with ChatServer(Judge(_backed_up)) as server:
        _write(server.model, gate="pass")
        suite = Path(_FILE)
        suite.write_text(
            suite.read_text(encoding="utf-8").replace("      labels: backed-up.labels.yaml\n", ""), "utf-8"
        )
        told = dramaturg(*_RUN)
        nothing = dramaturg(*_CALIBRATE)
    assert "judges and decides nothing: there are no `labels` to hold it against" in told.out
    assert nothing.code == 2
    assert f"no rubric of `{_FILE}` has `labels`; label some forty documents by its criterion" in nothing.err


@pytest.mark.slow
@pytest.mark.usefixtures("bench")
def test_a_calibration_that_is_killed_goes_on_and_asks_nothing_twice() -> None:
    with ChatServer(Judge(_backed_up), delay=0.1) as server:
        _write(server.model)
        write_labels(Path(_LABELS), labels_text(60, 60))
        command = [sys.executable, "-m", "dramaturg", *_CALIBRATE]
        with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env=os.environ) as child:
            server.wait_for(60)
            child.send_signal(signal.SIGKILL)
        told = dramaturg(*_CALIBRATE, "--json")
        asked = len(server.requests)
        assert 120 <= asked <= 120 + 24
        assert told.json["questions"]["asked"] == told.json["questions"]["needed"] == 120
        record = Path(_RECORD).read_bytes()
        assert dramaturg(*_CALIBRATE, "--replay", "strict").code == 0
    assert (len(server.requests), Path(_RECORD).read_bytes()) == (asked, record)


@pytest.mark.usefixtures("bench")
def test_what_calibrating_may_cost_is_kept_to_and_a_judge_that_is_gone_is_no_verdict() -> None:
    gone = False

    def judge(number: int, request: Mapping[str, Any]) -> str | int:
        return 401 if gone else Judge(_backed_up)(number, request)

    with ChatServer(judge, letters=4) as server:
        _write(server.model)
        assert dramaturg(*_CALIBRATE, "--replay", "strict").code == 4
        told = dramaturg(*_CALIBRATE, "--budget", "0.05", "--price", "3/15")
        assert told.code == 7
        assert 0 < len(server.requests) < 40
        gone = True
        assert dramaturg(*_CALIBRATE).code == 3
        assert not Path(_RECORD).exists()
        gone = False
        assert dramaturg(*_CALIBRATE, "--json").json["questions"]["asked"] == 40


@pytest.mark.usefixtures("bench")
def test_faulty_labels_are_told_all_at_once_at_their_places() -> None:
    text = (
        f"criterion: {CRITERION}\nlabels:\n  - id: one\n    verdict: good\n    text: A plan.\n"
        "  - id: two\n    verdict: fail\n    txt: A plan.\n"
    )
    write_labels(Path(_LABELS), text)
    _write("openai:tiny@http://127.0.0.1:1/v1")
    told = dramaturg(*_CALIBRATE)
    assert told.code == 2
    assert "error[E112]: `labels[0].verdict`: must be 'pass' or 'fail'" in told.err
    assert f"{_LABELS}:4:14" in told.err
    assert "error[E112]: `labels[1].txt`: unknown key" in told.err
    write_labels(Path(_LABELS), labels_text(2, 0).replace("pass 1", "pass 0").replace("text", "path", 1))
    told = dramaturg(*_CALIBRATE)
    assert "two labels are called `pass 0`" in told.err
    assert "cannot be read" in told.err


@pytest.mark.usefixtures("bench")
def test_mutants_are_not_judged_by_what_decides_nothing() -> None:
    with ChatServer(Judge(_backed_up)) as server:
        _write(server.model, gate="pass")
        told = dramaturg("eval", "mutate", _FILE, "--operator", "step", "--limit", "1")
    assert told.code == 0
    assert server.requests == []


@pytest.mark.usefixtures("bench")
def test_what_cannot_be_calibrated_says_why() -> None:
    _write("openai:tiny@http://127.0.0.1:1/v1", gate="pass")
    told = dramaturg(*_CALIBRATE, "--rubric", "backed_up")
    assert (told.code, "has no rubric `backed_up`; there is `backed-up`" in told.err) == (2, True)
    _write("anthropic:claude-x", gate="pass")
    told = dramaturg(*_CALIBRATE, "--judge", "openai:gpt-x", "--replay", "strict")
    command = f"record it: `dramaturg eval calibrate {_FILE} --judge openai:gpt-x`"
    assert (told.code, command in told.err) == (4, True)
    told = dramaturg(*_CALIBRATE)
    assert told.err.endswith("get a key at console.anthropic.com, or name another language model as judge\n")
    Path(_LABELS).unlink()
    told = dramaturg(*_CALIBRATE)
    assert "error[E112]: the labels `evals/backed-up.labels.yaml` cannot be read" in told.err
    assert f"{_FILE}:9:15" in told.err
    write_labels(Path(_LABELS))
    Path(_RECORD).write_text("{}", encoding="utf-8")
    told = dramaturg(*_RUN)
    assert told.code == 4
    assert f"`{_RECORD}` is damaged" in told.err


@pytest.mark.usefixtures("bench")
def test_labels_with_what_looks_like_a_secret_do_not_go_to_a_judge_elsewhere() -> None:
    text = labels_text(1, 1).replace("then stop it", "then log in with token AKIAIOSFODNN7EXAMPLQ")
    write_labels(Path(_LABELS), text)
    _write("anthropic:claude-haiku-4-5")
    judge = Server(ANTHROPIC)
    with pytest.raises(SecretsFound):
        calibrate_suite(Path(_FILE), Terms(judge=judge.model))
    assert judge.requests == []


@pytest.mark.usefixtures("bench")
def test_two_criteria_of_one_name_are_told_where_both_stand() -> None:
    _write("openai:tiny@http://127.0.0.1:1/v1", gate="pass")
    suite = Path(_FILE)
    extra = "    scorers: [{rubric: {name: backed-up, criterion: It is short.}}]\n"
    suite.write_text(suite.read_text("utf-8") + f"  - id: more\n    artifacts: {{a: {{text: b}}}}\n{extra}", "utf-8")
    told = dramaturg(*_RUN)
    assert "error[E104]: two that judges are asked for are called `backed-up`, and differ" in told.err
    assert "the other stands here" in told.err
