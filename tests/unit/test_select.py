"""Artifacts larger than a window: cut by heading, chosen by demand, and nothing lost without a word."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.support import BLUEPRINT, COMPOSE

from dramaturg.evidence.artifact import PLAIN, Artifact
from dramaturg.evidence.select import Parts

EXAMPLE = [
    Artifact(id="blueprint", text=BLUEPRINT.read_text(encoding="utf-8")),
    Artifact(id="compose", text=COMPOSE.read_text(encoding="utf-8"), media_type=PLAIN),
]
ROLLBACK = "If the release fails, revert to the previous stable version."
MONITORING = "Monitoring: dashboards for CPU, memory and error rate."


def words(text: str) -> int:
    """Count words, which is as good as tokens here."""
    return len(text.split())


def headings(demands: list[str], room: int) -> list[str]:
    """Return the names of the parts that are shown."""
    return [part.name for part in Parts(EXAMPLE).select(demands, room, words).shown]


@pytest.mark.parametrize(
    ("demand", "first"), [(ROLLBACK, "7. Operating the platform"), (MONITORING, "8. Observability")]
)
def test_the_part_that_answers_is_shown_where_there_is_room_for_one(demand: str, first: str) -> None:
    assert first in headings([demand], 180)


def test_with_room_for_all_all_is_shown_in_order() -> None:
    selection = Parts(EXAMPLE).select([ROLLBACK], 10_000, words)
    assert selection.left_out == ()
    for artifact in EXAMPLE:
        shown = [part for part in selection.shown if part.artifact is artifact]
        assert "\n".join(part.text for part in shown) == artifact.text


def test_what_is_left_out_is_told_and_the_room_is_kept() -> None:
    parts = Parts(EXAMPLE)
    selection = parts.select([ROLLBACK, MONITORING], 300, words)
    assert sum(words(part.text) for part in selection.shown) <= 300
    assert {*selection.shown} | {*selection.left_out} == {*parts.all}
    assert not {*selection.shown} & {*selection.left_out}
    assert "BLUEPRINT L5-8: 1. Purpose" in map(str, parts.all)


def test_the_outline_names_every_part_with_its_lines() -> None:
    outline = Parts(EXAMPLE).outline().split("\n")
    assert "- BLUEPRINT L55-94: 7. Operating the platform" in outline
    assert any(line.startswith("- COMPOSE L1-") for line in outline)


def test_a_long_stretch_is_cut_between_paragraphs_and_a_wall_of_text_anywhere() -> None:
    paragraphs = Artifact(id="log", text="\n".join((["a line"] * 50 + [""]) * 4), media_type=PLAIN)
    wall = Artifact(id="wall", text="\n".join(["a line"] * 500), media_type=PLAIN)
    assert all(not part.text.split("\n")[-1] for part in Parts([paragraphs]).all[:-1])
    assert max(part.last - part.first for part in Parts([wall]).all) < 120


def test_of_very_many_parts_the_outline_names_the_first() -> None:
    text = "\n\n".join(f"# Part {number}\n\nWords." for number in range(300))
    outline = Parts([Artifact(id="long", text=text)]).outline().split("\n")
    assert (len(outline), outline[-1]) == (121, "- and 180 more parts")


@settings(deadline=None, derandomize=True, database=None, max_examples=50)
@given(
    st.lists(st.sampled_from(["# A", "## B", "", "text of a line", "- item", "```", "| a | b |", "\t"]), max_size=60)
)
def test_every_line_that_says_something_is_in_exactly_one_part(lines: list[str]) -> None:
    artifact = Artifact(id="notes", text="\n".join(lines))
    numbers = [number for part in Parts([artifact]).all for number in range(part.first, part.last + 1)]
    assert len(numbers) == len({*numbers})
    assert {number for number, line in enumerate(lines, start=1) if line.strip()} <= {*numbers}
