"""A claim and its quotes to what is doubtful about them; its one rule: doubt what code can see, and say which words.

A quote that stands in its artifact proves nothing yet: the claim may add a version, a port or a name that no artifact
knows, say another number than its quote, turn it into its opposite, or have nothing to do with it. None of this is
certain to be wrong, so it is told and never rejected.
"""

import re
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache

from dramaturg.evidence.artifact import Artifact
from dramaturg.evidence.locate import Citation, Shelf, fold
from dramaturg.evidence.shared import shared
from dramaturg.evidence.values import Stated, Value, number_words_of, values_of

_WORD = re.compile(r"[^\W\d_][^\W_]{2,}")
_SUFFIX = re.compile(r"(?:ations?|ings?|ed|es|s|ly|e)$")
_STEM = 5
_WORDS_KEPT = 2048
_LEAST_SHARED = 0.2  # share of a claim's words that its evidence must have, where no value ties them
_LEAST_KNOWN = 0.7  # share of a command's words that the artifacts must have
_FEWEST_WORDS = 3
_COMMAND_WORD = re.compile(r"[A-Za-z][\w./:@-]+")
_ASSIGNMENT = re.compile(r"^\s*(?:\$|#|>)?\s*(?:sudo\s+)?(?:\w+=\S*\s+)*")
_SPAN = re.compile(r"`([a-z][\w.-]* [^`\n]+)`")
_NEGATION = re.compile(
    r"(?<!must )(?<!may )(?<!should )\b(?:not|never|no|without|cannot|neither|nor|none|nothing|nobody)\b"
    r"(?! longer| later| more| only)|n[’']t\b",
    re.IGNORECASE,
)
_DENIES_TOO = re.compile(
    r"\b(?:against|planned|fail\w*|drop\w*|refus\w*|reject\w*|lack\w*|missing|disabled|removed?|ignored?|stops?)\b|\?",
    re.IGNORECASE,
)
_NO_PROGRAM = frozenset("set select insert update delete alter create drop grant begin commit echo cd export".split())
_NEAR = 0.6  # share of words that claim and quote must have in common to be opposites
_COMMON = frozenset(
    """the and for are was were has have had been with that this from they them their there then than into onto over
    under about after before again also any all each every some such can may must should would could will its it's
    which what when where who whom whose while does did done being you your our his her not but because since until
    verify check confirm ensure make sure take set use run look open see begin start stop wait one two both only still
    up down out off now yet too more most less very same other another first last next new old""".split()
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """What an entry states and what it cites.

    Attributes:
        text: The statement, with what it expects and the cells of its row.
        command: What to type; empty for none.
        citations: Its quotes, all found.
    """

    text: str
    command: str
    citations: tuple[Citation, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Doubt:
    """One thing that is doubtful: the rule, and in words what."""

    rule: str
    what: str


class Ledger:
    """Everything the artifacts of a run say, to hold claims against.

    Args:
        artifacts: What claims may cite.
        granted: Text whose words need no evidence: what the persona asks for.
    """

    def __init__(self, artifacts: Sequence[Artifact], granted: str = "") -> None:
        self.shelf = Shelf(artifacts)
        self.granted = granted
        self._known: dict[Value, bool] = {}  # the commands of a run are made of the same words

    @cached_property
    def all(self) -> Stated:
        """What any artifact says."""
        return Stated("", self._granted, *(_said(artifact.text) for artifact in self.shelf.artifacts))

    @cached_property
    def _granted(self) -> Stated:
        return _said(self.granted)

    def doubts(self, claim: Claim) -> Iterator[Doubt]:
        """Yield what is doubtful about a claim that cites evidence."""
        if not claim.citations:
            return
        stated = values_of(_SPAN.sub(" ", claim.text))
        invented = [*self._invented(claim, stated)]
        yield from invented
        near = _Near("\n".join(map(self._lines, claim.citations)))
        otherwise = [*self._otherwise(claim, stated, near, {doubt.what for doubt in invented})]
        yield from otherwise
        if not otherwise and not invented and _beside_the_point(claim, near):
            yield Doubt(rule="R308", what="its quotes have next to no words in common with it")

    def _invented(self, claim: Claim, stated: Sequence[Value]) -> Iterator[Doubt]:
        """Yield values and commands that stand in no artifact."""
        for value in stated:
            if not self._knows(value) and not self._known_by_parts(value):
                yield Doubt(rule="R307", what=f"no artifact says `{_shown(value.text)}`")
        commands = [*claim.command.splitlines(), *_SPAN.findall(claim.text)]
        for command in filter(self._is_strange, commands):
            yield Doubt(rule="R307", what=f"no artifact has the command `{_shown(command)}`")

    def _knows(self, value: Value) -> bool:
        """Tell whether any artifact says a value."""
        known = self._known.get(value)
        if known is None:
            known = self._known[value] = self.all.says(value)
        return known

    def _known_by_parts(self, value: Value) -> bool:
        """Tell whether an address or an assignment is made of parts that stand in the artifacts."""
        parts = [part for part in re.split(r"[=:@,()\"'\[\]{}]+|//", value.text) if part]
        return len(parts) > 1 and all(self._knows(Value(text=part, kind=value.kind)) for part in parts)

    def _is_strange(self, command: str) -> bool:
        """Tell whether a command's program, or too many of its words, stand in no artifact."""
        bare = _ASSIGNMENT.sub("", command)
        words = [word for word in _COMMAND_WORD.findall(bare) if not word.startswith("-")]
        if not words or command.lstrip().startswith("#"):
            return False
        known = [self._knows(Value(text=word, kind="identifier")) for word in words]
        stray = not known[0] and words[0].casefold() not in _NO_PROGRAM
        return stray or sum(known[1:]) < _LEAST_KNOWN * len(known[1:])

    def _lines(self, citation: Citation) -> str:
        """Return the whole lines a quote stands in and the headings above them."""
        first, last = citation.lines
        named = self.shelf.get(citation.artifact)
        lines = named.outline.lines[first - 1 : last] if named else [citation.quote]
        return "\n".join((*lines, *citation.heading))

    def passage(self, citation: Citation) -> str:
        """Return the passages that a quote touches: the item, the row, the lines up to the next blank one."""
        first, last = citation.lines
        named = self.shelf.get(citation.artifact)
        found = named.passages if named else ()
        return "\n".join(f"{each.text}\n{each.context}" for each in found if each.first <= last and first <= each.last)

    def _around(self, claim: Claim) -> Stated:
        """Return what the passages say that a claim's quotes are from; all of a log without blank lines is one."""
        return _said("\n".join(map(self.passage, claim.citations)))

    def _otherwise(
        self, claim: Claim, stated: Sequence[Value], near: "_Near", told: Collection[str]
    ) -> Iterator[Doubt]:
        """Yield values that some artifact says but the quotes do not, and what a quote says the opposite of."""
        lines = Stated("", near.stated, self._granted)
        written = (value for value, what in number_words_of(claim.text) if _stem(what) in near.stems)
        for value in (*stated, *written):
            unknown = any(f"`{_shown(value.text)}`" in each for each in told)
            if unknown or value.kind == "name" or lines.says(value):
                continue
            if value.kind != "identifier" or not self._around(claim).says(value):
                yield Doubt(rule="R309", what=f"its quotes do not say `{_shown(value.text)}`")
        opposite = next((word for each in claim.citations for word in _opposites(claim.text, each.quote)), "")
        if opposite:
            yield Doubt(rule="R309", what=f"one of claim and quote denies `{_shown(opposite)}`, the other does not")


class _Near:
    """The lines around the quotes of a claim, read once."""

    def __init__(self, text: str) -> None:
        self.stated = Stated(text)
        self.stems = stems(text)


def _beside_the_point(claim: Claim, near: _Near) -> bool:
    words = stems(claim.text)
    if len(words) < _FEWEST_WORDS or len(words & near.stems) >= _LEAST_SHARED * len(words):
        return False
    return not any(near.stated.says(value) for value in values_of(claim.text))


@shared(len)
def _said(text: str) -> Stated:
    """Return what an artifact or a persona says."""
    return Stated(text)


def _opposites(claim: str, quote: str) -> Iterator[str]:
    """Yield words that one of two texts denies and the other states, where they say much the same otherwise."""
    denied, denies_too = [*_denied(claim)], [*_denied(quote)]
    if not (denied or denies_too):
        return
    ours, theirs = stems(claim), stems(quote)
    if len(ours & theirs) < _NEAR * min(len(ours), len(theirs)) or _DENIES_TOO.search(quote):
        return
    yield from (word for word in denied if _stem(word) in theirs - {_stem(other) for other in denies_too})
    yield from (word for word in denies_too if _stem(word) in ours - {_stem(other) for other in denied})


def denies(text: str, demand: str) -> bool:
    """Tell whether a text says that what is demanded is not there: `There are no backups`; a cell `no` says more."""
    asked = stems(demand)
    return not text.lstrip().startswith("|") and any(_stem(word) in asked for word in _denied(text))


def _denied(text: str) -> Iterator[str]:
    """Yield the word after each negation, if it means something by itself."""
    plain = fold(text)
    for found in _NEGATION.finditer(plain):
        word = _WORD.match(plain[found.end() :].lstrip())
        if word and word[0].casefold() not in _COMMON:
            yield word[0]


def stems(text: str) -> set[str]:
    """Return the words of a text that mean something, without their endings."""
    return {_stem(word) for word in _WORD.findall(fold(text)) if word.casefold() not in _COMMON}


@lru_cache(maxsize=_WORDS_KEPT)
def _stem(word: str) -> str:
    return _SUFFIX.sub("", word.casefold())[:_STEM]


def _shown(text: str) -> str:
    return " ".join(text.split())[:80].replace("`", "'")
