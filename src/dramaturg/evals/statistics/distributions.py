"""Probabilities to quantiles, for the normal, Beta and Student distributions, so that no numerical package is needed.

Its one rule: accurate to about 1e-10, wherever a test or an interval could ask.
"""

import math
from collections.abc import Callable

_TINY = 1e-300
_CLOSE = 1e-15
_TERMS = 20_000
_STEPS = 100
_HALF = 0.5
_FAR = 40.0  # standard deviations beyond which no probability is left to a float


def normal_cdf(x: float) -> float:
    """Return the probability that a standard normal value is at most `x`."""
    return 0.5 * math.erfc(-x / math.sqrt(2))


def normal_quantile(p: float) -> float:
    """Return the value below which a standard normal value lies with probability `p`, which lies inside (0, 1)."""
    if p > _HALF:
        return -normal_quantile(1.0 - p)
    return 0.0 if p == _HALF else _solve(normal_cdf, p, -_FAR, 0.0)


def beta_cdf(x: float, a: float, b: float) -> float:
    """Return the regularised incomplete Beta function: the probability that a Beta(a, b) value is at most `x`.

    By Lentz's continued fraction (Numerical Recipes, 6.4), from the side on which it converges quickly.
    """
    if x <= 0.0:
        return 0.0
    if x >= 1.0:
        return 1.0
    front = math.lgamma(a + b) - math.lgamma(a) - math.lgamma(b) + a * math.log(x) + b * math.log1p(-x)
    if x < (a + 1) / (a + b + 2):
        return math.exp(front) * _beta_fraction(x, a, b) / a
    return 1.0 - math.exp(front) * _beta_fraction(1.0 - x, b, a) / b


def _beta_fraction(x: float, a: float, b: float) -> float:
    c = 1.0
    d = 1.0 / _away_from_zero(1.0 - (a + b) * x / (a + 1))
    total = d
    for m in range(1, _TERMS):
        even = m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m))
        odd = -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1))
        for term in (even, odd):
            d = 1.0 / _away_from_zero(1.0 + term * d)
            c = _away_from_zero(1.0 + term / c)
            total *= c * d
        if abs(c * d - 1.0) < _CLOSE:
            break
    return total


def _away_from_zero(value: float) -> float:
    return value if abs(value) > _TINY else _TINY


def beta_quantile(p: float, a: float, b: float) -> float:
    """Return the value below which a Beta(a, b) value lies with probability `p`."""
    return _solve(lambda x: beta_cdf(x, a, b), p, 0.0, 1.0)


def student_cdf(t: float, df: float) -> float:
    """Return the probability that a value of Student's t with `df` degrees of freedom is at most `t`."""
    tail = 0.5 * beta_cdf(df / (df + t * t), df / 2, 0.5)
    return 1.0 - tail if t > 0 else tail


def student_quantile(p: float, df: float) -> float:
    """Return the value below which a value of Student's t with `df` degrees of freedom lies with probability `p`."""
    tail = min(p, 1.0 - p)
    x = beta_quantile(2 * tail, df / 2, 0.5)
    t = math.sqrt(df * (1.0 - x) / x)
    return t if p > _HALF else -t


def _solve(cdf: Callable[[float], float], p: float, low: float, high: float) -> float:
    """Return where an increasing function reaches `p`, by Ridders' method (Numerical Recipes, 9.2)."""
    below, above = cdf(low) - p, cdf(high) - p
    found = math.inf
    for _ in range(_STEPS):
        middle = (low + high) / 2
        at_middle = cdf(middle) - p
        root = math.sqrt(at_middle * at_middle - below * above)
        if root == 0.0:
            return middle
        last, found = found, middle - (middle - low) * at_middle / root
        here = cdf(found) - p
        if here == 0.0 or abs(found - last) <= _CLOSE * abs(found):
            break
        if at_middle <= 0 <= here or here <= 0 <= at_middle:
            low, high = min(middle, found), max(middle, found)
            below, above = min(at_middle, here), max(at_middle, here)
        elif here < 0:
            low, below = found, here
        else:
            high, above = found, here
    return found


def least_whole(holds: Callable[[int], bool], most: int) -> int | None:
    """Return the least whole number from 1 on for which something holds that goes on holding; None beyond `most`."""
    high = 1
    while not holds(min(high, most)):
        if high >= most:
            return None
        high *= 2
    low, high = high // 2, min(high, most)
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if holds(middle) else (middle, high)
    return high
