"""Who judged to rows and sentences; its one rule: beside what a judge passed stands what that is worth."""

from collections import Counter
from collections.abc import Iterator

from dramaturg.evals.evaluated import Evaluated
from dramaturg.evals.report.figures import limits, percent, shares
from dramaturg.evals.statistics.calibration import Judge, corrected_rate
from dramaturg.evals.statistics.preferring import PairJudge
from dramaturg.evals.statistics.rates import rate_interval

_NONE = "–"


def judge_sentences(result: Evaluated) -> Iterator[str]:
    """Yield what came of comparing pairs, then what each judge is worth, or that nobody knows."""
    yield from _pair_sentences(result)
    for metric, standing in result.judges.items():
        judge = standing.judge
        if judge is None:
            yield f"{metric}: {standing.model} judges and decides nothing: {standing.lacking}; see `eval calibrate`"
        else:
            yield f"{metric}: judged by {standing.model}, {worth(judge)}"


def _pair_sentences(result: Evaluated) -> Iterator[str]:
    """Yield how often the candidate's document was preferred, and how often the verdict followed the order."""
    for metric in result.suite.suite.pairwise:
        found = [record.scores[metric] for record in result.records if record.arm == "candidate" and record.scores]
        said = [each.value for each in found if each.value is not None]
        if "baseline" not in result.arms:
            continue
        counts = Counter(said)
        asked = [each.measured for each in found if each.measured is not None]
        swayed = f"; the verdict followed the order in {round(sum(asked)):,} of {len(asked):,}" if asked else ""
        bias = f" = {shares(rate_interval(round(sum(asked)), len(asked)))}" if asked else ""
        yield (
            f"{metric}: the candidate is preferred in {counts[1.0]:,} pairs, the baseline in {counts[0.0]:,}, "
            f"{counts[0.5]:,} are ties, {len(found) - len(said):,} unscored{swayed}{bias}"
        )


def worth(judge: Judge | PairJudge) -> str:
    """Return how well a judge agrees with people, with intervals and labels, in one line."""
    told = pair_worth(judge) if isinstance(judge, PairJudge) else _worth(judge)
    return told if judge.beats_a_coin else f"{told}: not shown to be better than a coin, it decides nothing"


def pair_worth(judge: PairJudge) -> str:
    """Return how often a judge prefers what people prefer, and the other, in one line."""
    agreed, opposed = shares(judge.agreed_interval), shares(judge.opposed_interval)
    return f"prefers what people prefer in {agreed} of {judge.pairs:,} pairs, the other in {opposed}"


def _worth(judge: Judge) -> str:
    sensitivity, specificity = shares(judge.sensitivity_interval), shares(judge.specificity_interval)
    return f"sensitivity {sensitivity} on {judge.passes:,}, specificity {specificity} on {judge.fails:,} labels"


def judged_rates(result: Evaluated) -> Iterator[tuple[str, tuple[str, str]]]:
    """Yield the rates that judges passed, of an arm that is compared with none; corrected where that is known."""
    for metric in result.suite.suite.rubrics:
        said = [record.scores[metric].passed for record in result.records if metric in record.scores]
        told = [passed for passed in said if passed is not None]
        beside = f" ({len(said) - len(told):,} unscored)" if len(told) < len(said) else ""
        if not told:
            yield metric, (f"{_NONE}{beside}", _NONE)
            continue
        rate, judge = rate_interval(sum(told), len(told)), result.judges[metric].judge
        bounds = limits(rate)
        if isinstance(judge, Judge) and judge.beats_a_coin:
            bounds += f", corrected {shares(corrected_rate(sum(told), len(told), judge))}"
        yield metric, (f"{sum(told):,}/{len(told):,} = {percent(rate.estimate)}{beside}", bounds)
