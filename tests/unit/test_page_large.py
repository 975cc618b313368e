"""The page of a run with much to show: what is cited is there with what stands around it, the rest is counted."""

import re
from pathlib import Path

from tests.markup import Page
from tests.pages import ANSWERS, rich_run

from dramaturg.run.page.page import page_of
from dramaturg.run.page.sources import CONTEXT, WHOLE


def test_of_a_large_artifact_only_what_is_cited_is_shown_with_what_stands_around_it(tmp_path: Path) -> None:
    line = "Nothing of interest happens in line {} of this very long file.\n"
    text = "# Notes\n\n" + "".join(line.format(number) for number in range(9000))
    text = text.replace(line.format(5000), "a peak of 90 per second between 17:00 and 19:00 UTC\n")
    assert len(text) > WHOLE
    html = page_of(rich_run(tmp_path, {"blueprint": text}))
    page = Page(html)
    shown = [element.attributes["value"] for element in page.all("li") if "value" in element.attributes]
    assert shown == [str(number) for number in range(5003 - CONTEXT, 5003 + CONTEXT + 1)]
    assert page.get("A1-L5003").has("cited")
    assert [element.text for element in page.all("li", "gap")] == ["4,996 lines left out", "3,993 lines left out"]
    assert "This artifact is large" in page.get("A1").text
    assert len(html) < WHOLE


def test_of_a_very_long_line_the_part_around_its_quote_is_shown(tmp_path: Path) -> None:
    quote = "peak of 90 per second between 17:00 and 19:00 UTC"
    text = "words of no interest, " * 1000 + quote + ", and further words of no interest" * 1000
    line = Page(page_of(rich_run(tmp_path, {"blueprint": text}))).get("A1-L1")
    assert [element.text for element in line.all("mark")] == [quote]
    assert line.text.startswith("21,800 characters … ")
    assert re.search(r" … [0-9,]+ more", line.text)
    assert len(line.text) < 5000


def test_artifacts_that_are_many_are_shown_as_far_as_there_is_room_those_that_are_cited_first(tmp_path: Path) -> None:
    folder = tmp_path / "many"
    folder.mkdir()
    for number in range(12):
        first = "a peak of 90 per second between 17:00 and 19:00 UTC\n" if number == 11 else ""
        (folder / f"part-{number:02}.txt").write_text(first + f"Words of part {number}.\n" * 6000, encoding="utf-8")
    quoting = [{"artifact": "COMPOSE/part-11.txt", "quote": "a peak of 90 per second between 17:00 and 19:00 UTC"}]
    risks = ANSWERS["3"]
    answers = {"3": [risks[0], {**risks[1], "evidence": quoting}, risks[2]]}
    record = rich_run(tmp_path, {"blueprint": "A short text.", "compose": folder}, answers=answers)
    page = Page(page_of(record))
    said = [element.text for element in page.all("section", "source")]
    assert len(said) == 13
    hidden = [text for text in said if "it is not shown" in text]
    assert [text.split()[0] for text in hidden] == [f"COMPOSE/part-{number:02}.txt" for number in range(4, 11)]
    assert "1 place cited" in said[-1]
    assert "Words of part 11." in said[-1]
