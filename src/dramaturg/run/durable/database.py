"""The database of runs on many machines to what is wrong with it; its one rule: no message shows its address."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager

import psycopg
from dbos._error import DBOSAwaitedWorkflowCancelledError, DBOSException
from sqlalchemy import make_url
from sqlalchemy.exc import ArgumentError, SQLAlchemyError

from dramaturg.errors import CallerError, ModelError

TO_WORK = "check the address, and that its user may make tables there"  # what a worker needs of it
_FIRST = "`dramaturg worker --database URL` starts one, which makes its tables"
_FORM = "`postgresql://user@host/name`"

logging.getLogger("dbos").addHandler(logging.NullHandler())  # what it would say on stderr is in the error


@contextmanager
def reached(hint: str = "check the address") -> Iterator[None]:
    """Turn what the database says into an error of whoever runs it, with a hint for whoever named it."""
    try:
        yield
    except DBOSAwaitedWorkflowCancelledError:
        raise
    except (DBOSException, SQLAlchemyError, psycopg.Error) as error:
        said = getattr(error, "orig", error)
        if isinstance(said, psycopg.errors.UndefinedTable):
            raise ModelError("no worker has ever used this database", retryable=True, hint=_FIRST) from error
        cause = str(said).strip().splitlines()[0]
        raise ModelError(f"the database cannot be used: {cause}", retryable=True, hint=hint) from error


def require_postgres(database: str) -> None:
    """Refuse what is no URL of a Postgres database; no message shows it, because people put passwords into URLs."""
    if not database.startswith(("postgresql://", "postgres://")):
        raise CallerError(f"runs and evals on many machines need Postgres; give {_FORM}")
    try:
        named = make_url(database).database
    except (ArgumentError, ValueError) as error:  # the latter for a port that is no number
        raise CallerError(f"the address of the database cannot be read; give {_FORM}") from error
    if not named:
        raise CallerError(f"the address names no database; give {_FORM}")
