"""How often a gate of preferences is red and green where the truth is known, and whether its intervals hold it.

`python -m tests.benchmarks.preferred [EDITS] [SEED]` simulates that many edits (1,000) for every row and prints a
Markdown table. In each of them people label pairs anew, the judge errs on labels and pairs as often as its row says,
and `decide` is given its preferences and what the labels showed. Judges that the labels do not show to be better than a
coin are refused, as a suite refuses them; rates are of the rest. Figures are off by up to
2 * sqrt(rate * (1 - rate) / EDITS).
"""

import sys
from collections import Counter
from collections.abc import Sequence
from random import Random

from tests.preferences import TASTES, Outcomes, Taste, compared

from dramaturg.evals.statistics.decide import decide
from dramaturg.evals.statistics.sequential import shuffled_pairs
from dramaturg.evals.statistics.verdict import Kind

_CASES, _REPEATS, _MARGIN = 40, 5, 0.20
EDITS: Sequence[tuple[str, Outcomes]] = (
    ("none, most pairs are ties", Outcomes(decided=0.2, net=0.0)),
    ("none, most pairs differ", Outcomes(decided=0.8, net=0.0)),
    ("none, as many cases win as lose", Outcomes(decided=0.8, net=0.0, spread=0.5)),
    ("-20 points, most pairs are ties", Outcomes(decided=0.2, net=-0.20)),
    ("-20 points, most pairs differ", Outcomes(decided=0.8, net=-0.20)),
    ("-20 points, cases differ", Outcomes(decided=0.8, net=-0.20, spread=0.5)),
)


def preferred_row(outcomes: Outcomes, taste: Taste, edits: int, seed: int, *, sequential: bool = False) -> Counter[str]:
    """Return how many edits were red, green and refused, and how often the interval held what people would say."""
    counts: Counter[str] = Counter()
    for number in range(edits):
        chance = Random(f"{seed} {number}")  # noqa: S311 - a simulation
        people = outcomes.drawn(_CASES, _REPEATS, chance)
        judge = taste.calibrated(chance)
        if not judge.beats_a_coin:
            counts["refused"] += 1
            continue
        arms = compared([[taste.says(each, chance) for each in case] for case in people], judge)
        order = shuffled_pairs(arms.baseline, _REPEATS, seed=number) if sequential else None
        verdict = decide({"preferred": arms}, margin=_MARGIN, order=order, seed=number)
        (comparison,) = verdict.comparisons
        effect = comparison.effect
        counts["decided"] += 1
        counts["red"] += verdict.kind is Kind.WORSE
        counts["green"] += verdict.kind in {Kind.NO_WORSE, Kind.BETTER}
        counts["held"] += bool(effect and effect.low <= outcomes.net <= effect.high)
    return counts


def main(edits: int, seed: int) -> None:
    """Print the table."""
    print(
        "| judge: agrees / says the reverse | edit | red | green | interval holds | sequential: red | green | refused |"
    )
    print("|---|---|---|---|---|---|---|---|")
    for taste in TASTES:
        for name, outcomes in EDITS:
            fixed, betting = (
                preferred_row(outcomes, taste, edits, seed, sequential=sequential) for sequential in (False, True)
            )
            told = [(fixed, each) for each in ("red", "green", "held")] + [(betting, each) for each in ("red", "green")]
            figures = " | ".join(_share(row[each], row["decided"]) for row, each in told)
            print(f"| {taste} | {name} | {figures} | {_share(fixed['refused'], edits)} |", flush=True)


def _share(count: int, of: int) -> str:
    return f"{100 * count / of:.1f} %" if of else "–"


if __name__ == "__main__":
    main(int(sys.argv[1]) if sys.argv[1:] else 1000, int(sys.argv[2]) if sys.argv[2:] else 1)
