"""Numbers to what a reader is shown of them; its one rule: no rate is rounded to a certainty that it is not."""

from dramaturg.evals.statistics.intervals import Interval

_PERCENT = 100


def counted(count: int, noun: str) -> str:
    """Return a count with its noun."""
    return f"{count:,} {noun}" if count == 1 else f"{count:,} {noun}s"


def percent(rate: float) -> str:
    """Return a rate as whole percent; never 0 or 100 for what is neither."""
    shown = round(_PERCENT * rate)
    if shown in (0, _PERCENT) and 0 < rate < 1:
        return f"{_PERCENT * rate:.1f} %"
    return f"{shown} %"


def limits(interval: Interval) -> str:
    """Return the limits of a rate in percent."""
    return f"[{percent(interval.low)}, {percent(interval.high)}]"


def shares(interval: Interval) -> str:
    """Return a rate with its interval in percent."""
    return f"{percent(interval.estimate)} {limits(interval)}"
