"""`--html` and `report`: the page of a run, from the command line."""

from pathlib import Path

import pytest
from tests.commands import RUN, dramaturg, journals
from tests.markup import Page
from tests.support import BLUEPRINT, INPUTS, envelope, good_answer

from dramaturg import StepFailed, render_page, run_persona
from dramaturg.models.scripted import ScriptedModel

EVIDENCE = (*RUN, "--model", "evidence")


def test_a_run_writes_its_page_beside_its_document(tmp_path: Path) -> None:
    html = tmp_path / "page.html"
    told = dramaturg(*EVIDENCE, "--html", str(html))
    assert told.code == 0
    assert told.out.startswith("# Production Deployment Plan\n")
    assert told.err.endswith(f"page for reading in {html}\n")
    assert Page(html.read_text("utf-8")).all("title")[0].text == "Production Deployment Plan"


def test_report_gives_the_same_page_and_the_same_document_later(tmp_path: Path, state: Path) -> None:
    first, again, document = (tmp_path / name for name in ("first.html", "again.html", "plan.md"))
    out = dramaturg(*EVIDENCE, "--html", str(first)).out
    (journal,) = journals(state)
    told = dramaturg("report", journal.stem, "--html", str(again))
    assert (told.code, told.out, told.err) == (0, "", f"page for reading in {again}\n")
    assert again.read_bytes() == first.read_bytes() == render_page(journal.stem).encode()
    assert dramaturg("report", journal.stem).out == out
    told = dramaturg("report", str(journal), "--output", str(document))
    assert (told.out, told.err) == ("", f"document in {document}\n")
    assert document.read_text("utf-8") == out
    assert dramaturg("report", journal.stem, "--json").json["document"]["markdown"] == out


def test_a_resumed_and_a_replayed_run_have_pages_too(tmp_path: Path, state: Path) -> None:
    html = tmp_path / "page.html"
    dramaturg(*EVIDENCE, "--html", str(html))
    whole = html.read_bytes()
    (journal,) = journals(state)
    copy = journal.rename(tmp_path / "kept.jsonl")
    for arguments in (("resume", str(copy)), (*RUN, "--replay", str(copy))):
        html.unlink()
        assert dramaturg(*arguments, "--quiet", "--html", str(html)).code == 0
        assert html.read_bytes() == whole


def test_the_page_of_a_run_that_failed_can_be_had(tmp_path: Path) -> None:
    with pytest.raises(StepFailed) as raised:
        run_persona(
            "DPA-1", INPUTS, model=ScriptedModel(lambda call: envelope() if call.step == "3" else good_answer(call))
        )
    html = tmp_path / "page.html"
    assert dramaturg("report", raised.value.run, "--html", str(html)).code == 0
    assert "Not a finished document: 1 of 4 sections" in html.read_text("utf-8")


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (("--html", "-"), "the page goes to a file; write `--html FILE`, or `--format html` for stdout"),
        (("--html", "nowhere/page.html"), "there is no folder `nowhere` to write `page.html` to"),
        (("--html", "x" * 300), f"`{'x' * 300}` cannot be written: File name too long; choose another file"),
        (("--html", "one.html", "-o", "./one.html"), "`--output one.html` and `--html one.html` are the same file"),
        (("--html", str(BLUEPRINT)), f"`--html {BLUEPRINT}` is the artifact itself; choose another file"),
    ],
    ids=["stdout", "no folder", "too long", "one file for both", "the artifact"],
)
def test_a_page_that_cannot_be_written_is_told_before_anything_is_asked(
    options: tuple[str, ...], said: str, state: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    told = dramaturg(*EVIDENCE, *options)
    assert told.code == 2
    assert said in told.err
    assert not state.exists()


def test_a_page_that_turns_out_not_to_be_writable_costs_nothing(tmp_path: Path, state: Path) -> None:
    (tmp_path / "full.html").symlink_to("/dev/full")
    told = dramaturg(*EVIDENCE, "--html", str(tmp_path / "full.html"))
    (journal,) = journals(state)
    assert told.code == 2
    assert f"No space left on device; the document is kept: dramaturg runs {journal.stem}\n" in told.err
    assert dramaturg("report", journal.stem, "--html", str(tmp_path / "page.html")).code == 0
