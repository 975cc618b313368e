"""The noise of a comparison to what it could show and what deciding costs; its one rule: all goes on as it has."""

import math
from dataclasses import dataclass

from dramaturg.evals.statistics.distributions import least_whole, normal_quantile
from dramaturg.evals.statistics.effects import Effect
from dramaturg.evals.statistics.sequential import losses_needed

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


def detectable_drop(
    effect: Effect, samples: float, alpha: float, *, range_: float = 1.0, scored: bool = False
) -> float:
    """Return the smallest drop that a fixed comparison finds with a probability of 80 %, about.

    A drop of a pass rate brings noise of its own: the samples that it makes fail.

    Args:
        effect: What was observed.
        samples: Those of one arm.
        alpha: One-sided level of the test.
        range_: The greatest drop possible.
        scored: Whether the metric is a score, whose noise is that observed.
    """
    return _drop(effect, samples, normal_quantile(1 - alpha), range_, scored=scored)


def detectable_by_betting(
    effect: Effect, samples: float, alpha: float, *, range_: float = 1.0, scored: bool = False
) -> float:
    """Return the same for a sequential comparison that reads all its pairs; `samples` is their number.

    The right to stop early costs: it takes sqrt(2 log(1 / alpha)) standard errors where a fixed comparison takes the
    normal quantile, and never fewer losses than the bet needs that wins each time.
    """
    losses = losses_needed(1 / alpha)
    least = range_ * (losses + normal_quantile(_POWER) * math.sqrt(losses)) / samples
    return min(range_, max(least, _drop(effect, samples, math.sqrt(-2 * math.log(alpha)), range_, scored=scored)))


def _drop(effect: Effect, samples: float, sure: float, range_: float, *, scored: bool) -> float:
    deviations = sure + normal_quantile(_POWER)
    own_noise = 0.0 if scored and effect.variance else 1 / samples
    drop = range_ / 2
    for _ in range(_ROUNDS):
        drop = min(range_, deviations * math.sqrt(effect.variance + own_noise * drop * (range_ - drop)))
    return max(drop, range_ * own_noise)


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
