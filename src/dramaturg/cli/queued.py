"""Runs in a database that many machines share: given, followed, answered, listed."""

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import click

from dramaturg.cli.output import counted, print_json
from dramaturg.cli.worker import require_durable
from dramaturg.errors import AnswerNeeded
from dramaturg.findings.render import shown

if TYPE_CHECKING:
    from dramaturg.cli.progress import Progress
    from dramaturg.run.durable.client import Desk
    from dramaturg.run.report import RunResult
    from dramaturg.run.respond import Known, OnQuestion


def give(database: str, order: Mapping[str, Any], progress: "Progress", ask: "OnQuestion | None") -> "RunResult":
    """Put an order into the queue and follow its run."""
    require_durable()
    from dramaturg.run.durable.client import Desk

    with Desk(database) as desk:
        return _follow(desk, desk.give(order), progress, ask)


def take_up(database: str, run: str, known: "Known", progress: "Progress", ask: "OnQuestion | None") -> "RunResult":
    """Answer what a run waits for, go on with one that failed, and follow it."""
    require_durable()
    from dramaturg.run.durable.client import Desk
    from dramaturg.run.respond import answers_of

    with Desk(database) as desk:
        standing = desk.standing(run)
        if standing.status in ("failed", "cancelled", "given up"):
            run = desk.again(run)
        elif standing.status == "waiting":
            desk.answer(run, {name: given[0] for name, given in answers_of(known).items() if given})
        return _follow(desk, run, progress, ask)


def _follow(desk: "Desk", run: str, progress: "Progress", ask: "OnQuestion | None") -> "RunResult":
    """Show what happens in a run and return its result; it goes on whether or not anybody looks.

    Raises:
        AnswerNeeded: It waits for a person, and nobody is here to ask.
    """
    progress.run = run
    progress.say(f"run {run} is queued; Ctrl-C leaves it going: dramaturg resume {run} --database URL")
    for event in desk.follow(run):
        if event["event"] == "Questions":
            _answer(desk, run, desk.still_open(run, event["questions"]), ask)
        elif line := _LINES.get(str(event["event"]), _nothing)(event):
            progress.say(line)
    return desk.result(run)


def list_queued(database: str, run: str | None, *, cancel: bool, as_json: bool) -> None:
    """List the runs of a database, show what one has come to, or cancel it."""
    require_durable()
    from dataclasses import asdict

    from dramaturg.run.durable.client import Desk

    with Desk(database) as desk:
        if run is not None and cancel:
            desk.cancel(run)
            click.echo(f"{run} is cancelled", err=True)
            return
        rows = desk.standings() if run is None else [desk.standing(run)]
        if run is not None and rows[0].status == "done":
            result = desk.result(run)
            if as_json:
                print_json(result.to_json())
            else:
                click.echo(result.document.markdown, nl=False)
            return
    if as_json:
        print_json([asdict(row) for row in rows])
        return
    for row in rows:
        click.echo(shown(f"{row.run}  {row.status}" + (f", on {row.worker}" if row.status == "running" else "")))
        for question in row.waits:
            click.echo(shown(f"    {question['id']} ({question['kind']}): {question['text']}"))
    if not rows:
        click.echo("there are no runs yet", err=True)


def _answer(desk: "Desk", run: str, waits: Sequence[Mapping[str, Any]], ask: "OnQuestion | None") -> None:
    """Ask the person who is here, and pass the answers on; AnswerNeeded where nobody is, or they leave it open."""
    from dramaturg.run.durable.elsewhere import question_of
    from dramaturg.run.respond import answer_of

    left = []
    for each in waits:
        given: Any = ask(question_of(each)) if ask else None
        answer = answer_of(given, f"question {each['id']}")
        if answer is None:
            left.append((str(each["id"]), str(each["kind"]), str(each["text"])))
        else:
            desk.answer(run, {str(each["id"]): answer})
    if left:
        raise AnswerNeeded(run, tuple(left))


def _nothing(event: Mapping[str, Any]) -> str:
    del event
    return ""


def _accepted(event: Mapping[str, Any]) -> str:
    return f"{event['title']}: " + ("done" if event["items"] is None else counted(event["items"], "item"))


_LINES: Mapping[str, Callable[[Mapping[str, Any]], str]] = {
    "StepStarted": lambda event: f"[{event['position']}/{event['total']}] {event['title']} …",
    "StepAccepted": _accepted,
    "AnswerRejected": lambda event: f"{event['title']}: answer not accepted ({event['findings'][0]})",
    "BranchTaken": lambda event: f"{event['title']}: goes on with step {event['goes_to']}",
}
