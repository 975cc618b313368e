"""A suite with faults everywhere is refused once: each fault at its place, none that only follows from another."""

from pathlib import Path

import pytest

from dramaturg.data import personas_root
from dramaturg.errors import AuthorError
from dramaturg.evals.calibrate import calibrate_suite
from dramaturg.evals.terms import Terms
from dramaturg.evals.usable import read_usable
from dramaturg.persona.library import Library

_LIBRARY = Library((personas_root(),))
_SUITE = """personas: DPA-1
judge: anthropic:claude-haiku-4-5
scorers:
  - sections
  - rubric: {name: backed-up, criterion: A backup is taken., labels: backed-up.labels.yaml, at_leest: 1}
  - contains: {within: ROLLBAK PLAN, texts: [a], at_least: 3}
  - matches: {name: way-back, patterns: '('}
  - python: no_module:rate
  - pairwise: {name: safer, criterion: Which is safer?}
gate: {metrics: [nonsense, way-back, safer], margin: 0}
cases:
  - id: one
    artifacts: {architectural_blueprint: none.md, raw_docker_compose: {text: x, path: y}}
  - id: "%"
    artifacts: {other: {text: a}}
    scorers: [{order: {within: NOWHERE, texts: [a, b]}}, {length: {at_most: many}}]
  - id: three
    tag: [a]
    artifacts: {}
"""
_LABELS = """criterion: Something else.
labels:
  - {id: a, verdict: pass, text: x}
  - {id: a, verdict: passes, path: nowhere.md}
"""


@pytest.fixture(autouse=True)
def _folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def _told(text: str, **terms: str) -> list[str]:
    Path("some.suite.yaml").write_text(text, encoding="utf-8")
    with pytest.raises(AuthorError) as refused:
        read_usable(Path("some.suite.yaml"), _LIBRARY, Terms(**terms))  # type: ignore[arg-type]
    return _shown(refused.value)


def _shown(error: AuthorError) -> list[str]:
    places = [each.span for each in error.findings]
    named = [f"{span.path.partition('.')[0]}:{span.line}" for span in places if span]
    return [f"{place} {each.rule} {each.message}" for place, each in zip(named, error.findings, strict=True)]


_OF_LABELS = [
    "backed-up:4 E112 two labels are called `a`",
    "backed-up:4 E112 `labels[1].verdict`: must be 'pass' or 'fail'",
    "backed-up:4 E112 `nowhere.md` cannot be read: No such file or directory",
]
_CRITERION = "some:5 E112 `backed-up.labels.yaml` has labels for another criterion"


def test_no_part_at_fault_hides_the_faults_of_another() -> None:
    Path("backed-up.labels.yaml").write_text(_LABELS, encoding="utf-8")
    assert _told(_SUITE) == [
        _CRITERION,
        "some:5 E102 unknown key `at_leest`",
        "some:6 E114 no section is called `ROLLBAK PLAN`",
        "some:6 E103 `scorers[2].contains.at_least`: must be less than or equal to 1",
        (
            "some:7 E103 `scorers[3].matches.patterns[0]`: it is no regular expression: missing ), unterminated "
            "subpattern at position 0"
        ),
        "some:8 E107 the scorer `no_module:rate` cannot be imported: No module named 'no_module'",
        "some:10 E106 no scorer gives the metric `nonsense`",
        "some:10 E111 the judge of `safer` may not decide: there are no `labels` to hold it against",
        "some:10 E103 `gate.margin`: must be greater than 0",
        "some:13 E109 there is no file `none.md`",
        (
            "some:13 E103 `cases[0].artifacts.raw_docker_compose`: give a path beside the suite file, or `text:` and "
            "the text itself"
        ),
        "some:14 E103 `cases[1].id`: it cannot be written so",
        "some:15 E109 case `number 2` does not give `DPA-1` its artifact `architectural_blueprint`",
        "some:16 E114 no section is called `NOWHERE`",
        ("some:16 E103 `cases[1].scorers[1].length.at_most`: must be a valid integer"),
        "some:18 E102 unknown key `tag`",
        "some:19 E103 `cases[2].artifacts`: it is empty",
        *_OF_LABELS,
    ]


def test_calibrating_tells_the_faults_of_the_suite_and_of_its_labels_at_once() -> None:
    Path("backed-up.labels.yaml").write_text(_LABELS, encoding="utf-8")
    Path("some.suite.yaml").write_text(_SUITE, encoding="utf-8")
    with pytest.raises(AuthorError) as refused:
        calibrate_suite(Path("some.suite.yaml"))
    told = _shown(refused.value)
    assert {_CRITERION, *_OF_LABELS, "some:5 E102 unknown key `at_leest`"} <= {*told}
    assert not {rule for rule in ("E106", "E107", "E109", "E111", "E114") if any(rule in each for each in told)}


@pytest.mark.parametrize(
    ("change", "fault"),
    [
        (("judge: anthropic:claude-haiku-4-5", "judge: nonsense"), "some:2 E103 `judge`: `nonsense` is not a model"),
        (("judge: anth", "jugde: anth"), "some:2 E102 unknown key `jugde`"),
        (("- coverage", "- covrage"), "some:4 E105 there is no scorer `covrage`"),
        (("scorers:\n  - c", "scorer:\n  - c"), "some:3 E102 unknown key `scorer`"),
        (("{name: backed-up,", "{nmae: backed-up,"), "some:5 E102 unknown key `nmae`"),
        (("{name: backed-up,", "{name: b%,"), "some:5 E103 `scorers[1].rubric.name`: it cannot be written so"),
        (("personas: DPA-1\n", "personas: []\n"), "some:1 E103 `personas`: it is empty"),
        (("id: one\n    artifacts", "id: one\n    artefacts"), "some:8 E103 `cases[0].artifacts`: it is missing"),
        (("personas: DPA-1}", "persona: DPA-2}"), "some:10 E102 unknown key `persona`"),
        (("- {id: two", "- {id: [two]"), "some:10 E103 `cases[1].id`: must be a valid string"),
        (("cases:\n", "cases:\n  - three\n"), "some:8 E103 `cases[0]`: must be a valid dictionary or instance of Case"),
        (("gate: {metrics", "gate: {metric"), "some:6 E102 unknown key `metric`"),
    ],
)
def test_what_may_follow_from_a_fault_is_not_told(change: tuple[str, str], fault: str) -> None:
    sound = (
        "personas: DPA-1\njudge: anthropic:claude-haiku-4-5\nscorers:\n  - coverage\n"
        "  - rubric: {name: backed-up, criterion: A backup is taken., required: false}\n"
        "gate: {metrics: [pass, coverage]}\n"
        "cases:\n  - id: one\n    artifacts: {architectural_blueprint: {text: x}}\n"
        "  - {id: two, artifacts: {architectural_blueprint: {text: x}}, personas: DPA-1}\n"
    )
    assert change[0] in sound
    told = _told(sound.replace(*change))
    assert any(each.startswith(fault) for each in told)
    assert {each.split()[1] for each in told} <= {"E102", "E103", "E105"}


def test_a_judge_of_the_command_line_spares_the_suite_one() -> None:
    suite = "personas: DPA-1\nrepeats: 0\nscorers: [{rubric: {criterion: Any., required: false}}]\ncases: []\n"
    assert any("E110" in each for each in _told(suite))
    assert not any("E110" in each for each in _told(suite, judge="anthropic:claude-haiku-4-5"))
