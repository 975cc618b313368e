"""Settings: what the project file says, where personas and journals are looked for, which model is meant."""

import re
from pathlib import Path
from typing import Any

import pytest
from tests.support import INPUTS, QUOTE, ROOT, good_answer

from dramaturg import CallerError, Runtime, load_persona
from dramaturg.data import personas_root, prompts_root
from dramaturg.evals import Terms, run_suite
from dramaturg.models.profiles import DEFAULT_ANTHROPIC, DEFAULT_OPENAI
from dramaturg.models.scripted import ScriptedModel
from dramaturg.run.durable import extra
from dramaturg.run.project import Project, read_project
from dramaturg.run.settings import persona_roots, state_root


def project(folder: Path, text: str) -> Path:
    (folder / "pyproject.toml").write_text(text, encoding="utf-8", newline="")
    return folder


@pytest.mark.parametrize(
    "text", [None, "", "[project]\nname = 'x'\n", "[tool.ruff]\n", "tool = 3\n", "[tool.dramaturg]\n"]
)
def test_a_project_that_says_nothing_sets_nothing(tmp_path: Path, text: str | None) -> None:
    assert read_project(tmp_path if text is None else project(tmp_path, text)) == Project()


def test_a_project_names_its_model_and_its_persona_folders(tmp_path: Path) -> None:
    (tmp_path / "a" / "b").mkdir(parents=True)
    text = '[tool.dramaturg]\nmodel = "evidence"\npersonas = ["a", "a/b"]\nmodels = {section = "openai:x"}\n'
    said = read_project(project(tmp_path, text))
    folders = (tmp_path / "a", tmp_path / "a" / "b")
    assert said == Project(model="evidence", models={"section": "openai:x"}, personas=folders)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ('[tool.dramaturg]\nmodle = "x"\n', [":2`, `modle`: no such setting; did you mean `model`?"]),
        ("[tool.dramaturg]\nzzz = 1\n", [":2`, `zzz`: no such setting; there are model, models, personas"]),
        ('[tool.dramaturg]\nmodels = "x"\n', [":2`, `models`: must be a table of models by step or kind"]),
        ("[tool.dramaturg.models]\nsection = 5\n", [":2`, `models.section`: must be a model's name in quotes"]),
        ("[tool.dramaturg.models]\nDPA-1.section = 5\n", [":2`, `models.DPA-1.section`: must be a model's name in q"]),
        (
            "[tool.dramaturg.models]\n3.1 = 'evidence'\n",
            [":2`, `models.3`: ", 'step `3.1` is written in quotes too, `"3'],
        ),
        ("[tool]\ndramaturg = 5\n", [":2`: `tool.dramaturg` must be a table; write `[tool.dramaturg]`"]),
        ("[tool.dramaturg]\nmodel = 5\n", [":2`, `model`: must be a model's name in quotes"]),
        ('[tool.dramaturg]\npersonas = "p"\n', [":2`, `personas`: must be a list of folders"]),
        ("[tool.dramaturg]\npersonas = [1]\n", [":2`, `personas`: must be a list of folders"]),
        ("[tool.dramaturg\n", ["` cannot be read: ", "line 1"]),
        ("[tool.other]\nx = " + "9" * 5000, ["` cannot be read: ", "limit (4300 digits)"]),
        ("[tool.other]\nx = " + "[" * 3000, ["` cannot be read: ", "recursion"]),
        (f'[tool.dramaturg]\npersonas = ["{"x" * 300}"]\n', [":2`, `personas`: there is no folder `", "x`; make it"]),
        ('[tool.dramaturg]\npersonas = ["a\\u0000b"]\n', [":2`, `personas`: there is no folder `", "b`; make it"]),
        (
            (
                '[project]\r\nname = "dramaturg-user"\r\n\r\n[tool]\r\n# dramaturg\r\ndramaturg.personas = [\r\n'
                '  "p",\r\n  "q",\r\n]\r\ndramaturg.models = {\'3\' = 5}\r\ndramaturg.modle = """\r\n"""\r\n'
            ),
            [
                ":11`, `modle`: no such setting",
                ":10`, `models.3`: must be a model's name in quotes",
                ":6`, `personas`: there is no folder `",
                "/p`; make it, or leave it out",
                "/q`; make it, or leave it out",
            ],
        ),
    ],
)
def test_each_setting_that_means_nothing_is_named_with_its_line(tmp_path: Path, text: str, told: list[str]) -> None:
    with pytest.raises(CallerError) as raised:
        read_project(project(tmp_path, text))
    said = str(raised.value)
    assert said.startswith(f"`{tmp_path / 'pyproject.toml'}")
    assert [part for part in told if part not in said] == []


def test_a_project_file_that_is_not_utf_8_is_named(tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_bytes(b"# \xff\n")
    with pytest.raises(CallerError, match=r"pyproject.toml` cannot be read: .*utf-8"):
        read_project(tmp_path)


def test_personas_are_looked_for_from_near_to_far_and_each_folder_once(tmp_path: Path) -> None:
    user = tmp_path / "config" / "dramaturg" / "personas"
    for folder in (tmp_path / "own", tmp_path / "personas", user):
        folder.mkdir(parents=True)
    said = Project(personas=(tmp_path / "own", tmp_path / "own" / ".." / "personas"))
    environment = {"XDG_CONFIG_HOME": str(tmp_path / "config")}
    roots = [root.resolve() for root in persona_roots(said, tmp_path, environment)]
    assert roots == [tmp_path / "own", tmp_path / "personas", user, personas_root()]


def test_folders_that_are_not_there_are_not_looked_in(tmp_path: Path) -> None:
    assert persona_roots(Project(), tmp_path, {"XDG_CONFIG_HOME": str(tmp_path)}) == (personas_root(),)


def test_personas_of_the_user_are_in_the_home_folder_by_default(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    (tmp_path / ".config" / "dramaturg" / "personas").mkdir(parents=True)
    assert persona_roots(Project(), tmp_path, {})[0] == tmp_path / ".config" / "dramaturg" / "personas"


def test_journals_are_where_the_environment_says(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    assert state_root({"DRAMATURG_STATE": "/s", "XDG_STATE_HOME": "/x"}) == Path("/s")
    assert state_root({"XDG_STATE_HOME": "/x"}) == Path("/x/dramaturg")
    assert state_root({"DRAMATURG_STATE": ""}) == tmp_path / ".local" / "state" / "dramaturg"
    (tmp_path / "file").write_text("", encoding="utf-8")
    with pytest.raises(CallerError, match=r"^`DRAMATURG_STATE`: `.*/file` is no folder; set it to one"):
        state_root({"DRAMATURG_STATE": "~/file"})
    with pytest.raises(
        CallerError, match=r"^`DRAMATURG_STATE`: `~nobody-at-all` begins with the home folder of nobody"
    ):
        state_root({"DRAMATURG_STATE": "~nobody-at-all"})


def test_the_model_is_the_one_named_nearest(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert Runtime().model == "evidence"
    monkeypatch.setenv("OPENAI_API_KEY", "k")
    assert Runtime().model == f"openai:{DEFAULT_OPENAI}"
    monkeypatch.setenv("ANTHROPIC_API_KEY", "k")
    assert Runtime().model == f"anthropic:{DEFAULT_ANTHROPIC}"
    project(tmp_path, '[tool.dramaturg]\nmodel = "openai:from-project"\n')
    assert Runtime().model == "openai:from-project"
    monkeypatch.setenv("DRAMATURG_MODEL", "openai:from-environment")
    assert Runtime().model == "openai:from-environment"
    assert Runtime(model="evidence").model == "evidence"


def test_an_empty_model_name_is_refused_instead_of_replaced(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ANTHROPIC_API_KEY", "k")
    with pytest.raises(CallerError, match="`` is not a model"):
        Runtime(model="").run("DPA-1", "text")


def test_a_user_without_a_home_has_the_shipped_personas_and_must_name_a_state_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("HOME")
    monkeypatch.setattr("os.getuid", lambda: 2**31 - 2)  # no entry in the password database, as in many containers
    assert persona_roots(Project(), tmp_path, {}) == (personas_root(),)
    with pytest.raises(CallerError, match="set `DRAMATURG_STATE`"):
        state_root({})


def test_folders_that_can_be_none_are_not_looked_in_or_refused(tmp_path: Path) -> None:
    long = "x" * 300
    assert persona_roots(Project(), tmp_path, {"XDG_CONFIG_HOME": long}) == (personas_root(),)
    for name in ("DRAMATURG_STATE", "XDG_STATE_HOME"):
        with pytest.raises(CallerError, match=f"`{name}`: `.*` can be no folder: File name too long; set it to one"):
            state_root({name: long})


def test_folders_may_be_named_by_text_and_a_persona_by_a_path(tmp_path: Path) -> None:
    (tmp_path / "own").mkdir()
    file = tmp_path / "own" / "mini-1.persona.md"
    step = "<operational_protocol><Step>Produce a `SUMMARY`.</Step></operational_protocol>"
    file.write_text(f"---\nalias: mini-1\ntitle: Mini\n---\n{step}\n", encoding="utf-8")
    settings: dict[str, Any] = {"model": "evidence", "prompts": str(prompts_root()), "state": str(tmp_path / "kept")}
    runtime = Runtime(personas=[str(tmp_path / "own")], **settings)
    by_alias = runtime.run("mini-1", "The gateway is up.")
    assert Runtime(**settings).run(file, "The gateway is up.", fresh=True).document == by_alias.document
    assert len([*(tmp_path / "kept" / "runs").iterdir()]) == 2
    assert load_persona(file).alias == "mini-1"


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"personas": ["nowhere"]}, "there is no folder `nowhere` to look for personas in"),
        ({"personas": ["x" * 300]}, "there is no folder `x+` to look for personas in"),
        ({"personas": "nowhere"}, "there is no folder `nowhere` to look for personas in"),
        ({"personas": [3]}, "`3` is no path; pass a str or a Path"),
        ({"personas": ["~nobody-at-all/p"]}, "`~nobody-at-all/p` begins with the home folder of nobody"),
        ({"reasks": -1}, "`reasks` must be a whole number of at least 0, not -1"),
        ({"reasks": True}, "`reasks` must be a whole number of at least 0, not True"),
        ({"reasks": 1.5}, "`reasks` must be a whole number of at least 0, not 1.5"),
        ({"window": 1023}, "`window` must be a whole number of at least 1024, not 1023"),
        ({"window": "8192"}, "`window` must be a whole number of at least 1024, not '8192'"),
    ],
)
def test_a_setting_that_cannot_be_is_refused_at_once(settings: dict[str, Any], message: str) -> None:
    with pytest.raises(CallerError, match=message):
        Runtime(model="evidence", **settings)


def test_quotes_stand_below_each_entry_when_asked_for() -> None:
    plain = Runtime(model=ScriptedModel(good_answer)).run("DPA-1", INPUTS).document.markdown
    quoted = Runtime(model=ScriptedModel(good_answer), quotes=True).run("DPA-1", INPUTS).document.markdown
    assert QUOTE not in plain
    assert f"\n  - “{QUOTE}” [Source: ARCHITECTURE_BLUEPRINT, L19]" in quoted


def test_what_needs_postgres_says_which_extra_brings_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(extra, "find_spec", lambda _: None)
    remedy = re.escape("install it with `pip install 'dramaturg[durable]'`")
    with pytest.raises(CallerError, match=remedy):
        Runtime(durable="postgresql://user@host/name")
    with pytest.raises(CallerError, match=remedy):
        run_suite(ROOT / "evals/dpa-1.suite.yaml", Terms(queue="postgresql://user@host/name"))
