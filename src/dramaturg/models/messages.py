"""What Anthropic's interfaces share: its name, and the SDK's exceptions turned into ours."""

from collections.abc import Iterator
from contextlib import contextmanager

import anthropic

from dramaturg.models.faults import from_status, unreachable
from dramaturg.models.transport import FAULTS

PROVIDER = "Anthropic"


@contextmanager
def translated() -> Iterator[None]:
    """Turn the SDK's exceptions into ours, for a block that makes one request."""
    try:
        yield
    except anthropic.APIStatusError as error:
        raise from_status(PROVIDER, error.status_code, error.response.headers, error.response.text) from error
    except (anthropic.APIConnectionError, *FAULTS) as error:
        raise unreachable(PROVIDER, error) from error
