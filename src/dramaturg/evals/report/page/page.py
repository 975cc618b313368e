"""An eval to one HTML page; its one rule: the verdict stands first, and everything behind it can be opened.

The page is whole in itself: documents and sources lie in it packed, and it loads nothing.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from jinja2 import Environment
from markupsafe import Markup

from dramaturg.evals.edits import Edit
from dramaturg.evals.evaluate import state_here
from dramaturg.evals.evaluated import Evaluated
from dramaturg.evals.report.page.again import OnTold, Retelling, recorded_of
from dramaturg.evals.report.page.cases import Binder
from dramaturg.evals.report.page.groups import groups_of
from dramaturg.evals.report.page.matrix import STATES, Row, rows_of
from dramaturg.evals.report.page.shelf import ROOM
from dramaturg.evals.report.page.texts import Note, Notes, Texts, texts_of
from dramaturg.evals.report.page.verdict import step_titles, summary_of
from dramaturg.evals.runs import read_header
from dramaturg.evals.terms import Terms
from dramaturg.findings.model import Span
from dramaturg.run.page.cited import Link
from dramaturg.run.page.frame import SHARED, environment, file, frame_of
from dramaturg.run.page.text import remark

_FOLDER = Path(__file__).resolve().parent
STYLE = file(SHARED / "page.css") + file(_FOLDER / "eval.css")


@dataclass(frozen=True, slots=True, kw_only=True)
class ShownEdit:
    """An edit: what was done, where that can be seen on the page, and whether it is to blame."""

    what: Markup
    place: Link | None
    blamed: bool


def eval_page(
    result: Evaluated, state: Path | None = None, *, room: int = ROOM, on_told: OnTold = lambda *_: None
) -> str:
    """Return the page of an eval.

    Args:
        result: The eval.
        state: The user's state folder, where its recorded answers are; the usual one unless given.
        room: Characters that documents may take, compressed; repeats for which there is none left have none.
        on_told: Told of each repeat of a case.
    """
    header = read_header(result.path)
    rows, texts, made = rows_of(result), _texts(result), templates()
    with closing(recorded_of(result, header, state or state_here(Terms()))) as replies:
        binder = Binder(result, Retelling(result, header, replies), texts, made.get_template("case.html.j2"), room)
        binder.bind(rows, on_told)
    metrics = [metric for metric in result.suite.suite.metrics[1:] if any(metric in row.scores for row in rows)]
    return made.get_template("eval.html.j2").render(
        frame=frame_of(STYLE, file(SHARED / "theme.js") + file(_FOLDER / "eval.js")),
        name=f"{result.suite.suite.name}: eval",
        suite=result.suite.suite.name,
        run=result.run,
        began=str(header.get("began", ""))[:10],
        arms=[arm.name for arm in result.arms.values()],
        compared=result.decision is not None,
        summary=summary_of(result),
        edits=_edits(result, texts),
        texts=texts,
        rows=rows,
        states=_states(rows),
        columns=_columns(rows, metrics),
        shows={"persona": len(result.suite.suite.personas) > 1, "model": len(header["models"]) > 1},
        groups=groups_of(rows),
        counts=_counts(result),
        titles=step_titles(result),
        state_words=STATES,
        packs=binder.shelf.packs,
        left_out=binder.left_out,
    )


def _counts(result: Evaluated) -> Mapping[str, int]:
    return {
        "cases": len({record.case for record in result.records}),
        "performances": len(result.records),
        "errors": result.errors,
        "unscored": sum(record.outcome == "unscored" for record in result.records),
    }


@cache
def templates() -> Environment:
    """Return what renders the pages of evals."""
    return environment(_FOLDER)


def _texts(result: Evaluated) -> Texts:
    notes = Notes()
    for edit in result.decision.blamed if result.decision else ():
        note = Note(text=edit.what, kind="blamed")
        _noted(notes.old if edit.was else notes.new, edit.was or edit.span, note)
    return texts_of(result.arms.get("baseline"), result.arms["candidate"], notes)


def _noted(notes: dict[tuple[str, int], list[Note]], span: Span | None, note: Note) -> None:
    if span is not None:
        notes[span.path, span.line].append(note)


def _edits(result: Evaluated, texts: Texts) -> list[ShownEdit]:
    """Return what was edited, what is to blame first."""
    if result.decision is None:
        return []
    blamed = {*result.decision.blamed}
    shown = [_edit(edit, texts, blamed=edit in blamed) for edit in result.decision.edits]
    return sorted(shown, key=lambda each: not each.blamed)


def _edit(edit: Edit, texts: Texts, *, blamed: bool) -> ShownEdit:
    place = None
    if edit.was is not None and (anchor := texts.old.get((edit.was.path, edit.was.line))):
        place = Link(text=f"{edit.was.path}:{edit.was.line}", href=f"#{anchor}")
    if edit.span is not None and (anchor := texts.new.get((edit.span.path, edit.span.line))):
        place = Link(text=f"{edit.span.path}:{edit.span.line}", href=place.href if place else f"#{anchor}")
    return ShownEdit(what=remark(edit.what), place=place, blamed=blamed)


def _states(rows: Sequence[Row]) -> list[tuple[str, str, int]]:
    """Return the states that rows are in, in words, and how many are; those with errors besides."""
    counts = Counter(row.state for row in rows)
    found = [(state, words, counts[state]) for state, words in STATES.items() if counts[state]]
    errors = sum(bool(row.errors) for row in rows)
    return [*found, ("errors", "errors", errors)] if errors else found


def _columns(rows: Sequence[Row], metrics: Sequence[str]) -> list[tuple[str, bool]]:
    """Return the metrics, the one that fell deepest first, and whether each is full and the same in every case."""
    found = [(metric, all(_dull(row, metric) for row in rows)) for metric in metrics]
    falls = {
        metric: min((row.scores[metric].change for row in rows if metric in row.scores), default=0.0)
        for metric in metrics
    }
    return sorted(found, key=lambda column: (column[1], falls[column[0]]))


def _dull(row: Row, metric: str) -> bool:
    score = row.scores.get(metric)
    return score is None or (not score.moved and (score.measured or score.values[-1] in (None, 1.0)))
