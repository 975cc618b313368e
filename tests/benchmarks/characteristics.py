"""How often the gate is red and green where the truth is known, beside three usual ways to decide.

`python -m tests.benchmarks.characteristics [EDITS] [SEED]` simulates that many edits (1,000) for every row and prints
Markdown tables. Every figure is a rate over simulated edits and so is off by up to 2 * sqrt(rate * (1 - rate) / EDITS).
"""

import math
import sys
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from fractions import Fraction
from random import Random
from typing import TypeAlias

from tests.edits import HIGH, MIDDLE, Edit, Spread, breaks_a_tenth, edited, flipped, lowered, performed, unchanged

from dramaturg.evals.statistics.decide import decide
from dramaturg.evals.statistics.distributions import normal_cdf
from dramaturg.evals.statistics.samples import Arms, Case, compared_cases
from dramaturg.evals.statistics.sequential import shuffled_pairs
from dramaturg.evals.statistics.verdict import Kind

_ALPHA = 0.05
_SUITES: Sequence[tuple[str, Spread, int, int]] = (
    ("high", HIGH, 20, 5),
    ("high", HIGH, 40, 5),
    ("high", HIGH, 100, 3),
    ("mid", MIDDLE, 40, 5),
    ("mid", MIDDLE, 100, 3),
)
_EDITS: Sequence[tuple[str, Edit]] = (
    ("none", unchanged),
    ("-10 points on all", lowered(10)),
    ("10 % of cases break", breaks_a_tenth),
)
_CASES, _REPEATS = 40, 5  # 200 pairs at most

Draw: TypeAlias = Callable[[Random], Arms]


def naive(cases: Iterable[Case]) -> bool:
    """Tell whether a case that always passed has a fail now: what a plain test suite does."""
    return any(min(case.baseline) > min(case.candidate) for case in cases)


def pooled(cases: Sequence[Case]) -> bool:
    """Tell whether all samples together, as if they were independent, show a drop (z test of two rates)."""
    candidate = [value for case in cases for value in case.candidate]
    baseline = [value for case in cases for value in case.baseline]
    rate = (sum(candidate) + sum(baseline)) / (len(candidate) + len(baseline))
    error = math.sqrt(rate * (1 - rate) * (1 / len(candidate) + 1 / len(baseline)))
    drop = sum(baseline) / len(baseline) - sum(candidate) / len(candidate)
    return error > 0 and normal_cdf(-drop / error) <= _ALPHA


def sign_flip(cases: Sequence[Case]) -> bool:
    """Tell whether the cases' differences show a drop, each as likely up as down by chance (exact)."""
    gains = [round(sum(case.candidate) - sum(case.baseline)) for case in cases]
    ways: Counter[int] = Counter({0: 1})
    for gain in gains:
        if gain:
            grown: Counter[int] = Counter()
            for total, count in ways.items():
                grown[total + gain] += count
                grown[total - gain] += count
            ways = grown
    lower = sum(count for total, count in ways.items() if total <= sum(gains))
    return Fraction(lower, ways.total()) <= Fraction(_ALPHA)


def fixed_row(draw: Draw, edits: int, seed: int) -> dict[str, float]:
    """Return how often each way is red, and the gate green, over edits drawn alike."""
    counts: Counter[str] = Counter()
    for number in range(edits):
        arms = draw(Random(f"{seed} {number}"))  # noqa: S311 - a simulation
        cases = compared_cases(arms)
        verdict = decide({"pass": arms})
        counts["naive"] += naive(cases)
        counts["pooled"] += pooled(cases)
        counts["sign-flip"] += sign_flip(cases)
        counts["red"] += verdict.kind is Kind.WORSE
        counts["green"] += verdict.kind in {Kind.NO_WORSE, Kind.BETTER}
    return {name: counts[name] / edits for name in ("naive", "pooled", "sign-flip", "red", "green")}


def sequential_row(draw: Draw, edits: int, seed: int) -> dict[str, float]:
    """Return how often the sequential gate is red and green, and the mean number of pairs it reads."""
    counts: Counter[str] = Counter()
    pairs = 0
    for number in range(edits):
        arms = draw(Random(f"{seed} {number}"))  # noqa: S311 - a simulation
        order = shuffled_pairs(arms.baseline, len(arms.baseline["0"]), seed=number)
        verdict = decide({"pass": arms}, order=order)
        counts["red"] += verdict.kind is Kind.WORSE
        counts["green"] += verdict.kind in {Kind.NO_WORSE, Kind.BETTER}
        pairs += verdict.pairs or 0
    undecided = edits - counts["red"] - counts["green"]
    return {
        "red": counts["red"] / edits,
        "green": counts["green"] / edits,
        "undecided": undecided / edits,
        "pairs": pairs / edits,
    }


def suite_draw(spread: Spread, cases: int, repeats: int, edit: Edit) -> Draw:
    """Return what draws the samples of a suite before and after an edit."""
    return lambda chance: performed(edited(spread, cases, edit, chance), repeats, chance)


def _flips(worse: float, better: float) -> Draw:
    return lambda chance: flipped(worse, better, _CASES, _REPEATS, chance)


SEQUENTIAL: Sequence[tuple[str, Draw]] = (
    ("no change, 2 % flips each way", _flips(0.02, 0.02)),
    ("no change, 10 % flips each way", _flips(0.10, 0.10)),
    ("-10 points, 2 % flips besides", _flips(0.12, 0.02)),
    ("-10 points, 5 % flips besides", _flips(0.15, 0.05)),
    ("-10 points, 10 % flips besides", _flips(0.20, 0.10)),
    ("-20 points, 2 % flips besides", _flips(0.22, 0.02)),
    ("-20 points, 5 % flips besides", _flips(0.25, 0.05)),
    ("-20 points, 10 % flips besides", _flips(0.30, 0.10)),
    ("high spread, no change", suite_draw(HIGH, _CASES, _REPEATS, unchanged)),
    ("high spread, -10 points on all", suite_draw(HIGH, _CASES, _REPEATS, lowered(10))),
    ("high spread, -20 points on all", suite_draw(HIGH, _CASES, _REPEATS, lowered(20))),
    ("high spread, 10 % of cases break", suite_draw(HIGH, _CASES, _REPEATS, breaks_a_tenth)),
    ("mid spread, no change", suite_draw(MIDDLE, _CASES, _REPEATS, unchanged)),
    ("mid spread, -10 points on all", suite_draw(MIDDLE, _CASES, _REPEATS, lowered(10))),
    ("mid spread, -20 points on all", suite_draw(MIDDLE, _CASES, _REPEATS, lowered(20))),
)


def _print_fixed(edits: int, seed: int) -> None:
    print("| suite | edit | naive red | pooled red | sign-flip red | **gate red** | gate green |")
    print("|---|---|---|---|---|---|---|")
    for name, spread, cases, repeats in _SUITES:
        for edit, change in _EDITS:
            row = fixed_row(suite_draw(spread, cases, repeats, change), edits, seed)
            figures = " | ".join(f"{100 * rate:.1f} %" for rate in row.values())
            print(f"| {name}, {cases} x {repeats} | {edit} | {figures} |", flush=True)


def _print_sequential(edits: int, seed: int) -> None:
    print(f"\n| sequential, at most {_CASES * _REPEATS} pairs | red | green | undecided | mean pairs |")
    print("|---|---|---|---|---|")
    for name, draw in SEQUENTIAL:
        row = sequential_row(draw, edits, seed)
        rates = " | ".join(f"{100 * row[name]:.1f} %" for name in ("red", "green", "undecided"))
        print(f"| {name} | {rates} | {row['pairs']:.0f} |", flush=True)


def _print_paired(edits: int, seed: int) -> None:
    print("\n| high, 40 x 5: repeats decided by shared answers | edit | gate red, unpaired | gate red, paired |")
    print("|---|---|---|---|")
    for shared in (0.0, 0.3, 0.6, 0.9):
        for edit, change in _EDITS:
            counts = [0, 0]
            for number in range(edits):
                chance = Random(f"{seed} {number}")  # noqa: S311 - a simulation
                arms = performed(edited(HIGH, _CASES, change, chance), _REPEATS, chance, shared=shared)
                for place, paired in enumerate((False, True)):
                    counts[place] += decide({"pass": replace(arms, paired=paired)}).kind is Kind.WORSE
            figures = " | ".join(f"{100 * count / edits:.1f} %" for count in counts)
            print(f"| {100 * shared:.0f} % | {edit} | {figures} |", flush=True)


def main(edits: int, seed: int) -> None:
    """Print the tables."""
    _print_fixed(edits, seed)
    _print_sequential(edits, seed)
    _print_paired(edits, seed)


if __name__ == "__main__":
    main(int(sys.argv[1]) if sys.argv[1:] else 1000, int(sys.argv[2]) if sys.argv[2:] else 1)
