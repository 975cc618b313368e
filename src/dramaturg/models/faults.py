"""A provider's failure to a ModelError; its one rule: say who answered what, whether to try again, and what helps."""

import json
import os
import re
import ssl
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any

from dramaturg.errors import ModelError

_RETRYABLE = frozenset({408, 409, 429})
_SERVER_FAULT = 500
_LIMITED = frozenset({429, 529})
_EVENTS: Mapping[str, int] = {
    "overloaded_error": 529,
    "rate_limit_error": 429,
    "rate_limit_exceeded": 429,
    "insufficient_quota": 429,
    "authentication_error": 401,
    "billing_error": 402,
    "permission_error": 403,
    "not_found_error": 404,
    "request_too_large": 413,
    "invalid_request_error": 400,
    "exceed_context_size_error": 400,
    "timeout_error": 408,
}
_SHOWN = 300
_LATER = "run the same command again later, nothing is asked twice"
_GOES_ON = "the same command goes on where it stopped"
_CREDIT = "check the account's credit"
_SHORTER = "give shorter artifacts or choose a model with a larger window"
_HINTS: Mapping[int, str] = {
    401: "check the API key",
    402: _CREDIT,
    403: "check that the key may use this model",
    404: "check the model's name, and the server's address if you gave one",
    413: _SHORTER,
    429: f"the provider limits your rate; {_LATER}",
}
_TOO_LONG = re.compile(r"prompt is too long|context[ _](?:length|window|size)", re.IGNORECASE)
_TLS_PLACES = re.compile(r"^\[SSL[^\]]*\] | \(_ssl\.c:\d+\)$")  # where OpenSSL and Python have found a fault
_NO_CREDIT = "insufficient_quota"  # a 429 that no patience mends


def from_status(provider: str, status: int, headers: Mapping[str, str], body: str) -> ModelError:
    """Return the error for an HTTP status other than 2xx.

    Args:
        provider: Who answered.
        status: The HTTP status.
        headers: Response headers; `x-should-retry`, `retry-after-ms` and `retry-after` are read.
        body: What was answered; the provider's sentence in it is shown, cut to a readable length.
    """
    said, codes = _said(body)
    told = headers.get("x-should-retry", "").casefold()
    usual = (status in _RETRYABLE or status >= _SERVER_FAULT) and _NO_CREDIT not in codes
    retryable = told == "true" if told in ("true", "false") else usual
    shown = " ".join(said.split())[:_SHOWN]
    return ModelError(
        f"{provider} answered {status}" + (f": {shown}" if shown else ""),
        retryable,
        _hint(status, said, codes, _LATER if retryable else "see the provider's message"),
        _retry_after(headers),
        limited=status in _LIMITED and retryable,
    )


def from_event(provider: str, error: Any) -> ModelError:
    """Return the error that a vendor tells of in the middle of a stream, as if it had been the response's status."""
    told = error if isinstance(error, Mapping) else {"message": str(error)}
    kind = str(told.get("type") or told.get("code") or "")
    code = told.get("code")
    status = _EVENTS.get(kind) or (code if isinstance(code, int) else _SERVER_FAULT)
    return from_status(
        provider, status, {}, json.dumps({"error": {"message": str(told.get("message", "")), "type": kind}})
    )


def unreachable(provider: str, error: Exception) -> ModelError:
    """Return the error for a connection that failed or went silent; the SDK's cause says more than the SDK does."""
    cause = error.__cause__ or error
    told = _unconnected(cause.__cause__) or " ".join(str(cause).split()) or type(cause).__name__
    distrusted = any(isinstance(each, ssl.SSLCertVerificationError) for each in _causes(error))
    check = (
        "let `SSL_CERT_FILE` name the certificates to trust"
        if distrusted
        else "check the network, or that the server runs"
    )
    return ModelError(f"{provider} could not be reached: {told}", retryable=True, hint=f"{check}; {_GOES_ON}")


def _causes(error: BaseException | None) -> Iterator[BaseException]:
    while error is not None:
        yield error
        error = error.__cause__


def _unconnected(error: BaseException | None) -> str:
    """Return why there is no connection, and to where, as the system says it; empty where the error does not know."""
    system = getattr(error, "os_error", None)
    if not isinstance(system, OSError) or system.errno is None:
        return ""
    if isinstance(system, ssl.SSLError):  # whose numbers are not the system's
        reason = f"TLS failed: {_TLS_PLACES.sub('', system.strerror or str(system))}"
    elif system.errno > 0:
        reason = os.strerror(system.errno)
    else:  # names are not resolved by the kernel
        reason = system.strerror or str(system)
    return f"{reason} ({getattr(error, 'host', '')}:{getattr(error, 'port', '')})"


def not_an_answer(provider: str, what: str) -> ModelError:
    """Return the error for a 200 that holds no answer, such as a proxy's HTML page."""
    hint = f"a proxy or gateway may stand between; {_GOES_ON}"
    return ModelError(f"{provider} answered 200 without an answer in it ({what})", retryable=True, hint=hint)


def broke_off(provider: str, what: str, *, retryable: bool = True) -> ModelError:
    """Return the error for an answer that did not end as answers do."""
    return ModelError(f"{provider} broke off its answer ({what})", retryable, hint=_GOES_ON if retryable else "")


def _said(body: str) -> tuple[str, str]:
    """Return the sentence and the codes of an error body, whoever's; text that is no JSON is the sentence."""
    try:
        data: Any = json.loads(body)
    except (ValueError, RecursionError):
        return body, ""
    error = data.get("error") or data if isinstance(data, Mapping) else data
    if not isinstance(error, Mapping):
        return error if isinstance(error, str) else body, ""
    message = error.get("message")
    codes = f"{error.get('code')} {error.get('type')}"
    return message if isinstance(message, str) and message.strip() else body, codes


def _hint(status: int, said: str, codes: str, fallback: str) -> str:
    if _NO_CREDIT in codes:
        return _CREDIT
    if status < _SERVER_FAULT and _TOO_LONG.search(f"{codes} {said}"):
        return _SHORTER
    return _HINTS.get(status, fallback)


def _retry_after(headers: Mapping[str, str]) -> float | None:
    """Return the seconds a provider asks to wait (RFC 9110, section 10.2.3), None if it does not say."""
    for name, unit in (("retry-after-ms", 1000.0), ("retry-after", 1.0)):
        try:
            return max(0.0, float(headers[name]) / unit)
        except (KeyError, ValueError):
            continue
    try:
        moment = parsedate_to_datetime(headers.get("retry-after", ""))
        at = moment if moment.tzinfo else moment.replace(tzinfo=UTC)  # an HTTP date is UTC, named or not
        return max(0.0, (at - datetime.now(UTC)).total_seconds())
    except (ValueError, OverflowError):
        return None
