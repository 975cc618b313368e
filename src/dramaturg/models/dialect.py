"""What OpenAI's two interfaces share: names, shapes, and the SDK's exceptions turned into ours."""

from collections.abc import Iterator
from contextlib import contextmanager

import openai

from dramaturg.models.faults import from_status, unreachable
from dramaturg.models.transport import FAULTS
from dramaturg.models.wire import Count, Shape

SCHEMA_NAME = "step_output"


class Cached(Shape):
    """How much of a prompt was read from the cache, or written to it."""

    cached_tokens: Count = 0
    cache_write_tokens: Count = 0


class Reasoned(Shape):
    """How much of an answer was reasoning."""

    reasoning_tokens: Count = 0


@contextmanager
def translated(provider: str) -> Iterator[None]:
    """Turn the SDK's exceptions into ours, for a block that makes one request."""
    try:
        yield
    except openai.APIStatusError as error:
        raise from_status(provider, error.status_code, error.response.headers, error.response.text) from error
    except (openai.APIConnectionError, *FAULTS) as error:
        raise unreachable(provider, error) from error
