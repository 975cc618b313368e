"""Accepted answers to entries: what is backed is cited, what is not is marked, and nothing is dropped."""

from typing import Any

import pytest
from tests.plans import BLUEPRINT, step_of

from dramaturg.engine.outcome import Basis, CodeFile, Entry, OpenQuestion
from dramaturg.engine.settle import asked_by_the_model, open_questions, settle
from dramaturg.evidence.locate import Shelf
from dramaturg.plan.outputs import Item, StepOutput

STEP = step_of('<Step number="1">Produce a `CHECKLIST`. It MUST cover:\n- **Ports:** open ones.\n</Step>')
SHELF = Shelf([BLUEPRINT])
TRUE = {"artifact": "Blueprint", "quote": "port 8080"}
FALSE = {"artifact": "blueprint", "quote": "port 9090"}
UNKNOWN = {"artifact": "runbook", "quote": ""}
EMPTY = {"artifact": "blueprint", "quote": " "}


def settled(*items: dict[str, Any], grounded: bool = True) -> tuple[Entry, ...]:
    """Return the entries of an answer with these items."""
    output = StepOutput(items=tuple(Item.model_validate(item) for item in items))
    return settle(output, STEP, SHELF, grounded=grounded).entries


def asked(*items: dict[str, Any]) -> list[OpenQuestion]:
    """Return the open questions of an answer with these items."""
    output = StepOutput(items=tuple(Item.model_validate(item) for item in items))
    section = settle(output, STEP, SHELF, grounded=True)
    return [*open_questions(section, STEP), *asked_by_the_model(output, STEP)]


@pytest.mark.parametrize(
    ("basis", "evidence", "citations", "unsupported"),
    [
        ("evidence", [TRUE], 1, False),
        ("evidence", [TRUE, FALSE], 1, True),
        ("evidence", [FALSE], 0, True),
        ("evidence", [UNKNOWN], 0, True),
        ("evidence", [EMPTY], 0, True),
        ("evidence", [], 0, True),
        ("inference", [EMPTY], 0, False),
        ("inference", [TRUE], 1, False),
        ("inference", [FALSE], 0, True),
        ("inference", [UNKNOWN], 0, True),
        ("inference", [], 0, True),
        ("missing", [FALSE, UNKNOWN], 0, False),
        ("missing", [], 0, False),
    ],
)
def test_a_claim_is_supported_by_what_stands_in_the_artifacts(
    basis: str, evidence: list[dict[str, str]], citations: int, *, unsupported: bool
) -> None:
    (entry,) = settled({"text": "x", "basis": basis, "evidence": evidence})
    assert (len(entry.citations), entry.unsupported) == (citations, unsupported)


@pytest.mark.parametrize(("evidence", "unsupported"), [([], False), ([TRUE], False), ([FALSE], True)])
def test_a_generative_persona_owes_no_evidence_but_true_quotes(
    evidence: list[dict[str, str]], *, unsupported: bool
) -> None:
    (entry,) = settled({"text": "x", "basis": "inference", "evidence": evidence}, grounded=False)
    assert entry.unsupported is unsupported


def test_an_entry_holds_what_the_item_said() -> None:
    item = {
        "text": " Check it. ",
        "command": "\n  curl localhost\n",
        "expect": " 200 ",
        "file": {"path": "a.sh", "language": "sh", "content": "set -e\n"},
        "cells": [{"column": " Port ", "value": " 8080 "}],
        "covers": ["PORTS", "nowhere", "Checklist"],
        "basis": "inference",
        "evidence": [TRUE, EMPTY],
    }
    (entry,) = settled(item)
    assert (entry.text, entry.command, entry.expect) == ("Check it.", "  curl localhost", "200")
    assert entry.file == CodeFile(path="a.sh", language="sh", content="set -e\n")
    assert entry.cells == (("Port", "8080"),)
    assert entry.covers == ("Ports", "CHECKLIST")
    assert entry.basis is Basis.INFERENCE
    assert entry.rests_on == ("BLUEPRINT",)


def test_blank_commands_and_files_are_none() -> None:
    (entry,) = settled({"text": "x", "command": " \n ", "file": {"path": "a", "language": "", "content": "\n"}})
    assert (entry.command, entry.file) == ("", None)


def test_an_item_that_says_nothing_is_no_entry() -> None:
    assert settled({"text": " ", "expect": "200"}, {"text": "", "command": "ls", "basis": "missing"}) == ()


def test_placeholders_and_unsupported_claims_are_asked() -> None:
    assert asked(
        {"text": "No port is named", "covers": ["Ports"], "basis": "missing"},
        {"text": "It is so", "basis": "evidence"},
        {"text": "It is open", "basis": "evidence", "evidence": [TRUE]},
    ) == [
        OpenQuestion(section="CHECKLIST", about="Ports", text="No port is named"),
        OpenQuestion(
            section="CHECKLIST", about="CHECKLIST", text="No artifact supports this; confirm or strike it: It is so"
        ),
    ]


@pytest.mark.parametrize(
    ("layout", "item", "shown"),
    [
        pytest.param("checklist", {"text": "", "command": "make up"}, "make up", id="command"),
        pytest.param(
            "table", {"cells": [{"column": "a", "value": "b"}, {"column": "c", "value": "d"}]}, "b; d", id="row"
        ),
        pytest.param("code", {"file": {"path": "run.sh", "language": "", "content": "x"}}, "run.sh", id="file"),
        pytest.param("code", {"file": {"path": "", "language": "", "content": "x"}}, "x", id="file without a name"),
        pytest.param("prose", {"text": "long " * 40}, ("long " * 40)[:159].rstrip() + "…", id="long"),
    ],
)
def test_an_unsupported_claim_is_shown_in_short(layout: str, item: dict[str, Any], shown: str) -> None:
    step = step_of(f'<Step number="1" format="{layout}">Produce `NOTES`.</Step>')
    output = StepOutput(items=(Item.model_validate({"basis": "evidence", **item}),))
    (question,) = open_questions(settle(output, step, SHELF, grounded=True), step)
    assert question.text == f"No artifact supports this; confirm or strike it: {shown}"
