"""What a document says of its making: written, read again, and never anything that a reader sees."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from markdown_it import MarkdownIt
from tests.plans import BLUEPRINT, brief_of, plan_of
from tests.support import envelope, item, perform_by_hand

from dramaturg.engine.assemble import assemble
from dramaturg.engine.calls import ModelCall
from dramaturg.engine.colophon import (
    Colophon,
    Kept,
    colophon_of,
    digests,
    is_colophon,
    key_of,
    opens_with,
    read_colophon,
    without_colophon,
)
from dramaturg.evidence.artifact import Artifact

WORDS = st.text(max_size=12)
TEXTS = st.lists(WORDS, max_size=3).map(tuple)
KEPT = st.builds(Kept, key=WORDS.filter(lambda key: not key.startswith("? ")), covers=TEXTS, open=st.booleans())
COLOPHONS = st.builds(
    Colophon,
    persona=WORDS,
    plan=WORDS,
    quotes_only=st.booleans(),
    redacted=st.booleans(),
    artifacts=st.dictionaries(WORDS, WORDS, max_size=3),
    answers=TEXTS,
    traces=st.dictionaries(WORDS, st.dictionaries(WORDS, TEXTS, min_size=1, max_size=2), max_size=2),
    skipped=TEXTS,
    sections=st.lists(st.tuples(WORDS, st.lists(KEPT, max_size=3).map(tuple)), max_size=3).map(tuple),
)


@settings(max_examples=200, deadline=None)
@given(COLOPHONS)
def test_a_colophon_is_one_comment_and_reads_as_it_was_written(colophon: Colophon) -> None:
    comment = colophon.comment()
    (token,) = MarkdownIt("commonmark").parse(comment)
    assert (token.type, token.content) == ("html_block", comment)
    assert comment.count("-->") == 1
    assert is_colophon(comment)
    assert read_colophon(comment) == colophon


@pytest.mark.parametrize("damage", ["sections", '"plan"', "}", "[", "reads this:"])
def test_a_damaged_colophon_is_a_value_error(damage: str) -> None:
    comment = Colophon(persona="A 1", plan="0", sections=(("S", (Kept(key="a b"),)),)).comment()
    with pytest.raises(ValueError, match=r".+"):
        read_colophon(comment.replace(damage, "", 1))


@pytest.mark.parametrize(
    "data", ["[]", "1", '{"persona": 1, "plan": "", "sections": []}', '{"sections": [[]]}', "[" * 9999]
)
def test_any_other_data_is_a_value_error(data: str) -> None:
    with pytest.raises(ValueError, match=r".+"):
        read_colophon(f"<!-- `dramaturg verify` reads this:\n{data}\n-->\n")


def test_a_document_is_given_on_without_its_colophon() -> None:
    text = "# Title\n\n<!-- a remark -->\n"
    assert without_colophon(f"{text}\n{Colophon(persona='A', plan='0').comment()}") == text
    assert without_colophon(text) == text


@pytest.mark.parametrize(
    ("text", "key"),
    [
        ("**Data Integrity:** A `pg_dump` of *all*", "data integrity a pg_dump of all"),
        ("\\<b> &amp; \\[x](y)", "b amp x y"),
        ("one two three four five six seven eight nine", "one two three four five six"),
        ("a" * 50, "a" * 32),
        ("—", ""),
    ],
)
def test_an_entry_is_known_by_the_words_it_begins_with(text: str, key: str) -> None:
    assert key_of(text) == key


def test_a_text_opens_with_a_name_whatever_its_case_and_markup() -> None:
    assert opens_with("**data `integrity`**: yes", "Data Integrity")
    assert not opens_with("Database", "Data")
    assert not opens_with("anything", "—")


def test_line_ends_tell_no_versions_apart_and_files_of_a_folder_are_one_artifact() -> None:
    def folder(*texts: str) -> list[Artifact]:
        return [Artifact(id=f"sources/{at}.md", part=f"{at}.md", text=text) for at, text in enumerate(texts)]

    before = digests(folder("a\nb\n", "c\n"), ["SOURCES/1.md"])
    assert [*before] == ["SOURCES", "SOURCES/1.md"]
    assert digests(folder("a\r\nb\r\n", "c\r\n"), ["SOURCES/1.md"]) == before
    after = digests(folder("a\nB\n", "c\n"), ["SOURCES/1.md"])
    assert after["SOURCES"] != before["SOURCES"]
    assert after["SOURCES/1.md"] == before["SOURCES/1.md"]


def test_what_an_entry_covers_without_saying_so_is_kept() -> None:
    demands = "- **Ports:** x.\n- **Stores:** y.\n"
    plan = plan_of(f'<Step number="1" format="table" section="PARTS">Produce it. It MUST cover:\n{demands}</Step>')

    def answer(call: ModelCall) -> str:
        del call
        evidence = [{"artifact": "blueprint", "quote": "The gateway listens on port 8080."}]
        row = {"cells": [{"column": "What", "value": "the gateway"}], "evidence": evidence}
        missing = item("Stores", text="nothing says it", basis="missing", evidence=[])
        return envelope([item("Ports", **row), item("Ports", **row), missing], notes="x")

    outcome = perform_by_hand(brief_of(plan), answer).outcome
    assert outcome is not None
    colophon = colophon_of(plan, outcome, [BLUEPRINT], quotes=True, writes=True)
    first, second, third = colophon.kept("PARTS")
    assert (first.covers, second.covers) == (("Ports",), ("Ports",))
    assert first.key.startswith("the gateway #")
    assert (third.key, third.covers, third.open) == ("stores missing nothing says it", (), True)
    assert [*colophon.traces["BLUEPRINT"]] == ["L3"]
    assert "8080" not in colophon.comment()
    assert assemble(plan, outcome).markdown.endswith("\n")
