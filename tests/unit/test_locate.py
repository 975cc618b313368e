"""Quotes to places: what counts as the same words, and what does not."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.support import BLUEPRINT

from dramaturg.evidence.artifact import PLAIN, Artifact
from dramaturg.evidence.locate import FoldedArtifact, Shelf, fold, proves_something

EXAMPLE = BLUEPRINT.read_text(encoding="utf-8")
LINES = EXAMPLE.split("\n")


def lines_of_quote(text: str, quote: str) -> tuple[int, int] | None:
    """Return the lines a quote is found in."""
    found = FoldedArtifact(Artifact(id="notes", text=text)).locate(quote)
    return found.lines if found else None


@pytest.mark.parametrize(
    ("text", "quote", "lines"),
    [
        pytest.param("one\ntwo three four\n", "two three four", (2, 2), id="a whole line"),
        pytest.param("one\ntwo three fourteen\n", "three fourteen", (2, 2), id="a part of a line"),
        pytest.param("The ﬁle is \uff4f\uff50\uff45\uff4e", "file is open", (1, 1), id="ligature and full width"),
        pytest.param("caf\u0065\u0301 barista", "café barista", (1, 1), id="composed and decomposed"),
        pytest.param("it’s the “main” store", 'it\'s the "main" store', (1, 1), id="curly in the artifact"),
        pytest.param('it\'s the "main" store', "it’s the “main” store", (1, 1), id="curly in the quote"),
        pytest.param("rate-limit – per minute", "rate\u2011limit - per minute", (1, 1), id="every kind of dash"),
        pytest.param(
            "zero\u200bwidth and soft\u00adhyphen", "zerowidth and softhyphen", (1, 1), id="invisible characters"
        ),
        pytest.param("no\u00a0break  and   wide", "no break and wide", (1, 1), id="white space"),
        pytest.param("The quick brown\nfox jumps\n", "quick brown fox", (1, 2), id="reflowed over lines"),
        pytest.param("The quick brown fox", "quick\n   brown\n fox", (1, 1), id="broken where the artifact is not"),
        pytest.param("It **must** be `up` and _ready_", "must be up and ready", (1, 1), id="emphasis in the artifact"),
        pytest.param("It must be up", "It *must* be ~~up~~", (1, 1), id="emphasis in the quote"),
        pytest.param("- first thing\n- second thing", "second thing", (2, 2), id="list item"),
        pytest.param("* first thing\n* second thing", "- first thing\n- second thing", (1, 2), id="list, other marker"),
        pytest.param("1. first thing\n2) second thing", "first thing second thing", (1, 2), id="numbered list"),
        pytest.param("- [x] done\n- [ ] to do soon", "done to do soon", (1, 2), id="task list"),
        pytest.param("- first thing\n- second thing", "first thing - second thing", (1, 2), id="a list on one line"),
        pytest.param(
            "- [ ] first thing\n- [x] second", "- [ ] first thing - [x] second", (1, 2), id="a task list on one line"
        ),
        pytest.param("> quoted words\n>tight words", "quoted words tight words", (1, 2), id="quotation"),
        pytest.param("## The Heading\n\ntext", "## The Heading", (1, 1), id="heading"),
        pytest.param("| a1 | beta |\n|---|:--|\n| gamma | d2 |", "| gamma | d2 |", (3, 3), id="table row"),
        pytest.param(
            "| a1 | betas |\n|---|:--|\n| gamma | d2 |", "betas\ngamma", (1, 3), id="over the rule of a table"
        ),
        pytest.param("a\r\nb\r\nthe third line\r\n", "the third line", (3, 3), id="CRLF"),
        pytest.param("a\rb\rthe third line\r", "the third line", (3, 3), id="CR"),
        pytest.param(
            "Enable:\n\n```sh\nrun it now\n```\n", "Enable:\n\n```sh\nrun it now\n```", (1, 4), id="over a fence"
        ),
        pytest.param(
            "the same words\nother\nthe same words", "the same words", (1, 1), id="the first of several places"
        ),
        pytest.param("数据库每天备份一次", "数据库每天", (1, 1), id="scripts without spaces"),
        pytest.param("supertask forces\nthe task forces", "task forces", (2, 2), id="a later place with whole words"),
        pytest.param("部署前に確認する", "前に確認", (1, 1), id="a script without spaces"),
        pytest.param("listens on port 8080", "8080", (1, 1), id="a number of several digits"),
        pytest.param("it runs in v12 now", "v12", (1, 1), id="a number with a letter"),
        pytest.param("It has abcde fghij in it", "abcde fghij", (1, 1), id="as few letters as prove something"),
    ],
)
def test_a_quote_is_found_whatever_its_layout(text: str, quote: str, lines: tuple[int, int]) -> None:
    assert lines_of_quote(text, quote) == lines


@pytest.mark.parametrize(
    ("text", "quote"),
    [
        pytest.param("the gateway is up", "the gateway is down", id="another word"),
        pytest.param("the gateway is up", "the Gateway is up", id="another case"),
        pytest.param("the gateway is up", "the gate", id="ends within a word"),
        pytest.param("the gateway is up", "way is up", id="begins within a word"),
        pytest.param("сервер работает", "сервер работ", id="ends within a Cyrillic word"),
        pytest.param("überprüfen und melden", "überprüf", id="ends within an accented word"),
        pytest.param("listens on 8080", "listens on 80", id="a part of a number"),
        pytest.param("table tracking_event", "_event", id="a part of an identifier"),
        pytest.param("is up", "up", id="too short to prove anything"),
        pytest.param("It has abcde fghi in it", "abcde fghi", id="a letter too few to prove anything"),
        pytest.param("section 4 b", "4", id="a digit alone"),
        pytest.param("数据库 每天", "数据库", id="three letters of a script without case"),
        pytest.param("a – b – c", "– –", id="no letters"),
        pytest.param("anything", "", id="empty"),
        pytest.param("one two\nthree four", "three four one two", id="another order"),
        pytest.param("one two three", "one … three", id="with a gap"),
        pytest.param("tar -xf backup.tar dir", "tar -xf - backup.tar", id="a dash that is no marker of a list"),
        pytest.param("first thing - second thing", "first thing second thing", id="a dash left out within a line"),
    ],
)
def test_what_does_not_stand_there_is_not_found(text: str, quote: str) -> None:
    assert lines_of_quote(text, quote) is None


def test_a_citation_names_label_lines_and_the_headings_above() -> None:
    text = "# Top\n\n## Stores\n\nintro\n\n### Main\n\nPostgreSQL keeps\nthe history.\n"
    artifact = Artifact(id="blue-print", text=text, name="architecture blueprint")
    found = FoldedArtifact(artifact).locate("PostgreSQL keeps the history.")
    assert found is not None
    assert found.artifact == "blue-print"
    assert found.quote == "PostgreSQL keeps the history."
    assert found.heading == ("Top", "Stores", "Main")
    assert str(found) == "[Source: ARCHITECTURE_BLUEPRINT, L9-10]"


def test_a_citation_of_one_line_names_it_once() -> None:
    found = FoldedArtifact(Artifact(id="notes", text="x\nthe very words\n", media_type=PLAIN)).locate("the very words")
    assert str(found) == "[Source: NOTES, L2]"


@pytest.mark.parametrize("name", ["compose", "Compose", "RAW_DOCKER", "raw-docker", " raw docker "])
def test_an_artifact_is_found_by_any_spelling_of_its_id_or_name(name: str) -> None:
    shelf = Shelf([Artifact(id="compose", text="x", name="RAW DOCKER"), Artifact(id="other", text="y")])
    found = shelf.get(name)
    assert found is not None
    assert found.artifact.id == "compose"


def test_a_quote_that_stands_at_several_places_tells_all_of_them() -> None:
    text = "# One\n\nrestart: always on\n\n# Two\n\nrestart:\nalways on, restart: always on\n"
    found = FoldedArtifact(Artifact(id="notes", text=text)).locate("restart: always on")
    assert found is not None
    assert (found.lines, found.elsewhere, found.heading) == ((3, 3), ((7, 8), (8, 8)), ("One",))
    assert str(found) == "[Source: NOTES, L3]"


def test_an_artifact_that_was_not_supplied_is_not_found() -> None:
    assert Shelf([Artifact(id="compose", text="x")]).get("blueprint") is None


def test_an_id_beats_the_name_of_another_artifact() -> None:
    shelf = Shelf([Artifact(id="one", text="x"), Artifact(id="two", text="y", name="one")])
    found = shelf.get("one")
    assert found is not None
    assert found.artifact.text == "x"


@settings(deadline=None, derandomize=True, database=None)
@given(st.data())
def test_every_stretch_of_lines_is_found_where_it_reads_the_same(data: st.DataObject) -> None:
    first = data.draw(st.integers(0, len(LINES) - 1))
    last = data.draw(st.integers(first, min(first + 6, len(LINES) - 1)))
    quote = "\n".join(LINES[first : last + 1])
    found = FoldedArtifact(Artifact(id="blueprint", text=EXAMPLE)).locate(quote)
    if not proves_something(fold(quote)):
        assert found is None
    else:
        assert found is not None
        start, end = found.lines
        assert fold("\n".join(LINES[start - 1 : end])) == fold(quote)
        assert start <= last + 1


@settings(deadline=None, derandomize=True, database=None)
@given(st.text(max_size=80), st.text(max_size=40))
def test_no_text_breaks_the_search_and_what_is_found_stands_in_its_lines(text: str, quote: str) -> None:
    found = FoldedArtifact(Artifact(id="notes", text=text)).locate(quote)
    if found:
        start, end = found.lines
        assert fold(quote) in fold(
            "\n".join(text.replace("\r\n", "\n").replace("\r", "\n").split("\n")[start - 1 : end])
        )


def test_a_number_that_opens_a_reflowed_line_is_no_list_marker() -> None:
    artifact = FoldedArtifact(
        Artifact(id="incident", text="One.\n\nTimes are local. Severity 2. Written down later.\n")
    )
    found = artifact.locate("Times are local. Severity\n2. Written down later.")
    assert found
    assert found.lines == (3, 3)
    assert artifact.locate("Times are local. Severity\n3. Written down later.") is None
