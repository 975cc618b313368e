"""A retold run to one HTML page; its one rule: all that is on it comes from the run's journal."""

from collections.abc import Sequence
from datetime import UTC, datetime
from functools import cache
from itertools import chain
from typing import Any

from jinja2 import Template
from markupsafe import Markup

from dramaturg.engine.calls import Answer
from dramaturg.engine.outcome import Basis
from dramaturg.findings.model import Finding
from dramaturg.plan.model import Level
from dramaturg.run.page.cited import Cited
from dramaturg.run.page.demands import Owed, demand_anchors, demands_of
from dramaturg.run.page.document import ShownSection, question_links, questions_of, sections_of
from dramaturg.run.page.entries import Setting
from dramaturg.run.page.frame import SHARED, environment, file, frame_of
from dramaturg.run.page.sources import Source, sources_of
from dramaturg.run.page.steps import shortened, steps_of, taken
from dramaturg.run.page.text import plain, prose, remark
from dramaturg.run.perform import ledger_of, preface_of
from dramaturg.run.record import Record
from dramaturg.run.retell import Retold, result_told, retell

_SHOWN_DIGEST = 12


def page_of(record: Record) -> str:
    """Return the page of a run, whole or not.

    Raises:
        JournalMiss: This version plans its persona otherwise.
    """
    told = retell(record)
    outcome = told.outcome
    cited = Cited((*told.brief.artifacts, *outcome.supplied))
    setting = Setting(
        cited=cited,
        demands=demand_anchors(told.job.plan),
        questions=question_links(outcome.questions),
        ledger=ledger_of(told.brief, outcome),
        quotes=not told.brief.profile.writes,
    )
    sections = sections_of(outcome, setting)
    questions = questions_of(outcome, cited)
    sources = sources_of(cited)
    lit = "".join(f"{rule}{{background:var(--lit)}}\n" for rule in _rules(sources))
    doubted = {entry.link.href for section in sections for entry in section.entries if entry.doubts}
    owed = demands_of(told.job.plan, outcome, doubted)
    return _template().render(
        frame=frame_of(file(SHARED / "page.css") + lit, file(SHARED / "theme.js") + file(SHARED / "page.js")),
        facts=_facts(told),
        preface=prose(preface_of(told.brief, told.remark)),
        title=prose(told.job.plan.document),
        name=told.job.plan.document,
        sections=sections,
        questions=questions,
        owed=owed,
        counts=_counts(owed, sections, sources),
        inferred=[entry for section in sections for entry in section.entries if entry.basis is Basis.INFERENCE],
        sources=sources,
        steps=steps_of(told),
        total=taken(told.exchanges, told.record.price),
        system=shortened(told.brief.prefix[0]),
        shown=_shown_artifacts(told),
        people=[(plain(event.question.text), plain(_answer(event.answer))) for event in told.answered],
        findings=_findings(told),
        handoffs=[(handoff.persona, plain(handoff.mandate)) for handoff in outcome.handoffs],
    )


def _rules(sources: Sequence[Source]) -> chain[str]:
    return chain.from_iterable(source.rules for source in sources)


def _facts(told: Retold) -> dict[str, Any]:
    """Return what identifies the run."""
    persona, header = told.job.plan.persona, told.record.header
    moment = (told.record.end or {}).get("at", "") or header.get("began", "")
    return {
        "run": told.record.run,
        "alias": persona.alias,
        "version": persona.version,
        "persona": persona.title,
        "digest": told.job.plan.digest[:_SHOWN_DIGEST],
        "model": told.brief.model,
        "writes": told.brief.profile.writes,
        "status": told.status,
        "whole": told.whole,
        "moment": moment,
        "date": _date(moment),
    }


def _date(moment: str) -> str:
    """Return a time of a journal as a reader writes it, in UTC; empty where the journal has none."""
    if not moment:
        return ""
    when = datetime.fromisoformat(moment).astimezone(UTC)
    return f"{when.day} {when:%B %Y, %H:%M} UTC"


def _counts(owed: Sequence[Owed], sections: Sequence[ShownSection], sources: Sequence[Source]) -> dict[str, int]:
    musts = [demand for each in owed for demand in each.demands if demand.level is Level.MUST]
    return {
        "musts": len(musts),
        "met": sum(demand.state.is_met for demand in musts),
        "places": sum(source.places for source in sources),
        "doubts": sum(len(entry.doubts) for section in sections for entry in section.entries),
    }


def _shown_artifacts(told: Retold) -> str:
    """Return in words what the first turn shows of the artifacts, which stand on the page already."""
    size = len(told.brief.prefix[1])
    what = "an outline of the artifacts" if told.brief.excerpts else "the artifacts"
    return f"{what}, {size:,} characters"


def _answer(answer: Answer) -> str:
    return answer.text if answer.artifact is None else f"{answer.text} (file {answer.name or 'without a name'})".strip()


def _findings(told: Retold) -> list[tuple[Finding, Markup]]:
    """Return what there is to say of the run, most serious first."""
    order = ["error", "warning", "note"]
    return [
        (each, remark(each.message))
        for each in sorted(result_told(told).findings, key=lambda each: order.index(each.severity))
    ]


@cache
def _template() -> Template:
    return environment().get_template("page.html.j2")
