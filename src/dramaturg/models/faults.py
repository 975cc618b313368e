"""A provider's failure to a ModelError; its one rule: say who answered what, whether to try again, and what helps."""

from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

from dramaturg.errors import ModelError

_RETRYABLE = frozenset({408, 409, 429})
_SERVER_FAULT = 500
_SHOWN = 300
_HINTS: Mapping[int, str] = {
    401: "check the API key",
    402: "check the account's credit",
    403: "check that the key may use this model",
    404: "check the model's name",
    413: "give shorter artifacts or choose a model with a larger window",
    429: "the provider limits your rate; run the same command again later, nothing is asked twice",
}


def from_status(provider: str, status: int, headers: Mapping[str, str], detail: str) -> ModelError:
    """Return the error for an HTTP status other than 2xx.

    Args:
        provider: Who answered.
        status: The HTTP status.
        headers: Response headers; `x-should-retry`, `retry-after-ms` and `retry-after` are read.
        detail: What the provider said, cut to a readable length.
    """
    told = headers.get("x-should-retry", "").casefold()
    retryable = told == "true" if told in ("true", "false") else status in _RETRYABLE or status >= _SERVER_FAULT
    fallback = "run the same command again later, nothing is asked twice" if retryable else "see the provider's message"
    return ModelError(
        f"{provider} answered {status}: {' '.join(detail.split())[:_SHOWN]}",
        retryable,
        _HINTS.get(status, fallback),
        _retry_after(headers),
    )


def unreachable(provider: str, detail: str) -> ModelError:
    """Return the error for a connection that failed or went silent."""
    hint = "check the network, or that the server runs; the same command goes on where it stopped"
    return ModelError(f"{provider} could not be reached: {detail}", retryable=True, hint=hint)


def not_an_answer(provider: str, what: str) -> ModelError:
    """Return the error for a 200 that holds no answer, such as a proxy's HTML page."""
    hint = "a proxy or gateway may stand between; the same command goes on where it stopped"
    return ModelError(f"{provider} answered 200 without an answer in it ({what})", retryable=True, hint=hint)


def _retry_after(headers: Mapping[str, str]) -> float | None:
    """Return the seconds a provider asks to wait (RFC 9110, section 10.2.3), None if it does not say."""
    for name, unit in (("retry-after-ms", 1000.0), ("retry-after", 1.0)):
        try:
            return max(0.0, float(headers[name]) / unit)
        except (KeyError, ValueError):
            continue
    try:
        moment = parsedate_to_datetime(headers.get("retry-after", ""))
    except ValueError:
        return None
    return max(0.0, (moment.astimezone(UTC) - datetime.now(UTC)).total_seconds())
