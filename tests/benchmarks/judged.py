"""How often a gate that a judge feeds is red and green where the truth is known, and whether its intervals hold it.

`python -m tests.benchmarks.judged [EDITS] [SEED]` simulates that many edits (1,000) for every row and prints Markdown
tables. In each of them people label documents anew, the judge errs on labels and samples as often as its row says, and
`decide` is given its verdicts and what the labels showed: all that an eval has. Judges that the labels do not show to
be better than a coin are refused, as a suite refuses them; rates are of the rest. Figures are off by up to
2 * sqrt(rate * (1 - rate) / EDITS).
"""

import sys
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from random import Random

from tests.edits import HIGH, MIDDLE, Edit, Rates, Spread, edited, lowered, performed, unchanged

from dramaturg.evals.statistics.calibration import Judge, corrected_rate
from dramaturg.evals.statistics.decide import decide
from dramaturg.evals.statistics.rates import rate_interval
from dramaturg.evals.statistics.samples import Arms, Sample
from dramaturg.evals.statistics.sequential import shuffled_pairs
from dramaturg.evals.statistics.verdict import Kind

_CASES, _REPEATS, _MARGIN = 40, 5, 0.10
_EDITS: Sequence[tuple[str, Edit]] = (("none", unchanged), ("-10 points on all", lowered(10)))


@dataclass(frozen=True, kw_only=True)
class Noise:
    """How often a judge agrees with people, and the documents of each kind that people labelled."""

    sensitivity: float
    specificity: float
    labels: int

    def __str__(self) -> str:
        return f"{self.sensitivity:g} / {self.specificity:g}, {self.labels} + {self.labels} labels"

    def judged(self, sample: Sample, chance: Random) -> Sample:
        """Return what the judge says of a sample."""
        passes = chance.random() < (self.sensitivity if sample == "pass" else 1 - self.specificity)
        return "pass" if passes else "fail"

    def calibrated(self, chance: Random) -> Judge:
        """Return what labels show of the judge."""
        passes = sum(chance.random() < self.sensitivity for _ in range(self.labels))
        fails = sum(chance.random() < self.specificity for _ in range(self.labels))
        return Judge(passes=self.labels, passes_agreed=passes, fails=self.labels, fails_agreed=fails)


NOISES: Sequence[Noise] = (
    Noise(sensitivity=0.95, specificity=0.95, labels=20),
    Noise(sensitivity=0.90, specificity=0.80, labels=20),
    Noise(sensitivity=0.75, specificity=0.70, labels=20),
    Noise(sensitivity=0.75, specificity=0.70, labels=100),
)


def judged(arms: Arms, noise: Noise, chance: Random) -> Arms:
    """Return the verdicts of a judge on the samples of both arms, and what labels show of it."""

    def seen(cases: Mapping[str, Sequence[Sample]]) -> dict[str, list[Sample]]:
        return {case: [noise.judged(sample, chance) for sample in samples] for case, samples in cases.items()}

    return replace(arms, baseline=seen(arms.baseline), candidate=seen(arms.candidate), judge=noise.calibrated(chance))


def gate_row(
    spread: Spread, edit: Edit, noise: Noise, edits: int, seed: int, *, sequential: bool = False
) -> Counter[str]:
    """Return how many edits of the same kind were red, green and refused, and how often the interval held the truth."""
    counts: Counter[str] = Counter()
    for number in range(edits):
        chance = Random(f"{seed} {number}")  # noqa: S311 - a simulation
        rates = edited(spread, _CASES, edit, chance)
        arms = judged(performed(rates, _REPEATS, chance), noise, chance)
        assert arms.judge
        if not arms.judge.beats_a_coin:
            counts["refused"] += 1
            continue
        order = shuffled_pairs(arms.baseline, _REPEATS, seed=number) if sequential else None
        verdict = decide({"judged": arms}, margin=_margin(rates) if edit is not unchanged else _MARGIN, order=order)
        (comparison,) = verdict.comparisons
        counts["decided"] += 1
        counts["red"] += verdict.kind is Kind.WORSE
        counts["green"] += verdict.kind in {Kind.NO_WORSE, Kind.BETTER}
        counts["held"] += bool(comparison.effect and comparison.effect.low <= _drop(rates) <= comparison.effect.high)
    return counts


def _drop(rates: Rates) -> float:
    return sum(after - before for before, after in rates) / len(rates)


def _margin(rates: Rates) -> float:
    """Return the margin that the edit just does not keep: green is an error then."""
    return -_drop(rates)


def coverage(true: float, noise: Noise, trials: int, edits: int, seed: int) -> tuple[float, float]:
    """Return how often the interval of a rate holds what people would have passed: as corrected, and as judged."""
    corrected = raw = count = 0
    for number in range(edits):
        chance = Random(f"{seed} {number}")  # noqa: S311 - a simulation
        judge = noise.calibrated(chance)
        if not judge.beats_a_coin:
            continue
        count += 1
        seen = (noise.judged("pass" if chance.random() < true else "fail", chance) for _ in range(trials))
        passes = sum(each == "pass" for each in seen)
        interval, plain = corrected_rate(passes, trials, judge), rate_interval(passes, trials)
        corrected += interval.low <= true <= interval.high
        raw += plain.low <= true <= plain.high
    return corrected / count, raw / count


def main(edits: int, seed: int) -> None:
    """Print the tables."""
    print("| judge: sensitivity / specificity | suite | edit | gate red | gate green | interval holds | refused |")
    print("|---|---|---|---|---|---|---|")
    for noise in NOISES:
        for name, spread in (("high", HIGH), ("mid", MIDDLE)):
            for edit, change in _EDITS:
                for way in (False, True):
                    row = gate_row(spread, change, noise, edits, seed, sequential=way)
                    figures = " | ".join(_share(row[each], row["decided"]) for each in ("red", "green", "held"))
                    suite = f"{name}, {_CASES} x {_REPEATS}{', sequential' if way else ''}"
                    print(f"| {noise} | {suite} | {edit} | {figures} | {_share(row['refused'], edits)} |", flush=True)
    print("\n| judge | documents | people pass | corrected interval holds | raw interval holds |")
    print("|---|---|---|---|---|")
    for noise in NOISES:
        for trials in (30, 200):
            for true in (0.02, 0.5, 0.9):
                figures = " | ".join(f"{100 * share:.1f} %" for share in coverage(true, noise, trials, edits, seed))
                print(f"| {noise} | {trials} | {100 * true:g} % | {figures} |", flush=True)


def _share(count: int, of: int) -> str:
    return f"{100 * count / of:.1f} %" if of else "–"


if __name__ == "__main__":
    main(int(sys.argv[1]) if sys.argv[1:] else 1000, int(sys.argv[2]) if sys.argv[2:] else 1)
