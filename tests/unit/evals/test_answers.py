"""Recorded answers as lines: each different answer once, all of it read again, whatever a model wrote."""

from dataclasses import asdict
from typing import Any

import pytest

from dramaturg.engine.calls import ModelReply, Usage
from dramaturg.errors import JournalMiss
from dramaturg.evals.answers import Answers, answers_text

_PARTS = dict.fromkeys(("system", "artifacts", "history", "turn", "terms"), "0" * 12)


def _record(key: str, reply: ModelReply, step: str = "1") -> dict[str, Any]:
    said = {"case": "parcels", "step": step, "attempt": 0, "model": "m", "parts": _PARTS}
    return {"key": key * 64, **said, "sample": 0, "seconds": 0.25, "reply": asdict(reply)}


@pytest.mark.parametrize(
    "reply",
    [
        ModelReply(text="{}", model="m"),
        ModelReply(
            text="“cut” at \ud83d\u2028", stop="length", usage=Usage(input=7, output=2), request_id="r", model="n"
        ),
        ModelReply(text="", stop="refusal", stand_in="another"),
    ],
)
def test_a_reply_is_read_as_it_was(reply: ModelReply) -> None:
    text = answers_text([_record("a", reply)])
    record = Answers(text, "it").get("a" * 64)
    assert record
    assert record["reply"] == asdict(reply)
    assert answers_text([record]) == text


def test_the_same_answer_to_the_same_step_stands_once() -> None:
    reply = ModelReply(text="{}", model="m")
    text = answers_text([_record("a", reply), _record("b", reply), _record("c", reply, step="2")])
    assert [
        line.startswith(f'{{"key": "{"b" * 64}", "like": "{"a" * 64}"}}'.encode()) for line in text.splitlines()
    ] == [
        False,
        True,
        False,
    ]
    answers = Answers(text, "it")
    assert [record["key"][0] for record in answers] == ["a", "b", "c"]
    assert answers.get("b" * 64) == {**(answers.get("a" * 64) or {}), "key": "b" * 64}


def test_a_question_that_names_a_line_which_is_gone_has_no_answer() -> None:
    text = answers_text([_record("a", ModelReply(text="{}")), _record("b", ModelReply(text="{}"))])
    answers = Answers(text.splitlines()[1] + b"\n", "it")
    assert answers.get("b" * 64) is None
    assert [*answers] == []


def test_what_is_cut_is_told_with_its_file() -> None:
    text = answers_text([_record("a", ModelReply(text="{}"))])
    with pytest.raises(JournalMiss, match="it:1: the recorded answer is damaged"):
        Answers(text[:-20], "it").get("a" * 64)
