"""A response's headers to how long to wait; its one rule: only a spent allowance makes anybody wait."""

import re
from collections.abc import Mapping
from datetime import UTC, datetime

_ALLOWANCES = (
    ("anthropic-ratelimit-requests-remaining", "anthropic-ratelimit-requests-reset"),
    ("anthropic-ratelimit-tokens-remaining", "anthropic-ratelimit-tokens-reset"),
    ("anthropic-ratelimit-input-tokens-remaining", "anthropic-ratelimit-input-tokens-reset"),
    ("anthropic-ratelimit-output-tokens-remaining", "anthropic-ratelimit-output-tokens-reset"),
    ("x-ratelimit-remaining-requests", "x-ratelimit-reset-requests"),
    ("x-ratelimit-remaining-tokens", "x-ratelimit-reset-tokens"),
)
_SPAN = re.compile(r"(?:(?P<h>\d+)h)?(?:(?P<m>\d+)m)?(?:(?P<s>\d+(?:\.\d+)?)s)?(?:(?P<ms>\d+(?:\.\d+)?)ms)?")


def wait_for_allowance(headers: Mapping[str, str]) -> float:
    """Return the seconds until every spent allowance is renewed; 0 where none is spent or nothing is said of it."""
    waits = (_seconds(headers.get(reset, "")) for left, reset in _ALLOWANCES if headers.get(left, "").strip() == "0")
    return max(waits, default=0.0)


def _seconds(text: str) -> float:
    """Read a reset: a span such as `1m30s`, or a moment as RFC 3339 writes it."""
    said = text.strip()
    found = _SPAN.fullmatch(said)
    if said and found:
        hours, minutes, seconds, thousandths = (float(found[unit] or 0) for unit in ("h", "m", "s", "ms"))
        return hours * 3600 + minutes * 60 + seconds + thousandths / 1000
    try:
        moment = datetime.fromisoformat(said)
    except ValueError:
        return 0.0
    at = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return max(0.0, (at - datetime.now(UTC)).total_seconds())
