"""An outcome as data to whether a path in it says what it should; its one rule: paths are JSONPath (RFC 9535).

What a path looks at: `sections` (each with `step`, `title`, `format` and `entries`), `questions`, `findings`,
`handoffs` and `skipped`, with the fields of `dramaturg.engine.outcome`.
"""

import json
from dataclasses import asdict
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, Field

from dramaturg.engine.outcome import Outcome
from dramaturg.evals.scorers.model import Score, Scorer, View

_SHOWN = 60


def _is_path(path: str) -> str:
    import jsonpath  # noqa: PLC0415 - only suites that use it pay for it

    try:
        jsonpath.compile(path)
    except jsonpath.JSONPathError as error:
        raise ValueError(f"it is no JSONPath: {str(error).splitlines()[0]}") from error  # no picture of its own
    return path


class Json(Scorer):
    """What stands at a path of the outcome?"""

    short = "path"

    kind: Literal["json"] = "json"
    path: Annotated[str, AfterValidator(_is_path)] = Field(description="JSONPath, such as `$.sections[*].title`.")
    equals: str | None = Field(default=None, description="What each value there must be; JSON, else text.")
    count: int | None = Field(
        default=None, ge=0, description="How many values there must be; one or more unless given."
    )

    def judge(self, view: View, outcome: Outcome) -> Score:  # noqa: ARG002 - every scorer is given both
        """Give 1 if there are as many values as there must be, and each is what it must be."""
        import jsonpath  # noqa: PLC0415 - as above

        found = jsonpath.findall(self.path, _plain(outcome))
        why = []
        if (self.count is None and not found) or (self.count is not None and len(found) != self.count):
            why.append(f"`{self.path}` has {len(found)} values, not {self.count or 'any'}")
        if self.equals is not None:
            wrong = [each for each in found if not _same(each, self.equals)]
            why += [f"`{self.path}` is {json.dumps(each, default=str)[:_SHOWN]}" for each in wrong]
        return Score(value=float(not why), why=tuple(why))


def _plain(outcome: Outcome) -> Any:
    """Return an outcome as JSON data; tuples are no lists to a path."""
    return json.loads(json.dumps(asdict(outcome), default=str))


def _same(value: Any, wanted: str) -> bool:
    if value == wanted:
        return True
    try:
        return bool(value == json.loads(wanted))
    except ValueError:
        return False
