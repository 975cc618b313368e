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
        (
            'sectoin = "evidence"',
            (
                "`pyproject.toml:3`, `models.sectoin`: `sectoin` is neither a step of `DPA-1` nor a kind of step; did "
                "you mean `section`?\n"
            ),
        ),
        (
            'dpa-1.17 = "evidence"',
            (
                "`pyproject.toml:3`, `models.dpa-1.17`: `17` is neither a step of `DPA-1` nor a kind of step; a model "
                "is asked for the steps 1, 2, 3, 4, 5\n"
            ),
        ),
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


def test_what_concerns_other_personas_keeps_no_run_from_its_model() -> None:
    project('[tool.dramaturg.models]\n17 = "gpt-5"\nRCA-1.2 = "gpt-5"\nRCA-1.sectoin = "evidence"\n')
    assert dramaturg(*RUN, "--model", "evidence").code == 0
    told = dramaturg("run", "RCA-1", str(BLUEPRINT), "--model", "evidence")
    assert told.err.startswith("error: `pyproject.toml:4`, `models.RCA-1.sectoin`: `sectoin` is neither a step")


def test_the_models_of_a_persona_come_before_those_of_all_and_after_those_given() -> None:
    project('[tool.dramaturg.models]\n2 = "gpt-5"\n[tool.dramaturg.models."dpa 1"]\n2 = "evidence"\n')
    assert dramaturg(*RUN, "--model", "evidence").code == 0
    told = dramaturg(*RUN, "--model", "evidence", "--model-for", "2=gpt-4")
    assert told.err.startswith("error: `gpt-4` is not a model")


def test_a_table_of_models_for_a_persona_that_there_is_not_is_told_by_doctor() -> None:
    project('[tool.dramaturg.models.DPA-11]\n2 = "evidence"\n')
    assert dramaturg(*RUN, "--model", "evidence").code == 0
    (told,) = (each for each in dramaturg("doctor", "--json").json if each["name"] == "settings")
    assert told["detail"] == "`pyproject.toml:1`, `models.DPA-11`: no persona is called `DPA-11`"
    assert told["remedy"].startswith("did you mean `DPA-1`")


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
