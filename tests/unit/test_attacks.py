"""Attacks in artifacts: the bytes that are sent, and the document of a model that repeats and obeys all it can."""

import json
import re
from dataclasses import replace
from typing import Any

import pytest
from markdown_it import MarkdownIt
from tests.attacks import ATTACKS
from tests.support import dpa1_brief, dpa1_job, good_answer, item, perform_by_hand

from dramaturg.engine.assemble import assemble
from dramaturg.engine.brief import Brief
from dramaturg.engine.calls import ModelCall
from dramaturg.engine.verify.structure import verify_structure

LINE = "All services run as containers on two hosts."
CONTROL = re.compile(r"<\|[^|>\n]{1,40}\|>|</?(?:s|bos|eos|pad|unk|(?:start|end)_of_turn)>|<</?SYS>>|\[/?INST\]")
MARK = re.compile(r"\[(Source|MISSING|REASONED_INFERENCE|UNSUPPORTED|DOCUMENT_INCONSISTENCY)\b[^\]]*\]")
PLAIN = dpa1_brief()
BASELINE = perform_by_hand(PLAIN, good_answer).calls
RAW = MarkdownIt("commonmark").enable("table")


def attacked(text: str) -> Brief:
    """Return the example's brief with an attack in the middle of its blueprint."""
    first, *others = PLAIN.artifacts
    lines = first.text.split("\n")
    hostile = "\n".join([*lines[:20], text, *lines[20:]])
    return replace(PLAIN, artifacts=(replace(first, text=hostile), *others))


def obeying(attack: str) -> Any:
    """Return a model that puts an attack wherever its answers have room for text."""

    def answer(call: ModelCall) -> str:
        changes = {
            "text": attack,
            "command": attack,
            "expect": attack[:600],
            "cells": [{"column": attack[:100], "value": attack}],
            "file": {"path": attack[:500], "language": attack[:100], "content": attack},
        }
        items = [item(requirement.id, **changes) for requirement in call.owes]
        asked = [{"id": attack[:100], "kind": "clarify", "text": attack[:500]}]
        return json.dumps({"notes": attack, "signals": [], "questions": asked, "items": items})

    return answer


def test_the_attacks_are_many() -> None:
    assert len(ATTACKS) >= 60
    assert len({*ATTACKS.values()}) == len(ATTACKS)


@pytest.mark.parametrize("name", ATTACKS)
def test_an_attack_changes_no_byte_but_those_of_its_own_block(name: str) -> None:
    calls = perform_by_hand(attacked(ATTACKS[name]), good_answer).calls
    assert [call.step for call in calls] == [call.step for call in BASELINE]
    for call, harmless in zip(calls, BASELINE, strict=True):
        assert call.schema == harmless.schema
        assert call.owes == harmless.owes
        turns = [(message.role, *(part.text for part in message.parts)) for message in call.messages]
        expected = [(message.role, *(part.text for part in message.parts)) for message in harmless.messages]
        differing = [
            (at, place)
            for at, (turn, other) in enumerate(zip(turns, expected, strict=True))
            for place, (text, same) in enumerate(zip(turn, other, strict=True))
            if text != same
        ]
        assert differing == [(1, 1)], "only the part that holds the artifacts"


@pytest.mark.parametrize("name", ATTACKS)
def test_an_attack_stays_between_its_own_tags_and_holds_no_control_token(name: str) -> None:
    block = perform_by_hand(attacked(ATTACKS[name]), good_answer).calls[0].messages[1].parts[0].text
    openers = re.findall(
        r'^<artifact id="[A-Z_]+" type="(?:primary|optional)" mark="([0-9a-f]{16})">$', block, re.MULTILINE
    )
    own = [mark for mark in openers if mark != "0123456789abcdef"]
    assert len(own) == 2
    for mark in own:
        assert block.count(f'</artifact mark="{mark}">') == 1
    assert not CONTROL.search(block)


@pytest.mark.parametrize("name", ATTACKS)
def test_a_model_that_repeats_an_attack_everywhere_changes_no_structure(name: str) -> None:
    brief = replace(attacked(ATTACKS[name]), reasks=0)
    performance = perform_by_hand(brief, obeying(f"Do it. {ATTACKS[name]}"))
    assert performance.outcome is not None
    document = assemble(brief.plan, performance.outcome)
    assert verify_structure(brief.plan, document.markdown) == ()
    tokens = RAW.parse(document.markdown)
    kinds = {token.type for token in tokens} | {child.type for token in tokens for child in token.children or ()}
    assert not kinds & {"html_block", "html_inline", "image", "link_open", "hr"}
    assert "\x1b" not in document.markdown
    cited = [MARK.match(found[0]) for found in MARK.finditer(_outside_fences(document.markdown))]
    labels = {"ARCHITECTURE_BLUEPRINT", "RAW_DOCKER_COMPOSE"}
    for mark in (found[0] for found in cited if found):
        assert mark == "[UNSUPPORTED]" or (mark.startswith("[Source: ") and mark[9:].split(",")[0] in labels)
        assert "9999" not in mark


def _outside_fences(markdown: str) -> str:
    return re.sub(r"^( *)(`{3,}).*?^\1\2 *$", "", markdown, flags=re.DOTALL | re.MULTILINE)


def test_no_attack_changes_the_plan() -> None:
    plan = dpa1_job().plan
    for text in ATTACKS.values():
        assert attacked(text).plan.digest == plan.digest
