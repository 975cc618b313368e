"""A finished document against its plan: each kind of damage is found, and nothing that is sound."""

from collections.abc import Callable

import pytest
from tests.plans import plan_of
from tests.support import dpa1_brief, good_answer, perform_by_hand

from dramaturg.engine.assemble import assemble
from dramaturg.engine.outcome import Entry, OpenQuestion, Outcome, Section
from dramaturg.engine.verify.structure import verify_structure
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


def without_second(text: str) -> str:
    return text.replace("## SECOND\n\n- two\n\n", "")


@pytest.mark.parametrize(
    ("damage", "finding"),
    [
        pytest.param(without_second, ("V101", 7, "`SECOND` is missing"), id="missing"),
        pytest.param(
            lambda text: without_second(text).partition("\n\n## Open")[0] + "\n",
            ("V101", 5, "`SECOND` is missing"),
            id="missing at the end",
        ),
        pytest.param(
            lambda text: text.replace("## SECOND", "## ANOTHER"), ("V102", 7, "`ANOTHER` stands in its"), id="renamed"
        ),
        pytest.param(
            lambda text: text.replace("## SECOND", "## 2. Second"), ("V103", 7, "is spelt `2. Second`"), id="spelt"
        ),
        pytest.param(
            lambda _: "# The Plan\n\n## SECOND\n\ntwo\n\n## FIRST\n\none\n",
            ("V104", 3, "out of order: `SECOND`"),
            id="in another order",
        ),
        pytest.param(lambda text: text.replace("one\n\n", ""), ("V105", 3, "`FIRST` is empty"), id="empty"),
        pytest.param(
            lambda text: text.replace("1. three\n", ""), ("V105", 11, "`Open questions` is empty"), id="empty questions"
        ),
        pytest.param(
            lambda text: text.replace("one", "one\n\n## THIRD\n\none"),
            ("V106", 7, "writes a section `THIRD`"),
            id="added",
        ),
        pytest.param(
            lambda text: text.replace("one", "one\n\nTHIRD\n===\n\none"), ("V106", 7, "`THIRD`"), id="underlined"
        ),
        pytest.param(
            lambda text: text.replace("## FIRST", "## Open questions\n\nx\n\n## FIRST"),
            ("V106", 3, "`Open questions`"),
            id="questions twice",
        ),
        pytest.param(
            lambda text: text.replace("one", "one\n\n## FIRST\n\none"),
            ("V107", 7, "`FIRST` stands there twice"),
            id="repeated",
        ),
        pytest.param(
            lambda text: text.replace("# The Plan", "# A Plan"),
            ("V108", 1, "titled `A Plan`, not `The Plan`"),
            id="title",
        ),
        pytest.param(lambda text: text.replace("# The Plan\n\n", ""), ("V108", 1, "has no title"), id="no title"),
        pytest.param(
            lambda text: text.replace("## SECOND", "### SECOND"), ("V109", 7, "a heading of level 3"), id="depth"
        ),
    ],
)
def test_damage_is_found_and_named_once(damage: Callable[[str], str], finding: tuple[str, int, str]) -> None:
    damaged = damage(SOUND)
    assert damaged != SOUND
    ((rule, line, message),) = verdict(PLAN, damaged)
    assert (rule, line) == finding[:2]
    assert finding[2] in message


@pytest.mark.parametrize("opening", ["```sh\none", "<!-- one"])
def test_what_is_never_closed_takes_the_sections_behind_it(opening: str) -> None:
    found = verdict(PLAN, SOUND.replace("one", opening))
    assert ("V101", "the section `SECOND` is missing") in [(rule, message) for rule, _, message in found]


def test_of_nothing_everything_is_missing() -> None:
    assert [(rule, line) for rule, line, _ in verdict(PLAN, "")] == [("V108", 1), ("V101", 1), ("V101", 1)]


def test_a_document_whose_sections_are_its_largest_headings_lacks_its_title_only() -> None:
    assert [rule for rule, _, _ in verdict(PLAN, "# FIRST\n\none\n\n# SECOND\n\ntwo\n")] == ["V108"]


def test_headings_inside_a_section_are_part_of_it() -> None:
    inside = SOUND.replace("one", "### One\n\none\n\n### SECOND\n\none")
    assert verdict(PLAN, inside) == []
    assert verdict(PLAN, "# The Plan\n\n## FIRST\n\n### One\n\none\n\n## SECOND\n\ntwo\n") == []


def test_a_heading_of_another_name_is_taken_for_a_section_only_where_one_is_missing() -> None:
    apart = "# The Plan\n\n## Intro\n\nx\n\n## Background\n\nx\n\n## SECOND\n\ntwo\n"
    assert [(rule, line) for rule, line, _ in verdict(PLAN, apart)] == [("V101", 11), ("V106", 3), ("V106", 7)]


def test_every_empty_section_is_named_at_its_line() -> None:
    empty = "# The Plan\n\n## FIRST\n\n## SECOND\n"
    assert [(rule, line) for rule, line, _ in verdict(PLAN, empty)] == [("V105", 3), ("V105", 5)]


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
        ("V105", "`PRE-FLIGHT CHECKLIST` is empty")
    ]
