"""What a person at a terminal sees while a run goes on."""

import codecs
import os
import pty
import re
import subprocess
import termios
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from rich.cells import cell_len
from tests.chat_server import ChatServer, well
from tests.commands import RUN, dramaturg, started
from tests.support import BLUEPRINT

ESCAPES = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")


class Terminal:
    """The screen's side of a pseudo-terminal."""

    def __init__(self, descriptor: int) -> None:
        self.descriptor = descriptor
        self.shown = ""
        self._decoder = codecs.getincrementaldecoder("utf-8")()  # a character may come in two pieces

    def read(self) -> bool:
        """Take what is written next; False when the other side has gone."""
        try:
            more = os.read(self.descriptor, 4096)
        except OSError:  # what Linux says when the last writer has closed
            return False
        self.shown += self._decoder.decode(more)
        return bool(more)

    def wait_for(self, text: str) -> None:
        """Read until a text is shown."""
        while text not in self.shown:
            assert self.read(), f"{text!r} was never shown, but {self.shown!r}"

    @property
    def lines(self) -> list[str]:
        """The lines as written, without escape codes."""
        return ESCAPES.sub("", self.shown).replace("\r", "\n").split("\n")


@contextmanager
def watched(*arguments: str) -> Iterator[tuple[subprocess.Popen[bytes], Terminal]]:
    """Start the command with its stderr on a terminal."""
    screen, theirs = pty.openpty()
    try:
        with started(*arguments, stderr=theirs) as child:
            os.close(theirs)
            yield child, Terminal(screen)
    finally:
        os.close(screen)


def unsupported(number: int, request: Mapping[str, Any]) -> str:
    """Answer with quotes that stand nowhere, which is worth a warning."""
    return well(number, request).replace('"inference"', '"evidence"')


def performed(environment: Mapping[str, str], monkeypatch: pytest.MonkeyPatch) -> tuple[bytes, Terminal]:
    """Perform DPA-1 against a server that holds its third answer back until the terminal tells of it."""
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    with (
        ChatServer(unsupported, held_from=3) as server,
        watched(*RUN, "--model", server.model, "--reasks", "0") as (child, terminal),
    ):
        server.wait_for(3)
        if environment["TERM"] != "dumb":
            terminal.wait_for("[3/5] EXECUTION PLAN …")
        server.release()
        while terminal.read():
            pass
        assert child.stdout is not None
        document = child.stdout.read()
        assert child.wait(timeout=300) == 0
    return document, terminal


@pytest.mark.parametrize(
    ("environment", "motion", "colour"),
    [
        ({"TERM": "xterm", "NO_COLOR": ""}, True, True),
        ({"TERM": "xterm", "NO_COLOR": "1"}, True, False),
        ({"TERM": "dumb", "NO_COLOR": ""}, False, False),
    ],
)
def test_a_terminal_shows_the_same_lines_as_a_pipe_and_what_motion_and_colour_it_can(
    environment: Mapping[str, str],
    motion: bool,  # noqa: FBT001 - a parameter
    colour: bool,  # noqa: FBT001 - a parameter
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    document, terminal = performed(environment, monkeypatch)
    assert document.startswith(b"# Production Deployment Plan\n")
    assert b"\x1b" not in document
    lines = terminal.lines
    assert any(line.startswith("model openai:tiny@http://127.0.0.1:") for line in lines)
    assert any(line.startswith("[2/5] PRE-FLIGHT CHECKLIST: 4 items, ") for line in lines)
    assert any(
        line.startswith("note[A101]: `DPA-1` does not declare the artifact `raw_docker_compose`; ") for line in lines
    )
    assert any(line.startswith("used 5 calls, ") for line in lines)
    assert any(line.startswith("4 sections, ") for line in lines)
    assert ("\x1b" in terminal.shown) == motion
    assert any(line.startswith("warning[") for line in lines)
    assert ("\x1b[1;33mwarning[" in terminal.shown) == colour


def test_a_failure_on_a_terminal_leaves_its_message_last(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TERM", "xterm")
    with ChatServer(lambda _, __: 404) as server, watched(*RUN, "--model", server.model) as (child, terminal):
        while terminal.read():
            pass
        assert child.wait(timeout=300) == 3
    said = [line for line in terminal.lines if line.strip()]
    assert said[-1].startswith("error: the server at 127.0.0.1 answered 404")
    assert terminal.shown.rindex("\x1b[?25h") > terminal.shown.rindex("\x1b[?25l"), "the cursor must come back"


def test_a_quiet_run_shows_nothing_on_a_terminal_either() -> None:
    with watched(*RUN, "--model", "evidence", "-q") as (child, terminal):
        while terminal.read():
            pass
        assert child.wait(timeout=300) == 0
    assert terminal.shown == ""


def test_a_persona_checked_on_a_pipe_has_no_colour_but_its_carets() -> None:
    told = dramaturg(*RUN, "--model", "evidence")
    assert "\x1b" not in told.err
    assert "   |           ^^^^^" in told.err


def on_screen(columns: int, *arguments: str, stream: str = "stdout") -> list[str]:
    """Return what the command writes to a stream that is a terminal so wide."""
    screen, theirs = pty.openpty()
    try:
        termios.tcsetwinsize(theirs, (24, columns))
        with started(*arguments, **{stream: theirs}) as child:
            os.close(theirs)
            terminal = Terminal(screen)
            while terminal.read():
                pass
            assert child.wait(timeout=300) in (0, 1, 2)
    finally:
        os.close(screen)
    return [line for line in terminal.lines if line]


@pytest.mark.parametrize("columns", [40, 60, 80])
def test_a_narrow_terminal_gets_whole_notes_and_whole_words_of_a_list(tmp_path: Path, columns: int) -> None:
    (tmp_path / "wide.persona.md").write_text(
        "---\nalias: w-1\ntitle: 監査の長い題名\n---\n<operational_protocol>\n"
        '    <Step number="1" name="取り込み取り込み">\n    Look at it.\n\n    </dStep>\n</operational_protocol>\n',
        encoding="utf-8",
    )
    drawn = on_screen(columns, "check", str(tmp_path / "wide.persona.md"))
    places = [line for line in drawn if "-->" not in line]
    assert max(map(cell_len, places)) <= columns
    assert "did you mean `</Step>`?" in " ".join(line.partition("|")[2].strip() for line in places)
    listed = on_screen(columns, "list")
    words = [word for line in listed for word in line.split()]
    assert words == dramaturg("list").out.split()
    assert [line for line in listed if cell_len(line) > columns and " " in line.strip()] == []


@pytest.mark.parametrize("term", ["dumb", "xterm"])
def test_what_is_said_of_a_run_breaks_no_word_of_a_narrow_terminal(term: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TERM", term)
    monkeypatch.setenv("COLUMNS", "30")  # what readline, loaded by a shell or by pytest, says of another terminal
    said = on_screen(40, *RUN, "--model", "evidence", stream="stderr")
    drawn = [line for line in said if "-->" not in line and ":::" not in line]
    assert [line for line in drawn if cell_len(line) > 40 and " " in line.strip()] == []
    assert "model evidence: no language model;" in said, "it is folded once, and not again by what moves the last line"
    for words in ("no language model; nothing leaves this machine", "does not declare the artifact"):
        assert words in " ".join(line.strip() for line in said)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("check", "DPA-1", "RCA-1"), "2 checked: nothing to report"),
        (("check", "nobody-at-all"), "no persona is called `nobody-at-all`; `dramaturg list` shows what there is"),
        (("verify", "DPA-1", str(BLUEPRINT)), "of 16 demands met"),
        (("run", "DPA-1"), "error: `DPA-1` cannot run without `architectural_blueprint` (The document describing the"),
    ],
)
def test_what_is_said_at_the_end_breaks_no_word_of_a_narrow_terminal(arguments: Sequence[str], words: str) -> None:
    said = on_screen(32, *arguments, stream="stderr")
    assert words in " ".join(line.strip() for line in said)
    assert [line for line in said if cell_len(line) > 32 and " " in line.strip()] == []


@pytest.mark.parametrize("columns", [40, 80])
def test_a_narrow_terminal_gets_whole_figures_of_an_eval_and_whole_words_of_doctor(columns: int) -> None:
    suite = ("eval", "run", "evals/dpa-1.suite.yaml", "--repeats", "1")
    wide = dramaturg(*suite).out.splitlines()
    assert [line.split() for line in wide].count("sections 1.00, mean of 6 [1.00, 1.00]".split()) == 1
    narrow = on_screen(columns, *suite)
    assert [line for line in narrow if cell_len(line) > columns] == []
    figures = ("[1.00, 1.00]",) if columns == 80 else ("work tree: 1.00, mean of 6", "95 % interval: [1.00, 1.00]")
    assert all(any(figure in line for line in narrow) for figure in figures)
    examined = on_screen(columns, "doctor")
    assert [line for line in examined if cell_len(line) > columns and " " in line.strip()] == []
    assert [word for line in examined for word in line.split()] == dramaturg("doctor").out.split()
