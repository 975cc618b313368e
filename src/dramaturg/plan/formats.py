"""A section's title and prose to its layout; its one rule: the title decides before the wording does."""

import re
from collections.abc import Sequence

from dramaturg.plan.model import Format
from dramaturg.plan.verbs import main_verb

_FORMATS: Sequence[tuple[Format, re.Pattern[str]]] = (
    (Format.CHECKLIST, re.compile(r"\bcheck-?list\b", re.IGNORECASE)),
    (Format.TABLE, re.compile(r"\b(?:table|matrix)\b", re.IGNORECASE)),
    (
        Format.PROCEDURE,
        re.compile(
            r"\b(?:sequential|step-by-step|runbook|procedure|in (?:this )?order|instructions (?:on|for) how)\b",
            re.IGNORECASE,
        ),
    ),
    (
        Format.FINDINGS,
        re.compile(
            r"\b(?:findings|vulnerabilities|issues found|list of (?:issues|suggestions|risks))\b", re.IGNORECASE
        ),
    ),
    (
        Format.CODE,
        re.compile(
            r"\b(?:code blocks?|source (?:file|code)s?|scripts?|code only|code files?|config(?:uration)? files?"
            r"|(?:unit )?test (?:files?|code|modules?)|json (?:object|array|file|document)|yaml (?:file|document)"
            r"|openapi|dockerfile)\b|`[^`\n]+\.json`\s+(?:file|object|manifest)\b",
            re.IGNORECASE,
        ),
    ),
)
_LINE = re.compile(r"[^\n]*")


def format_of(text: str, title: str, *, columns: bool) -> tuple[Format, str, tuple[int, int] | None]:
    """Return a section's layout, the rule that decided, and the words of the text it rests on; None for its title.

    Args:
        text: The step's text.
        title: The section's title.
        columns: Whether the step names cells for each entry.
    """
    for layout, pattern in _FORMATS:
        if pattern.search(title):
            at = text.find(title)
            return layout, f"format/{layout}-title", (at, at + len(title)) if at >= 0 else None
    verb = main_verb(text)
    start = verb.start() if verb else len(text) - len(text.lstrip())
    line = _LINE.match(text, start)
    end = line.end() if line else len(text)
    for layout, pattern in _FORMATS:
        if found := pattern.search(text, start, end):
            return layout, f"format/{layout}-wording", found.span()
    if columns:
        return Format.TABLE, "format/table-columns", None
    return Format.PROSE, "format/nothing-else-named", None
