"""Which characters of a body can be structure; its one rule: the mask is as long as the text, so offsets agree.

Fenced code, inline code and HTML comments are blanked, so that tags inside them are text.
"""

import re
from collections import Counter

from dramaturg.persona.tags import SLOTS

_MARKS = re.compile("``*|~~~~*|<!--")  # each begins with a letter of its own, which is what makes the search fast
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


def mask(text: str) -> str:
    """Return `text` with everything that cannot be structure replaced by spaces; line ends stay."""
    pieces: list[str] = []
    done = at = 0
    hopeless: dict[str, int] = {}  # what was found to have no closer before an offset
    while opener := _MARKS.search(text, at):
        end = _end_of(opener, text, hopeless)
        at = end or opener.end()
        if end:
            pieces += [text[done : opener.start()], _blank(text[opener.start() : end])]
            done = end
    return "".join([*pieces, text[done:]]) if pieces else text


def _end_of(opener: re.Match[str], text: str, hopeless: dict[str, int]) -> int:
    """Return where the masked stretch ends; 0 when the opener opens nothing."""
    mark = opener[0]
    comment = mark[0] == "<"
    if len(mark) >= _FENCE and not comment and _opens_fence(opener, text):
        return _end_of_fence(mark, opener.end(), text)
    if mark[0] == "~" or opener.start() < hopeless.get(mark, 0):
        return 0
    if comment:
        end, limit = text.find("-->", opener.end()) + 3, len(text)
    else:
        line_end = text.find("\n", opener.end())
        limit = line_end if line_end >= 0 else len(text)
        runs = _TICKS.finditer(text, opener.end(), limit)
        end = next((run.end() for run in runs if run.end() - run.start() == len(mark)), 0)
    if end > opener.end():
        return end
    hopeless[mark] = limit
    return 0


def _opens_fence(mark: re.Match[str], text: str) -> bool:
    """Tell whether marks open a fence: nothing but bullets and tags before them, an info string at most behind."""
    line = text.rfind("\n", 0, mark.start()) + 1
    return bool(_LEAD.fullmatch(text, line, mark.start()) and _INFO.match(text, mark.end()))


def _end_of_fence(fence: str, start: int, text: str) -> int:
    """Return the end of a fence: its closer, else the first structural closing tag on its own line, else the end.

    A closing tag whose opener stands inside the fence too is the end of a sample, and ends nothing else.
    """
    closer = re.compile(rf"^[ \t>]*{re.escape(fence[0])}{{{len(fence)},}}{_TAIL}", re.MULTILINE).search(text, start)
    if closer:
        return closer.end()
    opened: Counter[str] = Counter()
    for tag in _STRUCTURAL.finditer(text, start):
        name = tag["name"].strip().casefold()
        if not tag["close"]:
            opened[name] += 1
        elif opened[name]:
            opened[name] -= 1
        elif tag["alone"] is not None and tag["rest"] is not None:
            return tag.start()
    return len(text)


def _blank(text: str) -> str:
    return "\n".join(" " * len(line) for line in text.split("\n"))
