"""A step's text to the earlier step whose items it is repeated for; its one rule: only a step that is named counts."""

import re
from collections.abc import Sequence

from dramaturg.plan.model import PlannedStep

_EACH = re.compile(
    r"\s*for (?:each|every)\b[^.!?,;:\n]{0,60}?\b(?:of|from|in)\s+"
    r"(?:step\s+`?(?P<step>\d+(?:\.\d+)*)|(?:the\s+)?[`\"“](?P<title>[^`\"”\n]{1,80})[`\"”])",
    re.IGNORECASE,
)
MOST_ITEMS = 24


def repeated_for(text: str, before: Sequence[PlannedStep]) -> tuple[str, tuple[int, int]] | None:
    """Return the step meant by a text that begins "For each … of Step N" or "For each … in the `TITLE`", and the words.

    Args:
        text: The step's text.
        before: The steps before it, known by their ids and section titles.
    """
    found = _EACH.match(text)
    if found is None:
        return None
    title = " ".join((found["title"] or "").casefold().split())
    named = next((step.id for step in before if step.id == found["step"] or title == step.section.casefold() != ""), "")
    return (named, found.span()) if named else None
