"""The page of an eval: what is worse, where, and the documents that show it."""

import json
from pathlib import Path

import pytest
from tests.commands import dramaturg
from tests.evalpages import differing, edited, eval_page_in
from tests.suites import PERSONA, Bench, answering, new_bench
from tests.support import envelope, item

from dramaturg.cli.paging import write_page
from dramaturg.engine.calls import ModelCall
from dramaturg.errors import ModelError
from dramaturg.evals.report.page.page import eval_page
from dramaturg.models.scripted import Answer

BACKUP = "        - **Data Integrity:** A mandatory database backup and restore validation procedure.\n"
SUITE = """personas: DPA-1
repeats: 5
scorers: [sections, coverage, cost]
cases:
  - id: parcels
    artifacts: {architectural_blueprint: evals/cases/parcel-tracking/blueprint.md}
"""
MORE = """  - id: clinic
    artifacts: {architectural_blueprint: evals/cases/clinic-booking/blueprint.md}
    scorers:
      - contains: {within: PRE-FLIGHT CHECKLIST, texts: pgbackrest}
"""


@pytest.fixture(name="bench")
def _bench(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Bench:
    bench = new_bench(tmp_path / "project", monkeypatch)
    bench.checkout.write("one.suite.yaml", SUITE)
    return bench


def html_of(bench: Bench, suite: str = "one.suite.yaml", **terms: object) -> str:
    return eval_page(bench.run(suite, **terms))


def test_a_run_writes_its_page_and_report_the_same_one_later(bench: Bench, tmp_path: Path) -> None:
    first, again = tmp_path / "first.html", tmp_path / "again.html"
    bench.edit((BACKUP, ""))
    told = dramaturg("eval", "run", "one.suite.yaml", "--baseline", "HEAD", "--html", str(first))
    assert (told.code, told.err.splitlines()[-1]) == (1, f"page for reviewing in {first}")
    run = told.out.split("(")[1].split(")")[0]
    assert dramaturg("eval", "report", run, "--html", str(again)).out == told.out
    assert again.read_bytes() == first.read_bytes()


def test_what_is_told_again_for_a_page_is_counted(bench: Bench) -> None:
    told: list[tuple[int, int]] = []
    eval_page(bench.run("one.suite.yaml"), on_told=lambda done, total: told.append((done, total)))
    assert told == [(done, 5) for done in range(1, 6)]


def test_a_page_that_is_interrupted_says_how_to_have_it(
    bench: Bench, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    result = bench.run("one.suite.yaml")

    def interrupted(done: int, total: int) -> None:
        assert (done, total) == (1, 5)
        raise KeyboardInterrupt

    page = tmp_path / "page.html"
    with pytest.raises(KeyboardInterrupt):
        write_page(page, lambda _: eval_page(result, on_told=interrupted), kept="the eval is kept: do so and so")
    assert capsys.readouterr().err == "not all of the page was written; the eval is kept: do so and so\n"
    assert not page.exists()


def test_what_cannot_be_written_is_told_before_anything_is_asked(bench: Bench) -> None:
    told = dramaturg("eval", "run", "one.suite.yaml", "--html", "nowhere/page.html")
    assert (told.code, told.out) == (2, "")
    assert "there is no folder `nowhere`" in told.err
    assert dramaturg("eval", "report", "--json").json == []
    assert dramaturg("eval", "report", bench.run("one.suite.yaml").run, "--html", "-").code == 2
    told = dramaturg("eval", "report", "--html", "page.html")
    assert (told.code, "name its RUN" in told.err) == (2, True)


def test_the_verdict_stands_first_with_where_it_fell_and_the_line_to_blame(bench: Bench) -> None:
    bench.edit((BACKUP, ""))
    page = eval_page_in(html_of(bench)).page
    assert page.all("h1")[0].text == "Worse"
    lead, where, edit = page.all("p", "lead-in")[0], *page.all("dd")[:2]
    assert (
        lead.text == "pass: 5 of 5 passed in HEAD, 0 of 5 passed in work tree: -100 points, 90 % interval -100 to -100."
    )
    assert where.text.startswith("Step 2 PRE-FLIGHT CHECKLIST: coverage 1.00 → 0.75")
    line = bench.line_of('name="Generate Pre-Flight Checklist"')
    assert edit.text == f"{PERSONA}:{line} requirement Data Integrity of PRE-FLIGHT CHECKLIST was lost"
    blamed = page.get(edit.all("a")[0].attributes["href"][1:])
    assert blamed.has("gone")
    assert blamed.text.endswith(
        "- **Data Integrity:** A mandatory database backup and restore validation procedure."
        "requirement Data Integrity of PRE-FLIGHT CHECKLIST was lost"
    )


def test_intervals_are_drawn_as_they_are_told(bench: Bench) -> None:
    bench.edit((BACKUP, ""))
    page = eval_page_in(html_of(bench)).page
    (row,) = page.all("tr", "gates")
    rates, change = row.all("svg")
    assert rates.attributes["aria-label"] == "pass: HEAD 5/5 = 100 % [55 %, 100 %]; work tree 0/5 = 0 % [0 %, 45 %]"
    old, new = rates.all("g")
    assert [float(old.all("line")[0].attributes[end]) for end in ("x1", "x2")] == [109.9, 200]
    assert [float(new.all("line")[0].attributes[end]) for end in ("x1", "x2")] == [0, 90.1]
    assert change.attributes["aria-label"] == "change of pass: -100 [-100, -100]"
    assert change.all("circle")[0].attributes["cx"] == "0.0"
    (allowed,) = change.all("rect")
    assert (allowed.attributes["x"], allowed.attributes["width"]) == ("90.0", "10.0")


def test_a_case_tells_its_passes_its_scores_and_where_the_arms_part(bench: Bench) -> None:
    bench.checkout.write("one.suite.yaml", SUITE + MORE)
    bench.edit((BACKUP, ""))
    page = eval_page_in(html_of(bench, repeats=2))
    assert [row.attributes["id"] for row in page.page.table("matrix")[1:]] == ["row-2", "row-1"]  # clinic is the worst
    row = page.page.get("row-2")
    assert [each.text for each in row.holds if each.has("count-cell")] == ["2/2", "0/2"]
    assert page.cell(2, "state-cell") == "fewer pass"
    assert page.cell(2, "parting") == "step 2 PRE-FLIGHT CHECKLISTcoverage 1.00 → 0.75"
    assert [each.text for each in row.holds if each.has("score")] == ["1.00 → 0.00", "1.00 → 0.92", "1.00", "0"]


def test_documents_stand_side_by_side_where_they_differ_and_once_where_they_do_not(bench: Bench) -> None:
    bench.edit((BACKUP, ""))
    page = eval_page_in(html_of(bench))
    documents = page.documents(1)
    gone, heading, question = differing(documents, "old")
    assert gone.startswith("HEADData Integrity: missing")
    assert (heading, question.startswith("HEADPRE-FLIGHT CHECKLIST – Data Integrity:")) == ("Open questions", True)
    assert differing(documents, "new") == []
    assert differing(documents, "none") == ["not in work tree", "", "not in work tree"]
    assert len(documents.all("section", "equal")) == 3
    assert documents.all("div", "documents")[0].attributes["data-differing"] == "2"
    assert len([name for name in page.packed if name.startswith("documents-")]) == 1  # all repeats say the same
    why = [each.text for each in page.scores(1).all("li", "new")]
    assert why == ["Data Integrity of PRE-FLIGHT CHECKLIST is not demanded any more"]


def test_a_citation_leads_to_lines_that_are_there_and_a_demand_to_its_line_in_the_persona(bench: Bench) -> None:
    bench.edit((BACKUP, ""))
    page = eval_page_in(html_of(bench))
    documents, source = page.documents(1), eval_page_in(page.packed["source-1"]).page
    links = [each.attributes["href"] for each in documents.all("a")]
    cited = [href for href in links if href.startswith("#A1-L")]
    assert len(cited) > 10
    for href in cited:
        first = href.removeprefix("#A1-L").partition("-")[0]
        assert source.get(f"A1-L{first}").attributes["value"] == first
    demands = [href[1:] for href in links if href.startswith("#P")]
    assert len(demands) > 10
    assert all("**" in page.page.get(name).text for name in demands[:3])


def test_words_that_an_edited_answer_has_otherwise_are_marked(bench: Bench) -> None:
    def answer(call: ModelCall) -> Answer | None:
        if call.step != "2" or not edited(call):
            return None
        said = [item(each.id, text=f"Do what is asked: {each.id}") for each in call.owes]
        return envelope(said)

    bench.edit(("Produce a `PRE-FLIGHT CHECKLIST`.", "Be MOST careful. Produce a `PRE-FLIGHT CHECKLIST`."))
    page = eval_page_in(html_of(bench, models=[answering(answer)], repeats=1))
    documents = page.documents(1)
    assert {each.text for each in documents.all("del")} == {"demanded"}
    assert {each.text for each in documents.all("ins")} == {"asked"}
    assert {each.text for each in page.page.all("ins")} == {"Be MOST careful."}


def test_of_edited_lines_of_a_persona_the_words_are_marked_though_another_line_is_gone(bench: Bench) -> None:
    edit = ("- **Dependencies:** Confirming external services", "- **Dependencies:** Asking for external services")
    bench.edit((BACKUP, ""), edit)
    page = eval_page_in(html_of(bench, repeats=1)).page
    assert len(page.all("li", "gone")) == 2
    assert ({each.text for each in page.all("del")}, {each.text for each in page.all("ins")}) == (
        {"Confirming"},
        {"Asking for"},
    )


def test_the_first_repeat_that_differs_is_shown_first(bench: Bench) -> None:
    def answer(call: ModelCall) -> Answer | None:
        return envelope([]) if call.sample == 2 and edited(call) else None

    bench.edit(("Produce a `PRE-FLIGHT CHECKLIST`.", "Be MOST careful. Produce a `PRE-FLIGHT CHECKLIST`."))
    page = eval_page_in(html_of(bench, models=[answering(answer)]))
    case = page.case(1)
    assert case["first"] == 2
    assert [each["outcomes"] for each in case["repeats"]] == [["pass", "pass"]] * 2 + [["pass", "fail"]] + [
        ["pass", "pass"]
    ] * 2
    told = page.documents(1, 3).all("p", "oddity")
    assert told[0].text.startswith("work tree: step 2 PRE-FLIGHT CHECKLIST fell short")


def test_errors_and_what_no_scorer_judged_stand_apart(bench: Bench) -> None:
    def answer(call: ModelCall) -> Answer | None:
        return ModelError("the line is dead", retryable=False) if call.sample == 1 else None

    bench.edit(("Produce a `PRE-FLIGHT CHECKLIST`.", "Be MOST careful. Produce a `PRE-FLIGHT CHECKLIST`."))
    page = eval_page_in(html_of(bench, models=[answering(answer)]))
    counts = [each.text for each in page.page.get("row-1").holds if each.has("count-cell")]
    assert counts == ["4/4 1 error", "4/4 1 error"]
    assert "the line is dead" in page.scores(1, 2).all("tr")[1].text
    assert "2 times failed for technical reasons" in page.page.all("ul", "remarks")[0].text
    assert page.documents(1, 2).all("section") == []


def test_a_document_that_cannot_be_told_again_says_why(bench: Bench) -> None:
    result = bench.run("one.suite.yaml")
    blueprint = bench.checkout.folder / "evals/cases/parcel-tracking/blueprint.md"
    blueprint.write_text(blueprint.read_text("utf-8") + "\nOne more thing.\n", encoding="utf-8")
    page = eval_page_in(eval_page(result))
    told = page.documents(1).all("p", "oddity")[0].text
    assert told == "HEAD: its answers are not recorded here, or an artifact or a prompt has changed since"
    old = result.path.read_text("utf-8").splitlines()
    header = {name: value for name, value in json.loads(old[0]).items() if name != "profiles"}
    result.path.write_text("\n".join([json.dumps(header), *old[1:]]) + "\n", encoding="utf-8")
    page = eval_page_in(eval_page(result))
    assert "did not keep its models' traits" in page.documents(1).all("p", "oddity")[0].text


def test_without_an_edit_nothing_differs(bench: Bench) -> None:
    page = eval_page_in(html_of(bench))
    assert page.page.all("h1")[0].text == "No worse"
    assert "cannot differ" in page.page.all("p", "lead-in")[0].text
    assert page.cell(1, "parting") == "the same questions"
    assert "Nothing was edited" in page.html
    assert page.documents(1).all("div", "documents")[0].attributes["data-differing"] == "0"


def test_what_deciding_takes_is_told(bench: Bench) -> None:
    bench.edit((BACKUP, ""))
    page = eval_page_in(html_of(bench, repeats=1)).page
    assert page.all("h1")[0].text == "Inconclusive"
    told = page.all("dd")[2].text
    assert "this many samples find a drop of" in told
    assert "to decide: " in told
