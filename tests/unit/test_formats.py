"""Findings for other programs: GitHub's workflow commands and SARIF logs, read back as those programs read them."""

import posixpath
from collections.abc import Mapping
from typing import Any
from urllib.parse import unquote, urlsplit

import jsonschema
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dramaturg.findings.catalogue import read_rule
from dramaturg.findings.github import github_command, workflow_command
from dramaturg.findings.model import Edit, Finding, Label, Severity, Span
from dramaturg.findings.sarif import sarif_log
from dramaturg.findings.source import Source

_SOURCES = {
    "a.persona.md": Source("a.persona.md", "---\nalias: ä-1\n---\n<Step name='日本'>\nGo\n</dStep>\n"),
    "/abs/b.persona.md": Source("/abs/b.persona.md", "one\ntwo"),
}
_OPENER = _SOURCES["a.persona.md"].span(19, 35)
_CLOSER = _SOURCES["a.persona.md"].span(39, 47)
_UNCLOSED = Finding(
    rule="P204",
    severity=Severity.ERROR,
    message="step is never closed",
    span=_OPENER,
    note="opened here",
    labels=(Label(span=_CLOSER, text="this closes nothing"),),
    help="replace `</dStep>` by `</Step>`",
    edits=(Edit(span=_CLOSER, text="</Step>"),),
)


def _finding(span: Span | None, severity: Severity = Severity.WARNING, message: str = "it is so") -> Finding:
    return Finding(rule="P207", severity=severity, message=message, span=span)


# GitHub

_UNCLOSED_COMMAND = (
    "::error title=P204,file=a.persona.md,line=4,col=1,endColumn=17::"
    "step is never closed; replace `</dStep>` by `</Step>`%0A"
    "a.persona.md:4:1: opened here%0Aa.persona.md:6:1: this closes nothing"
)


@pytest.mark.parametrize(
    ("finding", "command"),
    [
        (
            _UNCLOSED,
            _UNCLOSED_COMMAND,
        ),
        (
            _finding(_SOURCES["a.persona.md"].span(0, 13)),
            "::warning title=P207,file=a.persona.md,line=1,endLine=2::it is so",
        ),
        (
            _finding(_SOURCES["a.persona.md"].span(0, 4), Severity.NOTE),
            "::notice title=P207,file=a.persona.md,line=1,endLine=1::it is so",
        ),
        (
            _finding(Span(path="gone,50%:x.md", line=3, column=7, length=2)),
            "::warning title=P207,file=gone%2C50%25%3Ax.md,line=3,col=7,endColumn=9::it is so",
        ),
        (_finding(None, message="a, b: 100%\r\nnext"), "::warning title=P207::a, b: 100%25%0D%0Anext"),
    ],
)
def test_a_finding_is_a_workflow_command(finding: Finding, command: str) -> None:
    assert github_command(finding, _SOURCES.get) == command


def test_a_command_without_properties_has_no_gap() -> None:
    assert workflow_command("error", "no persona", {}) == "::error::no persona"


@given(st.text(st.characters(codec="utf-8")), st.dictionaries(st.sampled_from(["file", "title", "line"]), st.text()))
def test_whatever_a_command_says_is_read_back_as_it_was(message: str, properties: dict[str, str]) -> None:
    command = workflow_command("error", message, properties)
    assert not {"\n", "\r"} & {*command}
    head, _, said = command.removeprefix("::").partition("::")
    given_properties = dict(
        pair.split("=", 1) for pair in head.removeprefix("error").removeprefix(" ").split(",") if pair
    )
    assert {key: _unescaped(value) for key, value in given_properties.items()} == properties
    assert _unescaped(said) == message


def _unescaped(text: str) -> str:
    """Undo the escapes in the order in which the runner undoes them."""
    for escape, character in (("%0D", "\r"), ("%0A", "\n"), ("%3A", ":"), ("%2C", ","), ("%25", "%")):
        text = text.replace(escape, character)
    return text


# SARIF


def _object(required: str, **properties: Any) -> dict[str, Any]:
    names = required.split()
    assert {*names} <= {*properties}
    return {"type": "object", "required": names, "properties": properties, "additionalProperties": False}


def _list(items: Mapping[str, Any], least: int = 0) -> dict[str, Any]:
    return {"type": "array", "items": items, "minItems": least}


_TEXT = {"type": "string", "minLength": 1}
_WHOLE = {"type": "integer", "minimum": 1}
_LEVEL = {"enum": ["none", "note", "warning", "error"]}
_MESSAGE = _object("text", text=_TEXT)
_REGION = _object("startLine startColumn", startLine=_WHOLE, startColumn=_WHOLE, endLine=_WHOLE, endColumn=_WHOLE)
_FILE = _object("uri", uri={"type": "string", "format": "uri-reference"}, uriBaseId={"const": "%SRCROOT%"})
_PLACE = _object("artifactLocation region", artifactLocation=_FILE, region=_REGION)
_REPLACEMENT = _object("deletedRegion", deletedRegion=_REGION, insertedContent=_object("text", text={"type": "string"}))
_CHANGE = _object("artifactLocation replacements", artifactLocation=_FILE, replacements=_list(_REPLACEMENT, 1))
_RESULT = _object(
    "message ruleId ruleIndex level",
    ruleId=_TEXT,
    ruleIndex={"type": "integer", "minimum": 0},
    level=_LEVEL,
    message=_MESSAGE,
    locations=_list(_object("physicalLocation", physicalLocation=_PLACE, message=_object("text", text=_TEXT))),
    relatedLocations=_list(_object("id", id={"type": "integer"}, physicalLocation=_PLACE, message=_MESSAGE)),
    fixes=_list(_object("artifactChanges", description=_MESSAGE, artifactChanges=_list(_CHANGE, 1))),
)
_RULE = _object(
    "id",
    id=_TEXT,
    shortDescription=_MESSAGE,
    fullDescription=_MESSAGE,
    help=_object("text", text=_TEXT, markdown=_TEXT),
    defaultConfiguration=_object("level", level=_LEVEL),
)
_DRIVER = _object("name", name=_TEXT, version=_TEXT, rules=_list(_RULE))
_NOTIFICATION = _object("message", level=_LEVEL, message=_MESSAGE)
_INVOCATION = _object(
    "executionSuccessful",
    executionSuccessful={"type": "boolean"},
    toolExecutionNotifications=_list(_NOTIFICATION),
)
_RUN = _object(
    "tool",
    tool=_object("driver", driver=_DRIVER),
    invocations=_list(_INVOCATION),
    columnKind={"enum": ["utf16CodeUnits", "unicodeCodePoints"]},
    results=_list(_RESULT),
)
_LOG = _object("version runs", **{"$schema": {"type": "string"}}, version={"const": "2.1.0"}, runs=_list(_RUN))


def _run(*findings: Finding, refused: tuple[str, ...] = ()) -> Any:
    """Return the one run of a log that keeps to the parts of the schema it uses."""
    rules = [read_rule(rule) for rule in sorted({finding.rule for finding in findings})]
    log = sarif_log(findings, refused, rules=rules, source_of=_SOURCES.get, folder="/work", version="1.2")
    jsonschema.Draft202012Validator(_LOG).validate(log)
    (run,) = log["runs"]
    return run


def _cut(region: Mapping[str, int], text: str) -> tuple[int, int]:
    """Return the offsets of a region as a reader of the log works them out."""
    lines = text.splitlines(keepends=True)
    start, end = (
        sum(map(len, lines[: region[f"{edge}Line"] - 1])) + region[f"{edge}Column"] - 1 for edge in ("start", "end")
    )
    return start, end


def test_a_result_points_at_its_rule_and_its_place() -> None:
    run = _run(_finding(None), _UNCLOSED)
    nowhere, result = run["results"]
    rules = run["tool"]["driver"]["rules"]
    assert [rules[each["ruleIndex"]]["id"] for each in run["results"]] == ["P207", "P204"]
    assert (nowhere["level"], result["level"], "locations" in nowhere) == ("warning", "error", False)
    assert result["message"]["text"] == "step is never closed; replace `</dStep>` by `</Step>`"
    (place,) = (location["physicalLocation"] for location in result["locations"])
    assert result["locations"][0]["message"] == {"text": "opened here"}
    assert place["artifactLocation"] == {"uri": "a.persona.md", "uriBaseId": "%SRCROOT%"}
    assert place["region"] == {"startLine": 4, "startColumn": 1, "endLine": 4, "endColumn": 17}


def test_a_label_is_a_related_location_with_its_text() -> None:
    (related,) = _run(_UNCLOSED)["results"][0]["relatedLocations"]
    text = _SOURCES["a.persona.md"].text
    start, end = _cut(related["physicalLocation"]["region"], text)
    assert (text[start:end], related["message"]["text"]) == ("</dStep>", "this closes nothing")


def test_a_label_in_no_file_of_today_is_told_in_words() -> None:
    was = Label(span=Span(path="HEAD:a.persona.md", line=4, column=1, length=16), text="it was: Audit")
    finding = Finding(rule="P204", severity=Severity.ERROR, message="m", span=_OPENER, labels=(was,))
    (related,) = _run(finding)["results"][0]["relatedLocations"]
    assert related == {"id": 1, "message": {"text": "HEAD:a.persona.md:4:1: it was: Audit"}}


def test_a_fix_makes_of_the_file_what_the_edits_do() -> None:
    (fix,) = _run(_UNCLOSED)["results"][0]["fixes"]
    (change,) = fix["artifactChanges"]
    (replacement,) = change["replacements"]
    text = _SOURCES["a.persona.md"].text
    start, end = _cut(replacement["deletedRegion"], text)
    mended = text[:start] + replacement["insertedContent"]["text"] + text[end:]
    assert (change["artifactLocation"]["uri"], mended) == ("a.persona.md", text.replace("</dStep>", "</Step>"))


@given(st.data())
def test_a_region_covers_what_its_span_covers(data: st.DataObject) -> None:
    text = "".join(data.draw(st.lists(st.sampled_from(["a", "日", "😀", "\r\n", "\n"]), max_size=12)))
    start = data.draw(st.integers(0, len(text)))
    end = data.draw(st.integers(start, len(text)))
    source = Source("a.persona.md", text)
    log = sarif_log(
        [_finding(source.span(start, end))],
        (),
        rules=[read_rule("P207")],
        source_of={"a.persona.md": source}.get,
        folder="/work",
        version="1",
    )
    region = log["runs"][0]["results"][0]["locations"][0]["physicalLocation"]["region"]
    assert _cut(region, text) == (start, end)


def test_a_place_in_a_file_that_cannot_be_read_has_no_end() -> None:
    (result,) = _run(_finding(Span(path="gone.md", line=3, column=7, length=2)))["results"]
    assert result["locations"][0]["physicalLocation"]["region"] == {"startLine": 3, "startColumn": 7}


@pytest.mark.parametrize(
    ("path", "uri", "below"),
    [
        ("personas/a.persona.md", "personas/a.persona.md", True),
        ("my personas/50% #1?:ä.md", "my%20personas/50%25%20%231%3F%3A%C3%A4.md", True),
        ("a/../b.md", "b.md", True),
        ("../else/b.md", "file:///else/b.md", False),
        ("/abs/b c.md", "file:///abs/b%20c.md", False),
    ],
)
def test_a_file_below_the_working_folder_is_named_relative_to_it(path: str, uri: str, below: bool) -> None:  # noqa: FBT001 - a column of the table
    (result,) = _run(_finding(Span(path=path, line=1, column=1, length=0)))["results"]
    location = result["locations"][0]["physicalLocation"]["artifactLocation"]
    assert (location["uri"], location.get("uriBaseId") == "%SRCROOT%") == (uri, below)
    assert urlsplit(uri).query == urlsplit(uri).fragment == ""
    assert not below or unquote(uri) == posixpath.normpath(path)


def test_what_could_not_be_checked_makes_the_execution_unsuccessful() -> None:
    (clean,) = _run()["invocations"]
    (failed,) = _run(refused=("`a.md` cannot be read",))["invocations"]
    assert (clean["executionSuccessful"], clean["toolExecutionNotifications"]) == (True, [])
    assert failed["executionSuccessful"] is False
    assert failed["toolExecutionNotifications"] == [{"level": "error", "message": {"text": "`a.md` cannot be read"}}]


def test_a_rule_comes_with_its_page() -> None:
    (rule,) = _run(_UNCLOSED)["tool"]["driver"]["rules"]
    known = read_rule("P204")
    assert (rule["shortDescription"]["text"], rule["help"]["markdown"]) == (known.title, known.page)
    assert rule["defaultConfiguration"] == {"level": "error"}
