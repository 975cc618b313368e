"""What is told of a persona: a file as a program sees it, whatever is wrong with it, and a chain with its origins."""

import json
from pathlib import Path
from typing import Any

import pytest

from dramaturg.persona.library import Library
from dramaturg.plan.compile import compile_plan
from dramaturg.run.describe import composed, composed_json, file_json, plan_json

_BASE = """---
alias: base
title: The base
---
<philosophy>
Calm.
</philosophy>
<directives><Directive_Voice>Plain.</Directive_Voice></directives>
"""
_OWN = """---
alias: own
version: 1.2.3
title: The own
status: draft
type: specialized
inherits_from: BASE
expected_artifacts:
  - id: source_text
    description: The text.
  - id: notes
    type: optional
---
<SECTION:TONE override="true">Dry.</SECTION>
<directives>
<Directive_Voice override="true">
Terse.
</Directive_Voice>
</directives>
<operational_protocol>
<Step
   name="Look">Look.</Step>
<Step number="7" mood="calm">
Write a `VERDICT`.
</Step>
</operational_protocol>
"""
_KEYS = [
    *("path", "alias", "version", "title", "status", "type", "inherits_from"),
    *("slots", "directives", "steps", "artifacts", "lineage", "findings", "error"),
]


@pytest.fixture(name="library")
def _library(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Library:
    monkeypatch.chdir(tmp_path)
    for name, text in (("base", _BASE), ("own", _OWN)):
        (tmp_path / f"{name}.persona.md").write_text(text, encoding="utf-8")
    return Library((tmp_path,))


def _told(library: Library, name: str) -> dict[str, Any]:
    """Return what is told of a file, as a program reads it."""
    told: dict[str, Any] = json.loads(json.dumps(file_json(library, Path(name))))
    assert [*told] == _KEYS
    return told


def test_a_file_is_told_with_the_lines_of_each_piece(library: Library) -> None:
    told = _told(library, "own.persona.md")
    assert {key: told[key] for key in _KEYS[:7]} == {
        "path": "own.persona.md",
        "alias": "own",
        "version": "1.2.3",
        "title": "The own",
        "status": "draft",
        "type": "specialized",
        "inherits_from": "BASE",
    }
    assert told["slots"] == [{"name": "TONE", "line": 14, "end_line": 14, "override": True, "text": "Dry."}]
    assert told["directives"] == [{"name": "Voice", "line": 16, "end_line": 18, "override": True, "text": "\nTerse.\n"}]
    assert told["steps"] == [
        {"number": "1", "name": "Look", "line": 21, "end_line": 22, "text": "Look.", "attributes": {}},
        {
            "number": "7",
            "name": "",
            "line": 23,
            "end_line": 25,
            "text": "\nWrite a `VERDICT`.\n",
            "attributes": {"mood": "calm"},
        },
    ]
    assert told["artifacts"] == [
        {"id": "source_text", "type": "primary", "description": "The text.", "line": 9},
        {"id": "notes", "type": "optional", "description": "", "line": 11},
    ]
    assert (told["lineage"], told["error"]) == (["base", "own"], "")


def test_findings_are_those_of_the_file_and_of_its_chain(library: Library, tmp_path: Path) -> None:
    (tmp_path / "base.persona.md").write_text(_BASE.replace("title:", "autor: me\ntitle:"), encoding="utf-8")
    (tmp_path / "own.persona.md").write_text(_OWN.replace("</SECTION>", "</SECTOIN>"), encoding="utf-8")
    found = {(found["span"]["path"], found["rule"]) for found in _told(library, "own.persona.md")["findings"]}
    assert {("base.persona.md", "P107"), ("own.persona.md", "P203")} <= found


def test_a_lineage_is_climbed_as_far_as_it_goes(library: Library, tmp_path: Path) -> None:
    (tmp_path / "base.persona.md").write_text(_BASE.replace("title:", "inherits_from: gone\ntitle:"), encoding="utf-8")
    told = _told(library, "own.persona.md")
    assert told["lineage"] == ["base", "own"]
    assert "P301" in [found["rule"] for found in told["findings"]]


def test_a_lineage_that_goes_in_a_circle_names_each_once(library: Library, tmp_path: Path) -> None:
    (tmp_path / "base.persona.md").write_text(_BASE.replace("title:", "inherits_from: own\ntitle:"), encoding="utf-8")
    told = _told(library, "own.persona.md")
    assert told["lineage"] == ["base", "own"]
    assert "P302" in [found["rule"] for found in told["findings"]]


def test_a_file_that_is_no_text_is_told_by_its_frontmatter(library: Library, tmp_path: Path) -> None:
    (tmp_path / "own.persona.md").write_bytes(_OWN.replace("Dry", "Trocken, nüchtern").encode("latin-1"))
    told = _told(library, "own.persona.md")
    assert (told["alias"], told["lineage"], told["steps"], told["error"]) == ("own", ["base", "own"], [], "")
    assert "P112" in [found["rule"] for found in told["findings"]]


@pytest.mark.parametrize("name", ["gone.persona.md", "below"])
def test_a_file_that_cannot_be_read_is_told_empty_with_the_reason(library: Library, tmp_path: Path, name: str) -> None:
    (tmp_path / "below").mkdir()
    told = _told(library, name)
    reason = {"gone.persona.md": "No such file or directory", "below": "Is a directory; give a file of it"}[name]
    assert (told["path"], told["error"]) == (name, f"`{name}` cannot be read: {reason}")
    assert not any(told[key] for key in _KEYS[1:-1])


def test_a_parent_that_cannot_be_read_leaves_the_file_as_it_is(library: Library, tmp_path: Path) -> None:
    (tmp_path / "base.persona.md").unlink()
    (tmp_path / "base.persona.md").symlink_to("gone")
    told = _told(library, "own.persona.md")
    assert len(told["steps"]) == 2
    assert told["lineage"] == ["own"]
    assert "base.persona.md` cannot be read: No such file or directory" in told["error"]


def test_a_composed_persona_names_the_origin_of_each_piece(library: Library) -> None:
    assert composed(library.load("own")) == (
        "own 1.2.3 – The own\n"
        "lineage: base → own\n\n"
        "[artifact source_text] from own, own.persona.md:9:9\nThe text.\n\n"
        "[artifact notes] from own, own.persona.md:11:9\n\n"
        "[philosophy] from base, base.persona.md:5:13\nCalm.\n\n"
        "[TONE] from own, own.persona.md:14:31\nDry.\n\n"
        "[directive Voice] from own, own.persona.md:16:34\nTerse.\n\n"
        "[step 1 Look] from own, own.persona.md:22:16\nLook.\n\n"
        "[step 7] from own, own.persona.md:23:30\nWrite a `VERDICT`.\n"
    )


def test_a_composed_persona_as_data_has_the_same_origins_and_no_whole_files(library: Library) -> None:
    persona = library.load("own")
    told = composed_json(persona)
    assert (told["path"], told["lineage"], told["digest"]) == ("own.persona.md", ["base", "own"], persona.digest)
    origins = {slot["name"]: slot["origin"]["alias"] for slot in told["slots"]}
    assert origins == {"philosophy": "base", "TONE": "own"}
    assert told["steps"][1]["origin"]["span"] == {"path": "own.persona.md", "line": 23, "column": 30, "length": 20}
    assert _OWN not in json.dumps(told)


def test_a_plan_as_data_has_its_reasons_and_no_whole_files(library: Library) -> None:
    plan = compile_plan(library.load("own"))
    told = plan_json(plan)
    assert (told["path"], told["persona"]["lineage"]) == ("own.persona.md", ["base", "own"])
    assert (told["digest"], told["persona"]["digest"]) == (plan.digest, plan.persona.digest)
    assert [step["section"] for step in told["steps"]][-1] == "VERDICT"
    assert all(reason["span"]["path"] for step in told["steps"] for reason in step["because"])
    assert _OWN not in json.dumps(told)
