"""Metrics to one verdict; its one rule: green needs every metric that gates, red needs one."""

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from dramaturg.errors import CallerError
from dramaturg.evals.statistics.answers import Answer, Terms, fixed_answer
from dramaturg.evals.statistics.clustered import clustered_mean
from dramaturg.evals.statistics.effects import mean
from dramaturg.evals.statistics.holm import adjust
from dramaturg.evals.statistics.power import Price
from dramaturg.evals.statistics.reading import Pair, read_pairs
from dramaturg.evals.statistics.samples import Arms, faults_of
from dramaturg.evals.statistics.tallies import hides_a_drop, hides_a_preference, lost_to_errors, tally_arms
from dramaturg.evals.statistics.verdict import Comparison, Kind, Tally, Verdict

_MOST_ALPHA = 0.5


def decide(
    metrics: Mapping[str, Arms],
    *,
    margin: float = 0.1,
    alpha: float = 0.05,
    seed: int = 0,
    cost_per_sample: float | None = None,
    order: Sequence[Pair] | None = None,
) -> Verdict:
    """Return whether the candidate is worse than the baseline, better, no worse by the margin, or not to be told.

    Without `order` all samples are there and looked at once. With it the comparison is sequential: `order` is every
    pair that may be asked, as `sequential.shuffled_pairs` returns them; call again whenever more of them are there,
    in any number and as often as you like, and stop asking once the verdict is `decided`. A pair is read when all
    metrics have its sample in both arms; one that was asked and failed is `"error"`, never `None`.

    Args:
        metrics: Samples of each metric by its name; those that gate decide, the others are reported beside them.
        margin: How much worse counts as no worse: 0.1 is 10 points of a pass rate.
        alpha: One-sided level: how often an edit that changes nothing may be called worse, over all metrics together.
        seed: Of the permutation test of scores, where not all arrangements are counted.
        cost_per_sample: Of one performance of one case in one arm, in dollars.
        order: Pairs of case and repeat (from 0), for a sequential comparison.

    Raises:
        CallerError: No metric gates, or samples are not what they are declared to be; all faults at once.
    """
    gating = sum(arms.gates for arms in metrics.values())
    faults = [*_faults(margin, alpha, gating), *(fault for name in metrics for fault in faults_of(name, metrics[name]))]
    if faults:
        raise CallerError("\n".join(faults))
    terms = Terms(margin=margin, alpha=alpha, seed=seed, gating=gating)
    pairs = soonest = None
    if order is None:
        answers = _raised({name: fixed_answer(arms, terms) for name, arms in metrics.items()}, metrics)
    else:
        pairs, soonest, answers = read_pairs(metrics, order, terms)
    comparisons = tuple(
        _comparison(name, arms, answers[name], terms, cost_per_sample) for name, arms in metrics.items()
    )
    kind = _overall([comparison.kind for comparison in comparisons if comparison.gates])
    price = _overall_price(comparisons) if kind is Kind.INCONCLUSIVE else None
    return Verdict(kind=kind, alpha=alpha, comparisons=comparisons, pairs=pairs, price=price, soonest=soonest)


def _faults(margin: float, alpha: float, gating: int) -> Iterator[str]:
    if not gating:
        yield "no metric gates, so nothing can be decided; let one gate"
    if not 0 < alpha < _MOST_ALPHA:
        yield f"alpha is {alpha}; give a level between 0 and 0.5, such as 0.05"
    if not (margin > 0 and math.isfinite(margin)):
        yield f"the margin is {margin}; give how much worse counts as no worse, such as 0.1 for 10 points"


def _raised(answers: Mapping[str, Answer], metrics: Mapping[str, Arms]) -> dict[str, Answer]:
    """Raise the p values of the metrics that gate for their number (Holm)."""
    gating = {name: answer for name, answer in answers.items() if metrics[name].gates}
    worse = adjust({name: answer.worse for name, answer in gating.items()})
    better = adjust({name: answer.better for name, answer in gating.items()})
    return {
        name: replace(answer, worse=worse.get(name, answer.worse), better=better.get(name, answer.better))
        for name, answer in answers.items()
    }


def _comparison(name: str, arms: Arms, answer: Answer, terms: Terms, cost: float | None) -> Comparison:
    baseline, candidate = tally_arms(arms, level=1 - 2 * terms.alpha)
    margin = terms.margin_of(arms)
    kind, obstacle = _settled(answer, (baseline, candidate), arms, terms)
    changes = {case.name: (mean(case.candidate) - mean(case.baseline)) / arms.shown for case in answer.cases}
    return Comparison(
        metric=name,
        gates=arms.gates,
        scored=arms.scored,
        kind=kind,
        obstacle=obstacle,
        margin=margin,
        baseline=baseline,
        candidate=candidate,
        cases=len(answer.cases),
        informing=answer.informing,
        effect=answer.effect,
        generalised=clustered_mean(changes, arms.clusters, reach=arms.range / arms.shown, level=1 - 2 * terms.alpha),
        p_worse=answer.worse,
        p_better=answer.better,
        p_no_worse=answer.no_worse,
        detectable=answer.detectable,
        price=_price(answer, cost) if kind is Kind.INCONCLUSIVE and not obstacle else None,
        method=answer.method,
    )


def _settled(answer: Answer, tallies: tuple[Tally, Tally], arms: Arms, terms: Terms) -> tuple[Kind, str]:
    """Return what is decided about a metric, and what keeps it from being decided."""
    baseline, candidate = tallies
    for arm, tally in (("baseline", baseline), ("candidate", candidate)):
        if lost_to_errors(tally):
            return Kind.INFRASTRUCTURE, f"{tally.errors} of {tally.asked} samples of the {arm} are errors"
    if not all(judge.surely_sharper_than_chance(terms.alpha) for judge in arms.all_judges):
        return Kind.INCONCLUSIVE, "people's labels do not show that its judge is better than chance"
    if answer.worse <= terms.alpha:
        return Kind.WORSE, ""
    if min(answer.better, answer.no_worse) > terms.alpha:
        return Kind.INCONCLUSIVE, ""
    if hidden := _hidden(tallies, arms, terms.margin_of(arms) / arms.range):
        return Kind.INCONCLUSIVE, hidden
    return (Kind.BETTER if answer.better <= terms.alpha else Kind.NO_WORSE), ""


def _hidden(tallies: tuple[Tally, Tally], arms: Arms, share: float) -> str:
    """Return what could hide a drop among samples without a value; empty for nothing."""
    baseline, candidate = tallies
    if arms.preferred and hides_a_preference(candidate, share):
        return f"{candidate.missing} of {candidate.asked} pairs have no verdict; losses among them could be a drop"
    if hides_a_drop(baseline, candidate, share):
        return (
            f"{candidate.missing} samples of the candidate have no value, against {baseline.missing} of the baseline; "
            "fails among them could be a drop"
        )
    return ""


def _price(answer: Answer, cost: float | None) -> Price | None:
    if answer.pairs is None:
        return None
    spent = None if cost is None else 2 * answer.pairs * cost
    return Price(repeats=math.ceil(answer.pairs / len(answer.cases)), pairs=answer.pairs, cost=spent)


def _overall(kinds: Sequence[Kind]) -> Kind:
    for decisive in (Kind.INFRASTRUCTURE, Kind.WORSE, Kind.INCONCLUSIVE, Kind.BETTER):
        if decisive in kinds:
            return decisive
    return Kind.NO_WORSE


def _overall_price(comparisons: Sequence[Comparison]) -> Price | None:
    """Return the highest price of the metrics that are open; None where one of them has none."""
    open_ones = [each.price for each in comparisons if each.gates and each.kind is Kind.INCONCLUSIVE]
    known = [price for price in open_ones if price is not None]
    return max(known, key=lambda price: price.pairs) if len(known) == len(open_ones) else None
