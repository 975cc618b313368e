"""A step's text to its sentences and the items of its lists; its one rule: nested items are part of outermost ones."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from dramaturg.findings.quick import maker
from dramaturg.persona.bullets import ITEM
from dramaturg.persona.mask import blank, mask
from dramaturg.plan.verbs import step_verb, word_of

_MARK = rf"(?:{ITEM}|[a-z]\)|\([a-z\d]\))"
_BULLET = re.compile(rf"(?P<indent>[ \t]*){_MARK}[ \t]+(?:\[[ xX]\][ \t]+)?")
_NEXT_BULLET = re.compile(rf"\n{_BULLET.pattern}")  # begins with one letter, which is what makes the search fast
_ENDING = re.compile(
    rf"\n[ \t]*\r?\n(?![ \t]*{_MARK}[ \t])"
    r"|\n(?P<indent>[ \t]*)(?=[^\s][^\n]*:[ \t]*\r?(?:\n|\Z)|[A-Z][a-z]+\s)"
)
_KEY_LINE = re.compile(r"\n(?P<indent>[ \t]*)(?=\*\*[^*\n]{1,60}(?::\*\*|\*\*[ \t]*[:–-]))")
_HEADING = re.compile(r"\n[ \t]*(?=#{2,6}[ \t]+\S)")
_TWO_KEYS = 4  # marks of emphasis
_MASKS = ("```", "~~~", "<!--")
_ONLY_KEY = re.compile(
    r"\A\s*\*\*[^*\n]{1,80}:?\*\*:?[ \t]*\r?$", re.MULTILINE
)  # the step's name, as it begins an item
_PARAGRAPH = re.compile(r"\n[ \t]*\r?\n")


class Bullet(NamedTuple):
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


def _bullets(text: str) -> Iterator[Bullet]:
    """Yield the outermost bullets; a nested one is part of the bullet it stands under."""
    first = _BULLET.match(text)
    marks = [*([first] if first else []), *_NEXT_BULLET.finditer(text)]
    if marks and mentions(text, _MASKS):
        masked = mask(text)
        marks = [mark for mark in marks if not masked[mark.end("indent")].isspace()]
    elif not marks and text.count("**") >= _TWO_KEYS:
        marks = _below_colon(_KEY_LINE, text)
    elif not marks and "##" in text:
        yield from _headed(text, _below_colon(_HEADING, text))
    if not marks:
        return
    indents = [len(mark["indent"].expandtabs(4)) for mark in marks]
    outer = min(indents)
    marks = [mark for mark, indent in zip(marks, indents, strict=True) if indent == outer]
    lead_from, lead, lead_at = 0, "", 0
    for mark, following in zip(marks, (*marks[1:], None), strict=False):
        start, begin = mark.start("indent"), mark.end()
        between = text[lead_from:start].strip()
        if between:
            paragraph = _PARAGRAPH.split(between)[-1]
            lead, lead_at = paragraph, text.rindex(paragraph, lead_from, start)
        limit = following.start("indent") if following else len(text)
        body, lead_from = text[begin:limit].rstrip(), limit
        if "\n" in body:
            lead_from = _end_of(text, begin, limit, outer)
            body = text[begin:lead_from].rstrip()
        yield Bullet(lead, lead_at, body, begin, begin + len(body))


def _below_colon(line: re.Pattern[str], text: str) -> list[re.Match[str]]:
    """Return where lines below a colon begin with bold keys, or headings: a list without its marks."""
    marks = [*line.finditer(text)]
    return marks if len(marks) > 1 and text[: marks[0].start()].rstrip().endswith(":") else []


def _headed(text: str, marks: Sequence[re.Match[str]]) -> Iterator[Bullet]:
    """Yield the headings, each with what stands below it, as items of what ends with a colon above them."""
    for mark, following in zip(marks, (*marks[1:], None), strict=False):
        body = text[mark.end() : following.start() if following else len(text)].rstrip()
        lead = _PARAGRAPH.split(text[: marks[0].start()].strip())[-1]
        yield Bullet(lead, text.index(lead), body, mark.end(), mark.end() + len(body))


def nested(bullet: Bullet) -> Iterator[Bullet]:
    """Yield the bullets of the list below one, at their places in the step's text."""
    for each in _bullets(bullet.text):
        lead_at, start, end = (bullet.start + at for at in (each.lead_at, each.start, each.end))
        yield Bullet(lead=each.lead, lead_at=lead_at, text=each.text, start=start, end=end)


def _end_of(text: str, start: int, limit: int, outer: int) -> int:
    """Return where a bullet's text ends: at a blank line, or at a line beside the bullet that begins a sentence."""
    for ending in _ENDING.finditer(text, start, limit):
        if ending["indent"] is None or len(ending["indent"].expandtabs(4)) <= outer:
            return ending.start()
    return limit


@dataclass(frozen=True, slots=True, kw_only=True)
class Prose:
    """A step's text, read once.

    Attributes:
        text: As written.
        bullets: The outermost items of its lists.
        spoken: The text with those items blanked; all of it where it is nothing but a list, a bold key above it aside.
        folded: The same in lower case, white space made one blank, to look for words in.
        verb: The word its first sentence turns on; None if it begins with none.
        word: That as the lists of verbs spell it.
    """

    text: str
    bullets: tuple[Bullet, ...]
    spoken: str
    folded: str
    verb: re.Match[str] | None
    word: str


_make_prose = maker(Prose)


def prose_of(text: str) -> Prose:
    """Read a step's text."""
    bullets = tuple(_bullets(text))
    spoken = _without(bullets, text)
    folded = one_line(spoken.lower())
    verb = step_verb(text)
    word = word_of(verb) if verb else ""
    return _make_prose(text=text, bullets=bullets, spoken=spoken, folded=folded, verb=verb, word=word)


def lowered(text: str) -> str:
    """Return a text in lower case, as long as it was: a few letters would become two."""
    low = text.lower()
    return low if len(low) == len(text) else "".join(one if len(one.lower()) != 1 else one.lower() for one in text)


def one_line(text: str) -> str:
    """Return `text` on one line, its words one blank apart."""
    if text.isprintable() and "  " not in text:  # so is most that is asked for, and then there is no need to split it
        return text.strip()
    return " ".join(text.split())


def first_of(text: str, words: Sequence[str]) -> int:
    """Return where the first of some words stands in a text, its end if none does.

    To try a pattern that begins with one of them at every place before takes many times longer.
    """
    first = len(text)
    for word in words:
        at = text.find(word, 0, first + len(word) - 1)
        first = at if at >= 0 else first
    return first


def whole(*words: str) -> str:
    """Return a pattern of any of some words, standing for itself.

    To say so with a boundary in front has a search try every place; this one begins with the letters of the words, to
    which the search skips.
    """
    alternatives = "|".join(f"{word}(?<!\\w{word})" for word in words)
    return rf"(?:{alternatives})\b"


def mentions(text: str, words: Sequence[str]) -> bool:
    """Tell whether any of some words stands in a text; many times faster than one pattern of them all."""
    for word in words:  # noqa: SIM110 - a generator costs as much again
        if word in text:
            return True
    return False


def _without(bullets: Sequence[Bullet], text: str) -> str:
    if not bullets or not _ONLY_KEY.sub("", text[: text.rfind("\n", 0, bullets[0].start) + 1]).strip():
        return text
    pieces, done = [], 0
    for bullet in bullets:
        pieces += [text[done : bullet.start], blank(bullet.text)]
        done = bullet.end
    return "".join([*pieces, text[done:]])
