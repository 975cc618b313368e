"""The command's verbs: what each prints, as text and as JSON, and the code each failure ends with."""

import json
import re
from collections.abc import Sequence
from pathlib import Path

import click
import pytest
from tests.chat_server import ChatServer, well
from tests.commands import RUN, WHEN, Told, dramaturg, journals, process
from tests.support import BLUEPRINT

from dramaturg.cli.main import app

EVIDENCE = (*RUN, "--model", "evidence")
_JSON = click.Option(["--json"], is_flag=True, expose_value=False)
BROKEN = """---
alias: broken-1
title: Broken
inherits_from: nobody-1
---
"""


@pytest.fixture
def broken(tmp_path: Path) -> Path:
    """A persona whose parent there is not."""
    path = tmp_path / "broken-1.persona.md"
    path.write_text(BROKEN, encoding="utf-8")
    return path


@pytest.mark.parametrize(
    "arguments",
    [
        ["list"],
        ["show", "DPA-1"],
        ["show", "DPA-1", "--resolved"],
        ["check"],
        ["check", "DPA-1", "--strict"],
        ["plan", "DPA-1"],
        ["schema"],
        ["run", "DPA-1", str(BLUEPRINT), "--model", "evidence"],
        ["runs"],
        ["doctor"],
        ["explain", "P204"],
        ["eval", "report"],
        ["eval", "schema"],
        ["eval", "prune"],
    ],
)
def test_every_verb_speaks_json_on_stdout(arguments: Sequence[str]) -> None:
    told = dramaturg(*arguments, "--json")
    assert told.code == 0
    assert isinstance(told.json, list | dict)
    assert "\x1b" not in told.out + told.err


def test_a_run_looked_at_and_one_resumed_speak_json_too(state: Path) -> None:
    done = dramaturg(*EVIDENCE)
    (journal,) = journals(state)
    shown = dramaturg("runs", journal.stem, "--json").json
    assert shown["markdown"] == done.out
    assert (shown["run"], shown["status"], shown["answers"], shown["journal"]) == (
        journal.stem,
        "done",
        5,
        str(journal),
    )
    before = journal.read_bytes()
    resumed = dramaturg("resume", journal.stem, "--json").json
    assert journal.read_bytes() == before, "a finished run is only read"
    assert resumed["document"]["markdown"] == done.out
    assert resumed["report"]["replayed"] == 5


def test_a_report_says_what_was_used() -> None:
    report = dramaturg(*EVIDENCE, "--json").json["report"]
    assert report["persona"] == "DPA-1 1.0.0"
    assert (report["model"], report["calls"], report["replayed"]) == ("evidence", 5, 0)
    assert set(report["usage"]) == {"input", "cache_read", "cache_write", "output", "reasoning"}
    assert [finding["rule"] for finding in report["findings"]] == ["A101", "A104", "R205"]


def test_check_counts_what_it_found_and_fails_on_errors(broken: Path) -> None:
    good = dramaturg("check", "DPA-1")
    assert (good.code, good.out, good.err) == (0, "", "1 checked: nothing to report\n")
    bad = dramaturg("check", "DPA-1", str(broken))
    assert (bad.code, bad.err) == (1, "2 checked: 1 error\n`dramaturg explain P301` tells more\n")
    assert "error[P301]: no persona is called `nobody-1`" in bad.out
    assert "4 | inherits_from: nobody-1" in bad.out
    found = dramaturg("check", str(broken), "--json")
    assert (found.code, [finding["rule"] for finding in found.json]) == (1, ["P301"])


def test_check_takes_a_folder_for_the_personas_below_it(broken: Path) -> None:
    bad = dramaturg("check", str(broken.parent))
    assert (bad.code, bad.err.splitlines()[0]) == (1, "1 checked: 1 error")
    empty = broken.parent / "empty"
    empty.mkdir()
    none = dramaturg("check", str(empty))
    assert (none.code, none.out) == (2, "")
    assert f"there is no persona file below `{empty}`; they are called `NAME.persona.md`" in none.err


def test_doctor_says_what_is_ready_and_how_to_get_the_rest(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "k")
    lines = dramaturg("doctor").out.splitlines()
    missing = next(number for number, line in enumerate(lines) if line.startswith("missing  anthropic: "))
    assert lines[missing + 1] == "         set `ANTHROPIC_API_KEY`; keys are made at console.anthropic.com"
    assert any(line.startswith("ok       openai: ") for line in lines)


def test_runs_lists_what_there_is_and_one_that_cannot_be_read_hides_no_other(state: Path) -> None:
    none = dramaturg("runs")
    assert (none.code, none.out, none.err) == (0, "", "there are no runs yet\n")
    dramaturg(*EVIDENCE)
    (journal,) = journals(state)
    (state / "runs" / "torn.jsonl").write_text("no json\n", encoding="utf-8")
    first, second = sorted(dramaturg("runs").out.splitlines())
    assert re.fullmatch(rf"{journal.stem}  {WHEN}  done, 5 answers, DPA-1 with evidence", first)
    assert re.match(rf"torn {{{len(journal.stem) - 4}}}  {WHEN}  unreadable, `", second)
    assert "torn.jsonl` is no journal; " in second
    rows = {row["run"]: row["status"] for row in dramaturg("runs", "--json").json}
    assert rows == {journal.stem: "done", "torn": "unreadable"}


def test_a_model_that_never_satisfies_a_step_fails_the_run_with_1(state: Path) -> None:
    with ChatServer(lambda number, request: well(number, request) if number < 3 else "{}") as server:
        failed = dramaturg(*RUN, "--model", server.model, "--reasks", "1")
    (journal,) = journals(state)
    assert (failed.code, failed.out) == (1, "")
    assert len(server.requests) == 4
    assert "no item covers `Enabling maintenance mode`" in failed.err
    assert "error: step 3 `EXECUTION PLAN` could not be satisfied" in failed.err
    assert failed.err.splitlines()[-1] == f"what was produced is kept: dramaturg runs {journal.stem}"
    kept = dramaturg("runs", journal.stem)
    assert kept.code == 0
    assert "Not a finished document: 1 of 4 sections" in kept.out
    assert "## PRE-FLIGHT CHECKLIST" in kept.out


def test_a_provider_that_falters_is_asked_again_and_one_that_refuses_ends_with_3() -> None:
    with ChatServer(lambda number, request: 503 if number == 1 else well(number, request)) as server:
        done = dramaturg(*RUN, "--model", server.model)
    assert (done.code, len(server.requests)) == (0, 6)
    assert "[1/5] Ingest & Scope: the server at 127.0.0.1 answered 503: " in done.err
    assert "; trying again in 0 s" in done.err
    with ChatServer(lambda _, __: 404) as server:
        gone = dramaturg(*RUN, "--model", server.model)
    assert (gone.code, gone.out, len(server.requests)) == (3, "", 1)
    assert gone.err.splitlines()[-1].startswith("error: the server at 127.0.0.1 answered 404")


@pytest.mark.parametrize("verb", [("resume",), ("runs",), ("run", "DPA-1", str(BLUEPRINT), "--replay")])
def test_a_damaged_journal_ends_with_4(state: Path, verb: Sequence[str]) -> None:
    dramaturg(*EVIDENCE)
    (journal,) = journals(state)
    journal.write_bytes(journal.read_bytes().replace(b'"type": "reply"', b'"type": reply', 1))
    told = dramaturg(*verb, journal.stem)
    assert (told.code, told.out) == (4, "")
    assert f"error: the journal `{journal}` is damaged" in told.err


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["run", "DPA-2", "x.md"], "error: no persona is called `DPA-2`; did you mean `DPA-1`"),
        (["show", "nobody"], "error: no persona is called `nobody`; "),
        (["run", "DPA-1"], "error: `DPA-1` cannot run without `architectural_blueprint`"),
        (["runs", "--cancel"], "Error: --cancel stops a run of a database; name RUN, and give --database"),
        (["run", "DPA-1", "nowhere.md"], "`nowhere.md` cannot be read: No such file or directory"),
        (["run", "DPA-1", ""], "error: the name of an artifact is empty; give a file, or `.` for the working folder"),
        (["verify", "DPA-1", str(BLUEPRINT), "-a", ""], "error: the name of an artifact is empty; give a file"),
        (
            ["run", "DPA-1", str(BLUEPRINT), "-o", "x" * 300],
            f"error: `{'x' * 300}` cannot be written: File name too long; ",
        ),
        (["run", "DPA-1", str(BLUEPRINT), "-o", ""], "error: `.` is a folder; name a file in it"),
        (["run", "DPA-1", str(BLUEPRINT), "--html", ""], "error: `.` is a folder; name a file in it"),
        (["run", "DPA-1", "*.nothing"], "nothing matches `*.nothing`; give a file, or a folder of text files"),
        (["run", "DPA-1", "-"], "error: the artifact `architectural_blueprint` is empty"),
        (["run", "DPA-1", str(BLUEPRINT), "-a", "x"], "error: `--artifact x` has no id; write `--artifact ID=x`"),
        (["run", "DPA-1", "a.md", "b.md"], "Error: `b.md` is a second artifact; give it by its id, `-a ID=b.md`\n"),
        (
            ["verify", "DPA-1", "a.md", "b.md"],
            "verified at a time; if `b.md` is an artifact, write `-a b.md` or `-a ID=",
        ),
        (
            ["plan", "DPA-1", "-a", "x=y.md", "-m", "evidence"],
            "Error: --artifact and --model go with --cost; give that ",
        ),
        (["runs", "--status", "done"], "Error: --status goes with --prune; give that too, or leave --status out\n"),
        (["runs", "dpa-1-0a0a0a0a-1", "--prune"], "by their age and --status, not `dpa-1-0a0a0a0a-1`; leave that out"),
        (["run", "DPA-1", "x", "-o", "nowhere/"], "'-o' / '--output': 'nowhere/' is a folder; add the name of a file."),
        (["new", "RISK-9", "-o", "nowhere/"], "'-o' / '--output': 'nowhere/' is a folder; add the name of a file."),
        (["run", "DPA-1", str(BLUEPRINT), "-a", "x="], "`--artifact x=` has no file"),
        (["run", "DPA-1", str(BLUEPRINT), "-a", "=x"], "`--artifact =x` has no file"),
        (["run", "DPA-1", "-a", "x=1", "-a", "x=2"], "error: the artifact `x` is given twice"),
        (["run", "DPA-1", str(BLUEPRINT), "-m", "gtp-5"], "error: `gtp-5` is not a model; "),
        (["run", "DPA-1", str(BLUEPRINT), "-m", ""], "error: `` is not a model; "),
        (["run", "DPA-1", str(BLUEPRINT), "-m", "anthropic:x"], "error: `ANTHROPIC_API_KEY` is not set; "),
        (["run", "DPA-1", str(BLUEPRINT), "-m", "openai:x"], "error: `OPENAI_API_KEY` is not set; "),
        (["run", "DPA-1", str(BLUEPRINT), "-m", "gguf:/no/x.gguf"], "error: there is no file `/no/x.gguf`; "),
        (["run", "DPA-1", str(BLUEPRINT), "--replay", ""], "error: `replay:` is not a model; "),
        (["run", "DPA-1", str(BLUEPRINT), "-o", "/no/plan.md"], "error: there is no folder `/no` to write"),
        (["resume", "dpa-1-0a0a0a0a-1"], "error: there is no run or journal `dpa-1-0a0a0a0a-1`; "),
        (["resume", "dpa-1-0a0a0a0a-0b0b0b0b"], "lists the runs; one of a database takes `--database URL`\n"),
        (["run", str(BLUEPRINT), "dpa-1"], f"the persona comes first: `dramaturg run dpa-1 {BLUEPRINT}` was meant\n"),
        (["verify", str(BLUEPRINT), "DPA-1"], f"comes first: `dramaturg verify DPA-1 {BLUEPRINT}` was meant\n"),
        (["resume", "../../etc/x"], "error: there is no run or journal `../../etc/x`; "),
        (["runs", "x" * 300], "error: there is no run or journal `xxx"),
        (["run"], "Error: Missing argument 'PERSONA'."),
        (["perform"], "Error: No such command 'perform'."),
        (["run", "DPA-1", "x", "--reasks", "9"], "Error: Invalid value for '--reasks'"),
        (["run", "DPA-1", "x", "--window", "9"], "Error: Invalid value for '--window'"),
        (["run", "DPA-1", "x", "-o", "."], "Error: Invalid value for '-o' / '--output'"),
    ],
)
def test_what_the_caller_got_wrong_ends_with_2_and_leaves_no_run(
    state: Path, arguments: Sequence[str], message: str
) -> None:
    told = dramaturg(*arguments)
    assert (told.code, told.out) == (2, "")
    assert message in told.err
    assert "Traceback" not in told.err
    told = dramaturg(*arguments, "--json")
    assert (told.code, told.json["code"], told.json["findings"]) == (2, 2, [])
    assert told.err.endswith(f"rror: {told.json['error']}\n")
    assert not state.exists()


def test_what_the_author_got_wrong_ends_with_2_at_its_place(state: Path, broken: Path) -> None:
    for arguments in (["run", str(broken), str(BLUEPRINT)], ["plan", str(broken)], ["show", str(broken), "--resolved"]):
        told = dramaturg(*arguments)
        assert (told.code, told.out) == (2, "")
        assert f" --> {broken}:4:" in told.err
        assert told.err.splitlines()[-1] == "error: the persona cannot be performed: 1 error"
    assert not state.exists()


def test_a_finding_in_a_file_that_is_gone_still_says_where_it_was(state: Path, tmp_path: Path) -> None:
    path = tmp_path / "mini-1.persona.md"
    step = "<operational_protocol><Step>Produce a `SUMMARY`.</Step></operational_protocol>\n"
    path.write_text(f"---\nalias: mini-1\ntitle: Mini\nversion: 1.0\nautor: Ada\n---\n{step}", encoding="utf-8")
    drawn = dramaturg("run", str(path), str(BLUEPRINT), "--model", "evidence")
    assert f" --> {path}:5:1" in drawn.err
    assert "5 | autor: Ada" in drawn.err
    assert "note[P106]: `version: 1.0` is " in drawn.err
    assert "4 | " not in drawn.err, "a note is one line"
    path.unlink()
    (journal,) = journals(state)
    told = process("resume", journal.stem)
    assert told.code == 0
    assert f" --> {path}:5:1" in told.err
    assert "5 | " not in told.err


@pytest.mark.parametrize("debug", ["", "1"])
def test_a_defect_ends_with_3_and_one_sentence(monkeypatch: pytest.MonkeyPatch, debug: str) -> None:
    monkeypatch.setenv("DRAMATURG_DEBUG", debug)
    monkeypatch.setitem(app.commands, "divide", click.Command("divide", callback=lambda: 1 // 0, params=[_JSON]))
    told = dramaturg("divide")
    assert (told.code, told.out) == (3, "")
    assert "error: ZeroDivisionError: integer division or modulo by zero\nThis is a defect; " in told.err
    assert ("Traceback (most recent call last)" in told.err) == bool(debug)
    said = "ZeroDivisionError: integer division or modulo by zero"
    assert dramaturg("divide", "--json").json == {"error": said, "code": 3, "findings": []}


@pytest.mark.parametrize("stop", [KeyboardInterrupt, EOFError, click.Abort])
def test_an_interrupt_ends_with_130(monkeypatch: pytest.MonkeyPatch, stop: type[BaseException]) -> None:
    def wait() -> None:
        raise stop

    monkeypatch.setitem(app.commands, "wait", click.Command("wait", callback=wait, params=[_JSON]))
    told = dramaturg("wait")
    assert (told.code, told.out) == (130, "")
    assert told.err.strip().splitlines()[-1] == "interrupted"
    assert dramaturg("wait", "--json").json == {"error": "interrupted", "code": 130, "findings": []}


def _findings_of(told: Told) -> set[str]:
    return {finding["severity"] for finding in json.loads(told.out)["report"]["findings"]}


def test_strict_turns_warnings_of_a_result_into_errors_and_exit_1(state: Path) -> None:
    def unsupported(number: int, request: object) -> str:
        answer = well(number, request)  # type: ignore[arg-type]
        return answer.replace('"inference"', '"evidence"')

    with ChatServer(unsupported) as server:
        lenient = dramaturg(*RUN, "--model", server.model, "--reasks", "0", "--json")
        strict = dramaturg(*RUN, "--model", server.model, "--reasks", "0", "--json", "--strict")
    assert (lenient.code, _findings_of(lenient)) == (0, {"note", "warning"})
    assert (strict.code, _findings_of(strict)) == (1, {"note", "error"})
    assert strict.json["document"] == lenient.json["document"]
    assert "[UNSUPPORTED]" in strict.json["document"]["markdown"]
    assert len(journals(state)) == 2
