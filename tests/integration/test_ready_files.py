"""The workflow and the pre-commit configuration of docs: valid, and each command does what a pull request needs."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest
from tests.support import ROOT
from tests.versions import Checkout, edited, new_checkout
from tests.workflows import BIN, Runner, steps_of

_WORKFLOW = ROOT / "docs/github/personas.yml"
_HOOKS = ROOT / "docs/pre-commit-config.yaml"
_DPA1 = "personas/dpa-1.persona.md"
_BACKUP = "        - **Data Integrity:** A mandatory database backup and restore validation procedure.\n"
_INSTALL, _CHECK, _COMPARE, _TELL = (
    "Install",
    "Check the personas",
    "Compare with the base branch",
    "Tell the reviewers",
)


def _tool(*arguments: str, folder: Path = ROOT, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [str(BIN / arguments[0]), *arguments[1:]],
        capture_output=True,
        text=True,
        check=False,
        cwd=folder,
        env={**os.environ, "PATH": f"{BIN}:{os.environ['PATH']}", **environment},
        timeout=300,
    )


@pytest.fixture(name="runner")
def _runner(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Runner:
    origin = new_checkout(tmp_path / "origin", monkeypatch)
    for name in ("personas", "prompts", "evals"):
        shutil.copytree(ROOT / name, origin.folder / name)
    origin.commit()
    clone = Checkout(tmp_path / "clone")
    origin.git("clone", "--quiet", str(origin.folder), str(clone.folder))
    clone.git("switch", "--quiet", "--create", "edit")
    monkeypatch.chdir(clone.folder)
    home = tmp_path / "home"
    home.mkdir()
    return Runner(clone, home, _WORKFLOW)


def test_the_workflow_is_one_that_github_takes() -> None:
    told = _tool("check-jsonschema", "--builtin-schema", "vendor.github-workflows", str(_WORKFLOW))
    assert told.returncode == 0, told.stdout
    assert [*steps_of(_WORKFLOW)] == [_INSTALL, _CHECK, _COMPARE, _TELL]
    assert steps_of(_WORKFLOW)[_INSTALL]["run"] == "pip install dramaturg"
    assert steps_of(_WORKFLOW)[_TELL]["if"] == "always()"


@pytest.mark.slow
def test_a_pull_request_that_changes_nothing_is_green_and_asks_nothing(runner: Runner) -> None:
    assert runner.step(_CHECK).returncode == 0
    told = runner.step(_COMPARE)
    assert (told.returncode, "answers are new" in told.stderr) == (0, False), told.stderr
    assert told.stdout.count("::notice title=") == len([*(ROOT / "evals").glob("*.suite.yaml")])
    assert runner.step(_TELL).returncode == 0
    assert runner.summary.count("NO WORSE") == told.stdout.count("::notice title=")


@pytest.mark.slow
def test_an_edit_that_takes_a_demand_away_is_red_at_its_line_and_told_to_reviewers(runner: Runner) -> None:
    runner.edit((_BACKUP, ""))
    assert runner.step(_CHECK).returncode == 0
    told = runner.step(_COMPARE)
    assert told.returncode == 1
    assert f"::error title=WORSE,file={_DPA1},line=19::" in told.stdout, told.stdout
    assert runner.step(_TELL).returncode == 0
    assert "dpa-1: WORSE" in runner.summary
    assert "`Data Integrity` of `PRE-FLIGHT CHECKLIST` was lost" in runner.summary
    pages = {path.stem: path.read_text("utf-8") for path in (runner.checkout.folder / "pages").glob("*.html")}
    assert {*pages} == {path.name.split(".")[0] for path in (ROOT / "evals").glob("*.suite.yaml")}
    assert '<h1 class="bad">Worse</h1>' in pages["dpa-1"]


def test_a_persona_that_is_unsound_is_red(runner: Runner) -> None:
    runner.edit(("inherits_from: btaa-1", "inherits_from: btaa-2"))
    told = runner.step(_CHECK)
    assert told.returncode == 1
    assert f"file={_DPA1},line=7" in told.stdout


def test_white_space_is_green(runner: Runner) -> None:
    runner.edit(("**Log Analysis:** Specific", "**Log Analysis:**  Specific"))
    told = runner.step(_COMPARE)
    assert told.returncode == 0, told.stderr
    assert "to keep them with the suite: dramaturg eval record evals/dpa-1.suite.yaml" in told.stderr


def test_the_hooks_are_such_as_pre_commit_takes() -> None:
    assert _tool("pre-commit", "validate-config", str(_HOOKS)).returncode == 0
    assert _tool("pre-commit", "validate-manifest", str(ROOT / ".pre-commit-hooks.yaml")).returncode == 0


def test_pre_commit_keeps_a_worse_persona_from_being_committed(runner: Runner, tmp_path: Path) -> None:
    folder = runner.checkout.folder
    shutil.copy(_HOOKS, folder / ".pre-commit-config.yaml")
    runner.checkout.commit()
    home = {"PRE_COMMIT_HOME": str(tmp_path / "hooks")}
    assert _tool("pre-commit", "install", folder=folder, **home).returncode == 0

    def committed(edit: tuple[str, str]) -> subprocess.CompletedProcess[str]:
        path = folder / _DPA1
        path.write_text(edited(edit, text=path.read_text(encoding="utf-8")), encoding="utf-8")
        runner.checkout.git("add", "--all")
        told = _commit(folder, home)
        runner.checkout.git("reset", "--quiet", "--hard")
        return told

    worse = committed((_BACKUP, ""))
    assert worse.returncode == 1
    assert "personas are sound.......................................................Passed" in worse.stderr
    assert "DPA-1 is no worse........................................................Failed" in worse.stderr
    assert "requirement `Data Integrity` of `PRE-FLIGHT CHECKLIST` was lost" in worse.stderr
    spaced = committed(("**Log Analysis:** Specific", "**Log Analysis:**  Specific"))
    assert spaced.returncode == 0, spaced.stderr


def _commit(folder: Path, environment: dict[str, str]) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["git", "commit", "--message", "edit"],  # noqa: S607 - as a developer gives it
        capture_output=True,
        text=True,
        check=False,
        cwd=folder,
        env={**os.environ, "PATH": f"{BIN}:{os.environ['PATH']}", **environment},
        timeout=300,
    )
