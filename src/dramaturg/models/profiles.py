"""The values of what the engine must know of each model; its one rule: this is the only place they stand.

Windows and output limits are set below what the vendors allow, so that a run that fits here fits there.
"""

import re

from dramaturg.engine.profile import Profile

DEFAULT_ANTHROPIC = "claude-sonnet-5-5"
DEFAULT_OPENAI = "gpt-5.5"
ANTHROPIC_KEY = "ANTHROPIC_API_KEY"
OPENAI_KEY = "OPENAI_API_KEY"
SERVER_KEY = "DRAMATURG_API_KEY"
LOCAL_WINDOW = 8192

_HOSTED_WINDOW = 200_000
_HOSTED_OUTPUT = 10_000  # doubled once for a truncated answer, which stays under the 21,333 that need streaming
_LOCAL_OUTPUT = 2_000
_LOCAL_CHARACTERS_PER_TOKEN = 3.0
_BREAKPOINTS_SINCE = (5, 6)
_GPT = re.compile(r"gpt-(\d+)(?:\.(\d+))?")


def hosted(window: int | None = None) -> Profile:
    """Return the traits of a vendor's own models: one constant schema, a large window unless another is named."""
    return Profile(window=window or _HOSTED_WINDOW, max_output=_HOSTED_OUTPUT)


def local(window: int | None) -> Profile:
    """Return the traits of an engine with grammar-enforced schemas; `window` None stands for not known."""
    return Profile(
        window=window or LOCAL_WINDOW,
        max_output=_LOCAL_OUTPUT,
        characters_per_token=_LOCAL_CHARACTERS_PER_TOKEN,
        narrowed=True,
    )


def quoting() -> Profile:
    """Return the traits of the embedded quoting of evidence: no window, no author."""
    return Profile(window=None, max_output=_HOSTED_OUTPUT, writes=False)


def takes_breakpoints(model: str) -> bool:
    """Tell whether an OpenAI model accepts explicit cache breakpoints (GPT-5.6 and later)."""
    version = _GPT.match(model)
    return version is not None and (int(version[1]), int(version[2] or 0)) >= _BREAKPOINTS_SINCE
