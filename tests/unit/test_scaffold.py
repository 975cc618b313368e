"""Beginning a persona: what is written checks clean whatever it is called, and nothing is ever overwritten."""

from pathlib import Path

import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from dramaturg.data import personas_root, prompts_root
from dramaturg.errors import AuthorError, CallerError
from dramaturg.persona.library import Library
from dramaturg.plan.compile import compile_plan
from dramaturg.plan.model import Kind
from dramaturg.run.check import check_personas
from dramaturg.run.scaffold import begin_persona

_BASE = "---\nalias: Base-1\ntitle: Base\n{more}---\n{body}"


@pytest.fixture(autouse=True)
def _inside(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Make the test's own folder the working folder."""
    monkeypatch.chdir(tmp_path)


@pytest.fixture(name="library")
def _library() -> Library:
    return _library_now()


def _library_now() -> Library:
    """Return what can be named in the working folder."""
    return Library((Path("personas"), personas_root()))


def _base(folder: Path, more: str = "", body: str = "") -> Library:
    (folder / "personas").mkdir()
    (folder / "personas" / "base.persona.md").write_text(_BASE.format(more=more, body=body), encoding="utf-8")
    return _library_now()


def _is_clean(path: Path) -> bool:
    checked = check_personas(_library_now(), prompts_root(), [str(path)], strict=True)
    return (checked.findings, checked.refused) == ((), ())


def test_a_new_persona_checks_clean_and_shows_the_kinds_of_steps(library: Library) -> None:
    path = begin_persona(library, "RISK-1")
    assert path == Path("personas/RISK-1.persona.md")
    assert _is_clean(path)
    plan = compile_plan(_library_now().load("risk-1"))
    assert [step.kind for step in plan.steps] == [Kind.INGEST, Kind.ANALYZE, Kind.SECTION, Kind.SECTION, Kind.ASSEMBLE]
    assert [len(step.owes) for step in plan.sections] == [3, 3]
    assert (plan.persona.title, plan.persona.status) == ("RISK 1", "draft")


def test_an_alias_with_slashes_makes_folders(library: Library) -> None:
    assert begin_persona(library, "reviews/risk-1") == Path("personas/reviews/risk-1.persona.md")
    assert _library_now().load("reviews/risk-1").title == "Risk 1"


def test_a_file_of_ones_own_choice_is_written_in_its_folder(library: Library, tmp_path: Path) -> None:
    path = begin_persona(library, "risk-1", path=tmp_path / "drafts" / "r.md")
    assert library.load(str(path)).alias == "risk-1"


def test_a_persona_from_a_base_says_what_the_base_does_not(tmp_path: Path) -> None:
    body = "<philosophy>Calm.</philosophy>\n<directives><Directive_Voice>Plain.</Directive_Voice></directives>\n"
    path = begin_persona(_base(tmp_path, body=body), "risk-1", base="base-1")
    assert _is_clean(path)
    persona = _library_now().load("risk-1", strict=True)
    assert persona.lineage == ("Base-1", "risk-1")
    assert {slot.name: slot.origin.alias for slot in persona.slots} == {
        "philosophy": "Base-1",
        "primary_directive": "risk-1",
    }
    assert persona.findings == (), "the parent is named as its file spells it"


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(
    alias=st.from_regex(r"[\w][\w.-]{0,8}(/[\w][\w.-]{0,8}){0,2}", fullmatch=True).filter(
        lambda alias: not alias.endswith(".md")
    )
    | st.sampled_from("1.0 null true on 1e3 2024-01-01 0x10 _ y.n".split()),
    title=st.text(st.characters(exclude_categories=["C", "Z"]) | st.just(" "), min_size=1).filter(str.strip)
    | st.sampled_from(['say "so": #1', "{alias}", "null", "- x", "\\", "*a"]),
)
def test_any_alias_and_any_title_are_read_back_as_given(
    library: Library, tmp_path_factory: pytest.TempPathFactory, alias: str, title: str
) -> None:
    path = begin_persona(library, alias, title=title, path=tmp_path_factory.mktemp("new") / "new.persona.md")
    persona = library.load(str(path), strict=True)
    assert (persona.alias, persona.title, persona.findings) == (alias, title, ())
    head = yaml.safe_load(path.read_text(encoding="utf-8").split("---\n")[1])
    assert (head["alias"], head["title"]) == (alias, title)


@pytest.mark.parametrize(
    "alias", ["", ".", "..", "../x", "/etc/x", "a//b", "a/../b", "a/", "-x", "a b", "a\n", "x.md", "a:b", "~x", ".x"]
)
def test_what_cannot_be_an_alias_is_refused(library: Library, tmp_path: Path, alias: str) -> None:
    with pytest.raises(CallerError, match="cannot be an alias; use letters, digits"):
        begin_persona(library, alias)
    assert not (tmp_path / "personas").exists()


@pytest.mark.parametrize("title", ["two\nlines", " ", "a\x1bb", "\u2028"])
def test_what_cannot_be_a_title_is_refused(library: Library, title: str) -> None:
    with pytest.raises(CallerError, match="cannot be a title; give one line of text"):
        begin_persona(library, "risk-1", title=title)


def test_an_alias_that_is_taken_is_refused_whatever_its_case(library: Library) -> None:
    with pytest.raises(CallerError) as caught:
        begin_persona(library, "dpa-1")
    place = personas_root() / "dpa-1.persona.md"
    remedy = "choose another alias, or inherit from it with `--from DPA-1`"
    assert str(caught.value) == f"there is a persona `DPA-1` already, `{place}`; {remedy}"


def test_a_file_that_is_there_is_never_overwritten(library: Library, tmp_path: Path) -> None:
    path = tmp_path / "mine.md"
    path.write_text("mine", encoding="utf-8")
    with pytest.raises(CallerError, match="is there already; choose another alias, or a file with `-o`"):
        begin_persona(library, "risk-1", path=path)
    assert path.read_text(encoding="utf-8") == "mine"


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("risk.txt", "would not be found as a persona; call it `NAME.persona.md`"),
        ("taken/risk-1.persona.md", "/taken` is there already; choose another alias"),
        ("x" * 300 + ".md", "cannot be written: File name too long"),
    ],
)
def test_a_place_that_cannot_be_written_is_refused(library: Library, tmp_path: Path, name: str, reason: str) -> None:
    (tmp_path / "taken").write_text("a file", encoding="utf-8")
    with pytest.raises(CallerError, match=reason):
        begin_persona(library, "risk-1", path=tmp_path / name)


def test_a_base_that_there_is_not_is_refused_with_near_names(library: Library) -> None:
    with pytest.raises(CallerError, match=r"no persona is called `btaa-2`; did you mean .*`btaa-1`"):
        begin_persona(library, "risk-1", base="btaa-2")


def test_a_base_with_errors_is_refused_with_every_one_of_them(tmp_path: Path) -> None:
    library = _base(tmp_path, "inherits_from: gone\n", "<philosophy>")
    with pytest.raises(AuthorError) as caught:
        begin_persona(library, "risk-1", base="Base-1")
    assert [finding.rule for finding in caught.value.findings] == ["P301", "P203"]
    assert not (tmp_path / "personas" / "risk-1.persona.md").exists()
