"""A finished document against its plan: each kind of damage is found, and nothing that is sound."""

from collections.abc import Callable

import pytest
from tests.plans import plan_of
from tests.support import dpa1_brief, good_answer, perform_by_hand

from dramaturg.engine.assemble import assemble
from dramaturg.engine.outcome import Entry, OpenQuestion, Outcome, Section
from dramaturg.engine.verify import verify_structure
from dramaturg.findings.model import Severity
from dramaturg.plan.model import Format, Plan

PLAN = plan_of(
    '<Step number="1" section="FIRST">Produce it.</Step>\n'
    '<Step number="2" section="SECOND">Produce it.</Step>\n'
    '<Step number="3">Combine all sections into a document titled "The Plan".</Step>'
)
SOUND = "# The Plan\n\n## FIRST\n\none\n\n## SECOND\n\n- two\n\n## Open questions\n\n1. three\n"


def verdict(plan: Plan, markdown: str) -> list[tuple[str, int, str]]:
    """Return rule, line and message of each finding."""
    found = verify_structure(plan, markdown, "plan.md")
    assert all(finding.severity is Severity.ERROR for finding in found)
    return [(each.rule, each.span.line, each.message) for each in found if each.span and each.span.path == "plan.md"]


@pytest.mark.parametrize(
    "markdown",
    [
        pytest.param(SOUND, id="with open questions"),
        pytest.param(SOUND.partition("\n\n## Open")[0], id="without"),
        pytest.param(SOUND.replace("\n", "\r\n"), id="CRLF"),
        pytest.param(SOUND.replace("one", "> # not a section\n\none"), id="a heading in a quotation"),
        pytest.param(SOUND.replace("one", "```\n## not a section\n```"), id="a heading in code"),
    ],
)
def test_a_sound_document_has_no_findings(markdown: str) -> None:
    assert verdict(PLAN, markdown) == []


@pytest.mark.parametrize(
    ("damage", "finding"),
    [
        pytest.param(
            lambda text: text.replace("## SECOND\n\n- two\n\n", ""), ("R401", 1, "`SECOND` is missing"), id="missing"
        ),
        pytest.param(
            lambda text: text.replace("# The Plan", "# A Plan"), ("R401", 1, "`The Plan` is missing"), id="title"
        ),
        pytest.param(lambda text: text.replace("## FIRST", "### FIRST"), ("R401", 1, "`FIRST` is missing"), id="depth"),
        pytest.param(
            lambda text: text.replace("one", "one\n\n## THIRD\n\none"), ("R401", 1, "out of order"), id="added"
        ),
        pytest.param(
            lambda text: text.replace("one", "one\n\n## FIRST\n\none"), ("R401", 1, "repeated"), id="repeated"
        ),
        pytest.param(
            lambda text: text.replace("one", "```sh\none"), ("R401", 1, "`SECOND` is missing"), id="open fence"
        ),
        pytest.param(
            lambda text: text.replace("one", "<!-- one"), ("R401", 1, "`SECOND` is missing"), id="open comment"
        ),
        pytest.param(
            lambda text: text.replace("one", "one\n\nSECOND\n===\n\none"), ("R401", 1, "added"), id="underlined"
        ),
        pytest.param(lambda text: text.replace("one\n\n", ""), ("R402", 3, "`FIRST` is empty"), id="empty"),
        pytest.param(
            lambda text: text.replace("1. three\n", ""), ("R402", 11, "`Open questions` is empty"), id="empty questions"
        ),
        pytest.param(
            lambda text: text.replace("## FIRST", "## Open questions\n\nx\n\n## FIRST"),
            ("R401", 1, "added"),
            id="twice",
        ),
        pytest.param(lambda _: "", ("R401", 1, "`The Plan` is missing"), id="nothing left"),
    ],
)
def test_damage_is_found_and_named(damage: Callable[[str], str], finding: tuple[str, int, str]) -> None:
    damaged = damage(SOUND)
    assert damaged != SOUND
    ((rule, line, message),) = verdict(PLAN, damaged)
    assert (rule, line) == finding[:2]
    assert finding[2] in message


def test_sections_in_another_order_are_found() -> None:
    swapped = "# The Plan\n\n## SECOND\n\ntwo\n\n## FIRST\n\none\n"
    assert [rule for rule, _, _ in verdict(PLAN, swapped)] == ["R401"]


def test_every_empty_section_is_named_at_its_line() -> None:
    empty = "# The Plan\n\n## FIRST\n\n## SECOND\n"
    assert [(rule, line) for rule, line, _ in verdict(PLAN, empty)] == [("R402", 3), ("R402", 5)]


@pytest.mark.parametrize(
    "title",
    ["1. Summary", "Issue #", "C#", "*Risks* & `costs`", "[a]: b", "A <b> tag", "[Source] list", "Open questions"],
)
def test_a_title_of_any_spelling_is_recognised(title: str) -> None:
    plan = plan_of(f'<Step number="1" section="{title}">Produce it.</Step>')
    section = Section(step="1", title=title, format=Format.PROSE, entries=(Entry(text="x"),))
    question = OpenQuestion(section=title, about="y", text="z")
    for questions in ((), (question,)):
        outcome = Outcome(sections=(section,), questions=questions, findings=())
        assert verify_structure(plan, assemble(plan, outcome).markdown) == ()


def test_a_section_without_entries_is_found() -> None:
    brief = dpa1_brief()
    outcome = perform_by_hand(brief, good_answer).outcome
    assert outcome is not None
    first, *others = outcome.sections
    hollow = Section(step=first.step, title=first.title, format=first.format, entries=())
    markdown = assemble(brief.plan, Outcome(sections=(hollow, *others), questions=(), findings=())).markdown
    assert [(rule, message) for rule, _, message in verdict(brief.plan, markdown)] == [
        ("R402", "`PRE-FLIGHT CHECKLIST` is empty")
    ]
