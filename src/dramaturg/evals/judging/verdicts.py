"""What a judge answers to a verdict; its one rule: a pass that quotes nothing that stands there is none."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from dramaturg.evidence.artifact import Artifact
from dramaturg.evidence.locate import folded_artifact
from dramaturg.plan.outputs import flat_schema

Said = Literal["pass", "fail", "unclear"]
_SHOWN = 80


class RubricAnswer(BaseModel):
    """What a judge says of a document: what it rests on, why, and then the verdict."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    quotes: Annotated[tuple[Annotated[str, Field(max_length=600)], ...], Field(max_length=6)]
    because: Annotated[str, Field(max_length=600)]
    verdict: Said


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What came of asking a judge: pass, fail, or that nobody can tell, and why in one line."""

    said: Said
    because: str
    quotes: tuple[str, ...] = ()


@cache
def rubric_schema() -> Mapping[str, Any]:
    """Return the JSON Schema of a judge's answer."""
    return flat_schema(RubricAnswer)


def read_verdict(text: str, exhibits: Sequence[Artifact]) -> tuple[Verdict | None, tuple[str, ...]]:
    """Return the verdict that an answer gives, or None and what is wrong with it.

    Args:
        text: The answer.
        exhibits: What was shown, the document first; a pass needs a quote from that one.
    """
    try:
        answer = RubricAnswer.model_validate_json(text)
    except ValidationError as error:
        return None, tuple(
            f"{'.'.join(map(str, each['loc'])) or 'answer'}: {each['msg']}" for each in error.errors()[:3]
        )
    faults = tuple(_faults(answer, exhibits))
    if faults:
        return None, faults
    because = " ".join(answer.because.split())
    return Verdict(said=answer.verdict, because=because, quotes=answer.quotes), ()


def _faults(answer: RubricAnswer, exhibits: Sequence[Artifact]) -> Iterator[str]:
    document, *_ = shelf = [folded_artifact(each) for each in exhibits]
    quotes = [quote for quote in answer.quotes if quote.strip()]
    for quote in quotes:
        if not any(each.locate(quote) for each in shelf):
            shown = " ".join(quote.split())
            yield f"the quote “{shown[:_SHOWN]}{'…' if len(shown) > _SHOWN else ''}” does not stand in what was shown"
    if answer.verdict == "pass" and not any(document.locate(quote) for quote in quotes):
        yield "`pass` rests on no quote from the document"
