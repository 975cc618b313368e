"""What the caller hands over: which artifact is meant, and what is refused before anything is asked."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest

from dramaturg.errors import CallerError
from dramaturg.evidence.artifact import MARKDOWN, PLAIN
from dramaturg.persona.library import Library
from dramaturg.plan.compile import compile_plan
from dramaturg.plan.model import Plan
from dramaturg.run.inputs import Inputs, collect_artifacts

MakePlan = Callable[..., Plan]


@pytest.fixture
def plan_for(tmp_path: Path) -> MakePlan:
    """Return what makes the plan of a persona that declares artifacts, each `id` or `id:optional`."""

    def make(*declared: str, instruction: str = "Produce a `SUMMARY`.") -> Plan:
        lines = ["expected_artifacts:"] if declared else []
        for one in declared:
            name, _, kind = one.partition(":")
            lines += [f"  - id: {name}", f"    type: {kind or 'primary'}", f'    description: "About {name}."']
        path = tmp_path / "mini-1.persona.md"
        head = "\n".join(["---", "alias: mini-1", "title: Mini", *lines, "---"])
        step = f'<Step number="1" name="Write">{instruction}</Step>'
        path.write_text(f"{head}\n<operational_protocol>\n{step}\n</operational_protocol>\n", encoding="utf-8")
        return compile_plan(Library(()).load(str(path)))

    return make


def _ids(plan: Plan, inputs: Inputs) -> list[tuple[str, bool]]:
    artifacts, _ = collect_artifacts(plan, inputs)
    return [(artifact.id, artifact.primary) for artifact in artifacts]


@pytest.mark.parametrize(
    ("declared", "inputs", "expected"),
    [
        (["log"], "text", [("log", True)]),
        (["log"], {"": "text"}, [("log", True)]),
        (["log", "extra:optional"], "text", [("log", True)]),
        (["extra:optional"], "text", [("extra", False)]),
        (["extra:optional", "log"], {"extra": "a", "log": "b"}, [("log", True), ("extra", False)]),
        (["one", "two"], {"one": "a", "two": "b"}, [("one", True), ("two", True)]),
        (["raw_log"], {"Raw-Log": "text"}, [("raw_log", True)]),
        ([], "text", [("input", True)]),
        ([], {"a": "x", "b": "y"}, [("a", True), ("b", True)]),
        ([], {}, []),
        (["extra:optional"], {}, []),
    ],
)
def test_each_artifact_is_what_the_persona_calls_it(
    plan_for: MakePlan, declared: Sequence[str], inputs: Inputs, expected: list[tuple[str, bool]]
) -> None:
    assert _ids(plan_for(*declared), inputs) == expected


@pytest.mark.parametrize("name", ["architectural_blueprint", "ARCHITECTURE_BLUEPRINT", "architecture blueprint"])
def test_an_artifact_may_be_given_by_the_name_the_steps_use(plan_for: MakePlan, name: str) -> None:
    plan = plan_for("architectural_blueprint", instruction="Produce a `SUMMARY` of the `ARCHITECTURE_BLUEPRINT`.")
    (artifact,), notes = collect_artifacts(plan, {name: "text"})
    assert (artifact.id, artifact.label) == ("architectural_blueprint", "ARCHITECTURE_BLUEPRINT")
    assert notes == ()


def test_an_undeclared_artifact_is_optional_and_noted(plan_for: MakePlan) -> None:
    artifacts, (note,) = collect_artifacts(plan_for("log"), {"raw_config": "a", "log": "b"})
    assert [(artifact.id, artifact.primary) for artifact in artifacts] == [("log", True), ("raw_config", False)]
    assert (note.rule, note.severity) == ("A101", "note")
    assert note.message == "`mini-1` does not declare the artifact `raw_config`; it is used as an optional one"
    assert note.span is not None
    assert note.span.line == 2


@pytest.mark.parametrize(
    ("given", "said"),
    [
        (["log", "sumary"], "; did you mean `summary`?"),
        (["log", "SUMMARY", "sumary"], ""),
        (["log", "config"], ""),
    ],
)
def test_an_undeclared_artifact_is_asked_about_where_a_declared_one_is_like_it(
    plan_for: MakePlan, given: Sequence[str], said: str
) -> None:
    _, (note,) = collect_artifacts(plan_for("log", "summary:optional"), dict.fromkeys(given, "text"))
    assert note.message.partition("it is used as an optional one")[2] == said


def test_a_file_is_read_as_utf_8_and_its_name_tells_its_kind(plan_for: MakePlan, tmp_path: Path) -> None:
    (tmp_path / "a.MD").write_bytes(b"\xef\xbb\xbf# Gr\xc3\xbc\xc3\x9fe\r\n")
    (tmp_path / "b.yml").write_bytes(b"a: 1\n")
    artifacts, _ = collect_artifacts(plan_for(), {"a": tmp_path / "a.MD", "b": tmp_path / "b.yml", "c": "x"})
    assert [artifact.text for artifact in artifacts] == ["# Grüße\r\n", "a: 1\n", "x"]
    assert [artifact.media_type for artifact in artifacts] == [MARKDOWN, PLAIN, MARKDOWN]


def test_text_that_could_be_no_file_name_is_text(
    plan_for: MakePlan, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "notes.md").write_text("x", encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    for text in ("notes.md\nnotes.md", "notes", "x" * 900, "x" * 5000):
        (artifact,), _ = collect_artifacts(plan_for(), text)
        assert artifact.text == text


@pytest.mark.parametrize(
    ("declared", "inputs", "message"),
    [
        (["log"], {}, r"`mini-1` cannot run without `log` \(About log.\); give it as the artifact, or by its id"),
        (["log"], {"other": "x"}, r"cannot run without `log` \(About log.\); give it as the artifact, or by its id$"),
        (["log"], {"logs": "x"}, r"without `log` \(About log.\); `logs` is not declared: did you mean `log`\?$"),
        (
            ["one", "two"],
            {"one": "x"},
            r"cannot run without `two` \(About two.\); give it as the artifact, or by its id",
        ),
        (["one", "two"], "x", "`mini-1` needs `one`, `two`; give each by its id"),
        (["log"], "", "the artifact `log` is empty"),
        (["log"], " \n\t", "the artifact `log` is empty"),
        (["log"], "a\0b", r"the artifact `log` is not text \(character 1 is NUL\)"),
        (["log"], "ab\ud83d", r"the artifact `log` is not Unicode text \(character 2 is a lone surrogate\)"),
        (["log"], {"log": "a", "LOG": "b"}, "the artifact `LOG` is given twice"),
        (["log"], {"": "a", "log": "b"}, "the artifact `log` is given twice"),
        ([], {"a-b": "x", "a_b": "y"}, "the artifact `a_b` is given twice"),
        (["log"], {"log": "a", "../x": "b"}, "`../x` cannot name an artifact; use letters, digits"),
        (["log"], {"log": "a", '"><x': "b"}, "cannot name an artifact"),
        (["log"], {"log": "a", "   ": "b"}, "`   ` cannot name an artifact"),
    ],
)
def test_what_cannot_be_performed_is_refused(
    plan_for: MakePlan, declared: Sequence[str], inputs: Inputs, message: str
) -> None:
    with pytest.raises(CallerError, match=message):
        collect_artifacts(plan_for(*declared), inputs)


@pytest.mark.parametrize("given", [None, 5, b"text", ["text"]])
def test_an_artifact_that_is_neither_text_nor_a_path_is_refused(plan_for: MakePlan, given: Any) -> None:
    kind = type(given).__name__
    with pytest.raises(CallerError, match=f"the artifact `log` is of type `{kind}`; pass its text as a str, or a Path"):
        collect_artifacts(plan_for("log"), {"log": given})


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (None, "cannot be read: No such file or directory"),
        (b"", r"the artifact `log`: `.*/log\.md` is empty; a run needs something to work from"),
        ("Grüße".encode("latin-1"), r"is not UTF-8 text \(byte 2\); convert it to UTF-8 text first, e.g. `iconv"),
        ("ü\0".encode(), r"is not text \(byte 2 is NUL\); convert it to UTF-8 text first"),
        (b"\x89PNG\r\n\x1a\n\0\0", "is not text but a PNG image; convert it to UTF-8 text first"),
    ],
)
def test_a_file_that_holds_no_text_is_refused(
    plan_for: MakePlan, tmp_path: Path, content: bytes | None, message: str
) -> None:
    path = tmp_path / "log.md"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(CallerError, match=message):
        collect_artifacts(plan_for("log"), path)


def test_every_fault_of_the_inputs_is_told_at_once(plan_for: MakePlan, tmp_path: Path) -> None:
    (tmp_path / "empty.md").write_bytes(b"")
    inputs: Inputs = {"log": tmp_path / "gone.md", "one": tmp_path / "empty.md", "two": "x", "../x": "y"}
    with pytest.raises(CallerError) as refused:
        collect_artifacts(plan_for("log"), inputs)
    assert [line.split("`")[1] for line in str(refused.value).split("\n")] == ["log", "one", "../x"]


def test_a_folder_is_one_artifact_of_several_files(plan_for: MakePlan, tmp_path: Path) -> None:
    (tmp_path / "docs" / "api").mkdir(parents=True)
    (tmp_path / "docs" / "b.md").write_text("# B\n", encoding="utf-8")
    (tmp_path / "docs" / "api" / "a b.yml").write_text("a: 1\n", encoding="utf-8")
    artifacts, notes = collect_artifacts(plan_for("design-notes"), {"design notes": tmp_path / "docs"})
    assert [(each.id, each.whole_id, each.label, each.primary) for each in artifacts] == [
        ("design-notes/api/a_b.yml", "design-notes", "DESIGN_NOTES/api/a_b.yml", True),
        ("design-notes/b.md", "design-notes", "DESIGN_NOTES/b.md", True),
    ]
    assert [each.source for each in artifacts] == [
        str(tmp_path / "docs" / name) for name in (Path("api") / "a b.yml", "b.md")
    ]
    assert notes == ()


def test_the_files_of_a_folder_can_be_given_by_their_ids(plan_for: MakePlan) -> None:
    artifacts, _ = collect_artifacts(plan_for("log"), {"log/a/b.md": "one", "log/c.md": "two"})
    assert [(each.id, each.label) for each in artifacts] == [("log/a/b.md", "LOG/a/b.md"), ("log/c.md", "LOG/c.md")]


@pytest.mark.parametrize("name", ["log/", "log/../x", "log//x", "/x", 'log/a"b', "log/a b"])
def test_what_is_no_path_below_an_artifact_names_none(plan_for: MakePlan, name: str) -> None:
    with pytest.raises(CallerError, match="cannot name an artifact"):
        collect_artifacts(plan_for(), {name: "x"})


@pytest.mark.parametrize("spelling", ["notes.md", " notes.md\n"])
def test_a_text_that_names_a_file_is_taken_for_a_mistake(
    plan_for: MakePlan, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, spelling: str
) -> None:
    (tmp_path / "notes.md").write_text("x", encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    with pytest.raises(
        CallerError, match=r"is the name of a file; pass `Path\('notes.md'\)`, a str is the text itself"
    ):
        collect_artifacts(plan_for("log"), spelling)
