"""A model that was found and cannot be used: whoever reads the refusal knows what to mend, and where."""

from pathlib import Path

import pytest
from tests.commands import dramaturg
from tests.support import BLUEPRINT

RUN = ("run", "DPA-1", str(BLUEPRINT))
COSTS = ("plan", "DPA-1", "--cost")
NO_MODEL = "`gpt-5` is not a model; did you mean `openai:gpt-5`? use `anthropic:NAME`"


def project(text: str) -> None:
    Path("pyproject.toml").write_text(text, encoding="utf-8")


@pytest.fixture(autouse=True)
def _elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


@pytest.mark.parametrize(
    ("model", "said"),
    [
        ("gpt-5", f"`DRAMATURG_MODEL`: {NO_MODEL}"),
        ("gguf:/nowhere.gguf", "`DRAMATURG_MODEL`: there is no file `/nowhere.gguf`; give the path of a GGUF file"),
        ("replay:nowhere", "`DRAMATURG_MODEL`: there is no run or journal `nowhere`; `dramaturg runs` lists the runs"),
        ("openai:m@http://a:geheim@h/v1", "`DRAMATURG_MODEL`: the address of `m` holds credentials; leave them out"),
        (
            "openai:gpt-5",
            (
                "`OPENAI_API_KEY` is not set; get a key at platform.openai.com, or name a model in `DRAMATURG_MODEL` "
                "that needs none, such as `evidence`\n"
            ),
        ),
    ],
)
def test_the_variable_is_named(monkeypatch: pytest.MonkeyPatch, model: str, said: str) -> None:
    project('[tool.dramaturg]\nmodel = "evidence"\n')
    monkeypatch.setenv("DRAMATURG_MODEL", model)
    told = dramaturg(*RUN)
    assert (told.code, told.out) == (2, "")
    assert told.err.startswith(f"error: {said}")
    assert "geheim" not in told.err


def test_the_line_and_the_key_of_the_project_are_named() -> None:
    project('[tool.dramaturg]\nmodel = "gpt-5"\n')
    for command in (RUN, COSTS):
        told = dramaturg(*command)
        assert (told.code, told.err.startswith(f"error: `pyproject.toml:2`, `model`: {NO_MODEL}")) == (2, True)


def test_a_model_that_is_given_has_no_other_place(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DRAMATURG_MODEL", "gpt-5")
    for command in (RUN, COSTS):
        told = dramaturg(*command, "--model", "gpt-5")
        assert (told.code, told.err.startswith(f"error: {NO_MODEL}")) == (2, True)


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ('section = "gpt-5"', f"`pyproject.toml:3`, `models.section`: {NO_MODEL}"),
        ('17 = "evidence"', "`pyproject.toml:3`, `models.17`: `17` is neither a step of `DPA-1` nor a kind of step"),
        (
            'section = "anthropic:claude-x"',
            (
                "`ANTHROPIC_API_KEY` is not set; get a key at console.anthropic.com, or name a model in "
                "`pyproject.toml:3`, `models.section` that needs none"
            ),
        ),
    ],
)
def test_a_model_for_some_steps_is_named_with_its_line(line: str, said: str) -> None:
    project(f"[tool.dramaturg]\n[tool.dramaturg.models]\n{line}\n")
    told = dramaturg(*RUN, "--model", "evidence")
    assert (told.code, told.err.startswith(f"error: {said}")) == (2, True)


def test_what_asks_no_model_minds_none_that_was_found(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DRAMATURG_MODEL", "gpt-5")
    for command in (("plan", "DPA-1"), ("runs",), ("list",)):
        assert dramaturg(*command).code == 0


def test_a_working_folder_that_is_gone_is_said_to_be(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    gone = tmp_path / "gone"
    gone.mkdir()
    monkeypatch.chdir(gone)
    gone.rmdir()
    for command in (RUN, ("list",), ("check",), ("runs",), ("doctor",), ("eval", "report")):
        told = dramaturg(*command)
        assert (told.code, told.err) == (2, "error: the working folder is gone; change to one that is there\n")


def test_all_faults_of_the_project_are_told_at_once() -> None:
    project('[tool.dramaturg]\nmodle = "x"\npersonas = ["nowhere"]\n')
    told = dramaturg("list")
    assert told.code == 2
    assert told.err.splitlines() == [
        "error: `pyproject.toml:2`, `modle`: no such setting; did you mean `model`?",
        f"`pyproject.toml:3`, `personas`: there is no folder `{Path.cwd()}/nowhere`; make it, or leave it out",
    ]
