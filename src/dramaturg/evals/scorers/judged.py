"""A performance to what a second model says of it; its one rule: a scorer says what is asked, `judging` asks it."""

from typing import Annotated, Literal

from pydantic import AfterValidator, Field

from dramaturg.engine.outcome import Outcome
from dramaturg.errors import CallerError
from dramaturg.evals.scorers.model import Score, View
from dramaturg.evals.scorers.text import InText
from dramaturg.models.spec import parse_spec

RUBRIC = "rubric"  # stands where a step's id would
PAIRWISE = "pairwise"
JUDGED = (RUBRIC, PAIRWISE)


def judge_named(name: str) -> str:
    """Return the name of a model that can judge; CallerError for one that cannot."""
    if parse_spec(name).kind in ("replay", "evidence"):
        raise CallerError(f"`{name}` is no language model and cannot judge; name one")
    return name


def _can_judge(name: str) -> str:
    try:
        return judge_named(name) if name else name
    except CallerError as error:
        raise ValueError(error.message) from error


JudgeName = Annotated[str, AfterValidator(_can_judge)]


class Judged(InText):
    """What a second model says by a criterion of the author's."""

    short = "criterion"

    criterion: str = Field(min_length=1, pattern=r"\S", description="What the document must do, in one sentence.")
    artifacts: bool = Field(default=False, description="Whether the judge is shown the artifacts beside the document.")
    model: JudgeName = Field(
        default="", description="Who judges, as `--model` names it; the suite's judge unless given."
    )
    required: bool = Field(
        default=False, description="Whether a performance that does not pass here fails; of a calibrated judge only."
    )

    labels: str = Field(default="", description="A file beside the suite of what people judged by the same criterion.")

    def judge(self, view: View, outcome: Outcome) -> Score:  # noqa: ARG002 - every scorer is given both
        """Give what the judge said; nothing where it abstained."""
        return view.judged.get(self.metric, Score(value=None))


class Rubric(Judged):
    """Does a model find that the document meets a criterion?"""

    kind: Literal["rubric"] = "rubric"


class Pairwise(Judged):
    """Which arm's document does a model find to meet a criterion better?"""

    kind: Literal["pairwise"] = "pairwise"
    margin: float | None = Field(
        default=None,
        gt=0,
        lt=100,
        description="Points by which the other may be preferred more often and this still be no worse; the gate's.",
    )

    def score(self, view: View) -> Score:
        """Give 1 where the judge prefers the document of this arm, 0 where the other, 0.5 for a tie."""
        return view.judged.get(self.metric, Score(value=None))
