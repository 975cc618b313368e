"""Where the command's words go: the product to stdout or a file, the talk to stderr, neither to a reader who left."""

import os
import re
import shlex
import subprocess
import sys
from io import StringIO
from pathlib import Path

import pytest
from tests.commands import RUN, dramaturg, journals, process, started
from tests.support import BLUEPRINT, ROOT

from dramaturg.cli.main import main

EVIDENCE = (*RUN, "--model", "evidence")


def test_stdout_holds_the_document_and_nothing_else() -> None:
    told = dramaturg(*EVIDENCE)
    assert told.code == 0
    assert told.out.startswith("# Production Deployment Plan\n")
    assert told.out.endswith("\n")
    assert not told.out.endswith("\n\n")
    lines = told.err.splitlines()
    assert lines[0] == "model evidence: no language model; nothing leaves this machine"
    assert lines[1].startswith("run dpa-1-")
    assert lines[2].startswith("note[A101]: "), "what is known before anything is asked is told first"
    steps = [line for line in lines if line.startswith("[")]
    assert steps[1].startswith("[2/5] PRE-FLIGHT CHECKLIST: 4 items, 1 missing, ")
    found = [line for line in lines if line.startswith(("note[", "warning[", "error["))]
    assert [line.partition(":")[0] for line in found] == ["note[A101]", "warning[A104]", "warning[R205]"]
    assert lines.index(found[2]) > lines.index(steps[-1]), "what the result amounts to is told after the steps"
    assert re.fullmatch(r"used 5 calls, [0-9.]+ s", lines[-2])
    assert lines[-1] == "4 sections, 2 open questions"


def test_the_document_goes_to_the_file_asked_for(tmp_path: Path) -> None:
    shown = dramaturg(*EVIDENCE)
    path = tmp_path / "plan.md"
    path.write_text("older and longer " * 9999, encoding="utf-8")
    told = dramaturg(*EVIDENCE, "-o", str(path))
    assert (told.code, told.out) == (0, "")
    assert path.read_bytes() == shown.out.encode()
    assert told.err.splitlines()[-1] == f"4 sections in {path}, 2 open questions"
    both = dramaturg(*EVIDENCE, "-o", str(path), "--json")
    assert both.json["document"]["markdown"] == path.read_text(encoding="utf-8") == shown.out


def test_a_file_that_cannot_be_written_loses_nothing(state: Path) -> None:
    told = dramaturg(*EVIDENCE, "-o", "/dev/full")
    (journal,) = journals(state)
    assert (told.code, told.out) == (2, "")
    remedy = f"the document is kept: dramaturg runs {journal.stem}"
    assert told.err.splitlines()[-1] == f"error: `/dev/full` cannot be written: No space left on device; {remedy}"
    assert dramaturg("runs", journal.stem).out == dramaturg(*EVIDENCE).out


def test_a_quiet_run_says_only_what_is_wrong(tmp_path: Path) -> None:
    assert dramaturg(*EVIDENCE, "-q", "-o", str(tmp_path / "x"), "--answer", "9=yes").err == ""
    told = dramaturg("run", "DPA-1", "nowhere.md", "-q")
    assert (
        told.err
        == "error: the artifact `architectural_blueprint`: `nowhere.md` cannot be read: No such file or directory\n"
    )


def test_a_quiet_run_that_fails_for_its_findings_says_why() -> None:
    told = dramaturg(*EVIDENCE, "--strict", "-q")
    assert told.code == 1
    assert told.out.startswith("# Production Deployment Plan\n")
    said = [line for line in told.err.splitlines() if line.startswith(("error", "warning", "note", "used"))]
    assert said == ["error[R205]: `PRE-FLIGHT CHECKLIST`: the artifacts do not answer `Data Integrity`"]


@pytest.mark.parametrize("place", ["log.md", "./log.md", "link.md"])
@pytest.mark.parametrize("named", [False, True])
def test_the_document_never_goes_over_what_it_is_made_from(
    state: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    place: str,
    named: bool,  # noqa: FBT001 - a parameter
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("log.md").write_text("The gateway is up.\n", encoding="utf-8")
    Path("link.md").symlink_to("log.md")
    given = ["--artifact", "architectural_blueprint=log.md"] if named else ["log.md"]
    told = dramaturg("run", "DPA-1", *given, "--model", "evidence", "-o", place)
    assert (told.code, told.out) == (2, "")
    assert "is the artifact itself; choose another file" in told.err
    assert Path("log.md").read_text(encoding="utf-8") == "The gateway is up.\n"
    assert not state.exists()


def test_files_whose_names_are_no_utf_8_are_performed_and_told_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    persona, artifact = (os.fsdecode(name) for name in (b"\xff.persona.md", b"\xff.md"))
    assert dramaturg("new", "own-1", "-o", persona).code == 0
    Path(artifact).write_bytes(BLUEPRINT.read_bytes())
    done = dramaturg("run", persona, artifact, "--model", "evidence", "-o", os.fsdecode(b"\xff.out.md"))
    assert done.code == 0
    told = dramaturg("runs", "--json").json[0]
    assert (told["status"], told["persona"]) == ("done", "own-1")
    assert dramaturg("report", told["run"], "--html", os.fsdecode(b"\xff.html")).code == 0


def test_a_name_too_long_for_a_file_is_the_callers_fault(state: Path, tmp_path: Path) -> None:
    (tmp_path / "plan.md").write_text("older", encoding="utf-8")
    told = dramaturg("run", "DPA-1", "x" * 300, "--model", "evidence", "-o", str(tmp_path / "plan.md"))
    assert (told.code, told.out) == (2, "")
    assert "cannot be read: File name too long" in told.err
    assert not state.exists()


def test_stdin_is_one_artifact_and_not_two(state: Path) -> None:
    told = dramaturg("run", "DPA-1", "-", "--artifact", "raw_docker_compose=-", stdin=b"text")
    assert (told.code, told.out) == (2, "")
    assert told.err == "error: only one artifact can come from stdin; give the others as files\n"
    assert not state.exists()


def test_an_artifact_may_come_from_stdin() -> None:
    text = BLUEPRINT.read_bytes()
    from_file = dramaturg("run", "DPA-1", str(BLUEPRINT), "--model", "evidence")
    for stdin in (text, b"\xef\xbb\xbf" + text):
        assert dramaturg("run", "DPA-1", "-", "--model", "evidence", stdin=stdin).out == from_file.out
    named = dramaturg("run", "DPA-1", "--artifact", "architectural_blueprint=-", "--model", "evidence", stdin=text)
    assert named.out == from_file.out


def test_stdin_that_is_no_text_is_refused() -> None:
    told = dramaturg("run", "DPA-1", "-", stdin=b"ab\xff")
    assert (told.code, told.err) == (
        2,
        "error: stdin is not UTF-8 text (byte 2); convert it to UTF-8 text first, e.g. `iconv -f ENCODING -t UTF-8`\n",
    )


def test_the_version_is_told() -> None:
    told = dramaturg("--version")
    assert (told.code, told.err) == (0, "")
    assert told.out.startswith("dramaturg 0.")


def test_help_names_every_verb() -> None:
    told = dramaturg("-h")
    assert told.code == 0
    verbs = ["list", "show", "check", "explain", "plan", "new", "schema", "run", "resume", "runs", "doctor"]
    assert [verb for verb in verbs if f"\n  {verb} " not in told.out] == []


def test_the_module_runs_as_the_command_does() -> None:
    told = process("show", "DPA-1")
    assert told == dramaturg("show", "DPA-1")
    assert process("show", "nobody").code == 2


@pytest.mark.parametrize("arguments", [("show", "DPA-1"), ("list", "--json"), EVIDENCE])
def test_a_reader_who_leaves_early_is_no_failure(arguments: tuple[str, ...]) -> None:
    reading, writing = os.pipe()
    os.close(reading)
    with started(*arguments, stdout=writing) as child:
        os.close(writing)
        _, err = child.communicate(timeout=300)
    assert child.returncode == 0
    assert b"rror" not in err


@pytest.mark.parametrize("arguments", [("list",), ("check", "--json"), ("--help",), EVIDENCE])
def test_a_full_disk_below_stdout_is_told_as_such(arguments: tuple[str, ...]) -> None:
    with Path("/dev/full").open("wb") as full, started(*arguments, stdout=full.fileno()) as child:
        _, err = child.communicate(timeout=300)
    said = b"error: stdout cannot be written: No space left on device; give the command again where it can"
    assert (child.returncode, err.splitlines()[-1]) == (2, said)


def test_a_process_without_streams_ends_as_one_with_them() -> None:
    for streams, arguments, code in (
        ("<&- >&- 2>&-", ("list",), 0),
        ("<&- 2>&-", ("run", "DPA-1", "-", "--model", "evidence"), 2),
    ):
        command = shlex.join((sys.executable, "-m", "dramaturg", *arguments))
        done = subprocess.run(
            ["/bin/sh", "-c", f"exec {command} {streams}"], check=False, cwd=ROOT, capture_output=True
        )
        assert (done.returncode, done.stdout) == (code, b"")


@pytest.mark.parametrize("layout", ["human", "json"])
@pytest.mark.parametrize("verb", ["check", "verify", "diff"])
def test_a_reader_who_leaves_early_does_not_make_bad_good(tmp_path: Path, verb: str, layout: str) -> None:
    bad, document = tmp_path / "bad.persona.md", tmp_path / "plan.md"
    shipped = (ROOT / "personas" / "dpa-1.persona.md").read_text(encoding="utf-8")
    bad.write_text(shipped.replace("</Step>", "</dStep>", 1), encoding="utf-8")
    less = tmp_path / "less.persona.md"
    less.write_text(re.sub(r".*\*\*Data Integrity:\*\*.*\n", "", shipped), encoding="utf-8")
    document.write_text("# Production Deployment Plan\n", encoding="utf-8")
    arguments = {
        "check": ["check", str(bad)],
        "verify": ["verify", "DPA-1", str(document), "-a", str(BLUEPRINT)],
        "diff": ["diff", "DPA-1", str(less), "--exit-code"],
    }[verb] + (["--json"] if layout == "json" else [])
    assert dramaturg(*arguments).code == 1
    reading, writing = os.pipe()
    os.close(reading)
    with started(*arguments, stdout=writing) as child:
        os.close(writing)
        _, err = child.communicate(timeout=300)
    assert child.returncode == 1
    assert b"defect" not in err


@pytest.mark.parametrize("options", [(), ("--answer", "9=yes"), ("--answer", "9=yes", "--quiet")])
def test_a_watcher_who_leaves_early_does_not_stop_the_run(tmp_path: Path, options: tuple[str, ...]) -> None:
    reading, writing = os.pipe()
    os.close(reading)
    path = tmp_path / "plan.md"
    with started(*EVIDENCE, *options, "-o", str(path), stderr=writing) as child:
        os.close(writing)
        child.communicate(timeout=300)
    assert child.returncode == 0
    assert path.read_text(encoding="utf-8") == dramaturg(*EVIDENCE).out


def test_a_locale_without_the_characters_shows_what_it_can() -> None:
    command = [sys.executable, "-m", "dramaturg", *EVIDENCE]
    latin = os.environ | {"PYTHONIOENCODING": "latin-1"}
    done = subprocess.run(command, cwd=ROOT, env=latin, capture_output=True, check=True, timeout=300)
    assert b"\\u201cEnvironment variables are set in" in done.stdout
    assert done.stdout == dramaturg(*EVIDENCE).out.encode("latin-1", "backslashreplace")


def test_a_stdout_that_is_no_file_works_too(monkeypatch: pytest.MonkeyPatch) -> None:
    out = StringIO()
    monkeypatch.setattr(sys, "stdout", out)
    monkeypatch.setattr(sys, "argv", ["dramaturg", "show", "DPA-1"])
    with pytest.raises(SystemExit) as ended:
        main()
    assert ended.value.code == 0
    assert out.getvalue().startswith("---\nalias: DPA-1\n")


def unmeasured() -> dict[str, str]:
    """Return the environment without what makes a process count its own coverage, which loads and holds a lot."""
    return {name: value for name, value in os.environ.items() if not name.startswith("COV")}


def test_help_loads_no_sdk_and_nothing_else_that_is_heavy() -> None:
    heavy = ("anthropic", "openai", "httpx2", "pydantic", "jinja2", "rich", "markdown_it", "yaml", "asyncio", "sqlite3")
    command = [sys.executable, "-X", "importtime", "-m", "dramaturg", "--help"]
    done = subprocess.run(command, cwd=ROOT, env=unmeasured(), capture_output=True, check=True, text=True, timeout=300)
    loaded = {line.rsplit("|", 1)[1].strip() for line in done.stderr.splitlines() if "|" in line}
    assert "click" in loaded
    assert [name for name in heavy if name in loaded] == []


def test_an_evidence_run_stays_below_100_mb(tmp_path: Path) -> None:
    # Measured by a process that does nothing else: a child's peak starts at the size of the process that starts it.
    script = """
import resource, subprocess, sys
subprocess.run([sys.executable, "-m", "dramaturg", *sys.argv[1:]], check=True)
print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)
"""
    command = [sys.executable, "-c", script, *EVIDENCE, "-q", "-o", str(tmp_path / "plan.md")]
    done = subprocess.run(command, cwd=ROOT, env=unmeasured(), capture_output=True, check=True, text=True, timeout=300)
    kilobytes = int(done.stdout) / (1024 if sys.platform == "darwin" else 1)
    assert kilobytes < 100 * 1024


def test_a_dash_for_the_output_is_stdout(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    told = dramaturg(*EVIDENCE, "-o", "-")
    assert told.out.startswith("# Production Deployment Plan\n")
    assert not (tmp_path / "-").exists()


def test_a_replay_with_a_model_is_refused_because_only_one_can_be_meant() -> None:
    told = dramaturg(*EVIDENCE, "--replay", "dpa-1-00000000-1")
    assert (told.code, told.err) == (2, "error: `--replay` asks no model; leave `--model` out\n")


def test_a_document_of_which_much_is_missing_is_told_in_lines_after_two_blocks(tmp_path: Path) -> None:
    (tmp_path / "empty.md").write_text("# Nothing\n\nNothing is known.\n", encoding="utf-8")
    told = dramaturg("run", "DPA-1", str(tmp_path / "empty.md"), "--model", "evidence")
    missing = [line for line in told.err.splitlines() if line.startswith("warning[R205]")]
    assert len(missing) == 12
    assert [line.startswith("warning[R205]: ") for line in missing] == [True] * 2 + [False] * 10
    assert missing[-1].endswith("the artifacts do not answer `Functional Checks`")
    hollow = [line for line in told.err.splitlines() if line.startswith("warning[R204]")]
    assert hollow[-1].endswith("dpa-1.persona.md:37:5: `ROLLBACK PLAN` holds nothing but placeholders")
