"""A pure function of artifacts to one that many runs share; its one rule: what is kept stays small.

Two hundred runs over one blueprint fold, outline and compare it once.
"""

from collections.abc import Callable, Hashable
from functools import lru_cache
from typing import Any, TypeVar

_KEPT = 32  # arguments
_LONGEST = 256 * 1024  # characters of one of them

_Given = TypeVar("_Given", bound=Hashable)
_Made = TypeVar("_Made")


def shared(length: Callable[[Any], int]) -> Callable[[Callable[[_Given], _Made]], Callable[[_Given], _Made]]:
    """Make a function of one argument keep its last few results, but none of an argument that is long.

    Args:
        length: Gives the characters of an argument.
    """

    def keeping(function: Callable[[_Given], _Made]) -> Callable[[_Given], _Made]:
        kept = lru_cache(maxsize=_KEPT)(function)

        def call(given: _Given) -> _Made:
            return kept(given) if length(given) <= _LONGEST else function(given)

        return call

    return keeping
