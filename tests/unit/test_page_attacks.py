"""Attacks by artifacts, models, people and file names on the page of a run: all of them stay text."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.hostile import HOSTILE, hostile_answers
from tests.markup import Page
from tests.pages import rich_run

from dramaturg.run.page.page import page_of
from dramaturg.run.page.text import marked, plain, prose, remark

AT_ONCE = 8
HEADINGS = [
    *("SERVICES", "RISKS", "ROLLOUT", "SCRIPTS", "VERDICT", "Open questions"),
    *("What was demanded", "What was inferred", "What it cost", "Prompts and answers", "Sources"),
]
TEXTS = st.text(alphabet=st.characters(), max_size=200) | st.sampled_from([*HOSTILE.values()])
ALLOWED = {"em", "strong", "code", "span", "mark"}


@pytest.mark.parametrize("first", range(0, len(HOSTILE), AT_ONCE))
def test_no_attack_adds_an_element_an_attribute_or_a_link(tmp_path: Path, first: int) -> None:
    blueprint = "| `gateway` | Go 1.23 | 2 | 8080 |\n\nThe peak of 90 per second between 17:00 and 19:00 UTC.\n"
    everything = "\n\n".join(HOSTILE.values())
    answers = hostile_answers(" ".join([*HOSTILE.values()][first : first + AT_ONCE]))
    record = rich_run(tmp_path, {"blueprint": blueprint + everything}, answers=answers)
    page = Page(page_of(record))
    assert [element.text for element in page.all("h1")] == ["Release Review"]
    assert [element.text for element in page.all("h2")] == HEADINGS
    assert [len(page.all(tag)) for tag in ("script", "style", "base", "iframe", "img", "svg")] == [1, 1, 0, 0, 0, 0]
    assert len(page.all("meta")) == 5
    for element in page.elements:
        assert not [name for name in element.attributes if name.startswith("on") or name in ("style", "src", "srcdoc")]
        assert element.attributes.get("href", "#").startswith(("#", "data:,"))
    assert "parent.pwned = 1" in page.get("A1").text


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE)
def test_what_cannot_be_seen_is_named_and_direction_is_never_turned(text: str) -> None:
    for html in (plain(text), prose(text), marked(text, (text[:5], text[2:9]))):
        assert not {*"\u202e\u202d\u2066\u2067\u200b\ufeff\x1b\x00\x07"} & {*html}


@given(TEXTS)
def test_text_stays_text_whatever_it_is(text: str) -> None:
    for html in (plain(text), prose(text), remark(text), marked(text, (text[1:4], text[:2], text[2:]))):
        page = Page(html)
        assert {element.tag for element in page.elements} <= ALLOWED
        assert {name for element in page.elements for name in element.attributes} <= {"class"}


@given(TEXTS)
def test_text_is_shown_character_by_character_and_what_cannot_be_seen_by_its_number(text: str) -> None:
    page = Page(f"<i>{marked(text, (text[1:4], text[2:]))}</i>")
    shown = "".join(page.elements[0].pieces)
    for character in text.replace("\r\n", "\n").replace("\r", "\n"):
        seen = shown.startswith(character)
        assert seen or (shown.startswith(f"U+{ord(character):04X}") and not character.isprintable())
        shown = shown[1:] if seen else shown[len(f"U+{ord(character):04X}") :]
    assert not shown
