"""A result to plain JSON data; its one rule: a program finds here whatever a person is told."""

from dataclasses import asdict
from typing import Any

from dramaturg.evals.edits import Edit
from dramaturg.evals.evaluated import Evaluated
from dramaturg.evals.gate import Decision
from dramaturg.evals.records import Record
from dramaturg.evals.report.table import headline
from dramaturg.evals.statistics.verdict import Kind


def data_report(result: Evaluated) -> dict[str, Any]:
    """Return all of a result."""
    return {
        "run": result.run,
        "path": str(result.path),
        "suite": {"name": result.suite.suite.name, "path": str(result.suite.path)},
        "arms": {name: arm.name for name, arm in result.arms.items()},
        "headline": headline(result),
        "verdict": None if result.decision is None else _verdict(result.decision),
        "lost": result.lost,
        "judges": {metric: standing.to_json() for metric, standing in result.judges.items()},
        "errors": result.errors,
        "questions": {"needed": result.needed, "asked": result.asked, "usd": result.usd},
        "pairs": {"planned": result.planned, "performed": len(result.records) // len(result.arms)},
        "performances": [_performance(record) for record in result.records],
    }


def _verdict(decision: Decision) -> dict[str, Any]:
    verdict = decision.verdict
    return {
        "kind": decision.kind,
        "alpha": verdict.alpha,
        "pairs": decision.pairs,
        "alike": decision.alike,
        "equal": decision.equal,
        "read": verdict.pairs,
        "price": asdict(verdict.price) if verdict.price is not None and decision.kind is Kind.INCONCLUSIVE else None,
        "metrics": [asdict(comparison) for comparison in verdict.comparisons],
        "fell": [asdict(fall) for fall in decision.falls],
        "edits": [_edit(edit) for edit in decision.edits],
        "blamed": [_edit(edit) for edit in decision.blamed],
    }


def _edit(edit: Edit) -> dict[str, Any]:
    return {
        **asdict(edit),
        "path": edit.span.path if edit.span else None,
        "line": edit.span.line if edit.span else None,
    }


def _performance(record: Record) -> dict[str, Any]:
    place = {"arm": record.arm, "persona": record.persona, "case": record.case, "model": record.model}
    return {
        **place,
        "repeat": record.repeat,
        "outcome": record.outcome,
        "scores": {metric: scored.value for metric, scored in record.scores.items()},
        "why": [line for scored in record.scores.values() if scored.passed is False for line in scored.why],
        "failure": record.failure,
        "error": record.error,
        "calls": record.calls,
        "asked": record.new,
        "usd": record.usd,
    }
