"""What `doctor` sees of the machine it runs on."""

import socket
import sys
from pathlib import Path

import pytest

from dramaturg.models.profiles import ANTHROPIC_KEY, OPENAI_KEY
from dramaturg.run import doctor
from dramaturg.run.doctor import Check, examine


def seen(name: str) -> Check:
    """Return what is said of one thing."""
    return next(check for check in examine() if check.name == name)


@pytest.mark.parametrize(("vendor", "key"), [("anthropic", ANTHROPIC_KEY), ("openai", OPENAI_KEY)])
def test_a_vendor_is_ready_when_its_key_is_set(vendor: str, key: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(key, "  ")
    missing = seen(vendor)
    assert not missing.ready
    assert missing.detail.endswith(f"`{key}` is not set")
    assert missing.remedy.startswith(f"set `{key}`; keys are made at ")
    monkeypatch.setenv(key, "secret-1")
    assert seen(vendor).ready
    assert seen("default model").detail.startswith(f"{vendor}:")
    assert all("secret-1" not in f"{check.detail}{check.remedy}" for check in examine())


def test_quoting_evidence_is_always_ready_and_the_default_without_keys() -> None:
    assert seen("evidence").ready
    assert seen("default model") == Check(name="default model", ready=True, detail="evidence")


def test_a_default_model_that_is_none_is_not_ready(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DRAMATURG_MODEL", "antropic:x")
    check = seen("default model")
    assert not check.ready
    assert check.detail == "antropic:x, from `DRAMATURG_MODEL`"
    assert check.remedy.startswith("`DRAMATURG_MODEL`: `antropic:x` is not a model; did you mean `anthropic`?")


def test_a_state_folder_that_is_none_is_told_like_all_else(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "file"
    file.touch()
    monkeypatch.setenv("DRAMATURG_STATE", str(file))
    check = seen("journals")
    assert (check.ready, check.detail) == (False, str(file))
    assert check.remedy.startswith(f"`DRAMATURG_STATE`: `{file}` is no folder; ")
    assert seen("evidence").ready
    monkeypatch.delenv("DRAMATURG_STATE")
    monkeypatch.setenv("XDG_STATE_HOME", "x" * 300)
    check = seen("journals")
    assert (check.ready, check.detail) == (False, "nowhere")
    assert check.remedy.startswith("`XDG_STATE_HOME`: `xxx")


def test_a_variable_that_is_misspelt_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("DRAMATURG_MODLE", "DRAMATURG_MODEL", "DRAMATURG_DATABASE", "DRAMATURG_OF_OUR_TEAM", "DRAMATURG_KEY"):
        monkeypatch.setenv(name, "evidence")
    told = [check for check in examine() if check.name == "settings"]
    assert [(check.ready, check.detail.partition(" ")[0], check.remedy) for check in told] == [
        (False, "`DRAMATURG_KEY`", "did you mean `DRAMATURG_API_KEY`?"),
        (False, "`DRAMATURG_MODLE`", "did you mean `DRAMATURG_MODEL`?"),
    ]


def test_a_server_on_a_usual_port_is_found_and_where_there_is_none_how_to_get_one(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listening, socket.create_server(("127.0.0.1", 0)) as closed:
        port = listening.getsockname()[1]
        closed_port = closed.getsockname()[1]
        monkeypatch.setattr(doctor, "_SERVERS", {"Ollama": port, "vLLM": closed_port})
        closed.close()
        found = [check for check in examine() if check.name.startswith("local server")]
        assert [check.name for check in found] == ["local server (Ollama's port)"]
        monkeypatch.setattr(doctor, "_SERVERS", {"Ollama": closed_port})
        (none,) = [check for check in examine() if check.name.startswith("local server")]
    assert not none.ready
    assert none.detail == f"none on the usual ports (Ollama {closed_port})"
    assert "start one" in none.remedy
    assert f"`openai:MODEL@http://127.0.0.1:{port}/v1`" in found[0].detail


def test_the_embedded_engine_is_looked_for_without_loading_it(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.delitem(sys.modules, "xllamacpp", raising=False)  # an earlier test may have performed with it
    (tmp_path / "xllamacpp.py").write_text("raise RuntimeError('loaded')", encoding="utf-8")
    monkeypatch.syspath_prepend(tmp_path)
    assert seen("gguf").ready
    monkeypatch.setattr("sys.path", [str(Path(doctor.__file__).parents[2])])
    missing = seen("gguf")
    assert not missing.ready
    assert missing.remedy.startswith("pip install 'dramaturg[local]'")
    assert "SDK not installed" in seen("openai").detail


def test_the_journals_folder_is_ready_where_it_can_be_made(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert seen("journals") == Check(
        name="journals",
        ready=True,
        detail=str(tmp_path / "state" / "runs"),
        remedy="set `DRAMATURG_STATE` to a folder that can be written",
    )
    (tmp_path / "file").write_text("", encoding="utf-8")
    monkeypatch.setenv("DRAMATURG_STATE", str(tmp_path / "file" / "state"))
    assert not seen("journals").ready


def test_looking_changes_nothing(tmp_path: Path) -> None:
    examine()
    assert [*tmp_path.iterdir()] == []


@pytest.mark.parametrize(
    ("model", "remedy"),
    [
        ("anthropic:m", "`ANTHROPIC_API_KEY` is not set"),
        ("openai:m", "`OPENAI_API_KEY` is not set"),
        ("gguf:/nowhere.gguf", "there is no file `/nowhere.gguf`"),
    ],
)
def test_a_default_model_that_lacks_something_here_is_not_ready(
    monkeypatch: pytest.MonkeyPatch, model: str, remedy: str
) -> None:
    monkeypatch.setenv("DRAMATURG_MODEL", model)
    check = seen("default model")
    assert not check.ready
    assert remedy in check.remedy
