"""A document to whether words stand in it; its one rule: what is looked for is text unless it is called a pattern."""

import re
from collections.abc import Callable, Mapping
from typing import Annotated, Literal

from pydantic import AfterValidator, Field

from dramaturg.engine.assemble import section_markdown
from dramaturg.engine.outcome import Outcome
from dramaturg.evals.scorers.model import Listed, Score, Scorer, SomeTexts, Texts, View
from dramaturg.persona.model import same_id


def _compiles(pattern: str) -> str:
    try:
        re.compile(pattern)
    except re.error as error:
        raise ValueError(f"it is no regular expression: {error}") from error
    return pattern


_Patterns = Annotated[tuple[Annotated[str, AfterValidator(_compiles)], ...], Field(min_length=1), Listed]


class InText(Scorer):
    """What looks at the document, or at one section of it."""

    within: str = Field(default="", description="The title of the section to look at; the whole document unless given.")

    def read(self, view: View, outcome: Outcome) -> str | None:
        """Return the text to look at; None if the section is not there."""
        if not self.within:
            return view.markdown
        titled = (section for section in outcome.sections if same_id(section.title, self._title(view)))
        section = next(titled, None)
        return None if section is None else section_markdown(section, quotes=not view.writes)

    def _title(self, view: View) -> str:
        """Return what a section is called in the arm that is measured."""
        of_that_name = (each for each in view.yardstick.sections if same_id(each.title, self.within))
        section = next(of_that_name, None)
        return self.within if section is None or section.now is None else section.now

    def _found(
        self, view: View, outcome: Outcome, wanted: tuple[str, ...], stands: Callable[[str, str], bool], fault: str
    ) -> Score:
        """Return the share of what is wanted for which `stands` holds."""
        text = self.read(view, outcome)
        if text is None:
            return Score(value=0.0, why=(f"there is no section `{self.within}`",))
        good = {each: stands(each, text) for each in wanted}
        place = f" in `{self.within}`" if self.within else ""
        why = tuple(f"`{each}` {fault}{place}" for each, there in good.items() if not there)
        return Score(value=sum(good.values()) / len(good), why=why)


class Contains(InText):
    """Do all of these texts stand in the document?"""

    short = "texts"

    kind: Literal["contains"] = "contains"
    texts: SomeTexts = Field(description="What must stand there, letter case aside.")

    def judge(self, view: View, outcome: Outcome) -> Score:
        """Give the share of the texts that are there."""
        return self._found(view, outcome, self.texts, _stands, "does not stand")


class NotContains(InText):
    """Does none of these texts stand in the document?"""

    short = "texts"

    kind: Literal["not_contains"] = "not_contains"
    texts: SomeTexts = Field(description="What must not stand there, letter case aside.")

    def judge(self, view: View, outcome: Outcome) -> Score:
        """Give the share of the texts that are not there."""
        return self._found(view, outcome, self.texts, lambda each, text: not _stands(each, text), "stands")


class Matches(InText):
    """Does each of these regular expressions match somewhere in the document?"""

    short = "patterns"

    kind: Literal["matches"] = "matches"
    patterns: _Patterns = Field(description="Regular expressions of Python; `^` and `$` mean lines.")

    def judge(self, view: View, outcome: Outcome) -> Score:
        """Give the share of the patterns that match."""
        return self._found(view, outcome, self.patterns, _matches, "does not match")


class NotMatches(InText):
    """Does none of these regular expressions match anywhere in the document?"""

    short = "patterns"

    kind: Literal["not_matches"] = "not_matches"
    patterns: _Patterns = Field(description="Regular expressions of Python; `^` and `$` mean lines.")

    def judge(self, view: View, outcome: Outcome) -> Score:
        """Give the share of the patterns that match nowhere."""
        return self._found(view, outcome, self.patterns, lambda each, text: not _matches(each, text), "matches")


class Names(InText):
    """Do these names and versions stand in the document whole, and those others not?

    `4.1` does not stand in `4.1.3`, nor `lb` in `lb-edge`.
    """

    short = "all"
    some_of = ("all", "none")

    kind: Literal["names"] = "names"
    all: Texts = Field(default=(), description="Names and versions that must stand there.")
    none: Texts = Field(default=(), description="Names and versions that must not, such as invented ones.")

    def judge(self, view: View, outcome: Outcome) -> Score:
        """Give the share of the names that are as they should be."""
        there = self._found(view, outcome, self.all, _named, "does not stand") if self.all else None
        absent = (lambda each, text: not _named(each, text)) if self.none else None
        strange = self._found(view, outcome, self.none, absent, "stands") if absent else None
        total = len(self.all) + len(self.none)
        parts = [(there, len(self.all)), (strange, len(self.none))]
        value = sum((score.value or 0.0) * count for score, count in parts if score) / total
        return Score(value=value, why=tuple(line for score, _ in parts if score for line in score.why))


class Order(InText):
    """Do these texts, such as commands, stand in the document in this order?"""

    short = "texts"

    kind: Literal["order"] = "order"
    texts: SomeTexts = Field(description="What must stand there, in this order; letter case aside.")

    def judge(self, view: View, outcome: Outcome) -> Score:
        """Give the share of the texts that stand behind the one before them."""
        text = self.read(view, outcome)
        if text is None:
            return Score(value=0.0, why=(f"there is no section `{self.within}`",))
        folded, at, good, why = text.casefold(), 0, 0, []
        for wanted in self.texts:
            place = folded.find(wanted.casefold(), at)
            if place >= 0:
                at, good = place + len(wanted), good + 1
            else:
                why.append(f"`{wanted}` " + ("stands too early" if _stands(wanted, text) else "does not stand there"))
        return Score(value=good / len(self.texts), why=tuple(why))


class Length(InText):
    """Is the document as long as it should be?"""

    unit = "words"
    short = "at_most"
    some_of = ("at_most", "no_less")

    kind: Literal["length"] = "length"
    at_most: int | None = Field(default=None, ge=1, description="Words at most.")
    no_less: int | None = Field(default=None, ge=1, description="Words at least.")

    def judge(self, view: View, outcome: Outcome) -> Score:
        """Give 1 for a document within the limits."""
        words = len((self.read(view, outcome) or "").split())
        limits = _limits(words, self.at_most, self.no_less)
        why = tuple(f"{words:,} words, {what}" for what, kept in limits.items() if not kept)
        return Score(value=float(not why), why=why, measured=float(words))


def _limits(words: int, most: int | None, least: int | None) -> Mapping[str, bool]:
    found = {}
    if most is not None:
        found[f"more than {most:,}"] = words <= most
    if least is not None:
        found[f"fewer than {least:,}"] = words >= least
    return found


def _stands(wanted: str, text: str) -> bool:
    return wanted.casefold() in text.casefold()


def _matches(pattern: str, text: str) -> bool:
    return re.search(pattern, text, re.MULTILINE) is not None


def _named(name: str, text: str) -> bool:
    """Tell whether a name stands whole: no word, version or hyphenated name goes on at either end."""
    whole = rf"(?<![\w-])(?<!\w[.-]){re.escape(name)}(?![\w-]|\.\w)"
    return re.search(whole, text, re.IGNORECASE) is not None
