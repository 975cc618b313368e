"""An artifact's structure: which headings a line stands under, and which stretches of it say one thing."""

from pathlib import Path

import pytest
from tests.support import BLUEPRINT, COMPOSE

from dramaturg.evidence.artifact import MARKDOWN, PLAIN, Artifact, Outline, Passage


def outline_of(text: str, media_type: str = MARKDOWN) -> Outline:
    """Return the outline of a text."""
    return Outline(Artifact(id="notes", text=text, media_type=media_type))


def shown(text: str, media_type: str = MARKDOWN) -> list[tuple[int, int, str]]:
    """Return the passages of a text as first line, last line and text."""
    return [(passage.first, passage.last, passage.text) for passage in outline_of(text, media_type).passages()]


@pytest.mark.parametrize(
    ("line", "heading"),
    [(1, ()), (2, ("A",)), (4, ("A", "B")), (6, ("A", "B", "D")), (8, ("A", "C")), (10, ("E",)), (13, ("E", "F"))],
)
def test_a_line_stands_under_the_headings_above_it(line: int, heading: tuple[str, ...]) -> None:
    text = "intro\n# A\nx\n## B\nx\n#### D\nx\n## C  \nx\n# E\nx\n\nF\n---\nx\n"
    assert outline_of(text).heading_at(line) == heading


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("```sh\n# not a heading\n```\nwords\n", id="in a code block"),
        pytest.param("- # in a list\n\nwords\n", id="in a list"),
        pytest.param("> # in a quotation\n\nwords\n", id="in a quotation"),
    ],
)
def test_a_heading_inside_another_block_heads_nothing(text: str) -> None:
    assert outline_of(text).heading_at(4) == ()


def test_a_plain_text_has_no_headings() -> None:
    assert outline_of("# a comment\nimage: x\n", PLAIN).heading_at(2) == ()


@pytest.mark.parametrize(
    ("text", "passages"),
    [
        pytest.param("one\ntwo\n\nthree\n", [(1, 2, "one\ntwo"), (4, 4, "three")], id="paragraphs"),
        pytest.param("- one\n- two\n  more\n", [(1, 1, "- one"), (2, 3, "- two\n  more")], id="list items"),
        pytest.param("> Say:\n> this\n", [(1, 2, "> Say:\n> this")], id="quotation"),
        pytest.param("# Only a heading\n", [], id="a heading says nothing"),
        pytest.param("```sh\nrun\n\nagain\n```\n", [(2, 4, "run\n\nagain")], id="code without its fences"),
        pytest.param("```sh\nrun\n", [(2, 2, "run")], id="code that is never closed"),
        pytest.param("```sh\n```\n\n~~~\n\n~~~\n", [], id="code that is empty"),
        pytest.param("> ```sh\n> run it\n> ```\n", [(2, 2, "run it")], id="code in a quotation"),
        pytest.param(
            "1. Do\n\n   ```sh\n   run it\n   ```\n", [(1, 1, "1. Do"), (4, 4, "run it")], id="code in a list"
        ),
        pytest.param("x\n\n    run\n", [(1, 1, "x"), (3, 3, "    run")], id="indented code"),
        pytest.param("| a | b |\n|---|---|\n| 1 | 2 |\n", [(3, 3, "| 1 | 2 |")], id="table rows"),
        pytest.param("one\r\ntwo\r\n\r\nthree\r\n", [(1, 2, "one\ntwo"), (4, 4, "three")], id="CRLF"),
        pytest.param("one\rtwo\r\rthree\r", [(1, 2, "one\ntwo"), (4, 4, "three")], id="CR"),
    ],
)
def test_markdown_is_cut_where_its_blocks_end(text: str, passages: list[tuple[int, int, str]]) -> None:
    assert shown(text) == passages


@pytest.mark.parametrize(
    ("text", "passages"),
    [
        pytest.param("a: 1\nb: 2\n\n\nc: 3", [(1, 2, "a: 1\nb: 2"), (5, 5, "c: 3")], id="groups"),
        pytest.param("\n \n", [], id="nothing"),
        pytest.param("# x\n- y\n", [(1, 2, "# x\n- y")], id="Markdown is only text there"),
    ],
)
def test_plain_text_is_cut_at_blank_lines(text: str, passages: list[tuple[int, int, str]]) -> None:
    assert shown(text, PLAIN) == passages


def test_a_table_row_carries_the_head_of_its_table() -> None:
    text = "| Name | Port |\n|---|---|\n| gateway | 8080 |\n\n| Key |\n|---|\n| TOKEN |\n"
    rows = [*outline_of(text).passages()]
    assert [row.context for row in rows] == ["| Name | Port |", "| Key |"]


def test_a_paragraph_that_ends_in_a_colon_brings_the_block_it_announces() -> None:
    first, block = outline_of("# Run\n\nStart it:\n\n```Bash title=x\nmake up\n```\n").passages()
    assert block == Passage(
        artifact="notes", first=6, last=6, text="make up", heading=("Run",), context="", language="bash"
    )
    assert first.block == block
    assert first.context == "make up"


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("Start it.\n\n```sh\nmake up\n```\n", id="no colon"),
        pytest.param("Start it:\n\nmake up\n", id="no code"),
        pytest.param("Start it:\n\n```sh\n\n```\n", id="empty code"),
        pytest.param("Start it:\n", id="nothing after it"),
    ],
)
def test_a_paragraph_that_announces_no_code_brings_none(text: str) -> None:
    assert next(outline_of(text).passages()).block is None


def test_code_without_an_info_string_is_text() -> None:
    assert next(outline_of("```\nx\n```\n").passages()).language == "text"


@pytest.mark.parametrize(("path", "media_type"), [(BLUEPRINT, MARKDOWN), (COMPOSE, PLAIN)])
def test_every_passage_of_the_example_stands_in_the_lines_it_names(path: Path, media_type: str) -> None:
    text = path.read_text(encoding="utf-8")
    lines = text.split("\n")
    passages = [*outline_of(text, media_type).passages()]
    assert passages
    for passage in passages:
        assert passage.text == "\n".join(lines[passage.first - 1 : passage.last])


@pytest.mark.parametrize(
    ("identifier", "name", "label"),
    [
        ("raw_docker_compose", "", "RAW_DOCKER_COMPOSE"),
        ("raw-docker compose", "", "RAW_DOCKER_COMPOSE"),
        ("architectural_blueprint", "ARCHITECTURE_BLUEPRINT", "ARCHITECTURE_BLUEPRINT"),
    ],
)
def test_an_artifact_is_called_as_the_steps_call_it(identifier: str, name: str, label: str) -> None:
    assert Artifact(id=identifier, name=name, text="x").label == label


def test_the_digest_tells_texts_apart() -> None:
    assert Artifact(id="a", text="x").digest == Artifact(id="b", text="x").digest
    assert Artifact(id="a", text="x").digest != Artifact(id="a", text="x ").digest
