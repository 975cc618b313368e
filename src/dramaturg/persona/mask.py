"""Which characters of a body can be structure; its one rule: the mask is as long as the text, so offsets agree.

Fenced code, inline code and HTML comments are blanked, so that tags inside them are text.
"""

import re

_LEAD = r"^[ \t>]*(?:(?:[-*+]|\d+[.)])[ \t]+)*(?:<[^<>`\n]*>[ \t]*)*"  # a fence may follow a bullet or a tag
_OPENERS = re.compile(
    rf"(?P<comment><!--)|{_LEAD}(?P<fence>`{{3,}}|~{{3,}})(?P<info>[^<`\n]*)$|(?P<ticks>(?<!`)`+(?!`))", re.MULTILINE
)
_TAIL = r"(?=[ \t]*(?:</[A-Za-z_][^<>\n]*>[ \t]*)*\r?$)"  # a closing tag is no info string
_STANDALONE_CLOSER = re.compile(r"^[ \t]*</[A-Za-z_][^<>\n]*>[ \t]*\r?$", re.MULTILINE)


def mask(text: str) -> str:
    """Return `text` with everything that cannot be structure replaced by spaces; line ends stay."""
    pieces: list[str] = []
    done = at = 0
    while opener := _OPENERS.search(text, at):
        end = _end_of(opener, text)
        if end is None:
            at = opener.end()
            continue
        start = opener.start("fence") if opener["fence"] else opener.start()
        pieces += [text[done:start], _blank(text[start:end])]
        done = at = end
    return "".join([*pieces, text[done:]])


def _end_of(opener: re.Match[str], text: str) -> int | None:
    """Return where the masked stretch ends; None when the opener opens nothing."""
    if opener["comment"]:
        end = text.find("-->", opener.end())
        return None if end < 0 else end + 3
    if opener["fence"]:
        return _end_of_fence(opener["fence"], opener.end(), text)
    line_end = text.find("\n", opener.end())
    closer = re.compile(rf"(?<!`){opener['ticks']}(?!`)").search(
        text, opener.end(), len(text) if line_end < 0 else line_end
    )
    return closer.end() if closer else None


def _end_of_fence(fence: str, start: int, text: str) -> int:
    """Return the end of a fence: its closer, else the first closing tag that stands on its own line, else the end."""
    closer = re.compile(rf"^[ \t>]*{re.escape(fence[0])}{{{len(fence)},}}{_TAIL}", re.MULTILINE).search(text, start)
    if closer:
        return closer.end()
    standalone = _STANDALONE_CLOSER.search(text, start)
    return standalone.start() if standalone else len(text)


def _blank(text: str) -> str:
    return "\n".join(" " * len(line) for line in text.split("\n"))
