"""Checking many personas: every fault once, in the order met, none hidden by another file's."""

from pathlib import Path

import pytest

from dramaturg.data import personas_root, prompts_root
from dramaturg.findings.model import Severity
from dramaturg.persona.library import Library
from dramaturg.run.check import Checked, check_personas

_BASE = "---\nalias: base\ntitle: Base\n---\n"
_FILES = {
    "base": "---\nalias: base\ntitle: Base\nversion: 1.0\nautor: me\n---\n",
    "broken": "---\nalias: broken\ntitle: Broken\n---\n<philosophy>A\n",
    "idle": "---\nalias: idle\ntitle: Idle\ninherits_from: base\n---\n"
    '<operational_protocol><Step number="1" needs="7">Produce a `PLAN`.</Step></operational_protocol>\n',
    "fine": "---\nalias: fine\ntitle: Fine\ninherits_from: base\n---\n"
    '<operational_protocol><Step mood="calm">Write it.</Step></operational_protocol>\n',
}


@pytest.fixture(name="library")
def _library(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Library:
    monkeypatch.chdir(tmp_path)
    for name, text in _FILES.items():
        _write(name, text)
    Path("latin.persona.md").write_bytes("---\nalias: latin\ntitle: ü\n---\n".encode("latin-1"))
    return Library((tmp_path,))


def _write(name: str, text: str) -> None:
    Path(f"{name}.persona.md").write_text(text, encoding="utf-8")


def _checked(library: Library, *names: str, strict: bool = False, prompts: Path | None = None) -> Checked:
    return check_personas(library, prompts or prompts_root(), names, strict=strict)


def _places(checked: Checked) -> list[tuple[str, str]]:
    return [(str(found.span), found.rule) for found in checked.findings]


def _reasons(checked: Checked) -> list[str]:
    return [str(error) for error in checked.refused]


_SHARED = [("base.persona.md:4:10", "P106"), ("base.persona.md:5:1", "P107")]


def test_each_fault_is_told_once_in_the_order_met(library: Library) -> None:
    checked = _checked(library, "idle", "latin.persona.md", "fine", "broken", "base")
    assert _places(checked) == [
        *_SHARED,
        ("idle.persona.md:6:23", "P404"),
        ("latin.persona.md:3:8", "P112"),
        ("fine.persona.md:6:23", "P406"),
        ("broken.persona.md:5:1", "P203"),
    ]
    assert checked.files == tuple(f"{name}.persona.md" for name in ("idle", "latin", "fine", "broken", "base"))
    assert checked.refused == ()


def test_a_persona_without_steps_is_a_base_and_not_compiled(library: Library) -> None:
    assert _places(_checked(library, "base.persona.md")) == _SHARED


def test_strict_makes_errors_of_warnings_leaves_notes_and_still_reports_on_the_plan(library: Library) -> None:
    found = _checked(library, "fine", "base", strict=True).findings
    assert {(finding.rule, finding.severity) for finding in found} == {
        ("P106", Severity.NOTE),
        ("P107", Severity.ERROR),
        ("P406", Severity.ERROR),
    }


def test_names_that_cannot_be_checked_are_refused_and_the_rest_is_checked(library: Library) -> None:
    Path("empty").mkdir()
    Path("gone.persona.md").symlink_to("nowhere")
    checked = _checked(library, "fyne", "empty", "gone.persona.md", "absent.md", "x" * 300, "broken")
    assert _places(checked) == [("broken.persona.md:5:1", "P203")]
    assert checked.files == ("broken.persona.md",)
    fyne, *others, too_long = _reasons(checked)
    assert fyne.startswith("no persona is called `fyne`; did you mean `fine`")
    assert too_long.startswith(f"no persona is called `{'x' * 300}`; ")
    assert others == [
        "there is no persona file below `empty`; they are called `NAME.persona.md`",
        "`gone.persona.md` cannot be read: No such file or directory",
        "`absent.md` cannot be read: No such file or directory",
    ]


def test_a_link_that_leads_in_a_circle_is_refused_and_hides_no_other(library: Library, tmp_path: Path) -> None:
    Path("self.persona.md").symlink_to(tmp_path / "self.persona.md")
    checked = _checked(library, str(tmp_path))
    (reason,) = _reasons(checked)
    assert reason.endswith("self.persona.md` cannot be read: Too many levels of symbolic links")
    assert len(checked.files) == len(_FILES) + 1


def test_a_folder_that_cannot_be_listed_is_refused_and_hides_no_other(
    library: Library, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for _ in range(17):  # together longer than a path can be
        Path("d" * 250).mkdir()
        monkeypatch.chdir("d" * 250)
    monkeypatch.chdir(tmp_path)
    for names in ([], [str(tmp_path)]):
        checked = _checked(library, *names)
        (reason,) = _reasons(checked)
        assert reason.endswith("` cannot be read: File name too long")
        assert len(checked.files) == len(_FILES) + 1


def test_what_ends_as_a_folder_does_is_no_alias(library: Library) -> None:
    reason = "there is no folder `nowhere/`; `dramaturg list` shows what there is"
    assert _reasons(_checked(library, "nowhere/")) == [reason]


def test_a_parent_that_cannot_be_read_is_told_where_it_is_named_and_hides_nothing(library: Library) -> None:
    Path("gone.persona.md").symlink_to("nowhere")
    _write("middle", "---\nalias: middle\ntitle: Middle\ninherits_from: gone\n---\n<philosophy>A\n")
    _write("leaf", "---\nalias: leaf\ntitle: Leaf\ninherits_from: middle\n---\n<philosophy>B\n")
    assert _places(_checked(library, "leaf.persona.md")) == [
        ("middle.persona.md:4:16", "P301"),
        ("middle.persona.md:6:1", "P203"),
        ("leaf.persona.md:6:1", "P203"),
    ]


def test_a_parent_that_is_no_text_is_told_in_its_place_and_hides_nothing(library: Library) -> None:
    _write("leaf", "---\nalias: leaf\ntitle: Leaf\ninherits_from: latin\n---\n<philosophy>B\n")
    expected = [("latin.persona.md:3:8", "P112"), ("leaf.persona.md:6:1", "P203")]
    assert _places(_checked(library, "leaf.persona.md")) == expected


def test_prompts_that_cannot_be_used_are_refused_once_and_hide_nothing(library: Library, tmp_path: Path) -> None:
    (tmp_path / "prompts" / "v1").mkdir(parents=True)
    checked = _checked(library, "idle", "fine", prompts=tmp_path / "prompts")
    assert _places(checked) == [*_SHARED, ("idle.persona.md:6:23", "P404"), ("fine.persona.md:6:23", "P406")]
    (reason,) = _reasons(checked)
    assert "is not whole" in reason


def test_an_engine_version_that_there_is_not_hides_no_fault_but_the_plans(library: Library) -> None:
    _write("idle", _FILES["idle"].replace("title: Idle", "title: Idle\nengine_version: v9"))
    assert _places(_checked(library, "idle")) == [*_SHARED, ("idle.persona.md:4:17", "P111")]


def test_the_reference_persona_has_nothing_to_report_even_when_strict() -> None:
    checked = _checked(Library((personas_root(),)), "DPA-1", strict=True)
    assert (checked.findings, checked.refused, len(checked.files)) == ((), (), 1)


def test_a_file_that_shares_its_alias_is_told_at_its_alias_with_the_others(library: Library) -> None:
    _write("base", _BASE)
    _write("second", _BASE)
    (finding,) = _checked(library, "second.persona.md").findings
    assert (str(finding.span), finding.rule) == ("second.persona.md:2:8", "P303")
    assert [str(label.span) for label in finding.labels] == ["base.persona.md:2:8"]


def test_a_file_outside_every_root_takes_no_alias_from_another(library: Library, tmp_path: Path) -> None:
    _write("base", _BASE)
    _write("second", _BASE)
    inside = Library((tmp_path / "inside",))
    outside = tmp_path / "inside" / ".." / "base.persona.md"
    (tmp_path / "inside").mkdir()
    for name in ("a", "b"):
        (tmp_path / "inside" / f"{name}.persona.md").write_text(_BASE, encoding="utf-8")
    assert _checked(inside, str(outside)).findings == ()
    assert [finding.rule for finding in _checked(inside, "inside").findings] == ["P303"]
    assert len(_checked(library, "base.persona.md").findings) == 1


@pytest.mark.parametrize(
    ("parents", "expected"),
    [
        ({"a": "b", "b": "c", "c": "a", "x": "b"}, ("P302", "c.persona.md", 3)),
        ({"a": "b", "b": "c", "c": "d", "d": "gone"}, ("P301", "d.persona.md", 3)),
    ],
)
def test_one_fault_of_a_chain_is_told_once_with_all_its_hops(
    library: Library, parents: dict[str, str], expected: tuple[str, str, int]
) -> None:
    for alias, parent in parents.items():
        _write(alias, f"---\nalias: {alias}\ntitle: T\ninherits_from: {parent}\n---\n")
    (found,) = _checked(library, *(f"{alias}.persona.md" for alias in parents)).findings
    assert found.span is not None
    assert (found.rule, found.span.path, len(found.labels)) == expected


def test_without_names_everything_that_can_be_named_is_checked(library: Library) -> None:
    assert _checked(library).files == tuple(entry.spoken for entry in library.entries)


def test_a_folder_stands_for_the_personas_below_it(library: Library, tmp_path: Path) -> None:
    (tmp_path / "below").mkdir()
    (tmp_path / "below" / "deep.mixin.md").write_text(_FILES["base"], encoding="utf-8")
    (tmp_path / "README.md").write_text("no persona", encoding="utf-8")
    assert _checked(library, "below").files == ("below/deep.mixin.md",)
    everything = _checked(library, ".", "base").files
    assert everything == tuple(entry.spoken for entry in library.entries)


def test_a_path_wins_over_an_alias_of_its_spelling(library: Library) -> None:
    Path("fine").write_text(_BASE, encoding="utf-8")
    Path("broken").mkdir()
    Path("broken", "inner.persona.md").write_text(_BASE, encoding="utf-8")
    checked = _checked(library, "fine", "broken", "idle")
    assert checked.files == ("fine", "broken/inner.persona.md", "idle.persona.md")


def test_shipped_personas_may_be_changed_only_where_their_path_is_given() -> None:
    shipped = personas_root() / "dpa-1.persona.md"
    library = Library((personas_root(),))
    assert dict(_checked(library, "DPA-1").mendable) == {}
    (mendable,) = _checked(library, "DPA-1", str(shipped)).mendable.values()
    assert mendable.text == shipped.read_text(encoding="utf-8")


def test_a_file_that_is_no_text_gives_none_and_cannot_be_mended(library: Library) -> None:
    checked = _checked(library, "latin.persona.md", "base")
    assert [*checked.mendable] == ["base.persona.md"]
    assert checked.source_of("latin.persona.md") is None
    assert checked.source_of("nowhere.md") is None
    source = checked.source_of("base.persona.md")
    assert source is not None
    assert source.text == _FILES["base"]


def test_a_list_that_is_missing_is_reported_from_the_first_letter_of_its_sentence(library: Library) -> None:
    text = "---\nalias: x\ntitle: T\n---\n<operational_protocol>\n<Step>Write the `RISKS`, covering:</Step>\n"
    _write("x", f"{text}</operational_protocol>\n")
    (found,) = _checked(library, "x.persona.md").findings
    assert found.span is not None
    assert (found.rule, found.span.column, found.span.length) == ("P411", 7, 28)


def test_a_second_check_reads_what_was_edited_after_the_first(library: Library) -> None:
    assert _places(_checked(library, "broken.persona.md"))
    _write("broken", _BASE.replace("base", "broken"))
    assert not _places(_checked(library, "broken.persona.md"))
