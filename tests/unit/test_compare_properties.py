"""Whatever is done to a persona: what it owed is still owed, or told as lost; and equal plans do not differ."""

import re
from collections.abc import Iterator

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.versions import SHIPPED, plan_from

from dramaturg.errors import AuthorError
from dramaturg.findings.source import Source
from dramaturg.persona.model import fold_id
from dramaturg.plan.changes import Subject, What
from dramaturg.plan.compare import compare
from dramaturg.plan.model import Plan, Requirement
from dramaturg.plan.prose import one_line

_PERFORMED = {name: text for name, text in SHIPPED.items() if plan_from(text).steps}
_TEXTS = st.sampled_from([*_PERFORMED.values()])
_DEMANDS = (Subject.REQUIREMENT, Subject.OPTION, Subject.COLUMN)
_RULE = re.compile(
    r'^[ \t]*(?:<Rule id="(?P<tag>\w+)">.*</Rule>|(?P<key>[A-Z]\d):[ ].*|-[ ](?P<item>[A-Z]\d):[ ].*)\n', re.MULTILINE
)
_BULLET = re.compile(r"[ \t]*(?:[-*+•]|\d+[.)])[ \t]+")


@st.composite
def _edited(draw: st.DrawFn) -> str:
    """Give a shipped persona whose lines were taken out, repeated, moved or replaced by another's."""
    text = draw(_TEXTS)
    lines = text.splitlines(keepends=True)
    for _ in range(draw(st.integers(0, 4))):
        start = draw(st.integers(0, len(lines)))
        taken = draw(st.integers(0, 4))
        other = draw(_TEXTS).splitlines(keepends=True)
        at = draw(st.integers(0, len(other)))
        middle = draw(st.sampled_from([[], other[at : at + 3], lines[at : at + 3], ["- something more\n"]]))
        lines[start : start + taken] = middle
    try:
        plan_from("".join(lines))
    except AuthorError:
        return text
    return "".join(lines)


def _owed(plan: Plan) -> Iterator[Requirement]:
    return (each for step in plan.steps for each in step.requirements if not each.whole_section)


@settings(max_examples=100, deadline=None)
@given(_edited())
def test_a_plan_does_not_differ_from_itself(text: str) -> None:
    assert compare(plan_from(text), plan_from(text)) == ()


@settings(max_examples=100, deadline=None)
@given(_edited(), _edited())
def test_what_was_owed_is_owed_or_told_as_lost_or_renamed(old: str, new: str) -> None:
    before, after = plan_from(old), plan_from(new)
    changes = compare(before, after)
    missed = {(change.subject, change.name) for change in changes if change.what in (What.LOST, What.RENAMED)}
    told = {fold_id(name) for subject, name in missed if subject in _DEMANDS}
    still = {fold_id(requirement.id) for requirement in _owed(after)}
    assert {fold_id(requirement.id) for requirement in _owed(before)} <= told | still
    titles = {step.section for step in after.sections}
    assert all(step.section in titles or (Subject.SECTION, step.section) in missed for step in before.sections)


@settings(max_examples=100, deadline=None)
@given(_edited(), _edited())
def test_a_loss_one_way_is_a_gain_the_other_way(old: str, new: str) -> None:
    before, after = plan_from(old), plan_from(new)
    there, back = compare(before, after), compare(after, before)
    assert bool(there) == bool(back)
    sections = {change.name for change in there if (change.subject, change.what) == (Subject.SECTION, What.LOST)}
    assert sections == {
        change.name for change in back if (change.subject, change.what) == (Subject.SECTION, What.ADDED)
    }


@pytest.mark.parametrize("name", _PERFORMED)
def test_any_bullet_taken_out_of_a_shipped_persona_is_the_one_loss_that_is_told(name: str) -> None:
    before = plan_from(_PERFORMED[name])
    source = Source("", _PERFORMED[name])
    for requirement in _owed(before):
        start = source.offset(requirement.span)
        line = source.text.rindex("\n", 0, start) + 1
        if _BULLET.fullmatch(source.text, line, start):
            end = start + requirement.span.length
            after = source.text[:line] + source.text[end:].lstrip(" ").removeprefix("\n")
            assert [(change.what, change.name) for change in compare(before, plan_from(after))] == [
                (What.LOST, requirement.id)
            ]


@pytest.mark.parametrize("name", SHIPPED)
def test_any_rule_taken_out_of_a_shipped_persona_is_the_one_loss_that_is_told(name: str) -> None:
    text = SHIPPED[name]
    before = plan_from(text)
    for rule in _RULE.finditer(text):
        changes = compare(before, plan_from(text[: rule.start()] + text[rule.end() :]))
        (lost,) = (change for change in changes if change.what is What.LOST)
        emptied = lost.subject is Subject.DIRECTIVE and lost.before == one_line(rule[0])
        assert emptied or (lost.subject, lost.name) == (Subject.RULE, rule["tag"] or rule["key"] or rule["item"])
