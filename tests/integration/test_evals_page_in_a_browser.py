"""The page of an eval in a browser, clicked and typed at as by its reviewer."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, expect
from pypdf import PdfReader
from tests.browser import CHROMIUM, NARROW, SERIOUS, WIDE, chromium, opening
from tests.evalpages import hostile_eval, prose_eval
from tests.suites import SUITE, new_bench

from dramaturg.evals import mutate_suite
from dramaturg.evals.report.page.mutants import mutation_page
from dramaturg.evals.report.page.page import eval_page

pytestmark = pytest.mark.skipif(not CHROMIUM, reason="there is no Chromium: apt-get install chromium")
_BACKUP = "        - **Data Integrity:** A mandatory database backup and restore validation procedure.\n"
_ONE = """personas: DPA-1
repeats: 5
cases:
  - id: parcels
    artifacts: {architectural_blueprint: cases/parcel-tracking/blueprint.md}
"""
_OTHERS = ("alone", "prose", "mutants")


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as started:
        yield started


@pytest.fixture(scope="module")
def pages(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """The shipped suite with a bullet deleted, the same without a baseline, prose, attacks throughout, mutants."""
    folder = tmp_path_factory.mktemp("pages")
    found = {}
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("DRAMATURG_STATE", str(folder / "state"))
        bench = new_bench(folder / "project", patch)
        found["alone"] = eval_page(bench.run(SUITE, baseline=None, repeats=2))
        one = bench.checkout.write("evals/one.suite.yaml", _ONE)
        found["mutants"] = mutation_page(mutate_suite(one, operators=["requirement", "swap", "rule", "blank"]))
        found["prose"] = eval_page(prose_eval(bench))
        bench.edit((_BACKUP, ""))
        found["worse"] = eval_page(bench.run(SUITE))
        found["hostile"] = eval_page(hostile_eval(bench))
    for name, html in found.items():
        (folder / f"{name}.html").write_text(html, encoding="utf-8")
    return {name: folder / f"{name}.html" for name in found}


@pytest.fixture
def opened(browser: Browser, pages: dict[str, Path]) -> Iterator[Any]:
    """Open a page; whatever it says on the console or asks of a network fails the test."""
    with opening(browser, pages) as open_page:
        yield open_page


def _rows(page: Page) -> list[str]:
    return list(page.locator(".matrix tbody tr:visible .open").all_text_contents())


def test_what_is_worse_and_where_is_in_sight_at_once(opened: Any) -> None:
    page = opened("worse")
    for text in ("Worse", "30 of 30 passed", "PRE-FLIGHT CHECKLIST", "personas/dpa-1.persona.md:19"):
        expect(page.get_by_text(text).first).to_be_in_viewport()
    page.locator(".facts a").first.click()
    expect(page.locator(".diff .gone.is-blamed")).to_be_in_viewport()


def test_a_case_opens_with_a_click_and_back_leads_to_its_row(opened: Any) -> None:
    page = opened("worse")
    page.get_by_role("link", name="serverless").click()
    expect(page.locator("#case-name")).to_have_text("serverless")
    expect(page.locator("#case-name")).to_be_focused()
    expect(page.locator(".both > .old").first).to_be_visible()
    expect(page.locator("#report")).to_be_hidden()
    page.go_back()
    expect(page.get_by_role("link", name="serverless")).to_be_focused()
    expect(page.locator("#case")).to_be_hidden()


def test_the_keyboard_alone_finds_opens_and_leaves_a_case(opened: Any) -> None:
    page = opened("worse")
    page.locator("#find").focus()
    page.keyboard.type("pipeline")
    assert _rows(page) == ["data pipeline"]
    expect(page.locator(".shown")).to_have_text("1 of 6 shown")
    for _ in range(len("pipeline")):
        page.keyboard.press("Backspace")
    assert len(_rows(page)) == 6
    page.locator(".open").first.focus()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowDown")
    expect(page.locator(".matrix tbody tr").nth(2).locator(".open")).to_be_focused()
    page.keyboard.press("ArrowUp")
    page.keyboard.press("Enter")
    expect(page.locator("#case-name")).to_have_text("microservices with a queue")
    page.keyboard.press("Escape")
    expect(page.get_by_role("link", name="microservices with a queue")).to_be_focused()


def test_cases_are_sorted_by_any_column(opened: Any) -> None:
    page = opened("worse")
    head = page.locator("th", has=page.get_by_role("button", name="Case"))
    page.get_by_role("button", name="Case").focus()
    page.keyboard.press("Enter")
    assert _rows(page) == sorted(_rows(page))
    expect(head).to_have_attribute("aria-sort", "ascending")
    page.keyboard.press("Space")
    assert _rows(page) == sorted(_rows(page), reverse=True)
    expect(page.locator("[aria-sort]")).to_have_count(1)
    page.get_by_role("button", name="open_questions").click()
    assert _rows(page)[0] == "microservices with a queue"


def test_cases_are_filtered_by_what_became_of_them_and_columns_that_say_little_come_when_asked(opened: Any) -> None:
    page = opened("worse")
    page.get_by_role("button", name="fewer pass 6").click()
    assert len(_rows(page)) == 6
    expect(page.get_by_role("columnheader", name="citations")).to_be_hidden()
    page.get_by_role("button", name="all scorers").click()
    expect(page.get_by_role("columnheader", name="citations")).to_be_visible()


def test_a_citation_lights_its_lines_and_escape_leads_back_to_it(opened: Any) -> None:
    page = opened("worse", at="#case-1")
    citations = page.locator("#case-body .cite a")
    expect(citations.first).to_be_visible()
    assert citations.count() > 10
    for number in range(citations.count()):
        citation = citations.nth(number)
        first, _, last = (citation.text_content() or "").removeprefix("L").partition("-")
        citation.click()
        lit = page.locator("#sources .lit")
        expect(lit).to_have_count(int(last or first) - int(first) + 1)
        expect(lit.first).to_have_attribute("value", first)
        expect(lit.first).to_be_in_viewport(ratio=0.5)
        expect(citation).to_be_in_viewport()
        page.keyboard.press("Escape")
        expect(citation).to_be_focused()
        expect(page.locator("#sources")).to_be_hidden()


def test_repeats_and_neighbours_of_a_case_have_addresses(opened: Any) -> None:
    page = opened("worse", at="#case-1")
    page.get_by_role("link", name="repeat 3").click()
    expect(page.locator(".repeats [aria-current]")).to_have_text("repeat 3 ")
    assert page.url.endswith("#case-1-3")
    page.get_by_role("link", name="Next").click()
    expect(page.locator("#case-name")).to_have_text("contradictions and no backup")
    expect(page.locator("#case-said")).to_have_text("fewer pass: step 2 PRE-FLIGHT CHECKLIST, coverage 1.00 → 0.75")
    page.get_by_role("link", name="Previous").click()
    expect(page.locator("#case-name")).to_have_text("microservices with a queue")


def test_what_is_the_same_can_be_hidden(opened: Any) -> None:
    page = opened("worse", at="#case-2")
    expect(page.locator(".both.same").first).to_be_visible()
    page.get_by_role("button", name="only what differs").click()
    expect(page.locator(".both.same").first).to_be_hidden()
    expect(page.locator(".both > .old").first).to_be_visible()
    expect(page.locator("#differing-said")).to_have_text("1 passage differs")


def test_an_eval_without_a_baseline_opens_too(opened: Any) -> None:
    page = opened("alone")
    page.locator(".open").first.click()
    expect(page.locator(".documents.alone .both").first).to_be_visible()
    expect(page.locator("#differing")).to_be_hidden()


@pytest.mark.parametrize(
    "size", [pytest.param(WIDE, marks=pytest.mark.slow, id="wide"), pytest.param(NARROW, id="narrow")]
)
@pytest.mark.parametrize("scheme", ["dark", pytest.param("light", marks=pytest.mark.slow)])
@pytest.mark.parametrize("name", ["worse", *(pytest.param(name, marks=pytest.mark.slow) for name in _OTHERS)])
def test_axe_finds_nothing_serious(opened: Any, name: str, scheme: str, size: Any) -> None:
    page = opened(name, scheme=scheme, size=size)
    for at in ("report", "case") if name != "mutants" else ("report",):
        if at == "case":
            page.locator(".open").first.click()
            if name == "prose":
                page.get_by_role("link", name="repeat 1").click()
                expect(page.locator("#case-body ins").first).to_be_visible()
            page.locator("#case-body .cite a").first.click()
        page.locator("details").evaluate_all("(folds) => folds.forEach((fold) => { fold.open = true })")
        found = Axe().run(page).response["violations"]
        assert [(each["id"], each["nodes"][0]["html"]) for each in found if each["impact"] in SERIOUS] == []
        assert page.evaluate("document.documentElement.scrollWidth") <= size["width"]


def test_nothing_that_it_holds_is_executed_or_fetched_when_it_is_opened(opened: Any) -> None:
    page = opened("hostile", at="#case-1")
    expect(page.locator("#case-body .new").first).to_be_visible()
    page.locator("#case-body .cite a").first.click()
    page.mouse.move(300, 300)
    assert page.evaluate("'pwned' in window") is False
    assert page.locator("script:not([type])").count() == 1
    assert page.locator("img, iframe, object, form, base").count() == 0
    assert "parent.pwned = 1" in (page.locator("#A1").text_content() or "")


@pytest.mark.parametrize("at", ["", "#case-2"], ids=["report", "case"])
def test_it_prints_whole_and_without_controls(opened: Any, at: str, tmp_path: Path) -> None:
    page = opened("worse", at=at)
    if at:
        expect(page.locator("#case-body h3").first).to_be_visible()
    printed = tmp_path / "page.pdf"
    page.pdf(path=printed, prefer_css_page_size=True)
    reader = PdfReader(printed)
    text = " ".join(" ".join(each.extract_text() for each in reader.pages).split())
    assert 1 <= len(reader.pages) <= 6
    assert "Theme:" not in text
    assert "all scorers" not in text
    for said in ("monolith", "Data Integrity"):
        assert said in text


def test_words_that_differ_stand_out_and_errors_have_their_own_words(opened: Any) -> None:
    page = opened("prose")
    expect(page.locator(".count-cell .lost").first).to_have_text("1 error")
    page.locator(".open").click()
    page.get_by_role("link", name="repeat 1").click()
    assert page.locator("#case-body del").all_text_contents() == ["Auth0", "an hour", "Auth0", "an hour"]
    page.get_by_role("link", name="repeat 2").click()
    expect(page.locator("#differing-said")).to_have_text("There is one document only.")
    expect(page.locator(".oddity")).to_contain_text("no item covers Data loss")
    page.get_by_role("link", name="repeat 3").click()
    expect(page.locator("#differing-said")).to_have_text("There is no document.")
    expect(page.locator("#case-scores")).to_contain_text("529 overloaded")


def test_survivors_stand_at_their_line_and_the_killed_come_when_asked(opened: Any) -> None:
    page = opened("mutants")
    page.locator("#survivors ~ .edits a").first.click()
    expect(page.locator(".diff li:target .note.survived")).to_be_in_viewport()
    killed = page.locator(".note.killed").first
    expect(killed).to_be_hidden()
    page.locator("#also").focus()
    page.keyboard.press("Space")
    expect(killed).to_be_visible()


def test_without_javascript_verdict_cases_and_edits_are_there(opened: Any) -> None:
    page = opened("worse", java_script_enabled=False)
    expect(page.locator("h1").first).to_have_text("Worse")
    expect(page.locator(".matrix tbody tr")).to_have_count(6)
    expect(page.get_by_text("Cases open once the page is loaded")).to_be_visible()
    page.locator(".facts a").first.click()
    expect(page.locator(".diff .gone.is-blamed")).to_be_in_viewport()
