"""What keeps a command from its product, in the form that was asked for: whoever reads it is told, and nobody else."""

from collections.abc import Sequence
from pathlib import Path

import pytest
from tests.commands import dramaturg

_RUN = ("run", "DPA-1", "gone.md", "--model", "evidence")
_VERIFY = ("verify", "DPA-1", "gone.md")


@pytest.fixture(autouse=True)
def _elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


@pytest.mark.parametrize("asked", [["--json"], ["--format", "json"], ["--format=json"]])
@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["check", "--nosuch"], "No such option '--nosuch'"),
        (["check", "--diff"], "--diff prints what --fix would change"),
        (["verify", "DPA-1"], "Missing argument 'DOCUMENT'"),
        (["verify", "DPA-1", "-", "--fix"], "--fix and --accept write the document back"),
        (_VERIFY, "the document `gone.md` cannot be read: No such file or directory"),
        (_RUN, "the artifact `architectural_blueprint`: `gone.md` cannot be read"),
        (["report", "gone"], "there is no run or journal `gone`"),
        (["eval", "run"], "Missing argument 'SUITE...'"),
        (["eval", "run", "gone.suite.yaml"], "the suite `gone.suite.yaml` cannot be read"),
        (["eval", "report", "gone"], "there is no recorded eval `gone`"),
        (["eval", "calibrate"], "Missing argument"),
    ],
)
def test_json_that_was_asked_for_in_any_way_tells_the_failure_too(
    arguments: Sequence[str], asked: Sequence[str], said: str
) -> None:
    told = dramaturg(*arguments, *asked)
    assert (told.code, told.json["code"], told.json["findings"]) == (2, 2, [])
    assert said in told.json["error"]
    assert said in told.err


@pytest.mark.parametrize("asked", [["--format", "md"], ["--", "--json"], ["-o", "plan.json"], ["--html", "--format"]])
def test_other_words_ask_for_no_json(asked: Sequence[str]) -> None:
    told = dramaturg(*_RUN, *asked)
    assert (told.code, told.out) == (2, "")


def test_github_and_code_scanning_are_told_what_was_not_done() -> None:
    said = "the document `gone.md` cannot be read: No such file or directory"
    github = dramaturg(*_VERIFY, "--format", "github")
    assert (github.code, github.out.startswith(f"::error::{said}")) == (2, True)
    sarif = dramaturg(*_VERIFY, "--format", "sarif")
    (invocation,) = sarif.json["runs"][0]["invocations"]
    assert (sarif.code, invocation["executionSuccessful"]) == (2, False)
    assert invocation["toolExecutionNotifications"][0]["message"]["text"].startswith(said)


def test_a_project_that_cannot_be_read_is_annotated() -> None:
    Path("pyproject.toml").write_text("[tool.dramaturg]\nmodle = 1\n", encoding="utf-8")
    said = "`pyproject.toml:2`, `modle`: no such setting"
    told = dramaturg("check", "--format", "github")
    assert (told.code, told.out.startswith(f"::error::{said}")) == (2, True)
    told = dramaturg("check", "--format", "sarif")
    (invocation,) = told.json["runs"][0]["invocations"]
    assert invocation["toolExecutionNotifications"][0]["message"]["text"].startswith(said)
