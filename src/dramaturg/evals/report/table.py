"""A result to rows and sentences that every layout shares; its one rule: figures are rounded here and nowhere else."""

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from statistics import fmean

from dramaturg.evals.arms import WORK_TREE
from dramaturg.evals.evaluated import Evaluated
from dramaturg.evals.gate import Decision, Fall
from dramaturg.evals.records import Record
from dramaturg.evals.report.figures import counted, limits, percent
from dramaturg.evals.report.judges import judge_sentences, judged_rates
from dramaturg.evals.statistics.clustered import clustered_mean
from dramaturg.evals.statistics.power import Price
from dramaturg.evals.statistics.rates import failure_bound, rate_interval
from dramaturg.evals.statistics.sequential import losses_needed
from dramaturg.evals.statistics.verdict import Comparison, Kind, Tally
from dramaturg.evals.suite import MOST_REPEATS, PASS, Gate
from dramaturg.models.prices import dollars

_PERCENT = 100
_WHY = 4
_NONE = "–"


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One metric: its name, marked where it gates, and what stands in each column."""

    metric: str
    cells: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """Rows under their heads."""

    heads: tuple[str, ...]
    rows: tuple[Row, ...]


def table_of(result: Evaluated) -> Table:
    """Return the metrics of both arms, or of the only one."""
    if result.decision is None:
        alone = next(iter(result.arms.values())).name
        return Table(heads=("metric", alone, "95 % interval"), rows=tuple(_single_rows(result)))
    names = [arm.name for arm in result.arms.values()]
    level = round(_PERCENT * (1 - 2 * result.decision.verdict.alpha))
    heads = ("metric", *names, f"change, {level} % interval", "verdict")
    same = result.decision.same
    compared = (_compared(each, same) for each in result.decision.verdict.comparisons)
    return Table(heads=heads, rows=(*compared, *_measured_rows(result)))


def headline(result: Evaluated) -> str:
    """Return the verdict in one line."""
    decision = result.decision
    if result.lost:
        return f"INFRASTRUCTURE: {result.errors:,} of {len(result.records):,} performances failed for technical reasons"
    if decision is None:
        passed = sum(record.outcome == "pass" for record in result.records)
        return f"{passed:,} of {len(result.records):,} performances passed"
    first, *others = [each for each in decision.verdict.comparisons if each.gates]
    wider = [f", `{each.metric}` than {_points(each)}" for each in others if each.margin != first.margin]
    said = {
        Kind.WORSE: "WORSE",
        Kind.BETTER: "BETTER",
        Kind.NO_WORSE: f"NO WORSE than {_points(first)} points{''.join(wider)}",
        Kind.INCONCLUSIVE: "INCONCLUSIVE",
        Kind.INFRASTRUCTURE: "INFRASTRUCTURE: too many performances failed for technical reasons",
    }
    return said[decision.kind]


def _points(comparison: Comparison) -> str:
    return points(comparison.margin, sign=False)


def sentences(result: Evaluated) -> Iterator[str]:
    """Yield what stands below the table: where it fell, what was edited, what deciding takes, what it cost."""
    decision = result.decision
    if decision is not None:
        yield from _of_decision(decision)
        yield from undecided(result)
    else:
        yield from failure_sentences(result)
    yield from judge_sentences(result)
    yield from error_sentences(result.records)
    yield cost_sentence(result)


def _of_decision(decision: Decision) -> Iterator[str]:
    yield from cannot_differ(decision)
    blamed = decision.edits
    if decision.kind in (Kind.WORSE, Kind.INCONCLUSIVE):
        yield from (_fallen(fall) for fall in fallen_steps(decision))
        blamed = decision.blamed
    yield from (f"edited: {edit}" for edit in blamed)
    yield from (f"also edited: {edit}" for edit in decision.edits if edit not in blamed)
    if not decision.edits:
        yield "nothing was edited"


def cannot_differ(decision: Decision) -> Iterator[str]:
    """Yield in how many pairs the arms cannot differ, and why."""
    for pairs, why in (
        (decision.alike, "asked the same questions, and cannot differ"),
        (
            decision.equal,
            "made the same document out of quotes, and cannot differ; only a language model reads the rest",
        ),
    ):
        if pairs:
            each = "every pair" if pairs == decision.pairs else f"{pairs:,} of {decision.pairs:,} pairs"
            yield f"in {each} both arms {why}"


def fallen_steps(decision: Decision) -> Sequence[Fall]:
    """Return the deepest fall of each step."""
    found: dict[str, Fall] = {}
    for fall in decision.falls:
        found.setdefault(fall.step, fall)
    return [*found.values()]


def _fallen(fall: Fall) -> str:
    why = "; ".join(fall.why[:_WHY])
    more = f"; and {len(fall.why) - _WHY} more" if fall.why[_WHY:] else ""
    told = f": {why}{more}" if why else ""
    return f"step {fall.step}: {fall.metric} fell from {fall.baseline:.2f} to {fall.candidate:.2f}{told}"


def undecided(result: Evaluated) -> Iterator[str]:
    """Yield what keeps a decision from being made: what the samples could have found, and what deciding takes."""
    if result.decision is None or result.decision.kind is not Kind.INCONCLUSIVE:
        return
    verdict = result.decision.verdict
    for comparison in verdict.comparisons:
        if comparison.gates and comparison.obstacle:
            yield f"{comparison.metric}: {comparison.obstacle}"
        elif comparison.gates and comparison.detectable is not None:
            drop = points(comparison.detectable, sign=False)
            yield f"{comparison.metric}: this many samples find a drop of {drop} points four times in five"
    yield from too_few(result.suite.suite.gate, result.planned)
    if verdict.price is not None:
        yield f"to decide: {_deciding(verdict.price, result)}"


def too_few(gate: Gate, pairs: int) -> Iterator[str]:
    """Yield that a gate which stops early can call nothing worse after so few pairs; nothing where it can."""
    least = losses_needed(1 / gate.alpha)
    if gate.sequential and pairs < least:
        there = "there is 1" if pairs == 1 else f"there are {pairs:,}"
        yield f"one by one it takes {least} pairs at least to be worse, and {there}; `--fixed` reads all at once"


def _deciding(price: Price, result: Evaluated) -> str:
    """Return what deciding takes, by the option for it where one takes as much: two recorded evals have none."""
    cost = "" if price.cost is None else f", about {dollars(Decimal(str(price.cost)))}"
    more = f"{counted(price.repeats, 'more repeat')} of each case, {counted(price.pairs, 'pair')}{cost}"
    repeats = price.repeats + 1 + max(record.repeat for record in result.records)
    if repeats > MOST_REPEATS or result.arms["candidate"].name != WORK_TREE:
        return more
    return f"`--repeats {repeats}` ({more})"


def failure_sentences(result: Evaluated) -> Iterator[str]:
    """Yield why performances fell short, where there is nothing to compare them with."""
    why = Counter(
        line
        for record in result.records
        for scored in record.scores.values()
        if scored.passed is False
        for line in scored.why
    )
    yield from (f"{counted(count, 'time')}: {line}" for line, count in why.most_common(2 * _WHY))


def error_sentences(records: Sequence[Record]) -> Iterator[str]:
    """Yield what the machinery failed with, the most frequent first."""
    for error, count in Counter(record.error for record in records if record.error).most_common(_WHY):
        yield f"{counted(count, 'time')} failed for technical reasons: {error}"


def cost_sentence(result: Evaluated) -> str:
    """Return what was asked, and for how much."""
    usd = "price unknown" if result.usd is None else f"${result.usd:.2f}" if result.usd else "$0"
    early = f", stopped after {len(result.records) // 2:,} of {result.planned:,} pairs" if _early(result) else ""
    return f"{result.asked:,} of {result.needed:,} questions were asked for this, {usd}{early}"


def _early(result: Evaluated) -> bool:
    return result.decision is not None and len(result.records) < 2 * result.planned


def _compared(comparison: Comparison, same: str) -> Row:
    """Return a metric in both arms; `same` is what these have in common where it cannot differ."""
    arms = (_tallied(comparison.baseline), _tallied(comparison.candidate))
    if same:
        return Row(metric=_marked(comparison), cells=(*arms, "none", same))
    change = _NONE
    if comparison.effect is not None:
        shown = _difference if comparison.scored else points
        estimate, low, high = map(shown, (comparison.effect.estimate, comparison.effect.low, comparison.effect.high))
        change = f"{estimate} [{low}, {high}]"
    return Row(metric=_marked(comparison), cells=(*arms, change, _said(comparison)))


def _said(comparison: Comparison) -> str:
    """Return the verdict on a metric, in brackets where it does not count."""
    said, p = comparison.kind.value, f"p {comparison.p_worse:.2g}"
    if comparison.kind is not Kind.WORSE:
        return said if comparison.gates else f"({said})"
    return f"{said} ({p})" if comparison.gates else f"({said}, {p})"


def _marked(comparison: Comparison) -> str:
    return f"{comparison.metric} *" if comparison.gates else comparison.metric


def _tallied(tally: Tally) -> str:
    lost = [f"{tally.errors:,} errors"] if tally.errors else []
    lost += [f"{tally.unscored:,} unscored"] if tally.unscored else []
    beside = f" ({', '.join(lost)})" if lost else ""
    if tally.mean is None:
        return f"{_NONE}{beside}"
    if tally.rate is None:
        return f"{tally.mean:.2f}, {_mean_of(tally.valued)}{beside}"
    corrected = f", corrected {percent(tally.corrected.estimate)} {limits(tally.corrected)}" if tally.corrected else ""
    return f"{tally.passed:,}/{tally.valued:,} = {percent(tally.mean)} {limits(tally.rate)}{corrected}{beside}"


def _mean_of(count: int) -> str:
    return f"mean of {count:,}"


def _measured_rows(result: Evaluated) -> Iterator[Row]:
    """Yield the means of what is measured on a scale of its own."""
    for metric, unit in _units(result).items():
        means = tuple(_mean_measured(result.records, arm, metric) for arm in result.arms)
        rest = (_NONE, _NONE) if result.decision else (_NONE,)
        yield Row(metric=metric if metric == unit else f"{metric} ({unit})", cells=(*means, *rest))


def _units(result: Evaluated) -> Mapping[str, str]:
    suite = result.suite.suite
    scorers = (*suite.scorers, *(scorer for case in suite.cases for scorer in case.scorers))
    return {scorer.metric: scorer.unit for scorer in scorers if scorer.unit}


def _mean_measured(records: Sequence[Record], arm: str, metric: str) -> str:
    known = [
        score.measured
        for record in records
        if record.arm == arm and (score := record.scores.get(metric)) and score.measured is not None
    ]
    return f"{fmean(known):.4g}, {_mean_of(len(known))}" if known else _NONE


def _single_rows(result: Evaluated) -> Iterator[Row]:
    """Yield the metrics of an arm that is compared with none."""
    records, suite = result.records, result.suite.suite
    judged = [record.outcome == "pass" for record in records if record.outcome in ("pass", "fail")]
    if judged:
        rate = rate_interval(sum(judged), len(judged))
        cases = len({record.case for record in records})  # repeats say nothing of cases that are not there
        every = f"; of such cases up to {percent(failure_bound(cases))} may fail" if all(judged) else ""
        yield Row(
            metric=PASS, cells=(f"{sum(judged):,}/{len(judged):,} = {percent(rate.estimate)}", limits(rate) + every)
        )
    clusters = {case.id: case.cluster for case in suite.cases if case.cluster}
    yield from (Row(metric=metric, cells=cells) for metric, cells in judged_rates(result))
    for metric in suite.metrics[1:]:
        if metric in suite.rubrics:
            continue
        by_case: dict[str, list[float]] = defaultdict(list)
        for record in records:
            scored = record.scores.get(metric)
            if scored is not None and scored.value is not None:
                by_case[record.case].append(scored.value)
        if by_case:
            means = {case: fmean(values) for case, values in by_case.items()}
            interval = clustered_mean(means, clusters)
            count = sum(map(len, by_case.values()))
            bounds = f"[{max(0, interval.low):.2f}, {min(1, interval.high):.2f}]" if interval else _NONE
            yield Row(metric=metric, cells=(f"{fmean(means.values()):.2f}, {_mean_of(count)}", bounds))
    yield from _measured_rows(result)


def _difference(change: float) -> str:
    return f"{change:+.2f}"


def points(change: float, *, sign: bool = True) -> str:
    """Return a difference of rates in points."""
    return f"{_PERCENT * change:+.0f}" if sign else f"{_PERCENT * change:.0f}"
