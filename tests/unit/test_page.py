"""The page of a run: what stands on it, and where its links lead."""

import base64
import hashlib
import re
from pathlib import Path

import pytest
from tests.markup import Page
from tests.pages import ANSWERS, MODEL, rich_run
from tests.support import INPUTS, envelope, gone_at, good_answer, item

from dramaturg import AnswerNeeded, ModelError, Runtime, StepFailed, run_persona
from dramaturg.engine.calls import ModelCall, Usage
from dramaturg.evidence.artifact import lines_of
from dramaturg.models.scripted import ScriptedModel
from dramaturg.run.page.page import page_of
from dramaturg.run.record import Record
from dramaturg.run.retell import retell

ASKS = """---
alias: ASKS-1
title: Backup Reviewer
expected_artifacts:
  - id: blueprint
    type: primary
---
<operational_protocol>
<Step number="1" name="Clarify">Ask the user clarifying questions about backups.</Step>
<Step number="2" name="Backups">Produce a `BACKUPS` section.</Step>
<Step number="3" name="Restore">Produce a `RESTORE` section.</Step>
</operational_protocol>
"""


@pytest.fixture(scope="module")
def rich(tmp_path_factory: pytest.TempPathFactory) -> Record:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("DRAMATURG_STATE", str(tmp_path_factory.mktemp("state")))
        return rich_run(tmp_path_factory.mktemp("personas"))


@pytest.fixture(scope="module")
def page(rich: Record) -> Page:
    return Page(page_of(rich))


@pytest.fixture
def example() -> tuple[Record, Page]:
    """The README's example, performed without a language model."""
    result = run_persona("DPA-1", INPUTS, model="evidence")
    record = Runtime().record(result.report.run)
    return record, Page(page_of(record))


def links(page: Page) -> list[str]:
    return [element.attributes["href"] for element in page.all("a")]


def rows(page: Page) -> dict[str, list[str]]:
    """Return what the matrix says of each demand: level, state, where."""
    demands = [row for row in page.table("demands") if row.attributes.get("id", "").startswith("r")]
    return {row.all("th")[0].pieces[0]: [cell.text for cell in row.all("td")] for row in demands}


def test_every_link_leads_to_a_place_on_the_page_and_every_place_is_there_once(
    page: Page, example: tuple[Record, Page]
) -> None:
    for each in (page, example[1]):
        names = [element.attributes["id"] for element in each.elements if "id" in element.attributes]
        assert len(names) == len({*names})
        assert {href[1:] for href in links(each)} <= {*names}
        assert all(href.startswith("#") for href in links(each))


def test_every_citation_links_to_its_lines_as_they_stand_in_the_artifact(
    rich: Record, page: Page, example: tuple[Record, Page]
) -> None:
    for record, each in ((rich, page), example):
        artifacts = [*enumerate(retell(record).brief.artifacts, start=1)]
        numbers = {artifact.id: number for number, artifact in artifacts}
        texts = {artifact.id: lines_of(artifact.text) for _, artifact in artifacts}
        entries = [entry for section in retell(record).outcome.sections for entry in section.entries]
        citations = [citation for entry in entries for citation in entry.citations]
        assert len(citations) > 5
        for citation in citations:
            number, (first, last) = numbers[citation.artifact], citation.lines
            assert f"#A{number}-L{first}" + (f"-{last}" if last > first else "") in links(each)
            for line in range(first, last + 1):
                shown = each.get(f"A{number}-L{line}")
                assert shown.has("cited")
                (code,) = [element for element in each.all("code") if element.within is shown]
                assert "".join(code.pieces) == texts[citation.artifact][line - 1]


def test_a_cited_line_leads_back_to_whatever_cites_it(page: Page) -> None:
    back = [element for element in page.all("span", "back") if element.within is page.get("A1-L14")]
    found = [element for element in page.all("a") if element.within is back[0]]
    assert [(link.attributes["href"], link.attributes["aria-label"]) for link in found] == [
        ("#e1-2", "Cited by SERVICES, item 2"),
        ("#q3", "Cited by question 3"),
    ]


def test_a_quote_over_several_lines_lights_all_of_them(state: Path, tmp_path: Path) -> None:
    del state
    quote = "`RELEASE_TAG` | no | all | Image tag that compose starts |\n\n## 6. Images and releases"
    given = {"7": [{**ANSWERS["7"][0], "evidence": [{"artifact": "BLUEPRINT", "quote": quote}]}]}
    html = page_of(rich_run(tmp_path, answers=given))
    assert "#A1-L49-51" in links(Page(html))
    assert "#A1:has(#A1-L49-51:target) .lines>li:nth-child(n+49):nth-child(-n+51){background:var(--lit)}" in html


def test_the_page_says_what_the_document_says(rich: Record, page: Page) -> None:
    told = retell(rich)
    (document,) = page.all("main")
    assert [element.text for element in page.all("h2") if element.inside("main")] == [
        *(section.title for section in told.outcome.sections),
        "Open questions",
    ]
    said = document.text.replace(" :", ":")
    for section in told.outcome.sections:
        for entry in section.entries:
            parts = [entry.text if section.title != "SERVICES" else "", entry.command, entry.expect]
            parts += [value for _, value in entry.cells] + ([entry.file.content] if entry.file else [])
            for part in parts:
                assert " ".join(re.sub(r"[`*]", "", part).split()) in said
    for question in told.outcome.questions:
        assert re.sub("`", "", question.text) in said
    assert said.count("missing") == 1
    assert said.count("unsupported") == 1
    assert "Doubtful: no artifact says 8081" in said


def test_the_matrix_tells_of_each_demand_how_it_stands_and_where(page: Page) -> None:
    told = rows(page)
    assert told["Data loss"] == ["must", "open, nothing says it", "2.1 question 1"]
    assert told["Capacity"] == ["must", "met, by inference", "2.2"]
    assert told["Outage"] == ["must", "open, not supported", "2.3 question 2"]
    assert told["Cost"] == ["may", "left out", ""]
    assert told["Freeze"] == ["must", "met, but doubtful", "3.1"]
    assert told["Port"] == ["must", "met", "1.1 1.2 1.3"]
    assert told["RISKS"] == ["must", "met, by inference", "the section"]
    assert "11 of 13 mandatory demands of RLR-1 are met." in page.get("requirements").within.text  # type: ignore[union-attr]


def test_demands_and_entries_link_to_each_other(page: Page) -> None:
    entry = page.get("e2-2")
    labels = [element for element in page.all("a", "demand") if element.text == "Capacity:"]
    assert labels[0].attributes["href"] == "#r2-2"
    assert labels[0].within is not None
    assert labels[0].within.within is entry
    back = [element for element in page.all("a", "ref") if element.inside("tbody") and element.text == "2.2"]
    assert back[0].attributes["href"] == "#e2-2"


def test_costs_are_told_for_each_step_and_add_up(rich: Record, page: Page) -> None:
    steps = {row.all("th")[0].text: [cell.text for cell in row.all("td")] for row in page.table("numbers")}
    usage = sum((each.reply.usage for each in retell(rich).exchanges), Usage())
    assert steps["Together"][:4] == ["9 2 again", f"{usage.input:,}", f"{usage.cache_read:,}", f"{usage.output:,}"]
    assert steps["3 RISKSsection"][0] == "3 2 again"
    together = steps.pop("Together")
    steps.pop("Step")
    for column in (1, 2, 3):
        assert sum(int(cells[column].replace(",", "")) for cells in steps.values()) == _number(together[column])
    assert sum(_number(cells[5]) for cells in steps.values()) == pytest.approx(
        _number(together[5]), abs=0.002
    )  # each is rounded up
    assert {cells[4] for cells in steps.values()} == {"0.0 s"}
    assert MODEL in page.all("p", "byline")[0].text


def _number(text: str) -> float:
    return float(text.replace(",", "").removeprefix("$"))


def test_times_that_were_not_measured_are_not_made_up(rich: Record) -> None:
    text = re.sub(r'"(seconds|began|at)": ("[^"]*"|[0-9.]+)(, |(?=}))', "", rich.path.read_text("utf-8"))
    older = rich.path.with_name("older.jsonl")
    older.write_text(text.replace(", }", "}"), encoding="utf-8")
    page = Page(page_of(Runtime(model="evidence").record(str(older))))
    assert "not measured" in page.all("tfoot")[0].text
    assert not page.all("time")


def test_prompts_and_answers_stand_behind_folds_word_for_word(rich: Record, page: Page) -> None:
    folds = page.all("details")
    assert all("open" not in fold.attributes for fold in folds)
    told = retell(rich)
    assert " ".join(told.brief.prefix[0].split()) in folds[0].text
    risks = next(fold for fold in folds if fold.text.startswith("3 RISKS"))
    assert risks.text.count("Asked again") == 2
    assert "Not accepted" in risks.text
    assert "the quote does not stand in BLUEPRINT" in risks.text
    assert "merchants keep working for an hour" in risks.text


def test_an_answer_that_is_no_json_is_shown_as_it_was_given() -> None:
    def answer(call: ModelCall) -> str:
        return "Gladly! <b>Here</b>" if (call.step, call.attempt) == ("2", 0) else good_answer(call)

    result = run_persona("DPA-1", INPUTS, model=ScriptedModel(answer))
    fold = Page(page_of(Runtime().record(result.report.run))).get("p2")
    assert "Gladly! <b>Here</b>" in [element.text for element in fold.all("pre")]
    assert "Not accepted" in fold.text


def test_people_and_what_they_said_are_told(page: Page) -> None:
    (people,) = page.all("dl", "people")
    assert [element.text for element in people.all("dt")] == [
        "Ask for confirmation of the risks before anything else is written."
    ]
    assert [element.text for element in people.all("dd")] == ["yes, go on"]


def test_the_policy_admits_the_pages_own_style_and_script_and_nothing_else(rich: Record) -> None:
    html = page_of(rich)
    page = Page(html)
    (policy,) = [
        element.attributes["content"]
        for element in page.all("meta")
        if element.attributes.get("http-equiv") == "Content-Security-Policy"
    ]
    digests = {}
    for tag in ("style", "script"):
        (element,) = page.all(tag)
        text = html[html.index(f"<{tag}>") + len(tag) + 2 : html.index(f"</{tag}>")]
        digests[tag] = base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
        assert element.attributes == {}
    assert policy == (
        f"default-src 'none'; style-src 'sha256-{digests['style']}'; script-src 'sha256-{digests['script']}'; "
        "img-src data:; base-uri 'none'; form-action 'none'"
    )
    assert not [element for element in page.elements if "style" in element.attributes]


def test_what_a_person_supplied_is_a_source_even_where_the_run_fails_later(tmp_path: Path) -> None:
    persona = tmp_path / "asks-1.persona.md"
    persona.write_text(ASKS, encoding="utf-8")
    said = "Backups are taken every night at two by pg_dump."

    def answer(call: ModelCall) -> str:
        if call.step == "1":
            return envelope(questions=[{"id": "1.1", "kind": "clarify", "text": "When are backups taken?"}])
        quoting = [{"artifact": call.artifacts[-1].label, "quote": said}]
        return envelope([item("BACKUPS", text="Every night.", evidence=quoting)] if call.step == "2" else [])

    runtime = Runtime(model=ScriptedModel(answer), answers={"1": said})
    with pytest.raises(StepFailed) as raised:
        runtime.run(str(persona), "A blueprint that says nothing of it.")
    page = Page(page_of(runtime.record(raised.value.run)))
    assert [element.text for element in page.all("dl", "people")[0].all("dd")] == [said]
    cited = [element for element in page.all("li", "cited") if said in element.text]
    assert [element.attributes["id"].partition("-")[0] for element in cited] == ["A2"]


def test_the_page_of_a_failed_run_says_so_and_shows_what_there_is() -> None:
    with pytest.raises(StepFailed) as raised:
        run_persona(
            "DPA-1", INPUTS, model=ScriptedModel(lambda call: envelope() if call.step == "4" else good_answer(call))
        )
    page = Page(page_of(Runtime().record(raised.value.run)))
    (preface,) = page.all("p", "preface")
    assert preface.text == f"Not a finished document: 2 of 4 sections, run {raised.value.run} is failed."
    assert {cells[1] for cells in rows(page).values()} == {"met", "met, but doubtful", "not written"}
    assert "Not accepted" in page.get("prompts").within.text  # type: ignore[union-attr]


def test_a_run_that_has_come_nowhere_has_a_page_too() -> None:
    with pytest.raises(ModelError):
        run_persona("DPA-1", INPUTS, model=gone_at("1"))
    (row,) = Runtime().runs()
    page = Page(page_of(Runtime().record(row["run"])))
    assert "No section is written yet." in page.all("main")[0].text
    assert "0 of 16 mandatory demands" in page.get("requirements").within.text  # type: ignore[union-attr]


def test_a_run_that_waits_for_a_person_says_so() -> None:
    with pytest.raises(AnswerNeeded) as raised:
        run_persona("UTE-1", "def half(x):\n    return x / 2\n", model=ScriptedModel(good_answer))
    page = Page(page_of(Runtime().record(raised.value.run)))
    assert page.all("p", "preface")[0].text.endswith("is waiting.")
