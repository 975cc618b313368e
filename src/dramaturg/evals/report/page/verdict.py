"""A decision to what a reader sees first; its one rule: words and figures are those of every other layout."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from markupsafe import Markup

from dramaturg.evals.evaluated import Evaluated
from dramaturg.evals.gate import Decision
from dramaturg.evals.report.judges import judge_sentences
from dramaturg.evals.report.page.drawing import Drawing, change_drawn, rates_drawn, reach
from dramaturg.evals.report.table import (
    Row,
    cannot_differ,
    cost_sentence,
    error_sentences,
    failure_sentences,
    fallen_steps,
    headline,
    points,
    table_of,
    undecided,
)
from dramaturg.evals.statistics.intervals import Interval
from dramaturg.evals.statistics.rates import rate_interval
from dramaturg.evals.statistics.verdict import Comparison, Kind, Tally
from dramaturg.evals.suite import PASS
from dramaturg.run.page.text import prose, remark

_PERCENT = 100
_WORDS = {
    Kind.WORSE: ("Worse", "bad"),
    Kind.BETTER: ("Better", "good"),
    Kind.NO_WORSE: ("No worse", "good"),
    Kind.INCONCLUSIVE: ("Inconclusive", "unsure"),
    Kind.INFRASTRUCTURE: ("Nothing known", "unsure"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Metric:
    """A metric: its name, whether it decides, whether it differs, what stands in its columns, what is drawn of it."""

    name: str
    gates: bool
    moved: bool
    kind: str
    cells: tuple[str, ...]
    rates: Drawing | None = None
    change: Drawing | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Fallen:
    """A step that fell: its id, its section or name, the score, its means before and now, and why."""

    step: str
    title: Markup
    metric: str
    before: str
    now: str
    why: tuple[Markup, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Summary:
    """What stands at the head of the page.

    Attributes:
        word: The decision in a word or two.
        tone: `bad`, `good`, `unsure` or `plain`.
        lead: What it rests on, a sentence each.
        heads: What the columns of the metrics are called.
        metrics: The metrics that decide, then those that differ.
        still: Those that do neither.
        fallen: The steps that fell.
        deciding: What deciding would take, where nothing is decided.
        remarks: What else there is to say.
        cost: What was asked, and for how much.
    """

    word: str
    tone: str
    lead: tuple[Markup, ...]
    heads: tuple[str, ...]
    metrics: tuple[Metric, ...]
    still: tuple[Metric, ...]
    fallen: tuple[Fallen, ...]
    deciding: tuple[Markup, ...]
    remarks: tuple[Markup, ...]
    cost: str


def summary_of(result: Evaluated) -> Summary:
    """Return what is decided, and what that rests on."""
    decision, table = result.decision, table_of(result)
    metrics = [*(_compared(result, decision, table.rows) if decision else _alone(result, table.rows))]
    word, tone = _word(result)
    return Summary(
        word=word,
        tone=tone,
        lead=tuple(map(remark, _lead(result))),
        heads=table.heads,
        metrics=tuple(sorted((each for each in metrics if each.gates or each.moved), key=lambda each: not each.gates)),
        still=tuple(each for each in metrics if not (each.gates or each.moved)),
        fallen=tuple(_fallen(decision, step_titles(result))) if decision else (),
        deciding=tuple(map(remark, undecided(result))),
        remarks=tuple(map(remark, _remarks(result))),
        cost=cost_sentence(result),
    )


def step_titles(result: Evaluated) -> Mapping[tuple[str, str], Markup]:
    """Return what each step writes, or is called, by persona and the id that records know the step by."""
    first = next(iter(result.arms.values()))
    return {
        (persona, step.id): prose(step.section or step.name)
        for persona, part in first.parts.items()
        for step in part.plan.steps
    }


def _word(result: Evaluated) -> tuple[str, str]:
    if result.lost:
        return _WORDS[Kind.INFRASTRUCTURE]
    if result.decision is None:
        passed = sum(record.outcome == "pass" for record in result.records)
        return f"{passed:,} of {len(result.records):,} passed", "good" if passed == len(result.records) else "plain"
    return _WORDS[result.decision.kind]


def _lead(result: Evaluated) -> Iterator[str]:
    """Yield the decision in sentences."""
    decision = result.decision
    if result.lost:
        yield headline(result)
    elif decision is not None and decision.same:
        made = (
            "asked the same questions" if decision.alike == decision.pairs else "made the same document out of quotes"
        )
        yield f"Both arms {made} in every pair: they cannot differ."
        if decision.equal:
            yield "Only a language model reads the rest."
    elif decision is not None:
        names = [arm.name for arm in result.arms.values()]
        yield from (_told(each, names, decision) for each in decision.verdict.comparisons if each.gates)


def _told(comparison: Comparison, names: Sequence[str], decision: Decision) -> str:
    arms = [
        f"{_share(tally)} in `{name}`"
        for tally, name in zip((comparison.baseline, comparison.candidate), names, strict=True)
    ]
    said = f"`{comparison.metric}`: {arms[0]}, {arms[1]}"
    effect = comparison.effect
    if effect is None:
        return f"{said}."
    level = round(_PERCENT * (1 - 2 * decision.verdict.alpha))
    if comparison.scored:
        return f"{said}: {effect.estimate:+.2f}, {level} % interval {effect.low:+.2f} to {effect.high:+.2f}."
    change, low, high = map(points, (effect.estimate, effect.low, effect.high))
    return f"{said}: {change} points, {level} % interval {low} to {high}."


def _share(tally: Tally) -> str:
    if tally.mean is None:
        return "no value"
    return f"{tally.mean:.2f} on average" if tally.rate is None else f"{tally.passed:,} of {tally.valued:,} passed"


def _compared(result: Evaluated, decision: Decision, rows: Sequence[Row]) -> Iterator[Metric]:
    """Yield the metrics of two arms, then what is measured on a scale of its own."""
    comparisons = decision.verdict.comparisons
    same = bool(decision.same)
    far = reach(comparisons)
    names = [arm.name for arm in result.arms.values()]
    for comparison, row in zip(comparisons, rows, strict=False):
        tallies = (("baseline", comparison.baseline), ("candidate", comparison.candidate))
        rates = [(arm, drawn) for arm, tally in tallies if (drawn := _drawn(tally)) is not None]
        label = f"{comparison.metric}: {names[0]} {row.cells[0]}; {names[1]} {row.cells[1]}"
        yield Metric(
            name=comparison.metric,
            gates=comparison.gates,
            moved=comparison.baseline.mean != comparison.candidate.mean,
            kind="same" if same else comparison.kind.name.casefold(),
            cells=row.cells,
            rates=rates_drawn(rates, label) if rates else None,
            change=None if same else change_drawn(comparison, far, f"change of {comparison.metric}: {row.cells[2]}"),
        )
    for row in rows[len(comparisons) :]:
        moved = row.cells[0] != row.cells[1]
        yield Metric(name=row.metric, gates=False, moved=moved, kind="measured", cells=row.cells)


def _drawn(tally: Tally) -> Interval | None:
    """Return the rate of an arm with its interval; of scores the mean alone."""
    if tally.rate is not None or tally.mean is None:
        return tally.rate
    return Interval(estimate=tally.mean, low=tally.mean, high=tally.mean, level=0.0)


def _alone(result: Evaluated, rows: Sequence[Row]) -> Iterator[Metric]:
    """Yield the metrics of an arm that is compared with none."""
    judged = [record.outcome == "pass" for record in result.records if record.outcome in ("pass", "fail")]
    for row in rows:
        gates = row.metric in result.suite.suite.gate.metrics
        drawn = None
        if row.metric == PASS:
            drawn = rates_drawn([("candidate", rate_interval(sum(judged), len(judged)))], f"pass: {row.cells[0]}")
        yield Metric(name=row.metric, gates=gates, moved=True, kind="alone", cells=row.cells, rates=drawn)


def _fallen(decision: Decision, titles: Mapping[tuple[str, str], Markup]) -> Iterator[Fallen]:
    if decision.kind not in (Kind.WORSE, Kind.INCONCLUSIVE):
        return
    for fall in fallen_steps(decision):
        called = {title for (_, step), title in titles.items() if step == fall.step}
        yield Fallen(
            step=fall.step,
            title=called.pop() if len(called) == 1 else Markup(),  # personas may number theirs alike
            metric=fall.metric,
            before=f"{fall.baseline:.2f}",
            now=f"{fall.candidate:.2f}",
            why=tuple(map(remark, fall.why)),
        )


def _remarks(result: Evaluated) -> Iterator[str]:
    decision = result.decision
    if decision is None:
        yield from failure_sentences(result)
    elif not decision.same:
        yield from cannot_differ(decision)
    yield from judge_sentences(result)
    yield from error_sentences(result.records)
