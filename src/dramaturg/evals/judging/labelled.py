"""What a file of labels says; its one rule: documents that pass or fail, or pairs of which one is better; not both."""

from collections.abc import Mapping
from typing import Annotated, Literal, Self

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, model_validator

_Artifacts = Annotated[
    Mapping[str, str],
    Field(description="Texts that it was made from, by id, where the judge is shown artifacts."),
]
_Id = Annotated[str, Field(min_length=1, description="What it is called; reports name it so.")]
_Why = Annotated[str, Field(description="What decides, for people; no judge sees it.")]


class _Said(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class _Document(_Said):
    text: str = Field(default="", description="The document itself.")
    path: str = Field(default="", description="The path of its file beside this one, instead of a text.")

    @model_validator(mode="after")
    def _one_of_them(self) -> Self:
        if bool(self.path.strip()) == bool(self.text.strip()):
            raise ValueError("give a `path` beside this file, or `text:` and the document itself")
        return self


class Label(_Document):
    """A document, or the section that is looked at, and what people said of it."""

    id: _Id
    verdict: Literal["pass", "fail"] = Field(description="Whether people find that it meets the criterion.")
    artifacts: _Artifacts = {}
    why: _Why = ""


class Side(_Document):
    """One of two documents, or the section of it that is looked at."""


def _path_or_text(written: object) -> object:
    return {"path": written} if isinstance(written, str) else written


_Side = Annotated[Side, BeforeValidator(_path_or_text, json_schema_input_type=str | Side)]


class Pair(_Said):
    """Two documents, and which of them people find to meet the criterion better."""

    id: _Id
    a: _Side = Field(description="One document: its path beside this file, or `text:` and the document itself.")
    b: _Side = Field(description="The other one.")
    verdict: Literal["a", "b", "tie"] = Field(
        description="Which one people prefer by the criterion; `tie` for neither."
    )
    artifacts: _Artifacts = {}
    why: _Why = ""


class Labels(_Said):
    """What people judged by one criterion, to hold a judge against: documents, or pairs of them."""

    criterion: str = Field(min_length=1, description="What people judged by, word for word as the scorer says it.")
    by: str = Field(default="", description="Who judged, and when.")
    labels: tuple[Label, ...] = Field(default=(), min_length=1, description="Documents, for the judge of a rubric.")
    pairs: tuple[Pair, ...] = Field(default=(), min_length=1, description="Pairs of documents, for one of `pairwise`.")

    @model_validator(mode="after")
    def _one_of_them(self) -> Self:
        if bool(self.labels) == bool(self.pairs):
            raise ValueError("give `labels`, for a rubric, or `pairs`, for `pairwise`")
        return self
