"""Plans: what identifies one, where its decisions point, and what a step owes first."""

from collections.abc import Callable

import pytest

from dramaturg.data import personas_root
from dramaturg.errors import AuthorError
from dramaturg.findings.model import Finding, Span
from dramaturg.findings.source import Source
from dramaturg.persona.library import Library
from dramaturg.persona.model import Persona, PersonaFile, same_id
from dramaturg.persona.resolve import resolve
from dramaturg.persona.scan import scan
from dramaturg.plan.compile import compile_plan
from dramaturg.plan.model import Kind, Plan

_TEXT = """\
---
alias: x-1
title: Xanadu
steps:
  2:
    needs: [1]
    format: table
---
<operational_protocol>
<Step number="1" name="Read">Ingest the logs.</Step>
<Step number="2" name="Write">Produce a `REPORT`. This is non-negotiable and MUST cover:
  - **Cause:** why it happened
  - **Remedy:** what mends it

It may include:
  - **History:** when it happened before</Step>
<Step number="3" name="Join">Combine the sections into a document titled "Findings".</Step>
</operational_protocol>
"""


def _persona(text: str, path: str = "x.md", parent: PersonaFile | None = None) -> Persona:
    def lookup(alias: str) -> PersonaFile | Finding:
        assert parent is not None, f"`{alias}` is asked for"
        return parent

    persona, findings = resolve(scan(path, text), lookup)
    assert persona is not None, findings
    return persona


def _plan(text: str, path: str = "x.md") -> Plan:
    return compile_plan(_persona(text, path))


def _words(span: Span) -> str:
    start = Source("x.md", _TEXT).offset(span)
    return _TEXT[start : start + span.length]


def test_every_decision_points_at_the_words_it_rests_on() -> None:
    plan = _plan(_TEXT)
    reasons = {reason.rule: _words(reason.span) for step in plan.steps for reason in step.because}
    assert reasons == {
        "kind/ingest-verb": "Ingest",
        "kind/section-verb": "Produce",
        "section/quoted-title": "`REPORT`",
        "format/frontmatter": "format: table",
        "needs/frontmatter": "needs: [1]",
        "kind/assemble-verb": "Combine",
    }
    assert [(reason.rule, _words(reason.span)) for reason in plan.because] == [("document/quoted-title", '"Findings"')]


def test_every_requirement_points_at_its_bullet_and_its_level_at_what_made_it() -> None:
    requirements = _plan(_TEXT).steps[1].requirements
    told = [
        (each.id, each.level, _words(each.span), *(_words(why.span) for why in each.because)) for each in requirements
    ]
    lead = "Produce a `REPORT`. This is non-negotiable and MUST cover:"
    assert told == [
        ("Cause", "must", *["**Cause:** why it happened"] * 2, "non-negotiable"),
        ("Remedy", "must", *["**Remedy:** what mends it"] * 2, "non-negotiable"),
        ("History", "may", *["**History:** when it happened before"] * 2, "It may include:"),
        ("REPORT", "must", lead, lead, "non-negotiable"),
    ]


def test_what_a_section_owes_is_asked_by_bullet_and_checked_as_a_whole_first() -> None:
    step = _plan(_TEXT).steps[1]
    assert [each.id for each in step.owes] == ["Cause", "Remedy", "REPORT"]
    assert [each.id for each in step.asks] == ["Cause", "Remedy"]
    assert [each.id for each in step.musts] == ["REPORT", "Cause", "Remedy"]
    rollback = Library((personas_root(),)).load("DPA-1")
    assert [each.id for each in compile_plan(rollback).steps[4].asks] == ["ROLLBACK PLAN"]


def test_code_assembles_so_no_model_is_asked_for_it() -> None:
    plan = _plan(_TEXT)
    assert [step.id for step in plan.calls] == ["1", "2"]
    assert [step.section for step in plan.sections] == ["REPORT"]
    assert [step.kind for step in plan.steps] == [Kind.INGEST, Kind.SECTION, Kind.ASSEMBLE]


@pytest.mark.parametrize(
    ("old", "new", "titles"),
    [
        ("`REPORT`", "REPORT", ["Read", "Write", "Join"]),
        ('name="Read"', "", ["Step 1", "REPORT", "Join"]),
    ],
)
def test_a_step_is_spoken_of_by_section_else_name_else_number(old: str, new: str, titles: list[str]) -> None:
    assert [step.title for step in _plan(_TEXT.replace(old, new)).steps] == titles


def test_a_plan_is_the_same_wherever_its_file_lies() -> None:
    assert _plan(_TEXT, "here.md").digest == _plan(_TEXT, "there/x.persona.md").digest


@pytest.mark.parametrize(
    "edit",
    [
        lambda text: text.replace("why it happened", "why"),
        lambda text: text.replace("format: table", "format: prose"),
        lambda text: text.replace('titled "Findings"', 'titled "Result"'),
        lambda text: text.replace("needs: [1]", "needs: []"),
        lambda text: text + "<philosophy>Calm.</philosophy>\n",
    ],
    ids=["requirement", "format", "document", "needs", "philosophy"],
)
def test_a_plan_is_another_when_its_meaning_or_its_text_changes(edit: Callable[[str], str]) -> None:
    assert _plan(edit(_TEXT)).digest != _plan(_TEXT).digest


def test_every_fault_is_reported_at_once_behind_what_resolving_told() -> None:
    text = _TEXT.replace("[1]", "[3]").replace("format: table", "format: poem").replace("title:", "titel: a\ntitle:")
    with pytest.raises(AuthorError) as caught:
        _plan(text)
    assert [finding.rule for finding in caught.value.findings] == ["P107", "P402", "P404"]


def test_warnings_of_the_persona_stay_with_its_plan() -> None:
    text = _TEXT.replace("title:", "titel: a\ntitle:").replace('name="Join"', 'name="Join" mood="calm"')
    assert [finding.rule for finding in _plan(text).findings] == ["P107", "P406"]


def test_a_setting_of_a_child_is_reported_in_the_childs_file() -> None:
    parent = scan("parent.md", _TEXT)
    child = "---\nalias: y-1\ntitle: Y\ninherits_from: x-1\nsteps:\n  9: {kind: section}\n---\n"
    with pytest.raises(AuthorError) as caught:
        compile_plan(_persona(child, "child.md", parent))
    assert [str(finding.span) for finding in caught.value.findings] == ["child.md:6:3"]


@pytest.mark.parametrize(
    ("left", "right", "same"),
    [
        ("architectural_blueprint", "ARCHITECTURAL-BLUEPRINT", True),
        (" Raw  Log ", "raw_log", True),
        ("raw_log", "rawlog", False),
    ],
)
def test_ids_compare_without_case_and_separators(left: str, right: str, same: bool) -> None:  # noqa: FBT001 - a parameter
    assert same_id(left, right) is same
