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

# What is staked: 30 % of one fortune of 0.7 and 60 % of one of 0.3. The small stake wins where much flips by chance,
# the large one where little does; a mixture is nearly as good as the better of both. Found by simulation, see
# docs/statistics.md.
_FORTUNES = ((0.3, 0.7), (0.6, 0.3))
_MOST = 1e200  # a fortune that has grown so far is not counted further
_HALVINGS = 30
_LONG = 1 << 20  # pairs after which nobody waits any longer


class Bet:
    """A running bet against "the mean gain is at most `mean`", over gains in [-1, 1].

    `evidence` is its e-value: at most 1 is expected of it if the mean gain is what it bets against.
    """

    __slots__ = ("_fortunes", "_unit")

    def __init__(self, mean: float) -> None:
        self._unit = 1 + mean
        self._fortunes = [share for _, share in _FORTUNES]

    def take(self, gain: float) -> None:
        """Settle the bet on one gain."""
        odds = (1 + gain) / self._unit - 1
        for place, (stake, _) in enumerate(_FORTUNES):
            self._fortunes[place] = min(_MOST, self._fortunes[place] * (1 + stake * odds))

    @property
    def evidence(self) -> float:
        """What the fortune of 1 has become."""
        return math.fsum(self._fortunes)

    def pairs_to(self, evidence: float, gains: Sequence[float]) -> int | None:
        """Return after how many more pairs like `gains` the fortune reaches `evidence`; None for practically never."""
        if not gains:
            return None
        growth = [
            math.fsum(math.log1p(stake * ((1 + gain) / self._unit - 1)) for gain in gains) / len(gains)
            for stake, _ in _FORTUNES
        ]

        def reached(pairs: int) -> bool:
            exponents = (min(400.0, rate * pairs) for rate in growth)
            grown = sum(
                fortune * math.exp(exponent) for fortune, exponent in zip(self._fortunes, exponents, strict=True)
            )
            return grown >= evidence

        return least_whole(reached, _LONG)


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
    pairs = [(case, repeat) for repeat in range(repeats) for case in sorted(cases)]
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
    bet = Bet(mean)
    for gain in gains:
        bet.take(gain)
        if bet.evidence >= needed:
            return True
    return False
