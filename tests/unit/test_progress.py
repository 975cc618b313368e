"""What a run says while it goes on, where stderr is no terminal."""

import pytest

from dramaturg.cli.progress import Progress, tokens
from dramaturg.engine.calls import Answer, Question, Usage
from dramaturg.engine.events import (
    AnswerRejected,
    CallAnswered,
    Event,
    QuestionAnswered,
    Retrying,
    RunOpened,
    RunStarted,
    StepAccepted,
    StepStarted,
)
from dramaturg.engine.outcome import Basis, Entry, Section
from dramaturg.findings.model import Finding, Severity
from dramaturg.plan.model import Format

STARTED = StepStarted(step="2", title="CHECKS", position=2, total=5)
FAULT = Finding(rule="R201", severity=Severity.ERROR, message="no item covers `A`")


def said(capsys: pytest.CaptureFixture[str], *events: Event, quiet: bool = False) -> list[str]:
    """Return the lines that events are told in."""
    with Progress(quiet=quiet) as progress:
        for event in events:
            progress(event)
    told = capsys.readouterr()
    assert told.out == ""
    return told.err.splitlines()


def accepted(*entries: Entry) -> StepAccepted:
    section = Section(step="2", title="CHECKS", format=Format.CHECKLIST, entries=entries)
    return StepAccepted(step="2", title="CHECKS", section=section, findings=())


def answered(*, replayed: bool = False, tokens_in: int = 0) -> CallAnswered:
    usage = Usage(input=tokens_in, cache_read=tokens_in // 2, output=7)
    return CallAnswered(step="2", attempt=0, usage=usage, replayed=replayed)


def test_the_first_line_says_what_answers_and_where_the_text_goes(capsys: pytest.CaptureFixture[str]) -> None:
    opened = RunOpened(run="dpa-1-0a0a0a0a-1", model="openai:x", destination="text goes to api.openai.com", kept=0)
    started = RunStarted(persona="DPA-1", document="Plan", steps=())
    assert said(capsys, opened, started) == ["model openai:x: text goes to api.openai.com", "run dpa-1-0a0a0a0a-1"]


@pytest.mark.parametrize(("kept", "words"), [(1, "1 answer is"), (3, "3 answers are")])
def test_a_run_that_goes_on_says_what_it_has(capsys: pytest.CaptureFixture[str], kept: int, words: str) -> None:
    opened = RunOpened(run="r-0a0a0a0a-1", model="m", destination="d", kept=kept)
    assert said(capsys, opened)[1] == f"run r-0a0a0a0a-1, {words} already there"


def test_a_section_is_told_by_what_is_in_it(capsys: pytest.CaptureFixture[str]) -> None:
    entries = (
        Entry(text="a"),
        Entry(text="b", basis=Basis.MISSING),
        Entry(text="c", basis=Basis.MISSING),
        Entry(text="d", unsupported=True),
    )
    (line,) = said(capsys, STARTED, answered(replayed=True), accepted(*entries))
    assert line == "[2/5] CHECKS: 4 items, 2 missing, 1 unsupported, from the journal"


def test_a_step_says_what_it_took(capsys: pytest.CaptureFixture[str]) -> None:
    (line,) = said(capsys, STARTED, answered(tokens_in=1200), answered(tokens_in=1000), accepted(Entry(text="a")))
    assert line.startswith("[2/5] CHECKS: 1 item, 2,200 tokens in (1,100 cached), 14 out, ")
    assert line.endswith(" s")


def test_a_step_without_a_section_is_just_done(capsys: pytest.CaptureFixture[str]) -> None:
    done = StepAccepted(step="2", title="CHECKS", section=None, findings=())
    (line,) = said(capsys, STARTED, answered(), done)
    assert line.startswith("[2/5] CHECKS: done, ")
    assert "tokens" not in line


@pytest.mark.parametrize(
    ("findings", "reason"),
    [((FAULT,), "(no item covers `A`)"), ((FAULT, FAULT, FAULT), "(no item covers `A`, and 2 more)")],
)
def test_a_rejected_answer_says_why(
    capsys: pytest.CaptureFixture[str], findings: tuple[Finding, ...], reason: str
) -> None:
    rejected = AnswerRejected(step="2", title="CHECKS", attempt=0, findings=findings)
    assert said(capsys, STARTED, rejected) == [f"[2/5] CHECKS: answer not accepted {reason}"]


def test_a_faltering_provider_is_told_with_the_pause(capsys: pytest.CaptureFixture[str]) -> None:
    retrying = Retrying(step="2", reason="the server answered 503", wait=2.4)
    assert said(capsys, STARTED, retrying) == ["[2/5] CHECKS: the server answered 503; trying again in 2 s"]


def test_a_quiet_run_says_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    opened = RunOpened(run="r-0a0a0a0a-1", model="m", destination="d", kept=0)
    assert said(capsys, opened, STARTED, answered(), accepted(Entry(text="a")), quiet=True) == []


def test_token_counts_are_readable() -> None:
    assert tokens(Usage(input=12345, cache_read=1000, output=6)) == "12,345 tokens in (1,000 cached), 6 out"


def test_an_answer_that_was_typed_here_is_not_told_again(capsys: pytest.CaptureFixture[str]) -> None:
    question = Question(id="4", step="4", kind="confirm", text="Shall I?")
    event = QuestionAnswered(question=question, answer=Answer(text="yes"), replayed=False)
    assert said(capsys, event) == ["question 4: yes"]
    with Progress(quiet=False) as progress:
        progress.seen.add(question.key)
        progress(event)
    assert capsys.readouterr().err == ""
