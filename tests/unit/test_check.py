"""Checking many personas: every fault once, in the order met, none hidden by another file's."""

from pathlib import Path

import pytest

from dramaturg.data import personas_root, prompts_root
from dramaturg.errors import CallerError
from dramaturg.findings.model import Severity
from dramaturg.persona.library import Library
from dramaturg.run.check import check_personas, persona_names

_FILES = {
    "base": "---\nalias: base\ntitle: Base\nversion: 1.0\nautor: me\n---\n",
    "broken": "---\nalias: broken\ntitle: Broken\n---\n<philosophy>A\n",
    "idle": "---\nalias: idle\ntitle: Idle\ninherits_from: base\n---\n"
    "<operational_protocol><Step>Ponder.</Step></operational_protocol>\n",
    "fine": "---\nalias: fine\ntitle: Fine\ninherits_from: base\n---\n"
    '<operational_protocol><Step mood="calm">Write it.</Step></operational_protocol>\n',
}


@pytest.fixture(name="library")
def _library(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Library:
    monkeypatch.chdir(tmp_path)
    for name, text in _FILES.items():
        (tmp_path / f"{name}.persona.md").write_text(text, encoding="utf-8")
    (tmp_path / "latin.persona.md").write_bytes("---\nalias: latin\ntitle: ü\n---\n".encode("latin-1"))
    return Library((tmp_path,))


def _checked(library: Library, *names: str, strict: bool = False) -> list[tuple[str, str]]:
    return [(str(found.span), found.rule) for found in check_personas(library, prompts_root(), names, strict=strict)]


def test_each_fault_is_told_once_in_the_order_met(library: Library) -> None:
    shared = [("base.persona.md:4:10", "P106"), ("base.persona.md:5:1", "P107")]
    assert _checked(library, "idle", "latin", "fine", "broken", "base") == [
        *shared,
        ("idle.persona.md:6:23", "P401"),
        ("latin.persona.md:3:8", "P112"),
        ("fine.persona.md:6:23", "P406"),
        ("broken.persona.md:5:1", "P203"),
    ]


def test_a_persona_without_steps_is_a_base_and_not_compiled(library: Library) -> None:
    assert _checked(library, "base.persona.md") == [("base.persona.md:4:10", "P106"), ("base.persona.md:5:1", "P107")]


def test_strict_makes_errors_of_warnings_and_leaves_notes(library: Library) -> None:
    found = check_personas(library, prompts_root(), ["fine", "base"], strict=True)
    assert {(finding.rule, finding.severity) for finding in found} == {
        ("P106", Severity.NOTE),
        ("P107", Severity.ERROR),
    }


def test_a_warning_of_the_plan_is_an_error_when_strict(library: Library, tmp_path: Path) -> None:
    (tmp_path / "base.persona.md").write_text("---\nalias: base\ntitle: Base\n---\n", encoding="utf-8")
    (finding,) = check_personas(library, prompts_root(), ["fine"], strict=True)
    assert (finding.rule, finding.severity) == ("P406", Severity.ERROR)


def test_a_name_that_is_no_persona_is_the_callers_fault(library: Library) -> None:
    with pytest.raises(CallerError, match="no persona is called `fyne`; did you mean"):
        check_personas(library, prompts_root(), ["fyne"], strict=False)


def test_the_reference_persona_has_nothing_to_report_even_when_strict() -> None:
    assert check_personas(Library((personas_root(),)), prompts_root(), ["DPA-1"], strict=True) == ()


def test_an_engine_version_that_there_is_not_is_found_before_anything_runs(library: Library, tmp_path: Path) -> None:
    text = _FILES["idle"].replace("title: Idle", "title: Idle\nengine_version: v9")
    (tmp_path / "idle.persona.md").write_text(text, encoding="utf-8")
    assert _checked(library, "idle") == [("idle.persona.md:4:17", "P111")]


def test_a_file_that_shares_its_alias_is_told_at_its_alias(library: Library, tmp_path: Path) -> None:
    (tmp_path / "base.persona.md").write_text("---\nalias: base\ntitle: Base\n---\n", encoding="utf-8")
    (tmp_path / "second.persona.md").write_text("---\nalias: base\ntitle: Base\n---\n", encoding="utf-8")
    assert _checked(library, "second.persona.md") == [("second.persona.md:2:8", "P303")]


def test_a_folder_stands_for_the_personas_below_it(library: Library, tmp_path: Path) -> None:
    (tmp_path / "below").mkdir()
    (tmp_path / "below" / "deep.mixin.md").write_text(_FILES["base"], encoding="utf-8")
    (tmp_path / "README.md").write_text("no persona", encoding="utf-8")
    names = persona_names(["alias", "."])
    assert names == ["alias", *(str(entry.path.relative_to(tmp_path)) for entry in library.entries)]
    assert "below/deep.mixin.md" in names


def test_a_name_too_long_for_a_file_is_a_name() -> None:
    assert persona_names(["x" * 300]) == ["x" * 300]


def test_a_folder_without_personas_is_the_callers_fault(tmp_path: Path) -> None:
    with pytest.raises(CallerError, match=r"there is no persona file below `.*`; they are called `NAME\.persona\.md`"):
        persona_names([str(tmp_path)])
