"""What a judge answers to a verdict; its one rule: a pass that quotes nothing that stands there is none."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Annotated, Any, Generic, Literal, TypeVar

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from dramaturg.evidence.artifact import Artifact
from dramaturg.evidence.locate import FoldedArtifact, folded_artifact
from dramaturg.plan.outputs import flat_schema

Said = Literal["pass", "fail", "unclear"]
SaidT = TypeVar("SaidT", bound=str)
AnswerT = TypeVar("AnswerT", bound=BaseModel)
Quotes = Annotated[tuple[Annotated[str, Field(max_length=600)], ...], Field(max_length=6)]
Reason = Annotated[str, Field(max_length=600)]
_SHOWN = 80
_TOLD = 3


class RubricAnswer(BaseModel):
    """What a judge says of a document: what it rests on, why, and then the verdict."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    quotes: Quotes
    because: Reason
    verdict: Said


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict(Generic[SaidT]):
    """What came of asking a judge, and why in one line."""

    said: SaidT
    because: str


@cache
def rubric_schema() -> Mapping[str, Any]:
    """Return the JSON Schema of a judge's answer."""
    return flat_schema(RubricAnswer)


def read_verdict(text: str, exhibits: Sequence[Artifact]) -> tuple[Verdict[Said] | None, tuple[str, ...]]:
    """Return the verdict that an answer gives, or None and what is wrong with it.

    Args:
        text: The answer.
        exhibits: What was shown, the document first; a pass needs a quote from that one.
    """
    answer, faults = parsed(RubricAnswer, text)
    if answer is None:
        return None, faults
    shelf = [folded_artifact(each) for each in exhibits]
    faults = (*lost_quotes(answer.quotes, shelf),)
    if answer.verdict == "pass" and not any(shelf[0].locate(quote) for quote in answer.quotes):
        faults = (*faults, "`pass` rests on no quote from the document")
    return (None, faults) if faults else (Verdict(said=answer.verdict, because=one_line(answer.because)), ())


def parsed(form: type[AnswerT], text: str) -> tuple[AnswerT | None, tuple[str, ...]]:
    """Return an answer in its form, or None and what is wrong with it."""
    try:
        return form.model_validate_json(text), ()
    except ValidationError as error:
        told = error.errors()[:_TOLD]
        return None, tuple(f"{'.'.join(map(str, each['loc'])) or 'answer'}: {each['msg']}" for each in told)


def lost_quotes(quotes: Sequence[str], shelf: Sequence[FoldedArtifact]) -> Iterator[str]:
    """Yield a fault for each quote that stands nowhere in what was shown."""
    for quote in filter(str.strip, quotes):
        if not any(each.locate(quote) for each in shelf):
            shown = one_line(quote)
            yield f"the quote “{shown[:_SHOWN]}{'…' if len(shown) > _SHOWN else ''}” does not stand in what was shown"


def one_line(text: str) -> str:
    """Return a text on one line."""
    return " ".join(text.split())
