"""A recorded run given again: the same bytes for the same question, and a miss for any other."""

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from tests.commands import dramaturg, journals
from tests.support import BLUEPRINT, gone_at, good_answer

from dramaturg import JournalMiss, ModelError, RunResult, StepFailed, run_persona
from dramaturg.data import personas_root, prompts_root
from dramaturg.engine.events import Event, RunOpened
from dramaturg.models.scripted import ScriptedModel


class Copies:
    """Personas, prompts and an artifact that may be edited."""

    def __init__(self, folder: Path) -> None:
        shutil.copytree(personas_root(), folder / "personas")
        shutil.copytree(prompts_root(), folder / "prompts")
        shutil.copy(BLUEPRINT, folder / "blueprint.md")
        self.folder = folder
        self.settings: dict[str, Any] = {"personas": [folder / "personas"], "prompts": folder / "prompts"}

    def run(self, model: Any, **more: Any) -> RunResult:
        """Perform DPA-1 as it stands now."""
        return run_persona("DPA-1", self.folder / "blueprint.md", model=model, **self.settings, **more)

    def edit(self, name: str, old: str, new: str) -> None:
        """Change one text."""
        path = self.folder / name
        text = path.read_text(encoding="utf-8")
        assert old in text
        path.write_text(text.replace(old, new, 1), encoding="utf-8")


@pytest.fixture
def copies(tmp_path: Path) -> Copies:
    return Copies(tmp_path / "copies")


@pytest.mark.parametrize("name", [lambda path: path.stem, str])
def test_a_replay_gives_the_same_bytes_and_asks_nothing(
    state: Path, copies: Copies, name: Callable[[Path], str]
) -> None:
    original = copies.run(ScriptedModel(good_answer))
    (journal,) = journals(state)
    before = journal.read_bytes()
    events: list[Event] = []
    again = copies.run(f"replay:{name(journal)}", on_event=events.append)
    assert again.document.markdown == original.document.markdown
    assert again.findings == original.findings
    assert (again.report.calls, again.report.replayed) == (0, 5)
    assert again.report.usage == type(again.report.usage)()
    opened = RunOpened(run=journal.stem, model="scripted", destination="replayed, nothing is asked", kept=5)
    assert events[0] == opened
    assert journal.read_bytes() == before
    assert journals(state) == [journal]


@pytest.mark.parametrize(
    ("name", "old", "new", "step"),
    [
        ("personas/dpa-1.persona.md", "zero-defect transition", "calm transition", "1"),
        ("personas/dpa-1.persona.md", "Applying database migrations.", "Applying all migrations.", "3"),
        ("prompts/v1/system.md.j2", "You perform a persona.", "You play a persona.", "1"),
        ("blueprint.md", "Release 4.2.0", "Release 4.2.1", "1"),
    ],
)
def test_a_question_that_was_never_asked_is_a_miss(
    state: Path, copies: Copies, name: str, old: str, new: str, step: str
) -> None:
    copies.run(ScriptedModel(good_answer))
    (journal,) = journals(state)
    copies.edit(name, old, new)
    with pytest.raises(JournalMiss, match="was asked with another prompt") as raised:
        copies.run(f"replay:{journal.stem}")
    assert raised.value.step == step


def test_an_unfinished_run_misses_what_it_never_asked(state: Path, copies: Copies) -> None:
    with pytest.raises(ModelError):
        copies.run(gone_at("4"))
    (journal,) = journals(state)
    with pytest.raises(JournalMiss, match=r"no answer for step 4, attempt 0: it was never asked") as raised:
        copies.run(f"replay:{journal.stem}")
    assert raised.value.step == "4"


def test_a_failed_run_fails_again_when_replayed(state: Path, copies: Copies) -> None:
    with pytest.raises(StepFailed) as first:
        copies.run(ScriptedModel(lambda _: "no JSON"))
    (journal,) = journals(state)
    with pytest.raises(StepFailed) as again:
        copies.run(f"replay:{journal.stem}")
    assert (again.value.run, str(again.value)) == (first.value.run, str(first.value))


def test_the_command_replays_and_exits_with_4_on_a_miss(state: Path, tmp_path: Path) -> None:
    blueprint = tmp_path / "blueprint.md"
    shutil.copy(BLUEPRINT, blueprint)
    run = ("run", "DPA-1", str(blueprint))
    first = dramaturg(*run, "--model", "evidence")
    (journal,) = journals(state)
    for name in (journal.stem, str(journal)):
        again = dramaturg(*run, "--replay", name)
        assert (again.code, again.out) == (0, first.out)
        assert "used 0 calls" in again.err
        assert "5 answers from the journal" in again.err
    blueprint.write_text(blueprint.read_text(encoding="utf-8") + "\nMore.\n", encoding="utf-8")
    missed = dramaturg(*run, "--replay", journal.stem)
    assert (missed.code, missed.out) == (4, "")
    assert missed.err.splitlines()[-1].startswith(f"error: `{journal.stem}` has no answer for step 1, attempt 0")


def test_a_replayed_run_is_told_as_json_with_the_run_it_came_from(state: Path) -> None:
    run = ("run", "DPA-1", str(BLUEPRINT), "--json", "-q")
    first = dramaturg(*run, "--model", "evidence").json
    (journal,) = journals(state)
    again = dramaturg(*run, "--replay", journal.stem).json
    assert again["document"] == first["document"]
    assert again["report"] == first["report"] | {"calls": 0, "replayed": 5}


@pytest.mark.parametrize("name", ["nowhere-0a0a0a0a-1", "no/such.jsonl"])
def test_a_replay_of_nothing_is_a_callers_error(copies: Copies, name: str) -> None:
    assert dramaturg("run", "DPA-1", str(BLUEPRINT), "--replay", name).code == 2
    with pytest.raises(Exception, match=f"there is no run or journal `{name}`"):
        copies.run(f"replay:{name}")
