"""Claims to how well they are grounded; its one rule: a quote counts where it was found, nowhere else."""

from collections import defaultdict
from collections.abc import Callable
from typing import Literal

from pydantic import Field

from dramaturg.engine.outcome import Basis, Entry, OpenQuestion, Outcome
from dramaturg.evals.scorers.model import Score, Scorer, Texts, View

_SHOWN = 80


class Citations(Scorer):
    """Does every quote that is given stand in its artifact?"""

    kind: Literal["citations"] = "citations"

    def judge(self, view: View, outcome: Outcome) -> Score:
        """Give the share of the entries that cite evidence whose quotes were all found."""
        return _share(
            view,
            outcome,
            counts=lambda entry: entry.basis is Basis.EVIDENCE or bool(entry.citations),
            good=lambda entry: not entry.unsupported,
            fault="has a quote that does not stand in its artifact",
        )


class Support(Scorer):
    """How much of what is claimed rests on a quote?"""

    kind: Literal["support"] = "support"
    at_least: float = Field(default=0.8, ge=0, le=1, description="The share from which on a performance passes.")

    def judge(self, view: View, outcome: Outcome) -> Score:
        """Give the share of the entries, placeholders left out, that rest on a quote which was found."""
        return _share(
            view,
            outcome,
            counts=lambda entry: entry.basis is not Basis.MISSING,
            good=lambda entry: bool(entry.citations) and not entry.unsupported,
            fault="rests on no quote",
        )


class OpenQuestions(Scorer):
    """Are the questions left open those that must be, and no others?"""

    short = "expected"

    kind: Literal["open_questions"] = "open_questions"
    expected: Texts = Field(
        default=(), description="Words that one open question each must have, in its subject or its text."
    )
    allowed: Texts = Field(default=(), description="Words of questions that may be asked or not.")
    others: bool = Field(default=False, description="Whether questions beside these are right as well.")

    def judge(self, view: View, outcome: Outcome) -> Score:  # noqa: ARG002 - every scorer is given both
        """Give the share of right questions among those that are expected or false."""
        asked = outcome.questions
        missing = [words for words in self.expected if not any(_is_about(each, words) for each in asked)]
        known = (*self.expected, *self.allowed)
        false = [] if self.others else [each for each in asked if not any(_is_about(each, words) for words in known)]
        total = len(self.expected) + len(false)
        why = (
            *(f"nobody asks about `{words}`" for words in missing),
            *(f"`{each.section}` asks about `{each.about}`, which is not expected" for each in false),
        )
        value = (len(self.expected) - len(missing)) / total if total else 1.0
        return Score(value=value, why=why)


def _is_about(question: OpenQuestion, words: str) -> bool:
    said = f"{question.section} {question.about} {question.text}".casefold()
    return words.casefold() in said


def _share(
    view: View, outcome: Outcome, *, counts: Callable[[Entry], bool], good: Callable[[Entry], bool], fault: str
) -> Score:
    """Return the share of good entries among those that count, altogether and by step."""
    by_step: dict[str, list[bool]] = defaultdict(list)
    why: list[str] = []
    for section in outcome.sections:
        for entry in section.entries:
            if counts(entry):
                by_step[view.yardstick.step(section.step)].append(good(entry))
                if not good(entry):
                    why.append(f"`{section.title}`: {_named(entry)} {fault}")
    found = [each for several in by_step.values() for each in several]
    return Score(
        value=sum(found) / len(found) if found else None,
        why=tuple(why),
        steps={step: sum(several) / len(several) for step, several in by_step.items()},
    )


def _named(entry: Entry) -> str:
    said = " ".join((entry.text or entry.command).split())
    return f"“{said if len(said) <= _SHOWN else said[: _SHOWN - 1] + '…'}”"
