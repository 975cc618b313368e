"""A response body to the shape an adapter reads; its one rule: a body of another shape is named, never guessed at.

The SDKs make an object of whatever arrives (a proxy's page, half a body, `null`), so adapters read the bytes.
"""

from collections.abc import Mapping
from typing import Annotated, Any, TypeVar

from pydantic import BaseModel, BeforeValidator, ConfigDict, ValidationError

from dramaturg.models.faults import not_an_answer

_SHOWN = 80


class Shape(BaseModel):
    """A part of a body; what no adapter reads is ignored."""

    model_config = ConfigDict(extra="ignore", frozen=True)


def _count(value: Any) -> int:
    return value if isinstance(value, int) and value > 0 else 0


# What is told beside an answer may be missing or odd: it must never cost the answer itself, which was paid for.
BESIDE = BeforeValidator(lambda value: value if isinstance(value, Mapping) else {})
Count = Annotated[int, BeforeValidator(_count)]
Label = Annotated[str, BeforeValidator(lambda value: "" if value is None else str(value))]
Text = Annotated[str, BeforeValidator(lambda value: "" if value is None else value)]

_Read = TypeVar("_Read", bound=Shape)


def read_body(provider: str, shape: type[_Read], body: bytes) -> _Read:
    """Read a body of status 200; ModelError, retryable, if it is not of the shape."""
    try:
        return shape.model_validate_json(body)
    except ValidationError as error:
        fault = error.errors(include_url=False, include_context=False, include_input=False)[0]
        place = ".".join(str(key) for key in fault["loc"])
        begins = " ".join(body[: _SHOWN * 4].decode(errors="replace").split())[:_SHOWN]
        what = (f"`{place}`: " if place else "") + fault["msg"] + (f"; it begins `{begins}`" if begins else "")
        raise not_an_answer(provider, what) from error
