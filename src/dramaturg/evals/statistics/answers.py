"""A metric's samples to p values and effect; its one rule: all samples are there, and are looked at once."""

from collections.abc import Sequence
from dataclasses import dataclass

from dramaturg.evals.statistics.effects import Effect, passes_effect, preferred_effect, scores_effect, stratum_of
from dramaturg.evals.statistics.intervals import Interval
from dramaturg.evals.statistics.permutation import Scores, compare_scores
from dramaturg.evals.statistics.power import detectable_drop, repeats_to_decide
from dramaturg.evals.statistics.samples import Arms, Case, compared_cases, compared_pairs
from dramaturg.evals.statistics.stratified import Tails, compare_passes


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """On what terms to decide.

    Attributes:
        margin: How much worse counts as no worse, where a metric does not say.
        alpha: One-sided level.
        seed: Of the permutation test's draws.
        gating: Metrics that decide; the levels allow for their number.
    """

    margin: float
    alpha: float
    seed: int
    gating: int

    def margin_of(self, arms: Arms) -> float:
        """Return the margin of a metric."""
        return self.margin if arms.margin is None else arms.margin


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What the samples of one metric say, before anything is decided.

    Attributes:
        worse: Evidence as a p value that it is worse, not yet raised for other metrics.
        better: The same that it is better.
        no_worse: The same that it is not worse by the margin.
        effect: Candidate minus baseline; None without data.
        cases: The values that were compared.
        informing: Samples that could tell the arms apart.
        detectable: The smallest drop found with a probability of 80 %; None without data.
        pairs: More pairs that decide it; None for never, or where they already do.
        method: How the p values were found.
    """

    worse: float
    better: float
    no_worse: float
    effect: Interval | None
    cases: Sequence[Case]
    informing: int
    detectable: float | None
    pairs: int | None
    method: str


SILENT = Answer(
    worse=1.0,
    better=1.0,
    no_worse=1.0,
    effect=None,
    cases=(),
    informing=0,
    detectable=None,
    pairs=None,
    method="no data",
)


def fixed_answer(arms: Arms, terms: Terms) -> Answer:
    """Return what all samples of a metric say together."""
    cases = compared_cases(arms)
    strata = compared_pairs(arms) if arms.paired else cases
    if not strata:
        return SILENT
    shown, tails = _shown_effect(arms, strata), _tails(arms, strata, terms.seed)
    effect = shown.magnified(arms.shown, arms.shown_variance) if arms.all_judges else shown
    margin = terms.margin_of(arms)
    smaller = sum(min(len(case.candidate), len(case.baseline)) for case in strata)
    tested, bound = effect, margin
    if arms.preferred and arms.all_judges:  # a judge that just passed for better than a coin is duller than it looks
        tested, bound = shown, margin * arms.surely_shown(terms.alpha)
    no_worse = tested.p_no_worse(bound)
    decided = terms.gating * min(tails.worse, tails.better) <= terms.alpha or no_worse <= terms.alpha
    repeats = None if decided else repeats_to_decide(tested, smaller / len(cases), bound, terms.alpha)
    return Answer(
        worse=tails.worse,
        better=tails.better,
        no_worse=no_worse,
        effect=effect.interval(terms.alpha).or_else(shown.interval(terms.alpha), arms.range),
        cases=cases,
        informing=tails.informing,
        detectable=detectable_drop(effect, smaller, terms.alpha / terms.gating, range_=arms.range, scored=arms.scored),
        pairs=None if repeats is None else repeats * len(cases),
        method=f"{tails.method} within {'pairs' if arms.paired else 'cases'}",
    )


def _tails(arms: Arms, cases: Sequence[Case], seed: int) -> Tails:
    if arms.scored:
        scores = (Scores(candidate=case.candidate, baseline=case.baseline) for case in cases)
        return compare_scores(scores, seed=seed)
    return compare_passes(map(stratum_of, cases))


def _shown_effect(arms: Arms, cases: Sequence[Case]) -> Effect:
    """Return how the samples changed; where judges made them, the truth changed by more."""
    if arms.preferred:
        return preferred_effect(cases)
    return scores_effect(cases, arms.bounds) if arms.scored else passes_effect(cases)
