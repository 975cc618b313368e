"""What the engine must know of a model to ask it well; its one rule: values come from `models`, decisions from here."""

import math
from dataclasses import dataclass

from dramaturg.errors import CallerError

_STEP_ALLOWANCE = 320
_REASK_ALLOWANCE = 320
_MIN_ANSWER = 160
_TOKENS_BEYOND_ASCII = 1.75


@dataclass(frozen=True, slots=True, kw_only=True)
class Profile:
    """The traits of a model that change what is asked of it.

    Attributes:
        window: Tokens of prompt and answer together; None for no limit.
        max_output: Most tokens to ask for in one answer.
        characters_per_token: Low enough that estimates err on the safe side.
        narrowed: Whether each step gets a schema of its own, with one slot for each owed requirement. For engines
            whose grammar enforces schemas and whose prompt cache does not depend on them.
        writes: Whether a language model answers; False for the embedded quoting of evidence.
    """

    window: int | None
    max_output: int
    characters_per_token: float = 3.0
    narrowed: bool = False
    writes: bool = True

    def tokens(self, text: str) -> int:
        """Estimate how many tokens a text takes; a character beyond ASCII may take one or two by itself."""
        plain = len(text.encode("ascii", "ignore"))
        return math.ceil(plain / self.characters_per_token + (len(text) - plain) * _TOKENS_BEYOND_ASCII)


def excerpt_room(profile: Profile, prefix: str, calls: int) -> int:
    """Return how many tokens of artifacts each call of a run may be shown, where they do not fit as a whole.

    Half of what the prefix leaves is kept for answers, which stay in the conversation; excerpts do not.
    """
    if profile.window is None:
        return profile.max_output
    left = profile.window - profile.tokens(prefix) - calls * _STEP_ALLOWANCE - _REASK_ALLOWANCE
    return max(0, left - max(left // 2, (calls + 1) * _MIN_ANSWER))


def answer_room(profile: Profile, prefix: str, calls: int) -> int:
    """Return how many tokens each answer may take, so that a whole run with one re-ask fits the window.

    The room depends on the fixed prefix and the number of calls only: an edit of one step's text must not change
    what the steps before it are asked.

    Raises:
        CallerError: The prefix leaves no room for answers.
    """
    if profile.window is None:
        return profile.max_output
    taken = profile.tokens(prefix)
    left = profile.window - taken - calls * _STEP_ALLOWANCE - _REASK_ALLOWANCE
    room = left // (calls + 1)
    if room < _MIN_ANSWER:
        need = taken + calls * _STEP_ALLOWANCE + _REASK_ALLOWANCE + (calls + 1) * _MIN_ANSWER
        raise CallerError(
            f"the artifacts are larger than the model's window: the run needs about {need:,} tokens, the window holds "
            f"{profile.window:,}; choose a model with a larger window, or give shorter artifacts"
        )
    return min(profile.max_output, room)
