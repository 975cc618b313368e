"""Naming a persona: every spelling of an alias, nearer roots first, and no tie broken by chance."""

from pathlib import Path

import pytest

from dramaturg.data import personas_root
from dramaturg.errors import AuthorError, CallerError
from dramaturg.findings.model import Finding, Label, Severity, Span
from dramaturg.persona.library import Entry, Library


def _write(path: Path, alias: str, *lines: str, body: str = "") -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    head = "\n".join([f"alias: {alias}", f"title: The {alias}", *lines])
    path.write_text(f"---\n{head}\n---\n{body}", encoding="utf-8")
    return path


@pytest.fixture(name="roots")
def _roots(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> tuple[Path, Path]:
    """Give a project's root and the user's, with the project as the working folder."""
    monkeypatch.chdir(tmp_path)
    project, user = tmp_path / "personas", tmp_path / "user"
    _write(project / "_base" / "tech-1.persona.md", "domains/programming/tech-1")
    _write(project / "deploy.persona.md", "DPA-7")
    _write(user / "mixins" / "Style.mixin.md", "style-1")
    _write(user / "deploy.persona.md", "DPA-7")
    _write(user / "extra.persona.md", "extra")
    return project, user


def _found(library: Library, alias: str) -> str:
    entry = library.find(alias)
    assert isinstance(entry, Entry), entry
    return entry.spoken


@pytest.mark.parametrize(
    ("spelling", "path"),
    [
        pytest.param("domains/programming/tech-1", "personas/_base/tech-1.persona.md", id="exact"),
        pytest.param("Domains/Programming/TECH-1", "personas/_base/tech-1.persona.md", id="case-folded"),
        pytest.param("_base/Tech-1", "personas/_base/tech-1.persona.md", id="path-under-a-root"),
        pytest.param("TECH-1", "personas/_base/tech-1.persona.md", id="last-segment-of-the-alias"),
        pytest.param("elsewhere/tech-1", "personas/_base/tech-1.persona.md", id="last-segment-of-what-was-asked"),
        pytest.param("style", "user/mixins/Style.mixin.md", id="last-segment-of-the-path"),
        pytest.param("mixins/STYLE", "user/mixins/Style.mixin.md", id="a-mixin-by-path"),
        pytest.param("DPA-7", "personas/deploy.persona.md", id="the-nearer-root"),
        pytest.param("deploy", "personas/deploy.persona.md", id="the-nearer-root-by-path"),
        pytest.param("extra", "user/extra.persona.md", id="only-in-the-farther-root"),
    ],
)
def test_every_spelling_of_an_alias_finds_its_file(roots: tuple[Path, Path], spelling: str, path: str) -> None:
    assert _found(Library(roots), spelling) == path


def test_the_order_of_roots_decides(roots: tuple[Path, Path]) -> None:
    assert _found(Library(roots[::-1]), "DPA-7") == "user/deploy.persona.md"


def test_an_exact_alias_in_a_farther_root_beats_a_folded_one_in_a_nearer(roots: tuple[Path, Path]) -> None:
    _write(roots[1] / "small.persona.md", "dpa-7")
    assert _found(Library(roots), "dpa-7") == "user/small.persona.md"
    assert _found(Library(roots), "Dpa-7") == "personas/deploy.persona.md"


def test_two_files_of_one_alias_are_an_error_that_lists_both(roots: tuple[Path, Path]) -> None:
    _write(roots[0] / "other.persona.md", "DPA-7")
    found = Library(roots).find("DPA-7")
    places = [Span(path=f"personas/{name}.persona.md", line=2, column=8, length=5) for name in ("deploy", "other")]
    assert found == Finding(
        rule="P303",
        severity=Severity.ERROR,
        message="`DPA-7` can mean `personas/deploy.persona.md` or `personas/other.persona.md`",
        labels=tuple(Label(span=place, text="one of them") for place in places),
        help="rename one, mark one `status: deprecated`, or give its file: `personas/deploy.persona.md`",
    )
    with pytest.raises(CallerError, match=r"can mean .* or .*; rename one"):
        Library(roots).load("DPA-7")


def test_an_active_file_beats_a_deprecated_one(roots: tuple[Path, Path]) -> None:
    _write(roots[0] / "another.persona.md", "DPA-7", "status: deprecated")
    assert _found(Library(roots), "DPA-7") == "personas/deploy.persona.md"


def test_a_deprecated_file_is_found_where_it_is_the_only_one(roots: tuple[Path, Path]) -> None:
    _write(roots[0] / "old.persona.md", "OLD-1", "status: deprecated")
    persona = Library(roots).load("old-1")
    assert (persona.alias, [finding.rule for finding in persona.findings]) == ("OLD-1", ["P305"])


@pytest.mark.parametrize(
    ("alias", "remedy"),
    [
        ("dpa-8", "did you mean `DPA-7`?"),
        ("EXTRAS", "did you mean `extra`?"),
        ("exstyle-1", "did you mean `style-1`?"),
        ("qqq", "`dramaturg list` shows what there is"),
    ],
)
def test_an_unknown_persona_is_answered_with_near_names(roots: tuple[Path, Path], alias: str, remedy: str) -> None:
    with pytest.raises(CallerError) as caught:
        Library(roots).load(alias)
    assert str(caught.value) == f"no persona is called `{alias}`; {remedy}"


def test_only_persona_files_are_listed_and_one_without_an_alias_by_its_place(roots: tuple[Path, Path]) -> None:
    (roots[0] / "README.md").write_text("---\nalias: readme\ntitle: R\n---\n", encoding="utf-8")
    (roots[0] / "empty.persona.md").write_text("", encoding="utf-8")
    (roots[0] / "folder.persona.md").mkdir()
    entries = Library((*roots, roots[0] / "missing")).entries
    assert [entry.alias for entry in entries] == [
        "domains/programming/tech-1",
        "DPA-7",
        "empty",
        "DPA-7",
        "extra",
        "style-1",
    ]
    assert [entry.alias for entry in entries if entry.damaged] == ["empty"]


@pytest.mark.parametrize("head", ["title: [\n", "aliass: extra\ntitle: E\n"])
def test_a_damaged_file_is_not_replaced_by_a_farther_one_of_its_name(roots: tuple[Path, Path], head: str) -> None:
    path = roots[0] / "extra.persona.md"
    path.write_text(f"---\n{head}---\n", encoding="utf-8")
    assert _found(Library(roots), "extra") == "personas/extra.persona.md"
    with pytest.raises(AuthorError) as caught:
        Library(roots).load("extra")
    assert any(finding.span and finding.span.path == "personas/extra.persona.md" for finding in caught.value.findings)


def test_a_damaged_file_in_a_farther_root_stands_in_no_ones_way(roots: tuple[Path, Path]) -> None:
    (roots[1] / "dpa-7.persona.md").write_text("", encoding="utf-8")
    assert _found(Library(roots), "DPA-7") == "personas/deploy.persona.md"


def test_a_file_of_any_markdown_name_is_loaded_by_its_path(roots: tuple[Path, Path], tmp_path: Path) -> None:
    _write(tmp_path / "draft.md", "own", "inherits_from: tech-1")
    persona = Library(roots).load("draft.md")
    assert persona.lineage == ("domains/programming/tech-1", "own")
    assert str(persona.head) == "draft.md:2:8"


def test_the_bare_name_of_a_file_elsewhere_in_the_library_is_told_with_its_path(roots: tuple[Path, Path]) -> None:
    library = Library(roots)
    for name, place in (
        ("deploy.persona.md", "personas"),
        ("extra.persona.md", "user"),
        ("Style.mixin.md", "user/mixins"),
    ):
        with pytest.raises(CallerError, match=rf"^there is no file `{name}` here; did you mean `{place}/{name}`\?$"):
            library.load(name)
    with pytest.raises(CallerError, match=r"`nobody.persona.md` cannot be read: No such file or directory"):
        library.load("nobody.persona.md")


def test_a_file_outside_the_working_folder_is_spoken_of_in_full(
    roots: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(roots[1])
    assert _found(Library(roots), "tech-1") == str(roots[0] / "_base" / "tech-1.persona.md")


def test_a_path_is_the_one_that_is_meant_where_a_program_has_gone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    library = Library(())
    for place in ("far/one", "off/two"):
        (tmp_path / place).mkdir(parents=True)
        _write(tmp_path / place / ".." / "own.persona.md", "own-1", f"version: {place}")
        monkeypatch.chdir(tmp_path / place)
        assert library.load("../own.persona.md").version == place


def test_a_relative_root_stays_where_it_was_when_it_was_named(
    roots: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    library = Library([Path("personas")])
    monkeypatch.chdir(roots[1])
    assert library.load("DPA-7").head.path == str(roots[0] / "deploy.persona.md")


def test_a_path_that_cannot_be_read_is_the_callers_fault(roots: tuple[Path, Path]) -> None:
    with pytest.raises(CallerError) as caught:
        Library(roots).load("gone.persona.md")
    assert str(caught.value) == "`gone.persona.md` cannot be read: No such file or directory"
    with pytest.raises(CallerError, match="cannot be read: embedded null byte"):
        Library(roots).load("gone\0.persona.md")


def test_a_file_that_is_not_utf8_is_shown_where_it_breaks(roots: tuple[Path, Path]) -> None:
    path = roots[0] / "latin.persona.md"
    path.write_bytes("---\nalias: latin\ntitle: Zürich\n---\n".encode("latin-1"))
    with pytest.raises(AuthorError) as caught:
        Library(roots).load("latin")
    assert caught.value.findings == (
        Finding(
            rule="P112",
            severity=Severity.ERROR,
            message="the file is not UTF-8 text: byte 0xFC at offset 25",
            span=Span(path="personas/latin.persona.md", line=3, column=9, length=1),
            help="save it as UTF-8",
        ),
    )


def test_a_damaged_file_does_not_keep_others_from_being_found(roots: tuple[Path, Path]) -> None:
    (roots[0] / "binary.persona.md").write_bytes(bytes(range(256)))
    (roots[0] / "latin.persona.md").write_bytes("---\nalias: latin\ntitle: ü\n---\n".encode("latin-1"))
    assert Library(roots).load("DPA-7").title == "The DPA-7"


def test_a_persona_with_errors_is_refused_with_every_finding_of_its_chain(roots: tuple[Path, Path]) -> None:
    _write(roots[0] / "bad.persona.md", "bad", "inherits_from: extra", "titel: x", body="<philosophy>A")
    with pytest.raises(AuthorError) as caught:
        Library(roots).load("bad")
    assert [finding.rule for finding in caught.value.findings] == ["P107", "P203"]


def test_a_parent_is_scanned_once_and_again_when_its_text_has_changed(roots: tuple[Path, Path]) -> None:
    base = _write(roots[0] / "base.persona.md", "base", body="<philosophy>A</philosophy>")
    for name in ("child", "other"):
        _write(roots[0] / f"{name}.persona.md", name, "inherits_from: base")
    library = Library(roots)
    first, second = library.load("child"), library.load("other")
    assert first.chain[0] is second.chain[0]
    _write(base, "base", body="<philosophy>B</philosophy>")
    assert [slot.text for slot in library.load("child").slots] == ["B"]


def test_a_file_too_large_for_a_persona_is_not_scanned(roots: tuple[Path, Path]) -> None:
    _write(roots[0] / "huge.persona.md", "big-1", body="</Step>\n" * 600_000)
    with pytest.raises(AuthorError) as caught:
        Library(roots).load("BIG-1")
    (finding,) = caught.value.findings
    assert (finding.rule, str(finding.span)) == ("P115", "personas/huge.persona.md:1:1")
    assert finding.message == "the file is larger than a persona can be: 4,800,038 bytes; the limit is 1,048,576"


def test_what_is_wrong_with_a_parents_file_is_told_in_the_parents_file(roots: tuple[Path, Path]) -> None:
    (roots[0] / "base.persona.md").write_bytes("---\nalias: base\ntitle: ü\n---\n".encode("latin-1"))
    _write(roots[0] / "child.persona.md", "child", "inherits_from: base")
    with pytest.raises(AuthorError) as caught:
        Library(roots).load("child")
    assert [(finding.rule, str(finding.span)) for finding in caught.value.findings] == [
        ("P112", "personas/base.persona.md:3:8")
    ]


def test_a_link_to_nowhere_stands_in_the_way_of_a_farther_file_of_its_name(roots: tuple[Path, Path]) -> None:
    (roots[0] / "extra.persona.md").symlink_to("gone")
    with pytest.raises(CallerError, match=r"extra\.persona\.md` cannot be read: No such file or directory"):
        Library(roots).load("extra")


def test_the_shipped_personas_have_nothing_to_report() -> None:
    library = Library((personas_root(),))
    loaded = {entry.alias: library.load(entry.alias, strict=True) for entry in library.entries}
    assert loaded["DPA-1"].lineage == ("codegen-standards-1", "btaa-1", "DPA-1")
    assert [persona.findings for persona in loaded.values()] == [()] * len(loaded)


def test_a_folder_named_twice_is_one_folder() -> None:
    library = Library((personas_root(), personas_root() / ".." / "personas"))
    assert library.load("DPA-1").alias == "DPA-1"
