"""The noise of a comparison to what it could show and what deciding costs; its one rule: all goes on as it has."""

import math
from dataclasses import dataclass

from dramaturg.evals.statistics.distributions import least_whole, normal_quantile
from dramaturg.evals.statistics.effects import Effect

_POWER = 0.8
_MOST_REPEATS = 1_000
_ROUNDS = 50


@dataclass(frozen=True, slots=True, kw_only=True)
class Price:
    """What deciding takes, if the difference and the noise stay as they are.

    Attributes:
        repeats: More repeats of every case, in both arms.
        pairs: More pairs of samples: one of each arm.
        cost: Of their samples, in dollars; None where that of one is not known.
    """

    repeats: int
    pairs: int
    cost: float | None

    def __str__(self) -> str:
        repeats = f"{self.repeats:,} more {'repeat' if self.repeats == 1 else 'repeats'}"
        return repeats if self.cost is None else f"{repeats}, about ${self.cost:.2f}"


def detectable_drop(effect: Effect, samples: float, alpha: float, *, sequential: bool = False) -> float:
    """Return the smallest drop that the comparison finds with a probability of 80 %, about; at most 1.

    A drop brings noise of its own: where everything passed, the samples that it makes fail. `samples` are those of one
    arm. A sequential comparison pays for the right to stop early: it needs sqrt(2 log(1 / alpha)) standard errors where
    a fixed one needs the normal quantile.
    """
    deviations = (math.sqrt(-2 * math.log(alpha)) if sequential else normal_quantile(1 - alpha)) + normal_quantile(
        _POWER
    )
    drop = deviations * math.sqrt(effect.variance)
    for _ in range(_ROUNDS):
        drop = min(1.0, deviations * math.sqrt(effect.variance + drop * (1 - drop) / samples) if samples else 1.0)
        drop = max(drop, 1 / samples if samples else 1.0)
    return min(1.0, drop)


def repeats_to_decide(effect: Effect, repeats: float, margin: float, alpha: float) -> int | None:
    """Return how many more repeats show "worse" or "no worse by `margin`" with a probability of 80 %, about.

    `repeats` are those of a case so far, on average. None where a thousand are not enough.
    """
    more = normal_quantile(_POWER)

    def decided(extra: int) -> bool:
        grown = effect.repeated((repeats + extra) / repeats)
        reach = grown.estimate - grown.lower(alpha, more=more)
        return reach < max(-effect.estimate, effect.estimate + margin)

    return least_whole(decided, _MOST_REPEATS)
