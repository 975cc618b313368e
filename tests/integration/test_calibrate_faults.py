"""What keeps judges from being calibrated: labels with faults or secrets, a call that cannot be served."""

from pathlib import Path

import pytest
from tests.commands import dramaturg
from tests.integration.test_calibrate import CALIBRATE, FILE, LABELS, RECORD, RUN, write
from tests.labels import CRITERION, labels_text, write_labels
from tests.servers import Server
from tests.suites import Bench, new_bench
from tests.vendors import ANTHROPIC

from dramaturg.errors import SecretsFound
from dramaturg.evals import Terms, calibrate_suite


@pytest.fixture(name="bench")
def _bench(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Bench:
    bench = new_bench(tmp_path / "project", monkeypatch)
    write_labels(Path(LABELS))
    return bench


@pytest.mark.usefixtures("bench")
def test_labels_for_another_criterion_are_refused_where_both_stand() -> None:
    write("openai:tiny@http://127.0.0.1:1/v1", criterion="A full backup is taken.")
    for command in (RUN, CALIBRATE):
        told = dramaturg(*command)
        assert told.code == 2
        assert "error[E112]: `backed-up.labels.yaml` has labels for another criterion" in told.err
        assert f"{FILE}:8:18" in told.err
        assert f"{LABELS}:1:12" in told.err


@pytest.mark.usefixtures("bench")
def test_faulty_labels_are_told_all_at_once_at_their_places() -> None:
    text = (
        f"criterion: {CRITERION}\nlabels:\n  - id: one\n    verdict: good\n    text: A plan.\n"
        "  - id: two\n    verdict: fail\n    txt: A plan.\n"
    )
    write_labels(Path(LABELS), text)
    write("openai:tiny@http://127.0.0.1:1/v1")
    told = dramaturg(*CALIBRATE)
    assert told.code == 2
    assert "error[E112]: `labels[0].verdict`: must be 'pass' or 'fail'" in told.err
    assert f"{LABELS}:4:14" in told.err
    assert "error[E112]: `labels[1].txt`: unknown key" in told.err
    write_labels(Path(LABELS), labels_text(2, 0).replace("pass 1", "pass 0").replace("text", "path", 1))
    told = dramaturg(*CALIBRATE)
    assert "two labels are called `pass 0`" in told.err
    assert "cannot be read" in told.err


@pytest.mark.usefixtures("bench")
def test_what_cannot_be_calibrated_says_why() -> None:
    write("openai:tiny@http://127.0.0.1:1/v1", gate="pass")
    told = dramaturg(*CALIBRATE, "--rubric", "backed_up")
    assert (told.code, "has no rubric `backed_up`; there is `backed-up`" in told.err) == (2, True)
    write("anthropic:claude-x", gate="pass")
    told = dramaturg(*CALIBRATE, "--judge", "openai:gpt-x", "--replay", "strict")
    command = f"record it: `dramaturg eval calibrate {FILE} --judge openai:gpt-x`"
    assert (told.code, command in told.err) == (4, True)
    told = dramaturg(*CALIBRATE)
    assert told.err.endswith("or judge by another language model, `--judge MODEL`\n")
    Path(LABELS).unlink()
    told = dramaturg(*CALIBRATE)
    assert "error[E112]: the labels `evals/backed-up.labels.yaml` cannot be read" in told.err
    assert f"{FILE}:9:15" in told.err
    write_labels(Path(LABELS))
    Path(RECORD).write_text("{}", encoding="utf-8")
    told = dramaturg(*RUN)
    assert told.code == 4
    assert f"`{RECORD}` is damaged" in told.err


@pytest.mark.usefixtures("bench")
def test_labels_with_what_looks_like_a_secret_do_not_go_to_a_judge_elsewhere() -> None:
    text = labels_text(1, 1).replace("then stop it", "then log in with token AKIAIOSFODNN7EXAMPLQ")
    write_labels(Path(LABELS), text)
    write("anthropic:claude-haiku-4-5")
    judge = Server(ANTHROPIC)
    with pytest.raises(SecretsFound):
        calibrate_suite(Path(FILE), Terms(judge=judge.model))
    assert judge.requests == []


@pytest.mark.usefixtures("bench")
def test_two_criteria_of_one_name_are_told_where_both_stand() -> None:
    write("openai:tiny@http://127.0.0.1:1/v1", gate="pass")
    suite = Path(FILE)
    extra = "    scorers: [{rubric: {name: backed-up, criterion: It is short.}}]\n"
    suite.write_text(suite.read_text("utf-8") + f"  - id: more\n    artifacts: {{a: {{text: b}}}}\n{extra}", "utf-8")
    told = dramaturg(*RUN)
    assert "error[E104]: two that judges are asked for are called `backed-up`, and differ" in told.err
    assert "the other stands here" in told.err
