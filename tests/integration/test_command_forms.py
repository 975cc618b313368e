"""`--format` and the names of files: the same result as Markdown, HTML, JSON and DOCX."""

import json
import shutil
import zipfile
from pathlib import Path
from typing import Any

import frontmatter
import jsonschema
import pytest
from tests.commands import RUN, Told, dramaturg, journals
from tests.markup import Page
from tests.support import BLUEPRINT, INPUTS, envelope, good_answer

from dramaturg import StepFailed, run_persona
from dramaturg.evidence.artifact import lines_of
from dramaturg.models.scripted import ScriptedModel
from dramaturg.run.convert import convert

EVIDENCE = (*RUN, "--model", "evidence")
HEADINGS = ["PRE-FLIGHT CHECKLIST", "EXECUTION PLAN", "POST-DEPLOYMENT VALIDATION CHECKLIST", "ROLLBACK PLAN"]
needs_pandoc = pytest.mark.skipif(not shutil.which("pandoc"), reason="there is no pandoc: apt-get install pandoc")


@pytest.fixture
def run(state: Path) -> str:
    """The example performed, as the id of its run."""
    assert dramaturg(*EVIDENCE).code == 0
    (journal,) = journals(state)
    return journal.stem


def written(run: str, path: Path, *options: str) -> bytes:
    told = dramaturg("report", run, "-o", str(path), *options)
    assert (told.code, told.out) == (0, "")
    return path.read_bytes()


@pytest.mark.parametrize(("name", "form"), [("x.md", "md"), ("x.HTML", "html"), ("x.htm", "html"), ("x.json", "json")])
def test_the_name_of_a_file_says_what_it_is_and_the_option_says_the_same(
    run: str, tmp_path: Path, name: str, form: str
) -> None:
    by_name = written(run, tmp_path / name)
    assert written(run, tmp_path / "plain", "--format", form) == by_name
    assert dramaturg("report", run, "--format", form).out.encode() == by_name


def test_the_option_wins_over_the_name_and_other_names_are_markdown(run: str, tmp_path: Path) -> None:
    markdown = written(run, tmp_path / "x.md")
    assert written(run, tmp_path / "x.html", "--format", "md") == markdown
    assert written(run, tmp_path / "x.out") == markdown
    assert written(run, tmp_path / "x") == markdown


def test_html_is_the_page_of_the_run(tmp_path: Path) -> None:
    one, two = tmp_path / "one.html", tmp_path / "two.html"
    assert dramaturg(*EVIDENCE, "-o", str(one), "--html", str(two)).code == 0
    assert one.read_bytes() == two.read_bytes()
    assert Page(one.read_text("utf-8")).all("h1")[0].text == "Production Deployment Plan"


def test_json_is_the_whole_result_and_follows_its_schema(run: str, tmp_path: Path) -> None:
    result = json.loads(written(run, tmp_path / "x.json"))
    assert dramaturg("report", run, "--json").json == result
    schema = dramaturg("schema", "result").json
    jsonschema.Draft202012Validator.check_schema(schema)
    jsonschema.validate(result, schema)
    texts = {name: lines_of(Path(path).read_text("utf-8")) for name, path in INPUTS.items()}
    citations = [
        citation
        for section in result["document"]["sections"]
        for entry in section["entries"]
        for citation in entry["citations"]
    ]
    assert len(citations) == 29
    for citation in citations:
        first, last = citation["lines"]
        assert "\n".join(texts[citation["artifact"]][first - 1 : last]) == citation["quote"]
        assert citation["heading"]


def test_the_schema_refuses_what_is_no_result(run: str) -> None:
    schema = dramaturg("schema", "result").json
    result: dict[str, Any] = dramaturg("report", run, "--format", "json").json
    result["document"]["sections"][0]["entries"][0]["citations"][0]["lines"] = ["40"]
    with pytest.raises(jsonschema.ValidationError, match="40"):
        jsonschema.validate(result, schema)
    assert dramaturg("schema").json == dramaturg("schema", "frontmatter").json


def test_the_report_of_a_past_run_tells_what_it_took_then(run: str) -> None:
    then = dramaturg(*EVIDENCE, "--fresh", "--json").json["report"]
    now = dramaturg("report", run, "--json").json["report"]
    for changes in ("run", "findings"):
        then.pop(changes), now.pop(changes)
    assert now == then
    assert now["calls"] == 5


def test_front_matter_tells_what_the_document_was_made_of_and_takes_its_date_from_the_caller(
    run: str, tmp_path: Path
) -> None:
    bare = written(run, tmp_path / "bare.md").decode()
    text = written(run, tmp_path / "x.md", "--front-matter", "--date", "2026-11-28").decode()
    assert text.endswith("---\n\n" + bare)
    told = frontmatter.loads(text).metadata
    assert {key: str(value) for key, value in told.items() if key != "plan"} == {
        "title": "Production Deployment Plan",
        "persona": "DPA-1",
        "version": "1.0.0",
        "model": "evidence",
        "run": run,
        "date": "2026-11-28",
    }
    assert len(str(told["plan"])) == 64
    undated = written(run, tmp_path / "y.md", "--front-matter").decode()
    assert undated == text.replace("date: 2026-11-28\n", "")


def test_a_document_with_front_matter_is_verified_as_without(run: str, tmp_path: Path) -> None:
    artifacts = tuple(f"--artifact={name}={path}" for name, path in INPUTS.items())
    verdicts: list[Told] = []
    for options in ((), ("--front-matter", "--date", "2026-11-28")):
        written(run, tmp_path / "plan.md", *options)
        verdicts.append(dramaturg("verify", "DPA-1", str(tmp_path / "plan.md"), *artifacts))
    assert verdicts[0].code == verdicts[1].code == 0
    assert verdicts[0].err == verdicts[1].err
    text = (tmp_path / "plan.md").read_text("utf-8")
    (tmp_path / "plan.md").write_text(text.replace("## ROLLBACK PLAN", "## ROLL"), encoding="utf-8")
    told = dramaturg("verify", "DPA-1", str(tmp_path / "plan.md"), *artifacts, "--json").json
    (renamed,) = [finding for finding in told if finding["rule"] == "V102"]
    assert renamed["span"]["line"] == text[: text.index("## ROLLBACK PLAN")].count("\n") + 1


@needs_pandoc
def test_docx_reads_back_with_the_same_headings_and_citations(run: str, tmp_path: Path) -> None:
    assert written(run, tmp_path / "plan.docx").startswith(b"PK")
    text = convert("plan.docx", tmp_path / "plan.docx", "docx")
    assert [line.strip("# *") for line in text.splitlines() if line.startswith("#")] == [*HEADINGS, "Open questions"]
    assert text.lstrip().startswith("Production Deployment Plan")
    for said in ("[Source: ARCHITECTURE_BLUEPRINT, L62]", "docker compose exec gateway parcelctl maintenance on"):
        assert said in text.replace("\\", "")
    assert "dramaturg verify" not in text
    assert "☐" in text


@needs_pandoc
def test_docx_takes_its_front_matter_and_with_a_date_the_same_run_gives_the_same_bytes(
    run: str, tmp_path: Path
) -> None:
    options = ("--front-matter", "--date", "2026-11-28")
    one, two = written(run, tmp_path / "one.docx", *options), written(run, tmp_path / "two.docx", *options)
    assert one == two
    text = convert("one.docx", tmp_path / "one.docx", "docx")
    assert [line for line in text.splitlines() if line][:4] == [
        "Production Deployment Plan",
        "DPA-1 1.0.0",
        "evidence",
        "2026-11-28",
    ]
    with zipfile.ZipFile(tmp_path / "one.docx") as parts:
        properties = parts.read("docProps/custom.xml").decode()
        assert "2026-11-28T00:00:00Z" in parts.read("docProps/core.xml").decode()
    assert f">{run}<" in properties
    assert ">1721424951b02081" in properties


def test_without_pandoc_a_docx_is_refused_before_anything_is_asked(
    tmp_path: Path, state: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    told = dramaturg(*EVIDENCE, "-o", str(tmp_path / "plan.docx"))
    assert told.code == 2
    assert "a DOCX is made by pandoc, which is not installed; `apt install pandoc`" in told.err
    assert not state.exists()


@pytest.mark.parametrize("broken", [False, True])
def test_a_pandoc_that_fails_loses_nothing(
    tmp_path: Path, run: str, monkeypatch: pytest.MonkeyPatch, *, broken: bool
) -> None:
    pandoc = tmp_path / "pandoc"
    if broken:
        pandoc.write_bytes(b"\x00 this is no program")
        pandoc.chmod(0o700)
    else:
        pandoc.symlink_to("/bin/false")
    said = "Exec format error" if broken else "it ended with 1"
    monkeypatch.setenv("PATH", str(tmp_path))
    told = dramaturg("report", run, "-o", str(tmp_path / "plan.docx"))
    assert told.code == 2
    assert "pandoc cannot make a DOCX: " in told.err
    assert said in told.err
    assert f"the document is kept: dramaturg runs {run}" in told.err


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (("-o", "x.pdf"), "a document is not written as `.pdf`; print the page that `--html FILE` gives"),
        (("-o", "x.odt"), "a document is not written as `.odt`; convert the Markdown"),
        (("-o", "x.yaml"), "a document is not written as `.yaml`; take JSON"),
        (("--format", "docx"), "a DOCX goes to a file; write `--output FILE.docx`"),
        (("-o", "x.html", "--front-matter"), "`--front-matter` is for md and docx; html tells all of it anyway"),
        (("--date", "2026-11-28"), "`--date` stands in the front matter; give `--front-matter` as well"),
        (("--front-matter", "--date", "yesterday"), "`yesterday` is no date; write it as 2026-11-28"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, tuple) else "",
)
def test_what_cannot_be_written_is_told_before_anything_is_asked(
    options: tuple[str, ...], said: str, state: Path
) -> None:
    told = dramaturg(*EVIDENCE, *options)
    assert told.code == 2
    assert said in told.err
    assert not state.exists()


@pytest.mark.parametrize("form", ["md", "html", "json"])
def test_what_there_is_of_a_failed_run_can_be_had_in_every_form(form: str) -> None:
    with pytest.raises(StepFailed) as raised:
        run_persona(
            "DPA-1", INPUTS, model=ScriptedModel(lambda call: envelope() if call.step == "3" else good_answer(call))
        )
    told = dramaturg("report", raised.value.run, "--format", form)
    assert told.code == 0
    assert "Not a finished document: 1 of 4 sections" in told.out
    assert told.err == f"Not a finished document: 1 of 4 sections, run `{raised.value.run}` is failed.\n"


@needs_pandoc
def test_personas_that_follow_have_files_of_their_own_in_each_form(tmp_path: Path) -> None:
    for suffix in ("md", "json", "docx"):
        told = dramaturg(
            *("run", "RFP-1", str(BLUEPRINT), "--model", "evidence", "--follow", "-q"),
            *("-o", str(tmp_path / f"plan.{suffix}")),
        )
        assert told.code == 0
        found = sorted(path.name for path in tmp_path.glob(f"*.{suffix}"))
        assert found == [
            f"plan.{suffix}",
            f"plan.ute_1.{suffix}",
        ]
