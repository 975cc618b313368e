"""Which characters of a body can be structure; its one rule: the mask is as long as the text, so offsets agree.

Fenced code, inline code and HTML comments are blanked, so that tags inside them are text.
"""

import re
from collections import Counter
from functools import cache

from dramaturg.persona.tags import SLOTS

_LEAD = r"^[ \t>]*(?:(?:[-*+]|\d+[.)])[ \t]+)*(?:<[^<>`\n]*>[ \t]*)*"  # a fence may follow a bullet or a tag
_OPENERS = re.compile(
    rf"(?P<comment><!--)|{_LEAD}(?P<fence>`{{3,}}|~{{3,}})(?P<info>[^<`\n]*)$|(?P<ticks>(?<!`)`+(?!`))", re.MULTILINE
)
_TAIL = r"(?=[ \t]*(?:</[A-Za-z_][^<>\n]*>[ \t]*)*\r?$)"  # a closing tag is no info string
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
    while opener := _OPENERS.search(text, at):
        end = _end_of(opener, text, hopeless)
        if end is None:
            at = opener.end()
            continue
        start = opener.start("fence") if opener["fence"] else opener.start()
        pieces += [text[done:start], _blank(text[start:end])]
        done = at = end
    return "".join([*pieces, text[done:]])


def _end_of(opener: re.Match[str], text: str, hopeless: dict[str, int]) -> int | None:
    """Return where the masked stretch ends; None when the opener opens nothing."""
    if opener["fence"]:
        return _end_of_fence(opener["fence"], opener.end(), text)
    mark = opener[0]
    if opener.start() < hopeless.get(mark, 0):
        return None
    if opener["comment"]:
        end, limit = text.find("-->", opener.end()) + 3, len(text)
    else:
        limit = text.find("\n", opener.end()) % (len(text) + 1)
        closer = _ticks(mark).search(text, opener.end(), limit)
        end = closer.end() if closer else 0
    if end > opener.end():
        return end
    hopeless[mark] = limit
    return None


@cache
def _ticks(mark: str) -> re.Pattern[str]:
    return re.compile(rf"(?<!`){mark}(?!`)")


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
