"""Pages of runs that workers perform: made of what the database holds, as those of journals are made of these."""

import re
from pathlib import Path

import pytest
from tests.chat_server import ChatServer
from tests.commands import RUN, dramaturg
from tests.integration.test_people import PERSONA, answer
from tests.postgres import working
from tests.support import BLUEPRINT

from dramaturg import Runtime, render_page
from dramaturg.run.durable.client import Desk

_PRICE = ("--price", "3/15")


def _told(page: Path) -> str:
    """Return a page without what two runs of the same cannot share: names, moments, and how long it took."""
    text = re.sub(r"dpa-1-[0-9a-f]+-[0-9a-f]+", "RUN", page.read_text("utf-8"))
    text = re.sub(r"\d{4}-\d\d-\d\dT\d\d:\d\d:[\d.+:]*|\d+ \w+ \d{4}, \d\d:\d\d UTC", "THEN", text)
    return re.sub(r"\b[\d.]+ s\b", "SECONDS", text)


def test_a_queued_run_has_the_page_of_one_performed_here(url: str, tmp_path: Path) -> None:
    here, there, again = (tmp_path / f"{name}.html" for name in ("here", "there", "again"))
    with ChatServer() as chat, working(url):
        assert dramaturg(*RUN, "--model", chat.model, *_PRICE, "--html", str(here)).code == 0
        queued = (*RUN, "--model", chat.model, *_PRICE, "--queue", url, "--html", str(there), "--json")
        run = dramaturg(*queued).json["report"]["run"]
    assert dramaturg("report", run, "--database", url, "--html", str(again)).code == 0
    assert again.read_bytes() == there.read_bytes()
    assert _told(there) == _told(here)
    assert "price not known" not in there.read_text("utf-8")
    assert render_page(run, durable=url) == there.read_text("utf-8")


@pytest.mark.slow
def test_a_run_that_waits_has_a_page_of_what_there_is(url: str, tmp_path: Path) -> None:
    (tmp_path / "ask-1.persona.md").write_text(PERSONA, encoding="utf-8")
    (tmp_path / "brief.md").write_text("# Brief\n\nThe gateway was down this morning.\n", encoding="utf-8")
    page = tmp_path / "page.html"
    with ChatServer(answer) as chat, working(url):
        asked = ("run", str(tmp_path / "ask-1.persona.md"), str(tmp_path / "brief.md"), "--model", chat.model)
        assert dramaturg(*asked, "--queue", url, "--answer", "2.1=For operators.", "--answer", "2.2=none").code == 5
        (row,) = dramaturg("runs", "--database", url, "--json").json
        assert dramaturg("report", row["run"], "--database", url, "--html", str(page)).code == 0
    text = page.read_text("utf-8")
    assert f"run <code>{row['run']}</code> is waiting" in text
    assert "For operators." in text


def test_a_run_that_nobody_has_begun_has_no_page(url: str, tmp_path: Path) -> None:
    with working(url):
        pass  # a worker makes the tables
    with Desk(url) as desk:
        run = desk.give(Runtime(model="evidence").order("DPA-1", BLUEPRINT))
    for name, said in (
        (run, f"run `{run}` is queued; no worker has begun it"),
        ("x-1", "the database has no run `x-1`"),
    ):
        told = dramaturg("report", name, "--database", url, "--html", str(tmp_path / "page.html"))
        assert (told.code, said in told.err) == (2, True)
    assert dramaturg("runs", run, "--database", url).out == ""
