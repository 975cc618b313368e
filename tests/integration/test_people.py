"""One persona with a gate, a clarifying question, a request for evidence and a bounded loop, performed in four ways."""

import json
import os
import pty
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from tests.chat_server import ChatServer, instance_of
from tests.commands import dramaturg, journals, process
from tests.integration.test_terminal import Terminal
from tests.support import ROOT

from dramaturg import AnswerNeeded, run_persona
from dramaturg.engine.calls import Question
from dramaturg.run.record import read_journal

PERSONA = """---
alias: ASK-1
title: Asker
expected_artifacts:
  - id: brief
    type: primary
---
<operational_protocol>
    <Step number="1" name="Read">Ingest the `BRIEF`.</Step>
    <Step number="2" name="Clarify">Ask the user clarifying questions, and request the deployment log.</Step>
    <Step number="3" name="Explain" kind="analyze">Explain what happened. Set `CONFIDENCE_SCORE` from 0 to 100.</Step>
    <Step number="4" name="Decide">Compare.
        <Condition check="CONFIDENCE_SCORE < 80">Return to Step 3, at most 2 times.</Condition>
    </Step>
    <Step number="5" name="Findings">Produce the `FINDINGS`.</Step>
    <Step number="6" name="Agree">Ask for confirmation of the findings.</Step>
    <Step number="7" name="Actions">Produce the `ACTIONS`.</Step>
    <Step number="8" name="Assemble">Combine the sections into a document titled "Review".</Step>
</operational_protocol>
"""
_LOG = "09:00 deployed 2.4.1\n09:02 the gateway restarted\n"


def answer(number: int, request: Mapping[str, Any]) -> str:
    """Answer by what the conversation says, never by how often this server was asked."""
    del number
    schema = request["response_format"]["json_schema"]["schema"]
    data = instance_of(schema)
    turns = "\n".join(message["content"] for message in request["messages"])
    names = schema["properties"]
    if "signals" in names:
        data["signals"] = {"CONFIDENCE_SCORE": 90 if "CONFIDENCE_SCORE = 60" in turns else 60}
    if "questions" in names and "confirm" in names["questions"]["items"]["properties"]["kind"]["enum"]:
        data["questions"] = [{"id": "ok", "kind": "confirm", "text": "Are these the findings?"}]
    elif "questions" in names:
        data["questions"] = [
            {"id": "who", "kind": "clarify", "text": "Who is it for?"},
            {"id": "log", "kind": "artifact", "text": "The deployment log, please."},
        ]
    if "findings" in names:
        revised = "revised" if "drop the second one" in turns else "as found"
        data["findings"][0] |= {"text": f"The gateway restarted, {revised}."}
        data["findings"][0] |= {"basis": "evidence", "evidence": {"artifact": "LOG", "quote": "the gateway restarted"}}
    return json.dumps(data)


@pytest.fixture(name="place")
def _place(tmp_path: Path) -> Path:
    folder = tmp_path / "work"
    folder.mkdir()
    (folder / "ask-1.persona.md").write_text(PERSONA, encoding="utf-8")
    (folder / "brief.md").write_text("# Brief\n\nThe gateway was down this morning.\n", encoding="utf-8")
    (folder / "deploy.log").write_text(_LOG, encoding="utf-8")
    (folder / "answers.yaml").write_text(
        "2.1: For operators.\n2.2: '@deploy.log'\n'6':\n  - drop the second one\n  - yes\n", encoding="utf-8"
    )
    return folder


def command(place: Path, server: ChatServer, *more: str) -> tuple[str, ...]:
    return ("run", str(place / "ask-1.persona.md"), str(place / "brief.md"), "--model", server.model, *more)


def in_python(place: Path, server: ChatServer) -> str:
    """Perform it in Python with a callback."""
    confirmed = iter(["drop the second one", "yes"])

    def person(question: Question) -> str | Path:
        match question.kind:
            case "artifact":
                return place / "deploy.log"
            case "confirm":
                return next(confirmed)
            case _:
                return "For operators."

    persona, brief = place / "ask-1.persona.md", place / "brief.md"
    return run_persona(persona, brief, model=server.model, on_question=person).document.markdown


def with_a_file(place: Path, server: ChatServer) -> str:
    """Perform it with answers in a file."""
    told = dramaturg(*command(place, server, "--answers", str(place / "answers.yaml")))
    assert told.code == 0, told.err
    return told.out


def paused_and_resumed(place: Path, server: ChatServer) -> str:
    """Perform it by several commands, in two processes, each going on where the one before paused."""
    told = process(*command(place, server))
    assert (told.code, told.out) == (5, "")
    run = read_journal(journals(Path(os.environ["DRAMATURG_STATE"]))[-1]).run
    assert f"go on: dramaturg resume {run} --answer 2.1=TEXT" in told.err
    (row,) = (each for each in dramaturg("runs", "--json").json if each["run"] == run)
    assert (row["status"], [question["id"] for question in row["questions"]]) == ("waiting", ["2.1", "2.2"])
    one = dramaturg("resume", run, "--answer", "2.1=For operators.", "--json")
    assert (one.code, [each["id"] for each in one.json["questions"]]) == (5, ["2.2"])
    log = dramaturg("resume", run, "--answer", f"2.2=@{place / 'deploy.log'}")
    assert (log.code, "6 (confirm): Are these the findings?" in log.err) == (5, True)
    assert dramaturg("resume", run, "--answer", "6=drop the second one").code == 5
    done = dramaturg("resume", run, "--yes")
    assert done.code == 0, done.err
    return done.out


def at_a_terminal(place: Path, server: ChatServer) -> str:
    """Perform it at a terminal, typing."""
    screen, theirs = pty.openpty()
    out = place / "review.md"
    arguments = [sys.executable, "-m", "dramaturg", *command(place, server, "--fresh", "-o", str(out))]
    with subprocess.Popen(arguments, cwd=ROOT, stdin=theirs, stderr=theirs, stdout=subprocess.DEVNULL) as child:
        os.close(theirs)
        terminal = Terminal(screen)
        for asked, typed in [
            ("Who is it for?", "For operators."),
            ("The deployment log, please.", str(place / "nowhere.log")),
            ("there is no file", str(place / "deploy.log")),
            ("as found.", "drop the second one"),
            ("revised.", "yes"),
        ]:
            terminal.wait_for(asked)
            terminal.wait_for("> ")
            terminal.shown = ""
            os.write(screen, f"{typed}\n".encode())
        while terminal.read():
            pass
        assert child.wait(timeout=300) == 0
    os.close(screen)
    return out.read_text(encoding="utf-8")


@pytest.mark.parametrize("way", [in_python, with_a_file, paused_and_resumed, at_a_terminal])
def test_a_persona_that_asks_gives_the_same_document_however_it_is_answered(place: Path, way: Any) -> None:
    with ChatServer(answer) as server:
        document = way(place, server)
        steps = len(server.requests)
    assert document == _expected(place)
    assert steps == 9  # 1, 2, 3, 3 again, 5, 6, 5 again, 6 again, 7: nothing is asked twice


def _expected(place: Path) -> str:
    with ChatServer(answer) as server:
        document = in_python(place, server)
    assert "The gateway restarted, revised. [Source: LOG, L2]" in document
    return document


def test_in_python_a_run_pauses_and_goes_on_when_the_answers_are_there(place: Path) -> None:
    persona, brief = place / "ask-1.persona.md", place / "brief.md"
    with ChatServer(answer) as server:
        with pytest.raises(AnswerNeeded) as pause:
            run_persona(persona, brief, model=server.model)
        assert [(name, kind) for name, kind, _ in pause.value.questions] == [("2.1", "clarify"), ("2.2", "artifact")]
        known = {"2.1": "For operators.", "2.2": place / "deploy.log", "6": ["drop the second one", True]}
        result = run_persona(persona, brief, model=server.model, answers=known)
        assert len(server.requests) == 9
    assert result.document.markdown == _expected(place)


def test_a_coroutine_may_answer_a_synchronous_run(place: Path) -> None:
    async def person(question: Question) -> str:
        return "yes" if question.kind == "confirm" else ""

    with ChatServer(answer) as server:
        result = run_persona(place / "ask-1.persona.md", place / "brief.md", model=server.model, on_question=person)
    assert [each.about for each in result.document.questions if each.section == "Clarify"] == [
        "question 2.1",
        "question 2.2",
    ]


def test_an_answer_that_nothing_asks_for_is_told(place: Path) -> None:
    note = "note: nothing asked for the answer `9`; give it by the id of a question\n"
    with ChatServer(answer) as server:
        paused = dramaturg(*command(place, server, "--answer", "9=yes", "--answer", "2=For operators.", "--json"))
        assert (paused.code, paused.err.count("note: ")) == (5, 1)
        assert note in paused.err
        assert [each["id"] for each in paused.json["questions"]] == ["6"]
        told = dramaturg("resume", paused.json["run"], "--answer", "2=For operators.", "--answer", "9=yes", "--yes")
    assert (told.code, told.err.count(note)) == (0, 1)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--answer", "yes"), "`--answer yes` answers nothing"),
        (("--answer", "6=a", "--answer", "6=b"), "question `6` is answered twice"),
        (("--answers", "nowhere.yaml"), "`nowhere.yaml` cannot be read"),
        (("--answer", "9=@nowhere.md"), "the artifact `answer to question 9`: `nowhere.md` cannot be read"),
        (("--answer", "2.1=x", "--answer", "2.2=@nowhere.log"), "`nowhere.log` cannot be read"),
    ],
)
def test_answers_that_are_none_are_the_callers_fault(place: Path, arguments: tuple[str, ...], said: str) -> None:
    with ChatServer(answer) as server:
        told = dramaturg(*command(place, server, *arguments))
    assert (told.code, server.requests) == (2, [])
    assert said in told.err
