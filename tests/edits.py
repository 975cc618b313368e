"""Made-up edits of a persona: how often each case passes before and after, and samples drawn from that.

Cases of a suite pass at rates of their own: `HIGH` spread has most cases near 0 or 1 (Beta(.4, .1)), `MIDDLE` has them
spread out (Beta(2, .5)); both pass four times in five on average.
"""

from collections.abc import Callable, Sequence
from random import Random
from typing import TypeAlias

from dramaturg.evals.statistics.samples import Arms, Sample

Rates: TypeAlias = Sequence[tuple[float, float]]  # of each case before and after the edit
Spread: TypeAlias = tuple[float, float]
Edit: TypeAlias = Callable[[float, Random], float]  # what becomes of a case's pass rate

HIGH: Spread = (0.4, 0.1)
MIDDLE: Spread = (2.0, 0.5)


def unchanged(rate: float, _chance: Random) -> float:
    """Return what becomes of a case's pass rate by an edit that changes nothing."""
    return rate


def lowered(points: float) -> Edit:
    """Return an edit that costs every case some points, as far as it has them."""
    return lambda rate, _chance: max(0.0, rate - points / 100)


def breaks_a_tenth(rate: float, chance: Random) -> float:
    """Return what becomes of a pass rate by an edit that breaks one case in ten: it passes a twentieth as often."""
    return rate / 20 if chance.random() < 0.1 else rate


def edited(spread: Spread, cases: int, edit: Edit, chance: Random) -> Rates:
    """Return the pass rates of a suite of cases before and after an edit."""
    before = [chance.betavariate(*spread) for _ in range(cases)]
    return [(rate, edit(rate, chance)) for rate in before]


def performed(rates: Rates, repeats: int, chance: Random, *, shared: float = 0.0) -> Arms:
    """Return samples of every case under both versions.

    A part `shared` of the repeats is decided by answers that both arms share: there, the candidate fails where the
    baseline does, and where the edit makes it fail besides.
    """

    def outcome(rate: float, luck: float) -> Sample:
        return "pass" if luck < rate else "fail"

    baseline: dict[str, list[Sample]] = {f"{case}": [] for case in range(len(rates))}
    candidate: dict[str, list[Sample]] = {f"{case}": [] for case in range(len(rates))}
    for case, (before, after) in enumerate(rates):
        for _ in range(repeats):
            luck = chance.random()
            baseline[f"{case}"].append(outcome(before, luck))
            own = chance.random()
            candidate[f"{case}"].append(outcome(after, luck if shared and chance.random() < shared else own))
    return Arms(baseline=baseline, candidate=candidate, paired=shared > 0)


def flipped(worse: float, better: float, cases: int, repeats: int, chance: Random) -> Arms:
    """Return samples of which pass in one arm and fail in the other a part `worse` and `better`; the rest pass."""
    baseline: dict[str, list[Sample]] = {}
    candidate: dict[str, list[Sample]] = {}
    for case in range(cases):
        drawn = [chance.random() for _ in range(repeats)]
        candidate[f"{case}"] = ["fail" if draw < worse else "pass" for draw in drawn]
        baseline[f"{case}"] = ["fail" if worse <= draw < worse + better else "pass" for draw in drawn]
    return Arms(baseline=baseline, candidate=candidate)
