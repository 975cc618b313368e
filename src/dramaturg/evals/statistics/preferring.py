"""A judge's preferences to what people would have preferred; its one rule: what follows the places is no preference.

A judge is asked about a pair of documents in both orders, and learns of neither whose it is. So it errs alike for both
arms: of pairs in which people prefer one, it prefers the same in a share `agreed` and the other in a share `opposed`,
and calls the rest a tie. What it shows of a true preference is the difference of the two, and nothing of it where
people call the pair a tie. That difference, counted on pairs that people labelled, takes a preference back to theirs.
The interval is that of Agresti and Min 2005 (Statistics in Medicine 24, 729-740) for the difference of two rates of
the same pairs; that the judge is better than a coin is shown by an exact sign test.
"""

import math
from dataclasses import dataclass

from dramaturg.evals.statistics.intervals import Interval
from dramaturg.evals.statistics.sharpness import LEVEL, Sharp, share_interval

_ADDED = 2  # pairs, half of one to each way in which a pair can come out


@dataclass(frozen=True, slots=True, kw_only=True)
class PairJudge(Sharp):
    """How a judge did on pairs that people labelled.

    Attributes:
        pairs: Pairs of which people prefer one document.
        agreed: Those of them in which the judge prefers the same.
        opposed: Those in which it prefers the other.
        ties: Pairs that people call a tie.
        ties_decided: Those of them in which the judge prefers one.
    """

    pairs: int
    agreed: int
    opposed: int
    ties: int = 0
    ties_decided: int = 0

    @property
    def sharpness(self) -> float:
        """How much of a true preference it shows: 1 all of it, 0 none; few labels never prove it perfect."""
        return (self.agreed - self.opposed) / (self.pairs + _ADDED)

    @property
    def sharpness_variance(self) -> float:
        """Its squared standard error."""
        told = (self.agreed + self.opposed + 1) / (self.pairs + _ADDED)
        return (told - self.sharpness**2) / (self.pairs + _ADDED)

    @property
    def agreed_interval(self) -> Interval:
        """The share of what people prefer that it prefers too, with a 95 % interval; 0 to 1 without labels."""
        return share_interval(self.agreed, self.pairs)

    @property
    def opposed_interval(self) -> Interval:
        """The share of what people prefer of which it prefers the other, likewise."""
        return share_interval(self.opposed, self.pairs)

    @property
    def p_of_a_coin(self) -> float:
        """How often a coin would agree in as many of the pairs in which both people and judge prefer one."""
        decided = self.agreed + self.opposed
        ways = sum(math.comb(decided, heads) for heads in range(self.agreed, decided + 1))
        return float(ways / 2**decided)

    @property
    def beats_a_coin(self) -> bool:
        """Whether the labels show that its preferences say anything, at the level of a 95 % interval."""
        return self.p_of_a_coin <= (1 - LEVEL) / 2 and self.sharpness_interval.low > 0
