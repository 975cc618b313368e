"""A body to where another persona may begin in it; its one rule: a rule of three dashes alone begins none."""

import re

_HEAD = re.compile(
    r"^---[ \t]*\r?\n(?=(?:[ \t]*(?:(?:[\w-]+[ \t]*:|-[ \t]|\#)[^\n]*)?\r?\n){0,60}?[ \t]*alias[ \t]*:)",
    re.MULTILINE | re.IGNORECASE,
)
_ONLY_MARKS = re.compile(
    r"(?:[ \t]*(?:`{3,}|~{3,})[\w-]*[ \t]*\r?$|<!--(?:(?!-->).)*-->|\s)*+", re.MULTILINE | re.DOTALL
)

_OPENS = re.compile(r"<\s*persona(?=[\s>/])", re.IGNORECASE)


def opens_above(text: str, end: int) -> bool:
    """Tell whether a `<persona>`, well-formed or not, is written on top of a text: before an offset."""
    return _OPENS.search(text, 0, end) is not None


def further_heads(text: str, start: int) -> list[int]:
    """Return the offsets, from one on, at which frontmatter with an alias begins outside comments."""
    if text.find("\n---", start) < 0 and not text.startswith("---", start):
        return []
    return [found.start() for found in _HEAD.finditer(text, start) if not _in_comment(text, found.start())]


def only_marks(text: str, start: int, end: int) -> bool:
    """Tell whether nothing stands between two offsets but fences, comments and blanks."""
    return _ONLY_MARKS.fullmatch(text, start, end) is not None


def _in_comment(text: str, at: int) -> bool:
    """Tell whether a place stands in a comment."""
    opened = text.rfind("<!--", 0, at)
    return opened >= 0 and text.find("-->", opened, at) < 0 <= text.find("-->", at)
