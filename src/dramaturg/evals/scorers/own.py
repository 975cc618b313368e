"""A function of the suite's author to a score; its one rule: it is named by its import path and sees what all see."""

import sys
from collections.abc import Callable, Mapping
from importlib import import_module, invalidate_caches
from pathlib import Path
from typing import Any, Literal

from pydantic import Field

from dramaturg.engine.outcome import Outcome
from dramaturg.errors import CallerError
from dramaturg.evals.scorers.model import Score, Scorer, View

_NAMED = r"^[A-Za-z_][\w.]*:[A-Za-z_]\w*$"


class Python(Scorer):
    """What does a function of your own say?

    It is called with the `View` and the `with` of the suite as keywords, and returns a number from 0 to 1, a bool, None
    or a `Score`.
    """

    short = "function"

    kind: Literal["python"] = "python"
    function: str = Field(pattern=_NAMED, description="`module:function`; the suite's folder is searched first.")
    given: Mapping[str, Any] = Field(default={}, alias="with", description="Keyword arguments.")

    @property
    def metric(self) -> str:
        """What its values are called: the function's name unless another is given."""
        return self.name or self.function.partition(":")[2]

    def judge(self, view: View, outcome: Outcome) -> Score:  # noqa: ARG002 - every scorer is given both
        """Give what the function says."""
        said = find_function(self.function)(view, **self.given)
        if said is None or isinstance(said, Score):
            return said or Score(value=None)
        if not isinstance(said, bool | int | float) or not 0 <= said <= 1:
            raise CallerError(
                f"the scorer `{self.function}` returned {said!r}; return a number from 0 to 1, or a Score"
            )
        return Score(value=float(said))


def find_function(named: str, folder: Path | None = None) -> Callable[..., Any]:
    """Return a function by its import path; CallerError if there is none.

    Args:
        named: `module:function`.
        folder: Where to look for the module first.
    """
    module, _, name = named.partition(":")
    if folder is not None and str(folder) not in sys.path:
        sys.path.insert(0, str(folder))
    if module not in sys.modules:
        invalidate_caches()  # it may have been written since its folder was last looked through
    try:
        found = getattr(import_module(module), name)
    except (ImportError, AttributeError) as error:
        raise CallerError(f"the scorer `{named}` cannot be imported: {error}") from error
    if not callable(found):
        raise CallerError(f"the scorer `{named}` is no function")
    return found  # type: ignore[no-any-return]
