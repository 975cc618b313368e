"""Scores per case in both arms to "did the suite get worse?"; its one rule: labels are exchanged within a case only.

Where an edit changes nothing, which of a case's scores came from which arm is chance. The test counts how often chance
alone gives a sum of candidate scores as low (or high) as the one seen: no distribution is assumed. Exact while few
different sums are possible, else by a seeded draw (Phipson and Smyth 2010: the observed one counts among the drawn).
"""

import itertools
import math
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from operator import add
from random import Random

from dramaturg.evals.statistics.stratified import Tails

_DRAWS = 9_999
_BLOCK = 12  # samples of a case that are permuted together: 924 ways to choose six
_SUMS = 4_096  # different sums up to which all arrangements are counted
_WORK = 400_000  # additions that a step of counting may take
_DIGITS = 9  # decimal digits of the largest score that are kept: decimals become whole numbers, whose sums are exact
_MOST_DIGITS = 300


@dataclass(frozen=True, slots=True, kw_only=True)
class Scores:
    """One case: the scores of its samples, in each arm."""

    candidate: Sequence[float]
    baseline: Sequence[float]


def compare_scores(cases: Iterable[Scores], *, seed: int) -> Tails:
    """Test whether labels of arms could be swapped within every case, by the weighted sum of differences.

    Each case weighs as in a pooled difference (Mantel-Haenszel), so for passes written as 1 and 0 this is the exact
    Cochran-Mantel-Haenszel test.
    """
    blocks = [block for case in cases for block in _blocks(case)]
    whole = _in_steps(blocks)
    telling = [block for block in whole if len({*block.candidate, *block.baseline}) > 1]
    informing = sum(len(block.candidate) + len(block.baseline) for block in telling)
    if not telling:
        return Tails(worse=1.0, better=1.0, method="nothing differs", informing=0)
    observed = sum(sum(block.candidate) for block in telling)
    slack = informing // 2  # what rounding may have done to two sums that are the same
    columns = [_subset_sums(block) for block in telling]
    exact = _all_sums(columns)
    if exact:
        worse = math.fsum(chance for total, chance in exact.items() if total <= observed + slack)
        better = math.fsum(chance for total, chance in exact.items() if total >= observed - slack)
        method = "exact permutation test"
    else:
        totals = _drawn_sums(columns, Random(seed))  # noqa: S311 - chance, not a secret
        worse = (1 + sum(total <= observed + slack for total in totals)) / (1 + len(totals))
        better = (1 + sum(total >= observed - slack for total in totals)) / (1 + len(totals))
        method = f"permutation test, {len(totals):,} draws,"
    return Tails(worse=min(1.0, worse), better=min(1.0, better), method=method, informing=informing)


def _blocks(case: Scores) -> Iterator[Scores]:
    """Cut a case with many samples into blocks that are permuted apart: fewer arrangements, as exact a test."""
    candidates, baselines = len(case.candidate), len(case.baseline)
    count = min(candidates, baselines, -(-(candidates + baselines) // _BLOCK))
    for block in range(count):
        candidate, baseline = case.candidate[block::count], case.baseline[block::count]
        yield Scores(candidate=candidate, baseline=baseline)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Steps:
    candidate: Sequence[int]
    baseline: Sequence[int]


def _in_steps(blocks: Sequence[Scores]) -> list[_Steps]:
    """Return scores as whole numbers of a decimal step."""
    largest = max((abs(score) for block in blocks for score in (*block.candidate, *block.baseline)), default=0.0)
    digits = min(_MOST_DIGITS, _DIGITS - math.floor(math.log10(largest))) if largest else 0
    scale = 10.0**digits
    return [
        _Steps(
            candidate=[round(score * scale) for score in block.candidate],
            baseline=[round(score * scale) for score in block.baseline],
        )
        for block in blocks
    ]


def _subset_sums(block: _Steps) -> list[int]:
    """Return the candidate's sum for every way to hand it its number of the block's scores."""
    return [sum(chosen) for chosen in itertools.combinations([*block.candidate, *block.baseline], len(block.candidate))]


def _all_sums(columns: Sequence[Sequence[int]]) -> dict[int, float]:
    """Return the probability of every possible sum; nothing where there are too many to count."""
    chances = {0: 1.0}
    for column in columns:
        share = 1 / len(column)
        pieces = {total: count * share for total, count in Counter(column).items()}
        if len(chances) * len(pieces) > _WORK:
            return {}
        grown: dict[int, float] = {}
        for total, chance in chances.items():
            for piece, factor in pieces.items():
                grown[total + piece] = grown.get(total + piece, 0.0) + chance * factor
        if len(grown) > _SUMS:
            return {}
        chances = grown
    return chances


def _drawn_sums(columns: Sequence[Sequence[int]], chance: Random) -> list[int]:
    totals = [0] * _DRAWS
    for column in columns:
        totals = list(map(add, totals, chance.choices(column, k=_DRAWS)))
    return totals
