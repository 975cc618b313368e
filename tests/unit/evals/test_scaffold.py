"""Suites that are begun: what their cases are called, and which files are refused."""

import json
from collections.abc import Sequence
from pathlib import Path

import pytest

from dramaturg.data import personas_root
from dramaturg.errors import CallerError
from dramaturg.evals.checking import require_usable
from dramaturg.evals.reading import read_suite
from dramaturg.evals.scaffold import begin_suite
from dramaturg.evals.schema import SCHEMA_FILE, suite_schema
from dramaturg.persona.library import Library


def test_a_suite_that_is_begun_can_be_performed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    library = Library((personas_root(),))
    for folder in ("one", "two"):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "blueprint.md").write_text("Text.\n", encoding="utf-8")
    files = [Path("one/blueprint.md"), Path("two/blueprint.md")]
    file = read_suite(begin_suite(library, "DPA-1", files))
    assert file.path == Path("evals/dpa-1.suite.yaml")
    assert [case.id for case in file.suite.cases] == ["one blueprint", "two blueprint"]
    require_usable(file, library)
    assert json.loads(Path("evals", SCHEMA_FILE).read_text(encoding="utf-8")) == suite_schema()
    require_usable(read_suite(begin_suite(library, "CAP-1", [])), library)
    with pytest.raises(CallerError, match="is there already"):
        begin_suite(library, "DPA-1", [])


@pytest.mark.parametrize(
    ("files", "names"),
    [
        (["a.md"], ["a"]),
        (["one/a.md", "a.md"], ["one a", "cases a"]),
        (["one/two/a.md", "three/two/a.md"], ["one two a.md", "three two a.md"]),
        (["a.md", "a.txt"], ["a.md", "a.txt"]),
        (["(a).md", "[a].md", "{a}.md"], ["a .md", "a .md 2", "a .md 3"]),
        ([".md"], ["md"]),
        (["-.md"], ["case"]),
        (["null.md"], ["null"]),
        (["17.md"], ["17"]),
        (["draft: two #1.md"], ["draft two 1"]),
        (["."], ["cases"]),
        (["one/.."], ["cases"]),
    ],
)
def test_a_case_has_the_name_of_its_file_as_far_as_suites_can_say_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, files: Sequence[str], names: Sequence[str]
) -> None:
    (tmp_path / "cases" / "one").mkdir(parents=True)
    monkeypatch.chdir(tmp_path / "cases")
    Path("some.txt").write_text("Text.\n", encoding="utf-8")
    for path in (Path(name) for name in files if name.endswith((".md", ".txt"))):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("Text.\n", encoding="utf-8")
    library = Library((personas_root(),))
    file = read_suite(begin_suite(library, "DPA-1", [*map(Path, files)], tmp_path / "(x).suite.yaml"))
    assert ([case.id for case in file.suite.cases], file.suite.name) == (names, "x")
    require_usable(file, library)


def test_files_that_cannot_be_artifacts_are_refused_together_and_nothing_is_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    for name, content in (("a.md", b"Text."), ("image.md", b"\x89PNG"), ("nothing.md", b" \n")):
        Path(name).write_bytes(content)
    files = [Path(name) for name in ("a.md", "none.md", "image.md", "nothing.md", "./a.md")]
    with pytest.raises(CallerError) as refused:
        begin_suite(Library((personas_root(),)), "SAA-1", files)
    told = refused.value.message.splitlines()
    artifact = "the artifact `system_description`"
    assert told == [
        "`a.md` is given twice; give it once",
        f"{artifact}: `none.md` cannot be read: No such file or directory",
        f"{artifact}: `image.md` is not text but a PNG image; convert it to UTF-8 text first",
        f"{artifact}: `nothing.md` is empty; a run needs something to work from",
    ]
    assert not Path("evals").exists()
