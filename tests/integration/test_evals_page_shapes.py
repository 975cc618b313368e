"""Pages of evals of other shapes: without a baseline, of several models, compared later, too large, or hostile."""

from pathlib import Path

import pytest
from tests.commands import dramaturg
from tests.evalpages import ATTACK, differing, eval_page_in, hostile_eval
from tests.integration.test_evals_page import BACKUP, MORE, SUITE, html_of
from tests.suites import Bench, answering, new_bench
from tests.support import envelope, item

from dramaturg.engine.calls import ModelCall
from dramaturg.evals.report.page.page import eval_page
from dramaturg.models.scripted import Answer, ScriptedModel


@pytest.fixture(name="bench")
def _bench(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Bench:
    bench = new_bench(tmp_path / "project", monkeypatch)
    bench.checkout.write("one.suite.yaml", SUITE)
    return bench


def test_an_eval_without_a_baseline_has_its_documents_alone(bench: Bench) -> None:
    page = eval_page_in(html_of(bench, baseline=None))
    assert page.page.all("h1")[0].text == "5 of 5 passed"
    assert [each.text for each in page.page.get("row-1").holds if each.has("count-cell")] == ["5/5"]
    documents = page.documents(1)
    assert documents.all("h3")[0].text == "PRE-FLIGHT CHECKLIST"
    assert differing(documents, "old") == differing(documents, "none") == []


def test_models_are_rows_of_their_own(bench: Bench) -> None:
    models = [answering(), answering(lambda call: envelope([]) if call.step == "2" else None)]
    models[1].name = "scripted:badly"
    page = eval_page_in(html_of(bench, baseline=None, models=models, repeats=1))
    assert [row.holds[1].text for row in page.page.table("matrix")[1:]] == ["scripted:badly", "scripted"]
    assert page.cell(2, "count-cell") == "0/1"
    assert [row.text for row in page.page.table("groups")[1:]] == ["scripted1/1", "scripted:badly0/1"]


def test_documents_for_which_there_is_no_room_are_counted_those_shown_first_come_first(bench: Bench) -> None:
    def answer(call: ModelCall) -> Answer:
        return envelope([item(each.id, text=f"Take {call.sample}: {each.id}") for each in call.owes])

    bench.checkout.write("one.suite.yaml", SUITE + MORE)
    result = bench.run("one.suite.yaml", baseline=None, models=[ScriptedModel(answer)])
    page = eval_page_in(eval_page(result, room=4_000))
    kept = [[bool(each["document"]) for each in page.case(number)["repeats"]] for number in (1, 2)]
    assert [each[0] for each in kept] == [True, True]
    left_out = 10 - sum(map(sum, kept))
    assert 2 <= left_out < 8
    assert f"{left_out} repeats of cases are without documents" in page.html
    assert "are without documents" not in eval_page(result)


def test_of_an_artifact_too_large_for_a_page_what_is_cited_is_shown(bench: Bench) -> None:
    blueprint = bench.checkout.folder / "evals/cases/parcel-tracking/blueprint.md"
    filler = "".join(f"{line} bottles of beer\n" for line in range(10_000))
    blueprint.write_text(blueprint.read_text("utf-8") + filler, encoding="utf-8")
    page = eval_page_in(html_of(bench, baseline=None, repeats=1))
    source = eval_page_in(page.packed["source-1"]).page
    assert "This artifact is large" in source.all("p")[0].text
    assert len(source.all("li")) < 200
    cited = [link for link in page.documents(1).all("a") if link.attributes["href"].startswith("#A1-L")]
    shown = {each.attributes.get("value") for each in source.all("li")}
    assert cited
    assert {link.text.removeprefix("L").partition("-")[0] for link in cited} <= shown


def test_two_recorded_evals_compared_have_a_page(bench: Bench, tmp_path: Path) -> None:
    before = bench.run("one.suite.yaml", baseline=None).run
    bench.edit((BACKUP, ""))
    after = bench.run("one.suite.yaml", baseline=None).run
    file = tmp_path / "page.html"
    assert dramaturg("eval", "compare", before, after, "--html", str(file)).code == 1
    page = eval_page_in(file.read_text("utf-8"))
    assert page.page.all("h1")[0].text == "Worse"
    assert differing(page.documents(1), "none")[0] == f"not in {after}"


def test_nothing_that_artifacts_answers_and_personas_hold_becomes_markup(bench: Bench) -> None:
    page = eval_page_in(eval_page(hostile_eval(bench)))
    sources = [eval_page_in(text).page for name, text in page.packed.items() if name.startswith("source")]
    pieces = [page.page, page.documents(1), page.scores(1), *sources]
    assert len([each for each in page.page.all("script") if "type" not in each.attributes]) == 1
    for piece in pieces:
        assert [len(piece.all(tag)) for tag in ("img", "iframe", "base", "object", "form", "h4")] == [0] * 6
        for element in piece.elements:
            names = element.attributes
            assert not [name for name in names if name.startswith("on") or name in ("style", "src", "srcdoc")]
            assert names.get("href", "#").startswith(("#", "data:,"))
    assert all(not piece.all("script") for piece in pieces[1:])
    assert "onerror=alert(1)" in " ".join(each.text for each in pieces[1].all("p"))
    assert ATTACK in " ".join(each.text for each in page.page.all("li", "new"))
