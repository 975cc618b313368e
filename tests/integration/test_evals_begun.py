"""Suites that `eval new` begins: they can be performed, and name files as these are called."""

import json
import os
from pathlib import Path

import pytest
from tests.commands import dramaturg
from tests.suites import new_bench

from dramaturg.evals.reading import read_suite


@pytest.fixture(autouse=True)
def _bench(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    new_bench(tmp_path / "project", monkeypatch)


def test_a_suite_is_begun_performed_and_gates() -> None:
    blueprint = "evals/cases/clinic-booking/blueprint.md"
    begun = dramaturg("eval", "new", "DPA-1", blueprint, "-o", "mine.suite.yaml")
    assert (begun.code, begun.out) == (0, "mine.suite.yaml\n")
    assert dramaturg("eval", "run", "mine.suite.yaml", "--baseline", "HEAD").code == 0
    assert json.loads(dramaturg("eval", "schema").out)["title"] == "Suite of a dramaturg eval"


def test_a_suite_as_begun_says_that_it_accepts_what_is_declared_missing() -> None:
    Path("empty.md").write_text("Nothing is known yet.\n", encoding="utf-8")
    dramaturg("eval", "new", "DPA-1", "empty.md", "-o", "mine.suite.yaml")
    begun = Path("mine.suite.yaml").read_text(encoding="utf-8")
    assert "# These four accept what is declared missing; add some that bite, such as answered" in begun
    assert "5 of 5 performances passed" in dramaturg("eval", "run", "mine.suite.yaml").out
    Path("mine.suite.yaml").write_text(
        begun.replace("  - markdown\n", "  - markdown\n  - answered\n"), encoding="utf-8"
    )
    assert "0 of 5 performances passed" in dramaturg("eval", "run", "mine.suite.yaml").out


def test_a_suite_names_a_file_as_it_is_called_or_is_not_begun() -> None:
    Path("\U0001f600 plan.md").write_text("The gateway listens on port 8080.\n", encoding="utf-8")
    assert dramaturg("eval", "new", "DPA-1", "\U0001f600 plan.md", "-o", "mine.suite.yaml").code == 0
    (case,) = read_suite(Path("mine.suite.yaml")).suite.cases
    assert case.artifacts["architectural_blueprint"].path == "\U0001f600 plan.md"
    odd = os.fsdecode(b"\xff.suite.yaml")
    told = dramaturg("eval", "new", "DPA-1", "-o", odd)
    assert (told.code, Path(odd).exists()) == (2, False)
    assert "cannot be written: a file it names is not named in UTF-8; rename that" in told.err


def test_a_name_that_a_script_left_empty_begins_no_suite() -> None:
    told = dramaturg("eval", "new", "DPA-1", "", "-o", "mine.suite.yaml")
    assert told.err == "error: the name of an artifact is empty; give a file, or `.` for the working folder\n"
    assert (told.code, Path("mine.suite.yaml").exists()) == (2, False)
