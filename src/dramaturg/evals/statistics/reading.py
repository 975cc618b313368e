"""Pairs in their random order to answers; its one rule: nothing after the pair that decides is read.

Every metric that gates bets three ways on each pair: that the candidate is worse, that it is better, and that it is not
worse by the margin. Reading ends with the first pair that has not been asked yet, or that decides the whole.
"""

import math
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from dramaturg.evals.statistics.answers import SILENT, Answer, Terms
from dramaturg.evals.statistics.effects import Effect, passes_effect, preferred_effect, scores_effect
from dramaturg.evals.statistics.holm import adjust_evidence
from dramaturg.evals.statistics.intervals import Interval
from dramaturg.evals.statistics.power import detectable_by_betting
from dramaturg.evals.statistics.samples import Arms, Case, Sample, value_of
from dramaturg.evals.statistics.sequential import Bet, mean_bounds

Pair = tuple[str, int]


@dataclass(slots=True, kw_only=True)
class Ledger:
    """The bets on one metric, as far as its pairs were read.

    Attributes:
        arms: The metric.
        scale: The metric's range.
        worse: The bet that the candidate is worse.
        better: The bet that it is better.
        no_worse: The bet that it is not worse by the margin.
        gains: Candidate minus baseline of each pair, in parts of the metric's range.
        values: Both values of each pair, by case.
        safest: The most evidence that "no worse" ever had.
    """

    arms: Arms
    scale: float
    worse: Bet
    better: Bet
    no_worse: Bet
    gains: list[float] = field(default_factory=list)
    values: dict[str, list[tuple[float, float]]] = field(default_factory=lambda: defaultdict(list))
    safest: float = 0.0

    def take(self, pair: Pair) -> None:
        """Settle the bets on a pair; one without a value in both arms settles nothing."""
        case, repeat = pair
        candidate = value_of(_sample(self.arms.candidate, case, repeat))
        baseline = value_of(_sample(self.arms.baseline, case, repeat))
        if candidate is None or baseline is None:
            return
        gain = (candidate - baseline) / self.scale
        self.gains.append(gain)
        self.values[case].append((candidate, baseline))
        self.worse.take(-gain)
        self.better.take(gain)
        self.no_worse.take(gain)
        self.safest = max(self.safest, self.no_worse.evidence)


def open_ledger(arms: Arms, terms: Terms) -> Ledger:
    """Return the bets on a metric before its first pair."""
    scale = arms.range
    margin = terms.margin_of(arms) / scale
    if arms.all_judges:  # dull judges show a part of a drop only
        margin *= arms.surely_shown(terms.alpha)
    return Ledger(arms=arms, scale=scale, worse=Bet(0.0), better=Bet(0.0), no_worse=Bet(-margin))


def _sample(cases: Mapping[str, Sequence[Sample]], case: str, repeat: int) -> Sample:
    samples = cases.get(case, ())
    return samples[repeat] if repeat < len(samples) else None


def read_pairs(
    metrics: Mapping[str, Arms], order: Sequence[Pair], terms: Terms
) -> tuple[int, int | None, dict[str, Answer]]:
    """Return how many pairs were read until they decided or ran out, see `_soonest`, and what each metric says."""
    ledgers = {name: open_ledger(arms, terms) for name, arms in metrics.items()}
    gating = {name: ledger for name, ledger in ledgers.items() if ledger.arms.gates}
    read = 0
    for pair in _asked(metrics, order):
        for ledger in ledgers.values():
            ledger.take(pair)
        read += 1
        if _decided(gating, terms.alpha):
            break
    worse = adjust_evidence({name: ledger.worse.evidence for name, ledger in gating.items()})
    better = adjust_evidence({name: ledger.better.evidence for name, ledger in gating.items()})
    answers = {}
    for name, ledger in ledgers.items():
        evidence = worse.get(name, ledger.worse.evidence), better.get(name, ledger.better.evidence)
        answers[name] = _answer(ledger, evidence, terms, len(order) / read if read else 1.0)
    return read, _soonest(gating, 1 / terms.alpha), answers


def _soonest(gating: Mapping[str, Ledger], needed: float) -> int | None:
    """Return before how many more pairs no decision is to be expected; None for practically none at all.

    It is worse after so many losses in a row, for one of the metrics; and no worse once all of them say so, if pairs go
    on to come out as they did.
    """
    worse = [ledger.worse.pairs_to(needed, [1.0]) for ledger in gating.values()]
    safe = [
        0 if ledger.safest >= needed else ledger.no_worse.pairs_to(needed, ledger.gains or [0.0])
        for ledger in gating.values()
    ]
    first = min((wait for wait in worse if wait is not None), default=None)
    known = [wait for wait in safe if wait is not None]
    both = (first, max(known) if len(known) == len(safe) else None)
    return min((wait for wait in both if wait is not None), default=None)


def _asked(metrics: Mapping[str, Arms], order: Sequence[Pair]) -> Iterator[Pair]:
    """Yield the pairs up to the first that some arm of a metric has not been asked for."""
    for case, repeat in order:
        arms = (cases for metric in metrics.values() for cases in (metric.baseline, metric.candidate))
        if any(_sample(cases, case, repeat) is None for cases in arms):
            return
        yield case, repeat


def _decided(gating: Mapping[str, Ledger], alpha: float) -> bool:
    if all(_as_p(ledger.safest) <= alpha for ledger in gating.values()):
        return True
    worse = {name: ledger.worse.evidence for name, ledger in gating.items()}
    return _as_p(max(worse.values())) <= alpha and _as_p(max(adjust_evidence(worse).values())) <= alpha


def _answer(ledger: Ledger, evidence: tuple[float, float], terms: Terms, planned: float) -> Answer:
    if not ledger.gains:
        return SILENT
    arms, needed = ledger.arms, 1 / terms.alpha
    cases = [
        Case(name=name, candidate=tuple(new for new, _ in pairs), baseline=tuple(old for _, old in pairs))
        for name, pairs in sorted(ledger.values.items())
    ]
    effect = _effect(arms, cases)
    low, high = mean_bounds(ledger.gains, terms.alpha)
    estimate = math.fsum(ledger.gains) / len(ledger.gains)
    shown = Interval(estimate=estimate, low=low, high=high, level=1 - 2 * terms.alpha).times(ledger.scale)
    losses = [-gain for gain in ledger.gains]
    waits = ledger.no_worse.pairs_to(needed, ledger.gains), ledger.worse.pairs_to(needed, losses)
    found = detectable_by_betting(
        effect.repeated(planned),
        planned * len(ledger.gains),
        terms.alpha / terms.gating,
        range_=ledger.scale,
        scored=arms.scored,
    )
    return Answer(
        worse=_as_p(evidence[0]),
        better=_as_p(evidence[1]),
        no_worse=_as_p(ledger.safest),
        effect=shown.times(1 / arms.shown).or_else(shown, ledger.scale),
        cases=cases,
        informing=2 * sum(gain != 0 for gain in ledger.gains),
        detectable=max(terms.margin_of(arms), found / arms.shown),  # a smaller drop is likely called no worse first
        pairs=min((wait for wait in waits if wait is not None), default=None),
        method="betting on pairs in random order",
    )


def _effect(arms: Arms, cases: Sequence[Case]) -> Effect:
    if arms.preferred:
        both = ((case.name, pair) for case in cases for pair in zip(case.candidate, case.baseline, strict=True))
        return preferred_effect([Case(name=name, candidate=(new,), baseline=(old,)) for name, (new, old) in both])
    return scores_effect(cases, arms.bounds) if arms.scored else passes_effect(cases)


def _as_p(evidence: float) -> float:
    return min(1.0, 1 / evidence) if evidence > 0 else 1.0
