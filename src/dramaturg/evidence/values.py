"""A text to the values it states; its one rule: what is taken for a value can be looked for word for word.

Values are what models invent and people act on: versions, numbers, ports, addresses, paths, identifiers and names.
Plain words are none.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from dramaturg.evidence.locate import fold

ValueKind = Literal["version", "number", "address", "identifier", "name"]

_THOUSANDS = re.compile(  # in 12,400 and 50_000; a space only where it cannot set two numbers apart
    r"(?<=\d)[,_](?=\d{3}(?!\d))"
    r"|(?<=\d)[ \u00a0\u202f](?=\d{3}(?:[ \u00a0\u202f]\d{3})+(?!\d))"
    r"|(?<=\d{3})[ \u00a0\u202f](?=\d{3}(?!\d))"
)
_CODE = re.compile(r"`([^`\n]+)`")
_TIME = re.compile(r"(?<![\w.:-])\d{1,2}:\d{2}(?::\d{2})?(?![\w.:-])|(?<![\w.-])\d{4}-\d{2}-\d{2}(?![\w.-])")
_PATH = re.compile(r"(?<![\w./:])~?/[\w.@-]+(?:/[\w.@*-]+)+|(?<![\w/])[\w-]+(?:/[\w.-]+){2,}")
_HOST = re.compile(r"(?<![\w@/-])(?:https?://)?[A-Za-z][\w-]*(?:\.[\w-]*[A-Za-z][\w-]*)+")
_IDENTIFIER = re.compile(
    r"(?<![\w./-])(?:"
    r"[A-Za-z]\w*_\w+"  # snake_case and CONSTANTS
    r"|[A-Za-z][\w]*(?:-\w+)*-\d+(?:-\w+)*"  # prod-app-3
    r"|[A-Za-z]\w*(?:-\w+){2,}"  # a-name-of-parts
    r"|[a-z]+[A-Z]\w+|[A-Z][a-z]+(?:[A-Z][a-z]+)+"  # camelCase, SendGrid
    r")(?![\w-])"
)
_VERSION = re.compile(r"(?<![\w.])v?\d+(?:\.\d+)+(?![\w]|\.\d)")
_NUMBER = re.compile(r"(?<![\w.])\d+(?=[a-z%]{0,5}(?![\w.]*\d))|(?<=:)\d+(?!\w)")
_CAPITALISED = re.compile(r"(?<=[\w,;)`’'\"] )[A-Z][a-z]{2,}(?:[A-Z]?[a-z]*)?(?![\w-])")
_NO_NAMES = frozenset(
    """monday tuesday wednesday thursday friday saturday sunday january february march april may june july august
    september october november december release step section table phase english""".split()
)
NUMBER_WORDS = {
    word: str(number)
    for number, word in enumerate("two three four five six seven eight nine ten eleven twelve".split(), start=2)
}
_WRITTEN = {number: word for word, number in NUMBER_WORDS.items()}
_NUMBER_WORD = re.compile(rf"\b({'|'.join(NUMBER_WORDS)}) (\w+)", re.IGNORECASE)
_SHORTEST_CODE = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Value:
    """Something stated that can be looked for: its words, and what it is taken for."""

    text: str
    kind: ValueKind


def values_of(text: str) -> tuple[Value, ...]:
    """Return the values a text states, each once."""
    return tuple(dict.fromkeys(_found(_THOUSANDS.sub("", text))))


def _found(text: str) -> Iterator[Value]:
    """Yield values, what stands in code spans first; what was taken is not looked at again."""
    for code in _CODE.findall(text):
        if " " not in code.strip() and len(code.strip()) >= _SHORTEST_CODE and not code.strip().isdigit():
            yield Value(text=code.strip().rstrip("."), kind="identifier")
    rest = _CODE.sub(lambda span: span[0].replace("`", " ") if " " in span[1] else " ", text)
    patterns: tuple[tuple[re.Pattern[str], ValueKind], ...] = (
        (_TIME, "number"),
        (_PATH, "identifier"),
        (_HOST, "address"),
        (_IDENTIFIER, "identifier"),
        (_VERSION, "version"),
        (_NUMBER, "number"),
    )
    for pattern, kind in patterns:
        for found in pattern.finditer(rest):
            yield Value(text=found[0], kind=kind)
        rest = pattern.sub(lambda taken: " " * len(taken[0]) if not taken[0].isdigit() else taken[0], rest)
    for found in _CAPITALISED.finditer(rest):
        if found[0].casefold() not in _NO_NAMES:
            yield Value(text=found[0], kind="name")


def number_words_of(text: str) -> tuple[tuple[Value, str], ...]:
    """Return the numbers a text writes out, from two to twelve, each with the word that follows: what it counts."""
    return tuple((Value(text=found[1], kind="number"), found[2]) for found in _NUMBER_WORD.finditer(text))


class Stated:
    """What some text says, made to be asked whether it says a value.

    Args:
        text: The text.
        beside: What was read before and counts as said too.
    """

    def __init__(self, text: str, *beside: "Stated") -> None:
        own = fold(_THOUSANDS.sub("", text)).casefold()
        self.texts: tuple[str, ...] = tuple(filter(None, (own, *(each for other in beside for each in other.texts))))

    def says(self, value: Value) -> bool:
        """Tell whether a value stands there: a version by its beginning, a number also written out."""
        needle = fold(value.text).casefold()
        if needle in NUMBER_WORDS:
            return self._holds(needle) or self._holds(NUMBER_WORDS[needle])
        written = _WRITTEN.get(needle, "")
        return self._holds(needle) or bool(written and self._holds(written))

    def _holds(self, needle: str) -> bool:
        return any(_holds(text, needle) for text in self.texts)


def _holds(text: str, needle: str) -> bool:
    at = text.find(needle)
    while at >= 0:
        if not (_joined(text, at - 1, needle[:1], -1) or _joined(text, at + len(needle), needle[-1:], 1)):
            return True
        at = text.find(needle, at + 1)
    return False


def _joined(text: str, at: int, edge: str, way: int) -> bool:
    """Tell whether the character outside an edge goes on what stands inside: `80` in `8080`, `2.0` in `4.2.0`."""
    outside = text[at] if 0 <= at < len(text) else " "
    if edge.isdigit():
        beyond = text[at + way] if 0 <= at + way < len(text) else " "
        return outside.isdigit() or (way < 0 and outside in ".," and beyond.isdigit())
    return edge.isalnum() and (outside.isalnum() or outside == "_")
