"""`dramaturg check` and `explain` as a user meets them: formats, mending, exit codes."""

import json
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest
import yaml
from tests.commands import dramaturg
from tests.support import ROOT

from dramaturg.findings.catalogue import read_rule, rule_ids

_FAULTY = """\ufeff---\r
alias: audit-1\r
version: 1.0\r
title: Auditor\r
---\r
<operational_protocol>\r
<Step number="1" name="Audit">Produce a `REPORT`.</dStep>\r
</operational_protocol>\r
<philosophy>Trust what can be checked."""
_MENDED = (
    _FAULTY.replace("version: 1.0", 'version: "1.0"')
    .replace("</dStep>", "</Step>")
    .replace("checked.", "checked.</philosophy>")
)
_UNMENDABLE = "---\nalias: lost-1\ntitle: Lost\ninherits_from: nobody-1\n---\n"


@pytest.fixture(name="faulty")
def _faulty(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    path = tmp_path / "audit-1.persona.md"
    path.write_bytes(_FAULTY.encode())
    return path


def test_faults_are_drawn_and_the_talk_says_what_to_do_next(faulty: Path) -> None:
    told = dramaturg("check", faulty.name)
    assert told.code == 1
    assert re.findall(r"^(\w+)\[(\w+)\]", told.out, re.MULTILINE) == [
        ("note", "P106"),
        ("error", "P204"),
        ("error", "P203"),
    ]
    assert "7 | <Step number" in told.out
    assert told.err.splitlines() == [
        "1 checked: 2 errors, 1 note; `--fix` mends 3",
        "`dramaturg explain P203 P204` tells more",
    ]


def test_what_cannot_be_checked_is_told_beside_the_rest(faulty: Path) -> None:
    told = dramaturg("check", "nobody-1", faulty.name, "gone.persona.md")
    assert told.code == 2
    assert "error[P204]" in told.out
    *_, first, second = told.err.splitlines()
    assert first.startswith("error: no persona is called `nobody-1`; ")
    assert second == "error: `gone.persona.md` cannot be read: No such file or directory"


@pytest.mark.parametrize("option", [["--json"], ["--format", "json"]])
def test_every_finding_is_json_data(faulty: Path, option: list[str]) -> None:
    told = dramaturg("check", faulty.name, *option)
    assert (told.code, told.err) == (1, "")
    assert [finding["rule"] for finding in told.json] == ["P106", "P204", "P203"]
    assert told.json[0]["span"] == {"path": faulty.name, "line": 3, "column": 10, "length": 3}
    assert told.json[0]["edits"][0]["text"] == '"1.0"'


def test_github_is_told_in_workflow_commands(faulty: Path) -> None:
    told = dramaturg("check", faulty.name, "gone.md", "--format", "github")
    assert told.code == 2
    *_, last, refused = told.out.splitlines()
    assert last.startswith(f"::error title=P203,file={faulty.name},line=9,col=1,endColumn=13::`<philosophy>` is never")
    assert refused == "::error::`gone.md` cannot be read: No such file or directory"


def test_a_sarif_log_holds_the_findings_and_what_was_refused(faulty: Path) -> None:
    (run,) = json.loads(dramaturg("check", faulty.name, "gone.md", "--format", "sarif").out)["runs"]
    assert [result["ruleId"] for result in run["results"]] == ["P106", "P204", "P203"]
    assert [rule["id"] for rule in run["tool"]["driver"]["rules"]] == ["P106", "P203", "P204"]
    assert len(run["invocations"][0]["toolExecutionNotifications"]) == 1


def test_a_file_that_is_not_there_is_refused_with_the_one_that_is_meant(faulty: Path) -> None:
    for command in (("check",), ("plan",), ("show",), ("verify", "DPA-1")):
        told = dramaturg(*command, f"aduit-1{faulty.name.removeprefix('audit-1')}")
        said = "`aduit-1.persona.md` cannot be read: No such file or directory; did you mean `audit-1.persona.md`?\n"
        assert (told.code, told.err.endswith(said)) == (2, True)


def test_fix_mends_and_reports_what_is_left(faulty: Path) -> None:
    lost = faulty.with_name("lost-1.persona.md")
    lost.write_text(_UNMENDABLE, encoding="utf-8")
    told = dramaturg("check", ".", "--fix")
    assert told.code == 1
    assert faulty.read_bytes() == _MENDED.encode()
    assert lost.read_text(encoding="utf-8") == _UNMENDABLE
    assert re.findall(r"^\w+\[(\w+)\]", told.out, re.MULTILINE) == ["P301"]
    assert told.err.splitlines() == [
        "mended audit-1.persona.md:3:10: `version: 1.0` is a number in YAML; it is taken as the text `1.0` [P106]",
        "mended audit-1.persona.md:7:1: step is never closed [P204]",
        "mended audit-1.persona.md:9:1: `<philosophy>` is never closed [P203]",
        "2 checked: 1 error",
        "`dramaturg explain P301` tells more",
    ]


def test_fix_ends_well_when_nothing_is_left(faulty: Path) -> None:
    assert dramaturg("check", faulty.name, "--fix").code == 0
    again = dramaturg("check", faulty.name, "--fix")
    assert (again.code, again.out, again.err) == (0, "", "1 checked: nothing to report\n")
    assert faulty.read_bytes() == _MENDED.encode()


def test_fix_leaves_a_parent_that_was_not_named_as_it_is(faulty: Path) -> None:
    child = Path("child-1.persona.md")
    child.write_text("---\nalias: child-1\nversion: 2.0\ntitle: Child\ninherits_from: AUDIT-1\n---\n", encoding="utf-8")
    Path("personas").mkdir()
    faulty.rename(Path("personas") / faulty.name)
    told = dramaturg("check", child.name, "--fix")
    assert (told.code, Path("personas", faulty.name).read_bytes()) == (1, _FAULTY.encode())
    assert child.read_text(encoding="utf-8") == (
        '---\nalias: child-1\nversion: "2.0"\ntitle: Child\ninherits_from: audit-1\n---\n'
    )


def test_fix_tells_of_a_read_only_file_and_mends_the_others(faulty: Path) -> None:
    other = faulty.with_name("a.persona.md")
    other.write_bytes(_FAULTY.replace("audit-1", "a").encode())
    other.chmod(0o444)
    told = dramaturg("check", other.name, faulty.name, "--fix")
    assert told.code == 2
    assert faulty.read_bytes() == _MENDED.encode()
    assert "error: `a.persona.md` is read-only; " in told.err
    assert "error[P204]" in told.out


def test_a_file_that_a_nearer_one_hides_is_checked_and_mended_only_where_it_is_named(
    faulty: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(faulty.parent / "config"))
    hidden = faulty.parent / "config" / "dramaturg" / "personas" / faulty.name
    hidden.parent.mkdir(parents=True)
    hidden.write_bytes(faulty.read_bytes())
    assert dramaturg("check").code == 1
    nearer = faulty.parent / "personas" / faulty.name
    nearer.parent.mkdir()
    nearer.write_bytes(_MENDED.encode())
    told = dramaturg("check", "--fix")
    assert (told.code, str(hidden) in told.out + told.err) == (0, False)
    left_out = "left out, as nearer ones have the same names: 2 files; name their files to check them\n"
    assert told.err.endswith(left_out)
    for layout in ("json", "github", "sarif"):
        assert dramaturg("check", "--format", layout).err == left_out
    assert hidden.read_bytes() == _FAULTY.encode()
    assert dramaturg("check", str(hidden.parent)).code == 1


def test_a_diff_shows_what_fix_would_change_and_changes_nothing(faulty: Path) -> None:
    told = dramaturg("check", faulty.name, "--fix", "--diff")
    assert (told.code, faulty.read_bytes()) == (0, _FAULTY.encode())
    assert told.out.startswith("--- a/audit-1.persona.md\n+++ b/audit-1.persona.md\n")
    assert '\n-version: 1.0\r\n+version: "1.0"\r\n' in told.out
    assert told.err == "3 places would be mended\n1 checked: nothing to report\n"


@pytest.mark.parametrize(
    "arguments", [["--diff"], ["--fix", "--diff", "--json"], ["--fix", "--diff", "--format", "sarif"]]
)
def test_a_diff_goes_with_fix_and_with_no_other_format(faulty: Path, arguments: list[str]) -> None:
    told = dramaturg("check", faulty.name, *arguments)
    refused = "--diff prints what --fix would change"
    assert told.code == 2
    assert told.json["error"].startswith(refused) if "--json" in arguments else not told.out
    assert refused in told.err
    assert faulty.read_bytes() == _FAULTY.encode()


@pytest.fixture(name="committed")
def _committed(faulty: Path) -> Path:
    """Commit the persona mended, so that what is edited afterwards can be compared."""
    faulty.write_bytes(_MENDED.encode())
    author = ("-c", "user.name=A", "-c", "user.email=a@b.example", "-c", "commit.gpgsign=false")
    for arguments in (["init", "--quiet"], ["add", "."], [*author, "commit", "--quiet", "-m", "as it was"]):
        subprocess.run(["git", *arguments], check=True)  # noqa: S607 - any git
    return faulty


def test_what_was_lost_since_a_revision_is_reported_beside_the_rest(committed: Path) -> None:
    unchanged = dramaturg("check", committed.name, "--against", "HEAD")
    assert (unchanged.code, unchanged.out) == (0, "")
    committed.write_bytes(_FAULTY.replace("</dStep>", "</Step>").replace("checked.", "c</philosophy>").encode())
    committed.write_bytes(committed.read_bytes().replace(b"REPORT", b"SUMMARY"))
    told = dramaturg("check", committed.name, "--against", "HEAD", "--strict")
    assert re.findall(r"^(\w+)\[(\w+)\]", told.out, re.MULTILINE) == [("note", "P106"), ("error", "P504")]
    assert "::: HEAD:audit-1.persona.md:7:1: it was: REPORT" in told.out
    assert told.code == 1


def test_a_revision_that_there_is_not_hides_no_fault(committed: Path) -> None:
    committed.write_bytes(_FAULTY.encode())
    told = dramaturg("check", committed.name, "--against", "nowhere")
    assert told.code == 2
    assert "error[P204]" in told.out
    assert "error: git finds no revision `nowhere`" in told.err


def test_the_human_format_loads_nothing_that_only_other_formats_and_runs_need(faulty: Path) -> None:
    heavy = ("pydantic", "rich", "dramaturg.findings.catalogue", "dramaturg.findings.sarif", "dramaturg.run.runtime")
    program = f"""
import sys
from dramaturg.cli.main import main
try:
    main()
finally:
    print(*(name for name in {heavy} if name in sys.modules), file=sys.stderr)
"""
    command = [sys.executable, "-c", program, "check", faulty.name]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr.splitlines()[-1]) == (1, "")


# explain


@pytest.mark.parametrize("name", ["P204", "p204"])
def test_a_rule_is_explained_whatever_its_case(name: str) -> None:
    told = dramaturg("explain", name)
    assert (told.code, told.out, told.err) == (0, read_rule("P204").page, "")


def test_several_rules_are_explained_in_the_order_asked_each_once() -> None:
    told = dramaturg("explain", "P204", "A101", "p204")
    assert told.out == f"{read_rule('P204').page}\n{read_rule('A101').page}"


def test_without_a_rule_all_are_listed() -> None:
    lines = dramaturg("explain").out.splitlines()
    assert [line.split()[0] for line in lines] == [*rule_ids()]
    assert "P204  error    a step is never closed" in lines
    assert [rule["id"] for rule in dramaturg("explain", "--json").json] == [*rule_ids()]


def test_a_rule_in_json_has_its_parts() -> None:
    (rule,) = dramaturg("explain", "p106", "--json").json
    assert (rule["id"], rule["severity"], rule["title"]) == ("P106", "note", "the version is a number")
    assert rule["page"] == read_rule("P106").page


@pytest.mark.parametrize(
    ("name", "remedy"),
    [
        ("P205x", "did you mean `P205`"),
        ("p2", "did you mean `P203` or `P204` or `P205`?"),
        ("closer", "`dramaturg explain` lists them"),
    ],
)
def test_what_is_no_rule_is_the_callers_fault(name: str, remedy: str) -> None:
    told = dramaturg("explain", "P204", name)
    assert (told.code, told.out) == (2, "")
    assert f"error: there is no rule `{name.upper()}`; {remedy}" in told.err


# pre-commit

_HOOKS = yaml.safe_load((ROOT / ".pre-commit-hooks.yaml").read_text(encoding="utf-8"))


@pytest.mark.parametrize(("hook", "after"), [(_HOOKS[0], _FAULTY), (_HOOKS[1], _MENDED)], ids=["check", "fix"])
def test_a_hook_of_pre_commit_runs_on_the_files_it_selects(hook: dict[str, str], after: str, faulty: Path) -> None:
    assert re.search(hook["files"], faulty.name)
    assert not re.search(hook["files"], "README.md")
    program, *arguments = shlex.split(hook["entry"])
    assert program == "dramaturg"
    told = dramaturg(*arguments, faulty.name)
    assert (told.code, faulty.read_bytes()) == (1 if after is _FAULTY else 0, after.encode())
