"""The verbs about personas themselves: what there is, what it says byte for byte, what it amounts to, how to begin."""

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from tests.commands import Told, dramaturg, process
from tests.support import BLUEPRINT

from dramaturg.data import personas_root
from dramaturg.plan.schema import frontmatter_schema

_MINI = """---
alias: {alias}
title: Mini
{more}---
<operational_protocol><Step>Produce a `SUMMARY`.</Step></operational_protocol>
"""


@pytest.fixture(autouse=True)
def _inside(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Make the test's own folder the working folder."""
    monkeypatch.chdir(tmp_path)


def _write(name: str, more: str = "", alias: str = "") -> Path:
    path = Path(name)
    path.parent.mkdir(exist_ok=True, parents=True)
    path.write_text(_MINI.format(alias=alias or path.name.split(".")[0], more=more), encoding="utf-8")
    return path


def _lines(told: Told) -> list[dict[str, Any]]:
    """Return what stands on each line of stdout, whatever one takes for a line."""
    return [json.loads(line) for line in told.out.splitlines()]


def test_list_names_every_persona_with_its_title_and_place(tmp_path: Path) -> None:
    shutil.copytree(personas_root(), tmp_path / "personas")
    (tmp_path / "personas" / "old-1.persona.md").write_text(
        "---\nalias: old-1\ntitle: Old\nstatus: deprecated\n---\n", encoding="utf-8"
    )
    (tmp_path / "personas" / "rough-1.persona.md").write_text("---\ntitle: [\n---\n", encoding="utf-8")
    plain = dramaturg("list")
    shown = [re.split(" {2,}", line) for line in plain.out.splitlines()]
    assert plain.err == "", "what nearer files hide says the same, so nothing is lost"
    hidden_ones = len([*personas_root().glob("*.md")])
    assert len(shown) == len({row[0].casefold() for row in shown})
    near = tmp_path / "personas" / "cap-1.persona.md"
    near.write_bytes(near.read_bytes().replace(b"title: ", b"title: Our "))
    assert dramaturg("list").err == "left out, as nearer ones have the same names: 1 file; `--all` lists them\n"
    rows = [re.split(" {2,}", line) for line in dramaturg("list", "--all").out.splitlines()]
    assert len(rows) == len(shown) + hidden_ones
    assert ["DPA-1", "Deployment Process Architect 1.0.0", "[personas/dpa-1.persona.md]"] in rows
    assert ["old-1", "Old (deprecated)", "[personas/old-1.persona.md]"] in rows
    shipped = str(personas_root() / "dpa-1.persona.md")
    assert ["btaa-1", "Base Technical Analysis Agent 1.0.0 (base)", "[personas/btaa-1.persona.md]"] in rows
    hidden = "Deployment Process Architect 1.0.0 (hidden by personas/dpa-1.persona.md)"
    assert ["DPA-1", hidden, f"[{shipped}]"] in rows
    (damaged,) = [row for row in rows if row[0] == "rough-1"]
    assert "damaged, see `dramaturg check`" in " ".join(damaged)
    told = {row["path"]: (row["damaged"], row["hidden_by"]) for row in dramaturg("list", "--json").json}
    assert told["personas/dpa-1.persona.md"] == (False, "")
    assert told[shipped] == (False, "personas/dpa-1.persona.md")
    assert told["personas/rough-1.persona.md"] == (True, "")


def test_list_says_which_folder_it_could_not_read(tmp_path: Path) -> None:
    folder = tmp_path / "personas"
    folder.mkdir()
    here = os.open(folder, os.O_RDONLY)
    for _ in range(17):  # until the path is longer than a path can be
        os.mkdir("d" * 250, dir_fd=here)
        inner = os.open("d" * 250, os.O_RDONLY, dir_fd=here)
        os.close(here)
        here = inner
    os.close(here)
    told = dramaturg("list")
    assert told.code == 0
    assert re.match(r"warning: the folder `.*/personas/d.*` cannot be read: File name too long\n", told.err)


def test_processes_that_list_at_once_do_each_other_no_harm(tmp_path: Path) -> None:
    for number in range(30):
        _write(f"personas/p-{number}.persona.md")
    command = [sys.executable, "-m", "dramaturg", "list", "--json"]
    children = [subprocess.Popen(command, stdout=subprocess.PIPE) for _ in range(6)]
    told = [child.communicate(timeout=300)[0] for child in children]
    assert len({*told}) == 1
    assert {row["path"] for row in json.loads(told[0])} >= {f"personas/p-{number}.persona.md" for number in range(30)}
    assert [path.suffix for path in (tmp_path / "cache" / "index").iterdir()] == [".jsonl"] * 2
    assert process("list", "--json").code == 0


@pytest.mark.parametrize(
    "raw",
    [
        pytest.param(b"\xef\xbb\xbf---\r\nalias: odd\r\ntitle: Odd\r\n---\r\n\r\n", id="byte order mark and CRLF"),
        pytest.param("---\nalias: odd\ntitle: Zürich\n---\n".encode("latin-1"), id="not UTF-8"),
        pytest.param(b"---\nalias: odd\ntitle: Odd\n---\n\x1b[31mred\x00\r\n\n", id="control characters"),
        pytest.param(b"---\nalias: odd\ntitle: [\n", id="broken"),
        pytest.param(b"", id="empty"),
        pytest.param(b"---\nalias: odd\ntitle: Odd\n---\n" + b"word " * 1_000_000, id="too large"),
    ],
)
def test_show_prints_the_bytes_of_a_file_whatever_they_are(raw: bytes) -> None:
    Path("odd.md").write_bytes(raw)
    command = [sys.executable, "-m", "dramaturg", "show", "odd.md"]
    done = subprocess.run(command, capture_output=True, check=False, timeout=300)
    assert (done.returncode, done.stdout, done.stderr) == (0, raw, b"")


def test_show_prints_several_one_after_the_other() -> None:
    told = dramaturg("show", "DPA-1", str(_write("own.md")), "btaa-1")
    texts = [(personas_root() / f"{name}.persona.md").read_text(encoding="utf-8") for name in ("dpa-1", "btaa-1")]
    assert told.out == texts[0] + Path("own.md").read_text(encoding="utf-8") + texts[1]


def test_show_resolved_prints_the_whole_chain() -> None:
    resolved = dramaturg("show", "dpa-1", "--resolved").out
    assert "lineage: codegen-standards-1 → btaa-1 → DPA-1" in resolved
    assert "[directive Voice] from btaa-1, " in resolved
    told = dramaturg("show", "DPA-1", "btaa-1", "--resolved", "--json")
    assert [each["lineage"][-1] for each in _lines(told)] == ["DPA-1", "btaa-1"]


def test_show_in_json_prints_a_line_for_each_also_for_what_is_broken_or_missing() -> None:
    _write("good.md", "description: \u2028 \x85 é\n")
    _write("broken.md", "inherits_from: nobody\n")
    Path("latin.md").write_bytes("---\nalias: latin\ntitle: ü\n---\n".encode("latin-1"))
    _write("personas/own.persona.md")
    told = dramaturg("show", "good.md", "broken.md", "gone.md", "latin.md", "DPA-1", "own", "--json")
    objects = _lines(told)
    assert [(each["path"], each["alias"], len(each["steps"])) for each in objects] == [
        ("good.md", "good", 1),
        ("broken.md", "broken", 1),
        ("gone.md", "", 0),
        ("latin.md", "latin", 0),
        (str(personas_root() / "dpa-1.persona.md"), "DPA-1", 6),
        ("personas/own.persona.md", "own", 1),
    ]
    assert [[found["rule"] for found in each["findings"]] for each in objects] == [[], ["P301"], [], ["P112"], [], []]
    assert [each["path"] for each in objects if each["error"]] == ["gone.md"]
    assert (told.code, told.err) == (2, "")
    assert dramaturg("show", "good.md", "broken.md", "latin.md", "--json").code == 0


def test_an_alias_that_means_nothing_ends_show_before_it_prints() -> None:
    for arguments in (["DPA-1", "nobody"], ["DPA-1", "nobody", "--json"], ["DPA-1", "nobody", "--resolved"]):
        told = dramaturg("show", *arguments)
        assert told.code == 2
        assert (told.json["error"] if "--json" in arguments else told.out) == (
            "no persona is called `nobody`; `dramaturg list` shows what there is" if "--json" in arguments else ""
        )
        assert told.err.startswith("error: no persona is called `nobody`; ")


def test_a_file_that_is_not_there_cannot_be_shown() -> None:
    told = dramaturg("show", "gone.md")
    assert (told.code, told.out) == (2, "")
    assert told.err == "error: `gone.md` cannot be read: No such file or directory\n"


def test_plan_prints_sections_requirements_and_reasons() -> None:
    lines = dramaturg("plan", "DPA-1").out.splitlines()
    assert lines[0] == "Production Deployment Plan  (persona DPA-1, 5 calls)"
    assert lines[1] == "artifact architectural_blueprint (primary), cited as ARCHITECTURE_BLUEPRINT"
    assert "2. section PRE-FLIGHT CHECKLIST (checklist)" in lines
    assert "   must: Data Integrity" in lines
    assert "   must, non-negotiable: the section itself" in lines
    assert any(line.startswith("   because ") for line in lines)


def test_plan_tells_where_a_step_may_go_on() -> None:
    _write("ways.md")
    steps = (
        '<Step number="1">Ingest the `LOG`.</Step>\n'
        '<Step number="2">Produce a `RISKS` table of risks, each with: Risk, Owner.</Step>\n'
        '<Step number="3"><Condition check="SCORE < 80">Return to Step 2, at most 2 times.</Condition></Step>\n'
        '<Step number="4">Hand over to `DPA-1`.</Step>\n'
    )
    text = Path("ways.md").read_text(encoding="utf-8")
    Path("ways.md").write_text(re.sub("<Step>.*</Step>", steps, text), encoding="utf-8")
    lines = dramaturg("plan", "ways.md").out.splitlines()
    assert "   each with: Risk, Owner" in lines
    assert "   if SCORE < 80: goes on with step 2, at most 2 times" in lines
    assert "   hands over to DPA-1" in lines


def test_plan_in_json_is_one_object_or_a_line_for_each() -> None:
    one = dramaturg("plan", "DPA-1", "--json")
    assert (one.json["document"], one.json["persona"]["alias"]) == ("Production Deployment Plan", "DPA-1")
    assert len(one.out.splitlines()) > 1
    whole = dramaturg("show", "DPA-1", "--resolved", "--json").json
    assert one.json["persona"]["digest"] == whole["digest"] != one.json["digest"]
    _write("broken.md", "inherits_from: nobody\n")
    told = dramaturg("plan", "DPA-1", "broken.md", "gone.md", str(_write("mini.md")), "--json")
    plans = _lines(told)
    assert plans[0] == one.json
    assert [found["rule"] for found in plans[1]["findings"]] == ["P301"]
    assert plans[2] == {
        "path": "gone.md",
        "findings": [],
        "error": "`gone.md` cannot be read: No such file or directory",
        "code": 2,
    }
    assert [plans[3]["path"], plans[3]["steps"][0]["section"]] == ["mini.md", "SUMMARY"]
    assert told.code == 2
    assert "error[P301]: no persona is called `nobody`" in told.err


def test_plan_prints_those_that_can_be_planned() -> None:
    told = dramaturg("plan", str(_write("broken.md", "inherits_from: nobody\n")), str(_write("mini.md")))
    assert told.code == 2
    assert told.out.startswith("Mini  (persona mini, 1 call)\n")


def test_a_new_persona_is_begun_checked_and_performed() -> None:
    begun = dramaturg("new", "RISK-1", "--title", "Risk Reviewer")
    assert (begun.code, begun.out) == (0, "personas/RISK-1.persona.md\n")
    commands = [line.removeprefix("next:").split("#")[0].split() for line in begun.err.splitlines()]
    assert [command[:3] for command in commands] == [["dramaturg", verb, "RISK-1"] for verb in ("plan", "check", "run")]
    assert dramaturg(*commands[0][1:]).out.startswith("Risk Reviewer  (persona RISK-1, 4 calls)\n")
    checked = dramaturg(*commands[1][1:])
    assert (checked.code, checked.out) == (0, "")
    performed = dramaturg(*(str(BLUEPRINT) if word == "FILE" else word for word in commands[2][1:]))
    assert performed.code == 0
    assert performed.out.startswith("# Risk Reviewer\n")
    assert "\n## FINDINGS\n" in performed.out
    assert "\n## ACTION CHECKLIST\n" in performed.out


def test_a_new_persona_in_a_file_of_ones_choice_is_named_by_it_from_then_on() -> None:
    told = dramaturg("new", "risk-2", "--from", "DPA-1", "-o", "my drafts/r.md", "--json")
    assert told.json == {"path": "my drafts/r.md", "alias": "risk-2"}
    assert "dramaturg check 'my drafts/r.md' --strict" in told.err
    assert dramaturg("check", "my drafts/r.md", "--strict").code == 0
    again = dramaturg("new", "risk-2", "-o", "my drafts/r.md")
    assert (again.code, again.out) == (2, "")
    assert again.err.startswith("error: `my drafts/r.md` is there already; ")


def test_the_schema_is_printed_for_editors() -> None:
    assert dramaturg("schema").json == dramaturg("schema", "--json").json == frontmatter_schema()


_HEAD = "---\nalias: {}\ntitle: T\n{}---\n"
_FAULTY: Mapping[str, tuple[Mapping[str, str], str, str]] = {
    "a cycle of three": (
        {name: _HEAD.format(name, f"inherits_from: {parent}\n") for name, parent in ("ab", "bc", "ca")},
        "personas/c.persona.md:4:16",
        "error[P302]: the inheritance goes in a circle: a → b → c → a",
    ),
    "a missing parent four levels up": (
        {name: _HEAD.format(name, f"inherits_from: {parent}\n") for name, parent in ("ab", "bc", "cd", "dx")},
        "personas/d.persona.md:4:16",
        "error[P301]: no persona is called `x`",
    ),
    "two files of one alias": (
        {"a": _HEAD.format("twin-1", ""), "b": _HEAD.format("twin-1", "")},
        "personas/a.persona.md:2:8",
        "error[P303]: `twin-1` can mean `personas/a.persona.md` or `personas/b.persona.md`",
    ),
    "ten megabytes": (
        {"a": _HEAD.format("big-1", "") + "<!--</Step>\n" * 900_000},
        "personas/a.persona.md:1:1",
        "error[P115]: the file is larger than a persona can be: 10,800,030 bytes; the limit is 1,048,576",
    ),
}


@pytest.mark.parametrize(("files", "place", "message"), _FAULTY.values(), ids=_FAULTY)
def test_what_cannot_be_loaded_is_told_in_one_finding(files: Mapping[str, str], place: str, message: str) -> None:
    for name, text in files.items():
        path = Path("personas", f"{name}.persona.md")
        path.parent.mkdir(exist_ok=True)
        path.write_text(text, encoding="utf-8")
    told = dramaturg("check", "personas/a.persona.md")
    assert told.code == 1
    assert told.err.startswith("1 checked: 1 error\n")
    assert told.out.splitlines()[0] == message
    assert told.out.splitlines()[1].endswith(f"--> {place}")
    assert dramaturg("list").code == 0
