"""A step's text to the earlier step whose items it is repeated for; its one rule: only a step that is named counts."""

import re
from collections.abc import Mapping

_EACH = re.compile(
    r"\s*for (?:each|every)\b[^.!?,;:\n]{0,60}?\b(?:of|from|in)\s+"
    r"(?:step\s+`?(?P<step>\d+(?:\.\d+)*)|(?:the\s+)?[`\"“](?P<title>[^`\"”\n]{1,80})[`\"”])",
    re.IGNORECASE,
)
MOST_ITEMS = 24


def repeated_for(text: str, known: Mapping[str, str]) -> tuple[str, tuple[int, int]] | None:
    """Return the step meant by a text that begins "For each … of Step N" or "For each … in the `TITLE`", and the words.

    Args:
        text: The step's text.
        known: The ids of earlier steps, by themselves and by their section titles without case.
    """
    found = _EACH.match(text)
    if found is None:
        return None
    named = known.get(found["step"] or " ".join((found["title"] or "").casefold().split()))
    return (named, found.span()) if named else None
