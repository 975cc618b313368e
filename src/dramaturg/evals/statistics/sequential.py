"""Pairs one after the other to evidence that may be looked at any time; its one rule: bet on what has not been seen.

Somebody who doubts the edit stakes a fixed part of a fortune of 1 on every pair (case, repeat): it grows when the
candidate does worse than the baseline and shrinks when it does better. If the candidate is no worse, the fortune is
not expected to grow, and will ever reach 20 with a probability of at most 1 in 20 (Ville's inequality). So one may
stop as soon as it does, or go on for as long as one likes, at an error of 5 %. Sources: Waudby-Smith and Ramdas 2024
(JRSS B 86, 1-27), Shafer 2021 (JRSS A 184, 407-431), Ramdas et al. 2023 (Statistical Science 38, 576-601).
"""

import math
from collections.abc import Iterable, Sequence
from random import Random

from dramaturg.evals.statistics.distributions import least_whole

# A fortune of 0.7 of which 30 % are staked on every pair, and one of 0.3 of which 60 % are. The small stake wins where
# much flips by chance, the large one where little does; together they are nearly as good as the better of both. Found
# by simulation, see docs/statistics.md.
_FORTUNES = (0.7, 0.3)
_STAKES = (0.3, 0.6)
_HALVINGS = 24
_LONG = 1 << 20  # pairs after which nobody waits any longer
_LARGEST_EXPONENT = 400.0


class Bet:
    """A running bet against "the mean gain is at most `mean`", over gains in [-1, 1].

    `evidence` is its e-value: at most 1 is expected of it if the mean gain is what it bets against.
    """

    __slots__ = ("_large", "_mean", "_small")

    def __init__(self, mean: float) -> None:
        self._mean = mean
        self._small, self._large = _FORTUNES

    def take(self, gain: float) -> None:
        """Settle the bet on one gain."""
        small, large = _growth(gain, self._mean)
        self._small *= small
        self._large *= large

    @property
    def evidence(self) -> float:
        """What the fortune of 1 has become."""
        return self._small + self._large

    def pairs_to(self, evidence: float, gains: Sequence[float]) -> int | None:
        """Return after how many more pairs like `gains` the fortune reaches `evidence`; None for practically never."""
        if not gains:
            return None
        growths = [_growth(gain, self._mean) for gain in gains]
        small, large = (math.fsum(map(math.log, column)) / len(gains) for column in zip(*growths, strict=True))

        def reached(pairs: int) -> bool:
            of_small, of_large = (math.exp(min(_LARGEST_EXPONENT, rate * pairs)) for rate in (small, large))
            return self._small * of_small + self._large * of_large >= evidence

        return least_whole(reached, _LONG)


def _growth(gain: float, mean: float) -> tuple[float, float]:
    """Return by what both fortunes are multiplied: a part is kept, the stake is paid (1 + gain) / (1 + mean) times."""
    paid = (1 + gain) / (1 + mean)
    small, large = _STAKES
    return 1 - small + small * paid, 1 - large + large * paid


def losses_needed(evidence: float) -> int:
    """Return how many pairs must come out worse, and none better, for a bet to reach `evidence`."""
    losses, bet = 0, Bet(0.0)
    while bet.evidence < evidence:
        bet.take(1.0)
        losses += 1
    return losses


def shuffled_pairs(cases: Iterable[str], repeats: int, *, seed: int) -> list[tuple[str, int]]:
    """Return every (case, repeat) in the random order in which a sequential comparison asks for them.

    The same cases, repeats and seed give the same order.
    """
    names = sorted(cases)
    pairs = [(case, repeat) for repeat in range(repeats) for case in names]
    Random(seed).shuffle(pairs)  # noqa: S311 - chance, not a secret
    return pairs


def mean_bounds(gains: Sequence[float], alpha: float) -> tuple[float, float]:
    """Return the limits of the mean gain, each wrong with a probability of at most `alpha`, whenever one stops."""
    return _least_mean(gains, alpha), -_least_mean([-gain for gain in gains], alpha)


def _least_mean(gains: Sequence[float], alpha: float) -> float:
    """Return the least mean against which no bet has ever reached 1 / alpha."""
    low, high = -1.0, 1.0
    for _ in range(_HALVINGS):
        middle = (low + high) / 2
        low, high = (middle, high) if _refuted(gains, middle, 1 / alpha) else (low, middle)
    return low


def _refuted(gains: Sequence[float], mean: float, needed: float) -> bool:
    growths = {gain: _growth(gain, mean) for gain in set(gains)}
    small, large = _FORTUNES
    for gain in gains:
        by_small, by_large = growths[gain]
        small *= by_small
        large *= by_large
        if small + large >= needed:
            return True
    return False
