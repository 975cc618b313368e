"""A corpus of quotes made of the shipped cases: true ones in other dress, and invented ones, each with its origin."""

import random
import re
import textwrap
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from tests.support import ROOT

from dramaturg.evidence.artifact import MARKDOWN, PLAIN, Artifact, Outline
from dramaturg.evidence.locate import fold, proves_something

_CASES = ROOT / "evals" / "cases"
_WORD = re.compile(r"[A-Za-z]{4,}")
_NUMBER = re.compile(r"\d+(?![.)] )")  # the number of a list item is layout
_FOREIGN = ("zanzibar", "Kestrel", "hourly", "manually", "quorum")
_LONGEST = 900
_CURLY = {'"': "“”", "'": "‘’", "-": "–\u2011"}


@dataclass(frozen=True, kw_only=True)
class Quoted:
    """A quote, the artifact it is said to stand in, and what was done to it."""

    artifact: Artifact
    quote: str
    how: str


def artifacts() -> list[Artifact]:
    """Return every file of the shipped cases as an artifact."""
    files = sorted(path for path in _CASES.rglob("*") if path.suffix in (".md", ".yml", ".sql", ".ts", ".log"))
    return [
        Artifact(
            id=f"{path.parent.name}_{path.stem}",
            text=path.read_text(encoding="utf-8"),
            media_type=MARKDOWN if path.suffix == ".md" else PLAIN,
        )
        for path in files
    ]


def true_quotes() -> Iterator[Quoted]:
    """Yield every passage of every artifact as it stands, and in each dress that says the same."""
    chance = random.Random(7)  # noqa: S311 - a corpus, not a secret
    for artifact, passage in _passages():
        yield Quoted(artifact=artifact, quote=passage, how="as it stands")
        for dress in (_reflowed, _on_one_line, _in_wide_spaces, _in_curly_quotes, _without_marks, _without_bars):
            yield Quoted(artifact=artifact, quote=dress(passage, chance), how=dress.__name__)
        yield Quoted(artifact=artifact, quote=_emphasised(passage, chance), how="_emphasised")
        yield Quoted(artifact=artifact, quote=_a_part(passage, chance), how="_a_part")


def invented_quotes() -> Iterator[Quoted]:
    """Yield quotes that stand nowhere: each holds a word or a number that its artifact does not, or leaves one out."""
    chance = random.Random(11)  # noqa: S311 - a corpus, not a secret
    makers: tuple[Callable[[str, random.Random], str], ...] = (_other_word, _one_more_word, _other_number, _one_less)
    for artifact, passage in _passages():
        for make in makers:
            quote = make(passage, chance)
            if _letters(quote) not in _letters(artifact.text):
                yield Quoted(artifact=artifact, quote=quote, how=make.__name__)


def _passages() -> Iterator[tuple[Artifact, str]]:
    for artifact in artifacts():
        for passage in Outline(artifact).passages():
            if passage.text.count(" ") > 2 and len(passage.text) <= _LONGEST and proves_something(fold(passage.text)):
                yield artifact, passage.text


def _letters(text: str) -> str:
    """Return only letters and digits: whatever folding may do, it does not reach across this."""
    return "".join(character for character in text.casefold() if character.isalnum())


def _reflowed(text: str, chance: random.Random) -> str:
    return textwrap.fill(
        " ".join(text.split()), chance.choice((30, 50, 72)), break_on_hyphens=False, break_long_words=False
    )


def _on_one_line(text: str, _: random.Random) -> str:
    """Join the lines; a list keeps its first marker only, as who copies it by hand would."""
    return " ".join(fold(text).split())


def _in_wide_spaces(text: str, chance: random.Random) -> str:
    return "".join(
        chance.choice(("\u00a0", "  ", "\u2009", " \u200b")) if character == " " else character for character in text
    )


def _in_curly_quotes(text: str, chance: random.Random) -> str:
    return "".join(chance.choice(_CURLY.get(character, character)) for character in text)


def _without_marks(text: str, _: random.Random) -> str:
    return text.replace("`", "").replace("**", "")


def _without_bars(text: str, _: random.Random) -> str:
    return text.replace("|", " ")


def _emphasised(text: str, chance: random.Random) -> str:
    words = text.split(" ")
    plain = [position for position, word in enumerate(words) if _WORD.fullmatch(word)]
    for position in chance.sample(plain, min(2, len(plain))):
        mark = chance.choice(("**", "*", "_", "`", "~~"))
        words[position] = f"{mark}{words[position]}{mark}"
    return " ".join(words)


def _a_part(text: str, chance: random.Random) -> str:
    """Return some words of a passage, or all where some would prove nothing."""
    words = " ".join(text.split()).split(" ")
    first = chance.randrange(max(1, len(words) // 2))
    part = " ".join(words[first : first + max(3, len(words) // 2)])
    return part if proves_something(fold(part)) else text


def _other_word(text: str, chance: random.Random) -> str:
    found = [*_WORD.finditer(text)]
    word = chance.choice(found) if found else None
    return text[: word.start()] + chance.choice(_FOREIGN) + text[word.end() :] if word else text


def _one_more_word(text: str, chance: random.Random) -> str:
    gaps = [found.start() for found in re.finditer(r"(?<=\w) (?=\w)", text)]
    at = chance.choice(gaps) if gaps else 0
    return text[:at] + f" {chance.choice(_FOREIGN)}" + text[at:] if gaps else text


def _other_number(text: str, chance: random.Random) -> str:
    found = [*_NUMBER.finditer(text)]
    number = chance.choice(found) if found else None
    return text[: number.start()] + str(int(number[0]) + 7919) + text[number.end() :] if number else text


def _one_less(text: str, chance: random.Random) -> str:
    """Leave a word out from between two others: a `not`, a unit, a name."""
    found = [*re.finditer(r"(?<=\w) \w+(?= \w)", text)]
    word = chance.choice(found) if found else None
    return text[: word.start()] + text[word.end() :] if word else text
