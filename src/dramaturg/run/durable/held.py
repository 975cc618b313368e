"""Why a run rests, to what is kept of it and to the error its caller meets; its one rule: it can always go on.

A run that waits for a person, for a larger limit or for a provider is taken off its worker: it holds no place in the
queue, no memory and no connection, however long it takes.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, Self

from dramaturg.engine.calls import Question
from dramaturg.errors import AnswerNeeded, BudgetSpent, DramaturgError, KeyMissing, ModelError
from dramaturg.run.durable.plain import error_data, error_of, question_data, question_of

Why = Literal["answers", "limit", "provider", "cancelled", "workers"]
STATUS: Mapping[Why, str] = {
    "answers": "waiting",
    "limit": "paused",
    "provider": "paused",
    "cancelled": "cancelled",
    "workers": "given up",
}
_GOES_ON = "`resume` goes on where it stopped"


@dataclass(frozen=True, slots=True, kw_only=True)
class Held:
    """Why a run rests.

    Attributes:
        why: It waits for `answers`, for a larger `limit`, for a `provider` to recover; it was `cancelled`; it has cost
            too many `workers` their life.
        questions: What it waits for, if for answers.
        error: What it met, if anything.
    """

    why: Why
    questions: tuple[Question, ...] = ()
    error: DramaturgError | None = None

    @property
    def by_itself(self) -> bool:
        """Whether the run came to rest by itself, and takes other limits as it goes on."""
        return self.why not in ("cancelled", "workers")

    @classmethod
    def by(cls, error: BudgetSpent | ModelError) -> Self:
        """Return why a run rests that met an error."""
        return cls(why="limit" if isinstance(error, BudgetSpent) else "provider", error=error)

    @classmethod
    def lacking(cls, worker: str, error: DramaturgError) -> Self:
        """Return why a run rests that a worker could not begin."""
        return cls(why="provider", error=lacked(worker, error))

    @classmethod
    def of(cls, data: Mapping[str, Any]) -> Self:
        """Return what was kept."""
        error = error_of(data["error"]) if data["error"] else None
        return cls(why=data["why"], questions=tuple(map(question_of, data["questions"])), error=error)

    def data(self) -> dict[str, Any]:
        """Return it as plain JSON data."""
        error = error_data(self.error) if self.error else None
        return {"why": self.why, "questions": [question_data(each) for each in self.questions], "error": error}

    def raised(self, run: str) -> DramaturgError:
        """Return the error that whoever waits for a run meets."""
        if self.why == "answers":
            return AnswerNeeded(run, asked(self.questions))
        if isinstance(self.error, BudgetSpent):
            return BudgetSpent(run, self.error.limit, self.error.spent, self.error.needed)
        if isinstance(self.error, ModelError):
            hint = _GOES_ON if self.error.retryable else self.error.hint  # the same command would queue another run
            return ModelError(self.error.message, retryable=True, hint=hint)
        said = "was cancelled" if self.why == "cancelled" else "was given up: too many workers died over it"
        return ModelError(f"run `{run}` {said}", retryable=True, hint=_GOES_ON)


def lacked(worker: str, error: DramaturgError) -> ModelError:
    """Return what a worker lacks as whoever asked it from elsewhere is told: it may be there on their own machine."""
    message = f"worker `{worker}`: {error}"
    if isinstance(error, KeyMissing):
        message = f"`{error.variable}` is not set where worker `{worker}` runs; get a key at {error.where}"
    return ModelError(message, retryable=False)


def asked(questions: Sequence[Question]) -> tuple[tuple[str, str, str], ...]:
    """Return id, kind and text of questions."""
    return tuple((each.id, each.kind, each.text) for each in questions)
