"""A step's prose to the items of its lists; its one rule: only outermost items count, nested ones are part of them."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from dramaturg.persona.mask import mask

_BULLET = re.compile(r"^(?P<indent>[ \t]*)(?:[-*+•]|\d+[.)])[ \t]+", re.MULTILINE)
_ENDING = re.compile(
    r"\n[ \t]*\r?\n(?![ \t]*(?:[-*+•]|\d+[.)])[ \t])|\n(?P<indent>[ \t]*)(?=[^\s][^\n]*:[ \t]*\r?(?:\n|\Z))"
)
_PARAGRAPH = re.compile(r"\n[ \t]*\r?\n")


@dataclass(frozen=True, slots=True, kw_only=True)
class Bullet:
    """One item of a list.

    Attributes:
        lead: The paragraph the list hangs on; empty for none.
        lead_at: Where that begins in the text.
        text: What the item says.
        start: Where it begins.
        end: Where it ends.
    """

    lead: str
    lead_at: int
    text: str
    start: int
    end: int


def bullets(text: str) -> Iterator[Bullet]:
    """Yield the outermost bullets; a nested one is part of the bullet it stands under."""
    masked = mask(text)
    marks = [found for found in _BULLET.finditer(text) if not masked[found.end("indent")].isspace()]
    outer = min((len(mark["indent"].expandtabs(4)) for mark in marks), default=0)
    marks = [mark for mark in marks if len(mark["indent"].expandtabs(4)) == outer]
    lead_from, lead, lead_at = 0, "", 0
    for mark, following in zip(marks, (*marks[1:], None), strict=False):
        paragraph = _PARAGRAPH.split(text[lead_from : mark.start()].strip())[-1]
        if paragraph:
            lead, lead_at = paragraph, text.rindex(paragraph, lead_from, mark.start())
        limit = following.start() if following else len(text)
        end = lead_from = _end_of(text, mark.end(), limit, outer)
        body = text[mark.end() : end].rstrip()
        yield Bullet(lead=lead, lead_at=lead_at, text=body, start=mark.end(), end=mark.end() + len(body))


def _end_of(text: str, start: int, limit: int, outer: int) -> int:
    """Return where a bullet's text ends: at a blank line, or at a line beside the bullet that leads in others."""
    for ending in _ENDING.finditer(text, start, limit):
        if ending["indent"] is None or len(ending["indent"].expandtabs(4)) <= outer:
            return ending.start()
    return limit


def without_bullets(text: str) -> str:
    """Return a step's text with the items of its lists blanked; one that is nothing but a list is left as it is."""
    found = [*bullets(text)]
    if not found or not text[: found[0].start].strip(" \t\r\n-*+•0123456789.)"):
        return text
    pieces, done = [], 0
    for bullet in found:
        pieces += [
            text[done : bullet.start],
            "".join(" " if each != "\n" else each for each in text[bullet.start : bullet.end]),
        ]
        done = bullet.end
    return "".join([*pieces, text[done:]])
