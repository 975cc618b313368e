"""Whether the extra `durable` is installed; its one rule: nothing of it is imported to tell."""

from importlib.util import find_spec

from dramaturg.errors import CallerError


def require_durable() -> None:
    """Refuse what needs Postgres where the extra is not installed."""
    if find_spec("dbos") is None:
        raise CallerError("work on many machines needs an extra; install it with `pip install 'dramaturg[durable]'`")
