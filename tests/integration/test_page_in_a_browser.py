"""The page of a run in a browser, clicked and typed at as by its reader."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, expect
from pypdf import PdfReader
from tests.browser import CHROMIUM, NARROW, SERIOUS, WIDE, chromium, opening
from tests.commands import RUN, dramaturg
from tests.hostile import HOSTILE, hostile_answers
from tests.pages import rich_run

from dramaturg.run.page.page import page_of

pytestmark = pytest.mark.skipif(not CHROMIUM, reason="there is no Chromium: apt-get install chromium")
LIT = {"light": "rgb(255, 227, 145)", "dark": "rgb(74, 59, 12)"}


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as started:
        yield started


@pytest.fixture(scope="module")
def pages(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """The README's example as its command writes it, and a run with everything that a page can have."""
    folder = tmp_path_factory.mktemp("pages")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("DRAMATURG_STATE", str(folder / "state"))
        example = folder / "example.html"
        assert dramaturg(*RUN, "--model", "evidence", "--quiet", "--html", str(example)).code == 0
        rich = folder / "rich.html"
        rich.write_text(page_of(rich_run(folder)), encoding="utf-8")
        hostile = folder / "hostile.html"
        blueprint = "| `gateway` | Go 1.23 | 2 | 8080 |\n\n" + "\n\n".join(HOSTILE.values())
        answers = hostile_answers(" ".join([*HOSTILE.values()][-15:])[:3500])
        hostile.write_text(page_of(rich_run(folder, {"blueprint": blueprint}, answers=answers)), encoding="utf-8")
    return {"example": example, "rich": rich, "hostile": hostile}


@pytest.fixture
def opened(browser: Browser, pages: dict[str, Path]) -> Iterator[Any]:
    """Open a page; whatever it says on the console or asks of a network fails the test."""
    with opening(browser, pages) as open_page:
        yield open_page


def lit(page: Page) -> list[int]:
    """Return the numbers of the highlighted lines, those of the page's own colour."""
    return page.evaluate(  # type: ignore[no-any-return]
        """() => [...document.querySelectorAll(".lines li")]
            .filter((line) => ["rgb(255, 227, 145)", "rgb(74, 59, 12)"]
                .includes(getComputedStyle(line).backgroundColor))
            .map((line) => line.value)"""
    )


@pytest.mark.parametrize(
    ("name", "size"),
    [
        pytest.param("example", WIDE, id="example-wide", marks=pytest.mark.slow),
        pytest.param("example", NARROW, id="example-narrow", marks=pytest.mark.slow),
        pytest.param("rich", WIDE, id="rich-wide"),
        pytest.param("rich", NARROW, id="rich-narrow"),
    ],
)
def test_every_citation_clicks_through_to_its_lines_in_sight(opened: Any, name: str, size: Any) -> None:
    page = opened(name, size=size)
    citations = page.locator("main .cite a")
    assert citations.count() >= 10
    for number in range(citations.count()):
        citation = citations.nth(number)
        first, _, last = (citation.text_content() or "").removeprefix("L").partition("-")
        citation.click()
        assert lit(page) == [*range(int(first), int(last or first) + 1)]
        line = page.locator(".lines li:focus")
        expect(line).to_have_attribute("value", first)
        expect(line).to_be_in_viewport(ratio=0.9)
        page.keyboard.press("Escape")
        expect(citation).to_be_focused()


def test_the_document_stays_where_it_is_while_the_sources_move(opened: Any) -> None:
    page = opened("example")
    citation = page.locator("main .cite a").last
    citation.scroll_into_view_if_needed()
    before = citation.bounding_box()
    citation.click()
    assert citation.bounding_box() == before
    assert page.evaluate("document.querySelector('.sources').scrollTop") > 0


def test_a_citation_is_followed_by_keyboard_alone_and_escape_leads_back(opened: Any) -> None:
    page = opened("rich")
    citation = page.locator("main .cite a").first
    for _ in range(40):
        page.keyboard.press("Tab")
        if citation.evaluate("(link) => link === document.activeElement"):
            break
    expect(citation).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator(".lines li:focus")).to_have_attribute("value", "13")
    page.keyboard.press("Tab")
    back = page.locator("#A1-L13 .back a").first
    expect(back).to_be_focused()
    page.keyboard.press("Escape")
    expect(citation).to_be_focused()
    assert lit(page) == []


def test_a_cited_line_leads_back_to_the_entry(opened: Any) -> None:
    page = opened("rich")
    page.locator("#A1-L57 .back a").first.click()
    expect(page.locator("#e3-1")).to_be_in_viewport()
    assert page.url.endswith("#e3-1")


def test_links_light_their_lines_without_javascript_too(opened: Any) -> None:
    page = opened("example", java_script_enabled=False)
    expect(page.locator("#theme")).to_be_hidden()
    citation = page.locator("main .cite a").first
    citation.click()
    place = page.locator(citation.get_attribute("href") or "")
    expect(place).to_be_in_viewport()
    expect(place).to_have_css("background-color", LIT["light"])
    page.locator("a.demand").first.click()
    expect(page.locator("#r1-1")).to_be_in_viewport()


def test_on_a_narrow_screen_the_sources_rise_over_the_document_and_go_again(opened: Any) -> None:
    page = opened("example", size=NARROW)
    sources = page.locator("#sources")
    expect(sources).to_be_hidden()
    page.locator("main .cite a").first.click()
    expect(sources).to_be_visible()
    sources.get_by_text("Close").click()
    expect(sources).to_be_hidden()
    assert page.evaluate("document.documentElement.scrollWidth") <= NARROW["width"]


def test_the_matrix_and_the_document_link_to_each_other(opened: Any) -> None:
    page = opened("rich")
    page.get_by_role("link", name="Capacity:").click()
    row = page.locator("#r2-2")
    expect(row).to_be_in_viewport()
    row.get_by_role("link", name="2.2").click()
    expect(page.locator("#e2-2")).to_be_in_viewport()


def test_a_link_to_a_step_unfolds_its_prompts(opened: Any) -> None:
    page = opened("rich")
    fold = page.locator("details", has_text="3 RISKS")
    expect(fold.locator("pre").first).to_be_hidden()
    page.locator(".numbers").get_by_role("link", name="3 RISKS").click()
    expect(fold.locator("pre").first).to_be_visible()
    expect(fold).to_contain_text("Asked again")


def test_the_theme_follows_the_system_until_the_reader_chooses(opened: Any) -> None:
    page = opened("example", scheme="dark")
    paper = "getComputedStyle(document.documentElement).backgroundColor"
    dark = page.evaluate(paper)
    button = page.locator("#theme")
    expect(button).to_have_text("Theme: auto")
    button.click()
    expect(button).to_have_text("Theme: light")
    assert page.evaluate(paper) != dark
    page.reload()
    expect(button).to_have_text("Theme: light")
    button.click()
    assert page.evaluate(paper) == dark


@pytest.mark.parametrize(
    "size", [pytest.param(WIDE, marks=pytest.mark.slow, id="wide"), pytest.param(NARROW, id="narrow")]
)
@pytest.mark.parametrize("scheme", ["dark", pytest.param("light", marks=pytest.mark.slow)])
@pytest.mark.parametrize("name", [pytest.param("example", marks=pytest.mark.slow), "rich"])
def test_axe_finds_nothing_serious(opened: Any, name: str, scheme: str, size: Any) -> None:
    page = opened(name, scheme=scheme, size=size)
    page.locator("main .cite a").first.click()
    page.locator("details").evaluate_all("(folds) => folds.forEach((fold) => { fold.open = true })")
    found = Axe().run(page).response["violations"]
    assert [(each["id"], each["nodes"][0]["html"]) for each in found if each["impact"] in SERIOUS] == []


def test_nothing_that_artifacts_and_answers_hold_is_executed_or_fetched(opened: Any) -> None:
    page = opened("hostile")
    assert page.evaluate("'pwned' in window") is False
    page.mouse.move(700, 300)
    for number in range(min(20, page.locator("main a").count())):
        page.locator("main a").nth(number).focus()
    assert page.locator("script").count() == 1
    assert "parent.pwned = 1" in (page.locator("#A1").text_content() or "")


def test_a_script_that_got_in_all_the_same_would_not_run(browser: Browser, pages: dict[str, Path]) -> None:
    """The policy is the second line: here the first one is taken away."""
    attacked = pages["rich"].with_name("attacked.html")
    html = pages["rich"].read_text("utf-8")
    payload = "<script>window.pwned = 1</script><img src='https://evil.example/x' onerror='window.pwned = 2'>"
    attacked.write_text(html.replace("<main ", payload + "<main "), encoding="utf-8")
    page = browser.new_page()
    requests: list[str] = []
    page.on("requestfinished", lambda request: requests.append(request.url))
    said: list[str] = []
    page.on("console", lambda message: said.append(message.text))
    page.goto(attacked.as_uri())
    assert page.evaluate("'pwned' in window") is False
    assert requests == [attacked.as_uri()]
    assert sum("Content Security Policy" in text for text in said) >= 2
    page.close()


@pytest.mark.parametrize("name", ["example", "rich"])
def test_it_prints_all_sections_with_the_cited_lines_and_no_controls(opened: Any, name: str, tmp_path: Path) -> None:
    page = opened(name)
    headings = page.locator("h1, h2").all_text_contents()
    printed = tmp_path / "page.pdf"
    page.pdf(path=printed, prefer_css_page_size=True)
    reader = PdfReader(printed)
    text = " ".join(" ".join(each.extract_text() for each in reader.pages).split())
    for heading in headings:
        assert " ".join(heading.split()) in text
    assert 2 <= len(reader.pages) <= 12
    assert "Theme:" not in text
    assert "docker compose exec gateway parcelctl maintenance on" in text
    assert re.search(rf"1 / {len(reader.pages)}\b", text)
