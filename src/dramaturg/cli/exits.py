"""What a command ends with to its exit code; its one rule: the same for every verb."""

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

WORSE = 1
USAGE = 2
INFRASTRUCTURE = 3
UNANSWERED = 4
INCONCLUSIVE = 6
SPENT = 7
INTERRUPTED = 130
_EXITS: tuple[tuple[type[DramaturgError], int], ...] = (
    (StepFailed, 1),
    (AuthorError, USAGE),
    (CallerError, USAGE),
    (ModelError, INFRASTRUCTURE),
    (JournalMiss, UNANSWERED),
    (AnswerNeeded, 5),
    (BudgetSpent, SPENT),
)


def exit_code(error: DramaturgError) -> int:
    """Return what a command exits with that an error has ended."""
    return next(code for kind, code in _EXITS if isinstance(error, kind))
