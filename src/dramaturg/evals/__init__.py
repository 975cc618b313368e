"""A suite of cases to a verdict: whether an edit of a persona made it better or worse.

Names are imported on first use, as those of the package itself are.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from dramaturg.evals.calibrate import calibrate_suite
    from dramaturg.evals.evaluate import arun_suite, compare_runs, load_run, run_suite
    from dramaturg.evals.evaluated import Evaluated
    from dramaturg.evals.gate import Decision
    from dramaturg.evals.mutation import mutate_suite
    from dramaturg.evals.reading import read_suite
    from dramaturg.evals.recording import record_suite
    from dramaturg.evals.report.page.page import eval_page
    from dramaturg.evals.scorers.model import Score, View
    from dramaturg.evals.statistics.verdict import Kind
    from dramaturg.evals.terms import Terms

_HOMES = {
    "Decision": "dramaturg.evals.gate",
    "Evaluated": "dramaturg.evals.evaluated",
    "Kind": "dramaturg.evals.statistics.verdict",
    "Score": "dramaturg.evals.scorers.model",
    "Terms": "dramaturg.evals.terms",
    "View": "dramaturg.evals.scorers.model",
    "arun_suite": "dramaturg.evals.evaluate",
    "calibrate_suite": "dramaturg.evals.calibrate",
    "compare_runs": "dramaturg.evals.evaluate",
    "eval_page": "dramaturg.evals.report.page.page",
    "load_run": "dramaturg.evals.evaluate",
    "mutate_suite": "dramaturg.evals.mutation",
    "read_suite": "dramaturg.evals.reading",
    "record_suite": "dramaturg.evals.recording",
    "run_suite": "dramaturg.evals.evaluate",
}

__all__ = [
    "Decision",
    "Evaluated",
    "Kind",
    "Score",
    "Terms",
    "View",
    "arun_suite",
    "calibrate_suite",
    "compare_runs",
    "eval_page",
    "load_run",
    "mutate_suite",
    "read_suite",
    "record_suite",
    "run_suite",
]


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module `dramaturg.evals` has no attribute `{name}`")
    value = getattr(import_module(_HOMES[name]), name)
    globals()[name] = value
    return value
