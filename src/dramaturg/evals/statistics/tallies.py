"""Samples of an arm to their counts; its one rule: every sample is counted once, and the sum is what was asked."""

from collections import Counter
from collections.abc import Mapping, Sequence

from dramaturg.evals.statistics.calibration import Judge, corrected_rate
from dramaturg.evals.statistics.effects import mean
from dramaturg.evals.statistics.intervals import Interval
from dramaturg.evals.statistics.preferring import PairJudge
from dramaturg.evals.statistics.rates import failure_bound, rate_interval
from dramaturg.evals.statistics.samples import Arms, Sample, value_of
from dramaturg.evals.statistics.verdict import Tally

_MOSTLY = 0.5


def tally_arms(arms: Arms, *, level: float) -> tuple[Tally, Tally]:
    """Return the counts of the baseline and of the candidate."""
    valued = {case for _, case, _, sample in arms.samples() if value_of(sample) is not None or sample == "error"}
    applicable = valued | arms.applies
    baseline, candidate = (_tally(cases, applicable, arms, level=level) for cases in (arms.baseline, arms.candidate))
    return baseline, candidate


def _tally(cases: Mapping[str, Sequence[Sample]], applicable: set[str], arms: Arms, *, level: float) -> Tally:
    counts = Counter(sample for samples in cases.values() for sample in samples if sample in ("error", "unscored"))
    values = {
        case: valued
        for case, samples in cases.items()
        if (valued := [value for sample in samples if (value := value_of(sample)) is not None])
    }
    numbers = [value for valued in values.values() for value in valued]
    passed = 0 if arms.scored else round(sum(numbers))
    rated = bool(numbers) and not arms.scored
    return Tally(
        passed=passed,
        failed=0 if arms.scored else len(numbers) - passed,
        valued=len(numbers),
        errors=counts["error"],
        unscored=counts["unscored"],
        missing=sum(sample in ("error", "unscored") for case in applicable for sample in cases.get(case, ())),
        mean=mean(numbers) if numbers else None,
        rate=rate_interval(passed, len(numbers), level=level) if rated else None,
        corrected=_corrected(passed, len(numbers), arms.judge, level) if rated else None,
        failure_bound=failure_bound(len(values)) if rated and passed == len(numbers) else None,
    )


def _corrected(passed: int, trials: int, judge: Judge | PairJudge | None, level: float) -> Interval | None:
    if not isinstance(judge, Judge) or not judge.beats_a_coin:
        return None
    return corrected_rate(passed, trials, judge, level=level)


def lost_to_errors(tally: Tally) -> bool:
    """Tell whether half of an arm's samples or more say nothing because the machinery failed."""
    return tally.asked > 0 and tally.errors >= _MOSTLY * tally.asked


def hides_a_drop(baseline: Tally, candidate: Tally, share: float) -> bool:
    """Tell whether so many more of the candidate's samples are missing that fails among them could be a real drop."""
    return _missing_share(candidate) - _missing_share(baseline) > share


def hides_a_preference(tally: Tally, share: float) -> bool:
    """Tell whether so many pairs have no verdict, in either arm then, that losses among them could be a real drop."""
    return _missing_share(tally) > share


def _missing_share(tally: Tally) -> float:
    counted = tally.valued + tally.missing
    return tally.missing / counted if counted else 0.0
