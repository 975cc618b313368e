"""Documents of a database between the end of their run and their reader: nothing is ordered, or paid for, twice."""

import os
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from tests.chat_server import ChatServer
from tests.commands import RUN, dramaturg, started
from tests.integration.test_people import PERSONA, answer
from tests.postgres import working
from tests.support import BLUEPRINT

from dramaturg import AnswerNeeded, Runtime


def _within(seconds: float, holds: Callable[[], bool]) -> bool:
    until = time.monotonic() + seconds
    while not holds() and time.monotonic() < until:
        time.sleep(0.05)
    return holds()


def _rows(url: str) -> list[dict[str, str]]:
    rows: list[dict[str, str]] = dramaturg("runs", "--database", url, "--json").json
    return rows


def test_a_document_that_did_not_reach_its_file_is_delivered_by_the_same_command(
    url: str, state: Path, tmp_path: Path
) -> None:
    plan = tmp_path / "plan.md"
    os.mkfifo(plan)  # which nobody reads, so that the process waits with the document in its hands
    with ChatServer() as chat, working(url):
        command = (*RUN, "--model", chat.model, "--queue", url, "-o", str(plan))
        with started(*command) as child:
            assert _within(300, lambda: [row["status"] for row in _rows(url)] == ["done"])
            child.kill()
            child.communicate(timeout=300)
        plan.unlink()
        assert dramaturg(*command).code == 0
        assert plan.read_text(encoding="utf-8").startswith("# Production Deployment Plan\n")
        assert (len(_rows(url)), len(chat.requests)) == (1, 5)
        assert not [*state.glob("orders/*")]
        assert dramaturg(*command).code == 0  # what was delivered is ordered anew
        assert (len(_rows(url)), len(chat.requests)) == (2, 10)


def test_a_command_that_was_killed_while_it_followed_follows_again_beside_others(url: str, tmp_path: Path) -> None:
    with ChatServer(held_from=3) as chat, working(url):
        command = (*RUN, "--model", chat.model, "--queue", url, "-o", str(tmp_path / "plan.md"))
        with started(*command) as child, started(*command) as beside:  # two at once are two runs
            chat.wait_for(4)  # one call of each is under way
            assert len(_rows(url)) == 2
            for each in (child, beside):
                each.kill()
                each.communicate(timeout=300)
        chat.release()
        for _ in range(2):
            assert dramaturg(*command).code == 0
        assert {row["status"] for row in _rows(url)} == {"done"}
        assert (len(_rows(url)), len(chat.requests)) == (2, 10)
        assert dramaturg(*command, "--fresh").code == 0
        assert len(_rows(url)) == 3


def test_the_same_command_with_an_answer_goes_on_with_the_run_that_waits_for_it(url: str, tmp_path: Path) -> None:
    (tmp_path / "ask-1.persona.md").write_text(PERSONA, encoding="utf-8")
    (tmp_path / "brief.md").write_text("# Brief\n\nThe gateway was down this morning.\n", encoding="utf-8")
    (tmp_path / "deploy.log").write_text("09:00 deployed\n09:02 the gateway restarted\n", encoding="utf-8")
    with ChatServer(answer) as chat, working(url):
        files = (str(tmp_path / "ask-1.persona.md"), str(tmp_path / "brief.md"))
        command = ("run", *files, "--model", chat.model, "--queue", url)
        assert dramaturg(*command).code == 5
        answers = ("--answer", "2.1=For operators.", "--answer", f"2.2=@{tmp_path / 'deploy.log'}")
        assert dramaturg(*command, *answers).code == 5
        assert dramaturg(*command, "--yes").code == 0
        assert [row["status"] for row in _rows(url)] == ["done"]


@pytest.mark.slow
def test_a_run_that_is_removed_leaves_no_receipt(url: str, state: Path, tmp_path: Path) -> None:
    persona = tmp_path / "ask-1.persona.md"
    persona.write_text(PERSONA, encoding="utf-8")
    (tmp_path / "brief.md").write_text("# Brief\n\nThe gateway was down this morning.\n", encoding="utf-8")
    with ChatServer(answer) as chat, working(url):
        command = ("run", str(persona), str(tmp_path / "brief.md"), "--model", chat.model, "--queue", url)
        assert (dramaturg(*command).code, dramaturg(*command, "--fresh").code) == (5, 5)
        assert len([*state.glob("orders/*")]) == 2
        prune = ("runs", "--prune", "--database", url, "--older-than", "0", "--status", "waiting")
        assert dramaturg(*prune, "--dry-run").code == 0
        assert len([*state.glob("orders/*")]) == 2
        assert dramaturg(*prune).code == 0
        assert (_rows(url), [*state.glob("orders/*")]) == ([], [])


@pytest.mark.slow
def test_what_was_resumed_in_python_is_delivered_too(url: str, tmp_path: Path) -> None:
    persona = tmp_path / "ask-1.persona.md"
    persona.write_text(PERSONA, encoding="utf-8")
    with ChatServer(answer) as chat, working(url):
        runtime = Runtime(model=chat.model, durable=url)
        waiting = []
        for _ in range(3):
            with pytest.raises(AnswerNeeded) as asked:
                runtime.run(persona, "The gateway was down.\n")
            waiting.append(asked.value.run)
            if len(waiting) == 2:
                said = {"2.1": "For operators.", "2.2": "09:02 the gateway restarted\n"}
                Runtime(durable=url, answers=said, yes=True).resume(waiting[0])
        assert waiting[0] == waiting[1] != waiting[2]


@pytest.mark.slow
def test_what_failed_is_ordered_anew_and_in_python_a_result_is_delivered_with_its_return(url: str, state: Path) -> None:
    with ChatServer(lambda number, _: "{}") as chat, working(url):  # noqa: ARG005 - it says nothing to all
        command = (*RUN, "--model", chat.model, "--queue", url)
        assert [dramaturg(*command).code for _ in range(2)] == [1, 1]
        assert [row["status"] for row in _rows(url)] == ["failed"] * 2
        runtime = Runtime(model="evidence", durable=url)
        runs = {runtime.run("DPA-1", BLUEPRINT).report.run for _ in range(2)}
        assert len(runs) == 2
        blocked = state.parent / "blocked"
        blocked.write_text("a file is no folder\n", encoding="utf-8")
        assert Runtime(model="evidence", durable=url, state=blocked).run("DPA-1", BLUEPRINT).report.run not in runs
