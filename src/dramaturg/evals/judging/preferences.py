"""Two documents to which of them a judge prefers; its one rule: what follows their order is a tie."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict

from dramaturg.engine.brief import Respondent
from dramaturg.engine.prompts import inert_block
from dramaturg.evals.judging.questions import Asking, Question, Rule, ask, digest_of, opening, shown_artifacts
from dramaturg.evals.judging.verdicts import Quotes, Reason, Verdict, lost_quotes, one_line, parsed
from dramaturg.evals.scorers.judged import PAIRWISE
from dramaturg.evidence.artifact import Artifact
from dramaturg.evidence.locate import folded_artifact
from dramaturg.plan.outputs import flat_schema

Preferred = Literal["first", "second", "tie", "unclear"]
_ASK = "Which document meets the criterion better? Quote, say why, give the verdict.\n"
_FIRST = "The first document:\n"
_SECOND = "The second document:\n"
_TIE = 0.5


class PairAnswer(BaseModel):
    """What a judge says of two documents: what it rests on, why, and then the verdict."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    first: Quotes
    second: Quotes
    because: Reason
    verdict: Preferred


@dataclass(frozen=True, slots=True, kw_only=True)
class Preference:
    """What came of asking in both orders.

    Attributes:
        value: 1 if the candidate is preferred in both, 0 if the baseline is, 0.5 for a tie; None if it cannot be told.
        because: Why, in one line.
        swayed: Whether the verdict followed the order, both times the first or both times the second; None: not asked.
    """

    value: float | None
    because: str
    swayed: bool | None = None


@cache
def pair_schema() -> Mapping[str, Any]:
    """Return the JSON Schema of a judge's answer."""
    return flat_schema(PairAnswer)


def ask_pair(
    rule: Rule,
    criterion: str,
    documents: tuple[str, str],
    artifacts: Sequence[Artifact],
    judge: Respondent,
    sample: int,
) -> Asking[Preferred]:
    """Ask a judge which of two documents, in this order, meets a criterion better; see `ask_rubric`."""
    first, second = documents
    made_from = tuple(artifacts) if rule.artifacts else ()
    shown = (
        f"{shown_artifacts(made_from)}{_FIRST}{inert_block('first', first)}\n{_SECOND}{inert_block('second', second)}"
    )
    question = Question(
        step=PAIRWISE,
        messages=opening(rule.prompt, shown, criterion, _ASK),
        schema=pair_schema(),
        judge=judge,
        sample=sample,
    )
    return (yield from ask(question, lambda text: _read(text, documents, made_from), _unclear))


def preference(first_baseline: Verdict[Preferred], first_candidate: Verdict[Preferred]) -> Preference:
    """Return what two verdicts amount to: one with the baseline's document first, one with the candidate's.

    Where they contradict each other, or one of them is a tie, it is a tie.
    """
    said = (first_baseline.said, first_candidate.said)
    if "unclear" in said:
        unclear = first_baseline if first_baseline.said == "unclear" else first_candidate
        return Preference(value=None, because=unclear.because)
    value = {("second", "first"): 1.0, ("first", "second"): 0.0}.get(said, _TIE)
    swayed = said in {("first", "first"), ("second", "second")}
    because = f"the verdict follows the order: {first_baseline.because}" if swayed else first_baseline.because
    return Preference(value=value, because=because, swayed=swayed)


def pairs_digest(rule: Rule) -> str:
    """Return what changes with anything that a judge of pairs is told beside documents and criterion."""
    told = [rule.digest, pair_schema(), _ASK, _FIRST, _SECOND]
    return digest_of(json.dumps(told, sort_keys=True))


def _unclear(because: str) -> Verdict[Preferred]:
    return Verdict(said="unclear", because=because)


def _read(
    text: str, documents: tuple[str, str], artifacts: Sequence[Artifact]
) -> tuple[Verdict[Preferred] | None, tuple[str, ...]]:
    """Return the verdict of an answer, or None and what is wrong with it: a winner needs a quote of its own."""
    answer, faults = parsed(PairAnswer, text)
    if answer is None:
        return None, faults
    made_from = [folded_artifact(each) for each in artifacts]
    quoted = {"first": answer.first, "second": answer.second}
    found: list[str] = []
    for (name, quotes), document in zip(quoted.items(), documents, strict=True):
        own = folded_artifact(Artifact(id=name, text=document))
        found += lost_quotes(quotes, [own, *made_from])
        if answer.verdict == name and not any(own.locate(quote) for quote in quotes):
            found.append(f"`{name}` rests on no quote from that document")
    return (None, tuple(found)) if found else (Verdict(said=answer.verdict, because=one_line(answer.because)), ())
