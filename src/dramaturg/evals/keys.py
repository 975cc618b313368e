"""A missing key to what an eval can do without it; its one rule: models do not know by what option they were named."""

from collections.abc import Iterator
from contextlib import contextmanager

from dramaturg.errors import KeyMissing

_EVIDENCE = "use `--models evidence`, which needs none"
_ANOTHER_JUDGE = "judge by another language model, `--judge MODEL`"


@contextmanager
def key_remedy(*, judging: bool) -> Iterator[None]:
    """Raise a key that is missing again with what an eval can be given instead."""
    try:
        yield
    except KeyMissing as error:
        raise KeyMissing(error.variable, error.where, _ANOTHER_JUDGE if judging else _EVIDENCE) from error
