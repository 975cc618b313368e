"""dramaturg performs a persona file: protocol to plan, plan to model calls, answers to one checked document.

Names are imported on first use, so that `import dramaturg` costs nothing and neither model SDK is loaded before a
model is asked.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from dramaturg.errors import (
        AnswerNeeded,
        AuthorError,
        BudgetSpent,
        CallerError,
        DramaturgError,
        JournalMiss,
        ModelError,
        StepFailed,
    )
    from dramaturg.persona.model import Persona
    from dramaturg.plan.compile import compile_plan
    from dramaturg.plan.model import Plan
    from dramaturg.run.api import arun_persona, load_persona, render_page, run_persona, stream_persona, verify
    from dramaturg.run.report import RunResult
    from dramaturg.run.runtime import Runtime

_HOMES = {
    "AnswerNeeded": "dramaturg.errors",
    "AuthorError": "dramaturg.errors",
    "BudgetSpent": "dramaturg.errors",
    "CallerError": "dramaturg.errors",
    "DramaturgError": "dramaturg.errors",
    "JournalMiss": "dramaturg.errors",
    "ModelError": "dramaturg.errors",
    "Persona": "dramaturg.persona.model",
    "Plan": "dramaturg.plan.model",
    "RunResult": "dramaturg.run.report",
    "Runtime": "dramaturg.run.runtime",
    "StepFailed": "dramaturg.errors",
    "arun_persona": "dramaturg.run.api",
    "compile_plan": "dramaturg.plan.compile",
    "load_persona": "dramaturg.run.api",
    "render_page": "dramaturg.run.api",
    "run_persona": "dramaturg.run.api",
    "stream_persona": "dramaturg.run.api",
    "verify": "dramaturg.run.api",
}

__all__ = [
    "AnswerNeeded",
    "AuthorError",
    "BudgetSpent",
    "CallerError",
    "DramaturgError",
    "JournalMiss",
    "ModelError",
    "Persona",
    "Plan",
    "RunResult",
    "Runtime",
    "StepFailed",
    "arun_persona",
    "compile_plan",
    "load_persona",
    "render_page",
    "run_persona",
    "stream_persona",
    "verify",
]


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module `dramaturg` has no attribute `{name}`")
    value = getattr(import_module(_HOMES[name]), name)
    globals()[name] = value
    return value
