"""Suite files: what they mean, what is wrong with them, and that the schema for editors says the same."""

import json
from pathlib import Path
from typing import Any

import pytest
import yaml
from jsonschema import Draft202012Validator
from tests.rules_page import fences
from tests.support import ROOT

from dramaturg.data import personas_root
from dramaturg.errors import AuthorError, CallerError
from dramaturg.evals.checking import require_usable
from dramaturg.evals.reading import SuiteFile, parse_suite, read_suite
from dramaturg.evals.schema import SCHEMA_FILE, suite_schema
from dramaturg.evals.scorers.kinds import SCORERS
from dramaturg.findings.catalogue import read_rule
from dramaturg.persona.library import Library
from dramaturg.plan.compile import compile_plan

_LEAST = "personas: DPA-1\ncases:\n  - id: one\n    artifacts: {architectural_blueprint: a.md}\n"
_SHIPPED = sorted((ROOT / "evals").glob("*.suite.yaml"))


def _read(text: str) -> SuiteFile:
    return parse_suite(Path("some.suite.yaml"), text)


def _told(text: str) -> list[str]:
    with pytest.raises(AuthorError) as refused:
        _read(text)
    return [f"{each.rule} {each.span}: {each.message}" for each in refused.value.findings]


def test_a_suite_needs_personas_and_cases_only() -> None:
    suite = _read(_LEAST).suite
    assert suite.name == "some"
    assert suite.personas == ("DPA-1",)
    assert suite.models == ("evidence",)
    assert (suite.repeats, suite.gate.metrics, suite.gate.margin) == (1, ("pass",), 10)
    assert suite.metrics == ("pass", "sections", "coverage", "citations", "markdown")


def test_what_yaml_takes_for_something_else_is_the_text_it_is() -> None:
    suite = _read(_LEAST + "    tags: [1.10, no]\n    answers: {3: yes}\n").suite
    assert suite.cases[0].tags == ("1.10", "no")
    assert suite.cases[0].answers == {"3": "yes"}


def test_every_fault_is_told_once_in_the_order_of_the_file() -> None:
    text = (
        "personas: DPA-1\nmodel: evidence\nmodels: [evidense]\nrepeats: 0\nscorers:\n  - covrage\n"
        "  - support: {atleast: 2}\n  - matches: '('\ncases:\n  - id: one\n    artifacts: {a: {text: x, path: y}}\n"
        "  - id: one\n    artifact: {a: b}\n"
    )
    assert _told(text) == [
        "E102 some.suite.yaml:2:1: unknown key `model`",
        (
            "E103 some.suite.yaml:3:10: `models[0]`: `evidense` is not a model; did you mean `evidence`? use "
            "`anthropic:NAME`, `openai:NAME`, `openai:NAME@http://host:port/v1`, `gguf:/path/model.gguf`, `evidence` "
            "or `replay:FILE`"
        ),
        "E103 some.suite.yaml:4:10: `repeats`: must be greater than or equal to 1",
        "E105 some.suite.yaml:6:5: there is no scorer `covrage`",
        "E102 some.suite.yaml:7:15: unknown key `atleast`",
        (
            "E103 some.suite.yaml:8:14: `scorers[2].matches.patterns[0]`: it is no regular expression: missing ), "
            "unterminated subpattern at position 0"
        ),
        (
            "E103 some.suite.yaml:11:17: `cases[0].artifacts.a`: give a path beside the suite file, or `text:` and the "
            "text itself"
        ),
        "E103 some.suite.yaml:12:5: `cases[1].artifacts`: it is missing",
        "E104 some.suite.yaml:12:9: two cases are called `one`",
        "E102 some.suite.yaml:13:5: unknown key `artifact`",
    ]


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("", "E101 some.suite.yaml:1:1: the suite is no mapping"),
        ("- a\n- b\n", "E101 some.suite.yaml:1:1: the suite is no mapping"),
        (
            "personas: [DPA-1\n",
            "E101 some.suite.yaml:1:11: the suite is not valid YAML: did not find expected ',' or ']'",
        ),
        (
            "personas: DPA-1\ncases:\n  - id: [a",
            "E101 some.suite.yaml:3:9: the suite is not valid YAML: did not find expected ',' or ']'",
        ),
        (
            "personas: {a: b: c}\n",
            "E101 some.suite.yaml:1:16: the suite is not valid YAML: did not find expected ',' or '}'",
        ),
        (
            "personas: &a DPA-1\nname: *a\n",
            "E101 some.suite.yaml:1:11: anchors and aliases are not allowed in the suite",
        ),
        ("personas: DPA-1\npersonas: X\n" + _LEAST[16:], "E101 some.suite.yaml:2:1: `personas` is given twice"),
    ],
)
def test_what_is_no_suite_at_all(text: str, told: str) -> None:
    assert told in _told(text)


@pytest.mark.parametrize("alpha", ["0", "0.5", "nan", "much"])
def test_a_level_that_no_verdict_can_have_is_refused_where_it_stands(alpha: str) -> None:
    (told,) = _told(f"{_LEAST}gate: {{alpha: {alpha}}}\n")
    assert told.startswith("E103 some.suite.yaml:5:15: `gate.alpha`: must be ")


def test_a_file_that_cannot_be_read_says_which_there_are(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(CallerError, match="`dramaturg eval new PERSONA` begins a suite"):
        read_suite(Path("none.suite.yaml"))
    (tmp_path / "evals").mkdir()
    for name in ("dpa-1", "mig-1"):
        (tmp_path / f"evals/{name}.suite.yaml").write_text(_LEAST, encoding="utf-8")
    both = r"name one of `evals/dpa-1\.suite\.yaml`, `evals/mig-1\.suite\.yaml`"
    near = r"did you mean `evals/dpa-1\.suite\.yaml`\?"
    for given, said in (("evals", both), ("evals/nope.yaml", both), ("DPA-1", near), ("evals/dpa.suite.yaml", near)):
        with pytest.raises(CallerError, match=said):
            read_suite(Path(given))
    with pytest.raises(CallerError, match=rf"`personas/dpa-1\.persona\.md` is a persona, no suite; {near}"):
        read_suite(Path("personas/dpa-1.persona.md"))


def test_a_path_that_is_none_is_told_in_one_line_with_what_it_should_be() -> None:
    with pytest.raises(AuthorError) as refused:
        _read(_LEAST + "    scorers: [{json: {path: '$.['}}]\n")
    (fault,) = refused.value.findings
    assert "\n" not in fault.message
    assert fault.help == "path: JSONPath, such as `$.sections[*].title`."


def test_a_place_that_is_not_there_is_the_nearest_that_is() -> None:
    file = _read(_LEAST)
    assert str(file.place("cases", 0, "artifacts", "architectural_blueprint")) == "some.suite.yaml:4:42"
    assert str(file.place("cases", 0, "scorers", 3)) == "some.suite.yaml:3:5"


def test_what_lies_around_a_suite_is_held_against_it(tmp_path: Path) -> None:
    (tmp_path / "a.md").write_text("Text.\n", encoding="utf-8")
    text = (
        _LEAST.replace("DPA-1", "[DPA-1, SAA-9]")
        + "  - id: two\n    personas: DPA-2\n    artifacts: {blueprint: b.md}\n"
    )
    text += "gate: {metrics: [pass, coverages]}\nscorers: [coverage, {python: no_module:rate}]\n"
    path = tmp_path / "some.suite.yaml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(AuthorError) as refused:
        require_usable(read_suite(path), Library((personas_root(),)))
    told = [f"{each.rule} {each.message}; {each.help}" for each in refused.value.findings]
    assert told == [
        "E106 no scorer gives the metric `coverages`; did you mean `coverage`?",
        (
            "E107 the scorer `no_module:rate` cannot be imported: No module named 'no_module'; its module is looked "
            "for beside the suite file, then among what is installed"
        ),
        "E108 no persona is called `SAA-9`; did you mean `SAA-1`? `dramaturg list` shows what there is",
        "E108 the suite has no persona `DPA-2`; did you mean `DPA-1`?",
        f"E109 there is no file `b.md`; paths begin at the folder of the suite, `{tmp_path}`",
    ]


def test_a_section_that_nobody_writes_is_told_before_anything_is_asked(tmp_path: Path) -> None:
    text = _LEAST.replace("a.md", "{text: x}") + (
        "    scorers:\n      - contains: {within: ROLLBAK PLAN, texts: a}\n"
        "      - length: {within: rollback plan, at_most: 9}\n"
        "scorers:\n  - order: {within: NO SUCH, texts: [a, b]}\n"
    )
    path = tmp_path / "some.suite.yaml"
    path.write_text(text, encoding="utf-8")
    library = Library((personas_root(),))
    with pytest.raises(AuthorError) as refused:
        require_usable(read_suite(path), library)
    told = [(each.rule, each.span and each.span.line, each.message, each.help) for each in refused.value.findings]
    every = [step.section for step in compile_plan(library.load("DPA-1")).steps if step.section]
    assert told == [
        ("E114", 9, "no section is called `NO SUCH`", f"`DPA-1` writes {', '.join(f'`{each}`' for each in every)}"),
        ("E114", 6, "no section is called `ROLLBAK PLAN`", "did you mean `ROLLBACK PLAN`?"),
    ]


@pytest.mark.parametrize("name", ["/etc/passwd", "../answers.jsonl", "answers/../../a.jsonl", ".", '"\\0"'])
def test_recorded_answers_lie_beside_the_suite_or_below(name: str) -> None:
    (told,) = _told(f"recorded: {name}\n{_LEAST}")
    assert told.startswith("E103 some.suite.yaml:1:11: `recorded`: it must be a relative path")
    _read(f"recorded: answers/some.jsonl\n{_LEAST}")


@pytest.mark.parametrize("path", _SHIPPED, ids=lambda path: path.stem)
def test_a_shipped_suite_is_what_reader_and_schema_accept(path: Path) -> None:
    require_usable(read_suite(path), Library((personas_root(),)))
    Draft202012Validator(suite_schema()).validate(yaml.safe_load(path.read_text(encoding="utf-8")))


def test_the_shipped_schema_is_the_one_that_is_made() -> None:
    assert json.loads((ROOT / "evals" / SCHEMA_FILE).read_text(encoding="utf-8")) == suite_schema()


def test_the_schema_is_one_and_knows_every_scorer() -> None:
    schema = suite_schema()
    Draft202012Validator.check_schema(schema)
    names, given = schema["$defs"]["scorer"]["anyOf"]
    assert [*given["properties"]] == [*SCORERS]
    assert {*SCORERS} - {*names["enum"]} == {
        *("contains", "not_contains", "matches", "not_matches", "order", "json", "python", "rubric", "pairwise"),
        *("names", "length"),
    }


@pytest.mark.parametrize("rule", ["E102", "E103", "E105"])
def test_what_the_pages_show_as_wrong_is_wrong_to_an_editor_too(rule: str) -> None:
    validator = Draft202012Validator(suite_schema())
    for section, valid in (("Example", False), ("Mended", True)):
        (text,) = [fence.text for fence in fences(read_rule(rule).page, section) if fence.kind == "suite"]
        assert validator.is_valid(yaml.safe_load(text)) is valid


@pytest.mark.parametrize(
    "scorer",
    [
        "coverage",
        {"coverage": None},
        {"contains": "4.2.0"},
        {"contains": ["4.2.0", 4.2]},
        {"cost": 0.5},
        {"names": {"all": "a"}},
        {"python": "a.b:c"},
        {"json": "$.sections"},
    ],
)
def test_scorers_that_are_read_are_valid_and_the_reverse(scorer: Any) -> None:
    data = {"personas": "DPA-1", "cases": [{"id": "one", "artifacts": {"a": "b.md"}, "scorers": [scorer]}]}
    assert Draft202012Validator(suite_schema()).is_valid(data)
    assert len(_read(yaml.safe_dump(data)).suite.cases[0].scorers) == 1


@pytest.mark.parametrize(
    "scorer",
    [
        "contains",
        {"coverage": {"at_least": 2}},
        {"a": 1, "b": 2},
        {"contains": []},
        3,
        "names",
        {"names": {}},
        {"length": {}},
        {"length": {"required": "no"}},
    ],
)
def test_scorers_that_are_refused_are_invalid_and_the_reverse(scorer: Any) -> None:
    data = {"personas": "DPA-1", "cases": [{"id": "one", "artifacts": {"a": "b.md"}, "scorers": [scorer]}]}
    assert not Draft202012Validator(suite_schema()).is_valid(data)
    assert _told(yaml.safe_dump(data))
