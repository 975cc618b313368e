"""A record of a journal to whether it can be used; its one rule: what is not as it was written is told, not read.

Only what is read is looked at: a further key may be of a later version.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError

from dramaturg.engine.calls import Stop

_Count = Annotated[int, Field(ge=0)]


def _is_moment(said: str) -> str:
    if said:
        datetime.fromisoformat(said)
    return said


def _is_unicode(said: str) -> str:
    said.encode()
    return said


_Moment = Annotated[str, AfterValidator(_is_moment)]
_Whole = Annotated[str, AfterValidator(_is_unicode)]  # half a character may be a model's, or of the name of a file


class _Kept(BaseModel):
    model_config = ConfigDict(strict=True)


class _File(_Kept):
    path: str
    text: _Whole


class _Kernel(_Kept):
    version: str
    sources: dict[str, _Whole]


class _Artifact(_Kept):
    id: _Whole
    text: _Whole
    name: _Whole = ""
    media_type: str = ""
    primary: bool = True
    part: _Whole = ""
    source: str = ""


class _Profile(_Kept):
    window: int | None = None
    max_output: int = 0
    characters_per_token: Annotated[float, Field(gt=0)] = 1
    narrowed: bool = False
    writes: bool = True


class _Other(_Kept):
    spec: str
    model: str
    profile: _Profile


class _Run(_Kept):
    run: str
    plan: str
    inputs: str
    persona: str
    chain: Annotated[list[_File], Field(min_length=1)]
    kernel: _Kernel
    artifacts: list[_Artifact]
    spec: str
    model: str
    profile: _Profile
    reasks: _Count
    sample: _Count
    schedule: str | None = None
    began: _Moment = ""
    others: dict[str, _Other] = Field(default_factory=dict)
    price: str | None = None


class _Usage(_Kept):
    input: _Count
    cache_read: _Count
    cache_write: _Count
    output: _Count
    reasoning: _Count


class _Said(_Kept):
    text: str
    stop: Stop
    usage: _Usage
    model: str
    request_id: str
    stand_in: str = ""


class _Reply(_Kept):
    key: str
    step: str
    attempt: int
    reply: _Said
    seconds: float = 0


class _Answer(_Kept):
    text: str = ""
    artifact: str | None = None
    name: str = ""


class _Answered(_Kept):
    key: str
    answer: _Answer


class _Question(_Kept):
    id: str
    kind: str
    text: str


class _Pause(_Kept):
    questions: list[_Question]


class _End(_Kept):
    status: str
    message: str
    at: _Moment = ""


_SHAPES: Mapping[str, type[_Kept]] = {
    "run": _Run,
    "reply": _Reply,
    "answer": _Answered,
    "pause": _Pause,
    "end": _End,
}


def require_sound(record: Mapping[str, Any]) -> None:
    """Raise ValueError, in words, for a record that is not as it was written; of one of another kind all may be so."""
    shape = _SHAPES.get(record["type"], _Kept)
    try:
        shape.model_validate(record)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False, include_context=False)[0]
        place = ".".join(map(str, first["loc"]))
        raise ValueError(f"`{place}` of a record `{record['type']}`: {first['msg']}") from error
