"""Which characters of a body can be structure; its one rule: the mask is as long as the text, so offsets agree.

Fenced code, inline code and HTML comments are blanked, so that tags inside them are text.
"""

import re
from collections import Counter
from collections.abc import Collection
from typing import NamedTuple

from dramaturg.persona.tags import SLOTS

_MARKS = re.compile("``*|~~~~*|<!--")  # each begins with a letter of its own, which is what makes the search fast
_COMMENT = "<!--"
_EMPTY_COMMENT = re.compile("-?>")  # `<!-->` is a whole comment, says HTML
_TICKS = re.compile("``*")
_LEAD = re.compile(r"[ \t>]*(?:(?:[-*+]|\d+[.)])[ \t]+)*(?:<[^<>`\n]*>[ \t]*)*")  # a fence may follow a bullet or a tag
_INFO = re.compile(r"[^<`\n]*$", re.MULTILINE)
_TAIL = r"(?=[ \t]*(?:</[A-Za-z_][^<>\n]*>[ \t]*)*\r?$)"  # a closing tag is no info string
_FENCE = 3
_STRUCTURAL = re.compile(
    rf"(?P<alone>^[ \t]*)?<(?P<close>/?)(?P<name>Step|SECTION(?:\s*:[^<>\n]*)?|Directive_\w+|{'|'.join(SLOTS)})"
    r"(?![\w.-])[^<>\n]*>(?P<rest>[ \t]*\r?$)?",
    re.MULTILINE | re.IGNORECASE,
)


class Mask(NamedTuple):
    """A text with everything that cannot be structure replaced by spaces; line ends stay.

    Attributes:
        text: As long as the text it was made of.
        unclosed: The stretches of fences that nothing closes, as offsets; each ends where it must have ended.
        nested: Where a comment holds the beginning of another one: the outer offset and the inner.
    """

    text: str
    unclosed: tuple[tuple[int, int], ...]
    nested: tuple[tuple[int, int], ...]


def mask(text: str) -> str:
    """Return `text` with everything that cannot be structure replaced by spaces; line ends stay."""
    return masked(text).text


def masked(text: str, start: int = 0, plain: Collection[int] = ()) -> Mask:
    """Mask a text.

    Args:
        text: The whole text.
        start: Where its body begins; what precedes is blank.
        plain: Offsets of fences that are to be taken for text.
    """
    pieces: list[str] = [" " * start]
    unclosed: list[tuple[int, int]] = []
    nested: list[tuple[int, int]] = []
    done = at = line = looked = start
    hopeless: dict[str, int] = {}  # what was found not to follow, or to have no closer, before an offset
    marks = _MARKS if "~" in text or _COMMENT in text else _TICKS  # one letter alone is found many times faster
    while opener := marks.search(text, at):
        fence = len(opener[0]) >= _FENCE and opener[0][0] != "<" and opener.start() not in plain
        if fence:  # where its line begins, told from what was looked through already
            line = max(line, text.rfind("\n", looked, opener.start()) + 1)
            looked = opener.start()
        if fence and _opens_fence(opener, text, line):
            end, closed = _end_of_fence(opener[0], opener.end(), text, hopeless)
            unclosed += [] if closed else [(opener.start(), end)]
        else:
            end = _end_of(opener, text, hopeless)
            inner = text.find(_COMMENT, opener.end(), end) if opener[0] == _COMMENT else -1
            nested += [(opener.start(), inner)] if inner >= 0 else []
        at = end or opener.end()
        if end:
            pieces += [text[done : opener.start()], blank(text[opener.start() : end])]
            done = end
    return Mask(text="".join([*pieces, text[done:]]), unclosed=tuple(unclosed), nested=tuple(nested))


def _end_of(opener: re.Match[str], text: str, hopeless: dict[str, int]) -> int:
    """Return where a comment or inline code ends; 0 when the opener opens nothing."""
    mark = opener[0]
    comment = mark[0] == "<"
    if mark[0] == "~" or opener.start() < hopeless.get(mark, 0):
        return 0
    if comment:
        closer = _EMPTY_COMMENT.match(text, opener.end())
        end, limit = closer.end() if closer else text.find("-->", opener.end()) + 3, len(text)
    else:
        limit = hopeless.get("\n", 0)
        if limit < opener.end():
            line_end = text.find("\n", opener.end())
            limit = hopeless["\n"] = line_end if line_end >= 0 else len(text)
        runs = _TICKS.finditer(text, opener.end(), limit)
        end = next((run.end() for run in runs if run.end() - run.start() == len(mark)), 0)
    if end > opener.end():
        return end
    hopeless[mark] = limit
    return 0


def _opens_fence(mark: re.Match[str], text: str, line: int) -> bool:
    """Tell whether marks open a fence: nothing but bullets and tags before them, an info string at most behind.

    Their line begins at an offset, `line`.
    """
    return bool(_LEAD.fullmatch(text, line, mark.start()) and _INFO.match(text, mark.end()))


def _end_of_fence(fence: str, start: int, text: str, hopeless: dict[str, int]) -> tuple[int, bool]:
    """Return the end of a fence, and whether it is closed; else the first closing tag on its own line ends it.

    A closing tag whose opener stands inside the fence too is the end of a sample, and ends nothing else.
    """
    mark = f"fence {fence}"
    if mark not in hopeless:
        pattern = rf"^[ \t>]*{re.escape(fence[0])}{{{len(fence)},}}{_TAIL}"
        closer = re.compile(pattern, re.MULTILINE).search(text, start)
        if closer:
            return closer.end(), True
        hopeless[mark] = start
    opened: Counter[str] = Counter()
    for tag in _STRUCTURAL.finditer(text, start):
        name = tag["name"].strip().casefold()
        if not tag["close"]:
            opened[name] += 1
        elif opened[name]:
            opened[name] -= 1
        elif tag["alone"] is not None and tag["rest"] is not None:
            return tag.start(), False
    return len(text), False


def blank(text: str) -> str:
    """Return as many spaces; line ends stay."""
    return "\n".join([" " * len(line) for line in text.split("\n")]) if "\n" in text else " " * len(text)
