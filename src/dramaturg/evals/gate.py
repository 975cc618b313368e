"""Records of two arms to a decision; its one rule: what decides stands beside what it rests on."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

from dramaturg.evals.edits import Edit
from dramaturg.evals.judging.standings import Standing
from dramaturg.evals.records import Arm, Record
from dramaturg.evals.scorers.judged import Pairwise
from dramaturg.evals.stage import Pair
from dramaturg.evals.statistics.calibration import Judge
from dramaturg.evals.statistics.decide import decide
from dramaturg.evals.statistics.samples import Arms, Sample
from dramaturg.evals.statistics.verdict import Kind, Verdict
from dramaturg.evals.suite import PASS, QUOTING, Suite

_PERCENT = 100
Asked = tuple[str, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class Fall:
    """How much a step's score fell.

    Attributes:
        step: What the baseline calls the step.
        metric: Which score.
        baseline: Its mean in the baseline.
        candidate: Its mean in the candidate.
        why: What is missing in the candidate that the baseline has, one line each.
    """

    step: str
    metric: str
    baseline: float
    candidate: float
    why: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """Whether an edit is worse.

    Attributes:
        kind: What is decided.
        verdict: What the samples say; None without a baseline.
        pairs: How many pairs of performances there are.
        alike: Those in which both arms asked exactly the same questions, and so cannot differ.
        equal: Others in which both made the same document out of quotes, which come out the same however often.
        falls: The scores of steps that fell, the deepest first.
        edits: What was edited.
        blamed: Those of the edits that the fall can come from; empty where nothing fell.
    """

    kind: Kind
    verdict: Verdict
    pairs: int
    alike: int
    equal: int = 0
    falls: tuple[Fall, ...] = ()
    edits: tuple[Edit, ...] = ()
    blamed: tuple[Edit, ...] = ()

    @property
    def same(self) -> str:
        """What both arms have in common in every pair, so that they cannot differ; empty where they can."""
        if self.alike == self.pairs:
            return "the same questions"
        return "the same documents" if self.alike + self.equal == self.pairs else ""


def stratum_name(persona: str, case: str, model: str) -> str:
    """Return what a case of one persona and one model is called in a comparison."""
    return f"{case} · {persona} · {model}"


def pair_names(suite: Suite, pairs: Sequence[Pair]) -> list[Asked]:
    """Return pairs as a sequential comparison names them."""
    return [(stratum_name(pair.persona, suite.cases[pair.case].id, pair.model), pair.repeat) for pair in pairs]


def compare_records(
    suite: Suite,
    records: Sequence[Record],
    *,
    seed: int,
    judges: Mapping[str, Standing] = MappingProxyType({}),
    order: Sequence[Asked] | None = None,
) -> Verdict:
    """Return what the records of two arms say.

    Args:
        suite: Whose gate decides.
        records: Of both arms.
        seed: Of the draws of a permutation test.
        judges: What is known of who judged, by metric.
        order: Every pair in the order asked, for a sequential comparison.
    """
    gate = suite.gate
    return decide(
        _metrics(suite, records, judges),
        margin=gate.margin / _PERCENT,
        alpha=gate.alpha,
        seed=seed,
        cost_per_sample=_cost_per_sample(records),
        order=order,
    )


def decision_of(records: Sequence[Record], verdict: Verdict, edits: Sequence[Edit]) -> Decision:
    """Return what a verdict amounts to: who is to blame, and whether anything could differ at all."""
    both = _paired(records)
    alike = sum(_are_alike(old, new) for old, new in both)
    equal = sum(_are_equal(old, new) for old, new in both if not _are_alike(old, new))
    kind = verdict.kind
    if both and alike + equal == len(both) and kind is Kind.INCONCLUSIVE and not any(each.error for each in records):
        kind = Kind.NO_WORSE
    falls = _falls(both)
    blamed = _blamed(falls, edits) if kind in (Kind.WORSE, Kind.INCONCLUSIVE) else ()
    return Decision(
        kind=kind,
        verdict=verdict,
        pairs=len(both),
        alike=alike,
        equal=equal,
        falls=falls,
        edits=tuple(edits),
        blamed=blamed,
    )


def _are_alike(old: Record, new: Record) -> bool:
    """Tell whether both arms asked the same."""
    return old.keys == new.keys and bool(old.keys)


def _are_equal(old: Record, new: Record) -> bool:
    """Tell whether both arms made the same of it, by what does not vary."""
    if new.model != QUOTING or not new.document or old.document != new.document:
        return False
    scores = ({name: (each.value, each.passed) for name, each in record.scores.items()} for record in (old, new))
    return old.outcome == new.outcome and next(scores) == next(scores)


def _metrics(suite: Suite, records: Sequence[Record], judges: Mapping[str, Standing]) -> Mapping[str, Arms]:
    gating = suite.gate.metrics
    clusters = {case.id: case.cluster for case in suite.cases if case.cluster}
    both = _paired(records)
    paired = 2 * sum(bool(old.keys & new.keys) for old, new in both) > len(both)
    judged, rubrics, pairwise = suite.judged, suite.rubrics, suite.pairwise
    compared = {case.id: {each.metric for each in suite.scorers_of(case)} & pairwise.keys() for case in suite.cases}
    known = {metric: each.judge for metric, each in judges.items() if each.judge and each.judge.beats_a_coin}
    worths = ((known.get(metric), rubric) for metric, rubric in rubrics.items())
    required = tuple(judge for judge, rubric in worths if rubric.required and isinstance(judge, Judge))
    names = {stratum_name(*record.stratum): record.case for record in records}
    sources = {name: clusters[case] for name, case in names.items() if case in clusters}
    found: dict[str, Arms] = {}
    for metric in dict.fromkeys((*gating, *suite.metrics)):
        baseline, candidate = _samples(records, metric, judged=metric in rubrics)
        if metric in gating or metric in judged or _says_something(candidate):
            found[metric] = Arms(
                baseline=baseline,
                candidate=candidate,
                clusters=sources,
                paired=paired or metric in pairwise,
                gates=metric in gating,
                margin=_margin(pairwise.get(metric)),
                preferred=metric in pairwise,
                applies=frozenset(name for name, case in names.items() if metric in compared[case]),
                judge=known.get(metric),
                judges=required if metric == PASS else (),
            )
    return found


def _margin(comparison: Pairwise | None) -> float | None:
    """Return the margin of a comparison that has one of its own; None for that of the gate."""
    return None if comparison is None or comparison.margin is None else comparison.margin / _PERCENT


def _samples(
    records: Sequence[Record], metric: str, *, judged: bool
) -> tuple[dict[str, list[Sample]], dict[str, list[Sample]]]:
    """Return the samples of a metric in the baseline and in the candidate, by case."""
    samples: Mapping[Arm, dict[str, dict[int, Sample]]] = {
        "baseline": defaultdict(dict),
        "candidate": defaultdict(dict),
    }
    for record in records:
        samples[record.arm][stratum_name(*record.stratum)][record.repeat] = _sample(record, metric, judged=judged)
    return _listed(samples["baseline"]), _listed(samples["candidate"])


def _sample(record: Record, metric: str, *, judged: bool) -> Sample:
    if record.outcome == "error" or metric == PASS:
        return record.outcome
    score = record.scores.get(metric)
    if score is None or score.value is None:
        return "unscored"
    return bool(score.passed) if judged else score.value


def _listed(cases: Mapping[str, Mapping[int, Sample]]) -> dict[str, list[Sample]]:
    return {
        name: [samples.get(repeat) for repeat in range(max(samples) + 1)] for name, samples in sorted(cases.items())
    }


def _says_something(cases: Mapping[str, Sequence[Sample]]) -> bool:
    return any(not isinstance(sample, str) for samples in cases.values() for sample in samples)


def _paired(records: Sequence[Record]) -> list[tuple[Record, Record]]:
    olds = {(*record.stratum, record.repeat): record for record in records if record.arm == "baseline"}
    news = {(*record.stratum, record.repeat): record for record in records if record.arm == "candidate"}
    return [(olds[place], news[place]) for place in news if place in olds]


def _cost_per_sample(records: Sequence[Record]) -> float | None:
    """Return dollars for a performance in one arm, where the arms share what both ask; None where not known."""
    usd: dict[tuple[str, ...], float] = {}
    for step in (step for record in records for step in record.asked):
        if step.usd is None:
            return None
        usd[step.keys] = step.usd
    return sum(usd.values()) / len(records) if records else None


def _falls(both: Sequence[tuple[Record, Record]]) -> tuple[Fall, ...]:
    """Return the scores of steps that are lower in the candidate, on average."""
    values: dict[tuple[str, str], list[tuple[float, float]]] = defaultdict(list)
    why: dict[str, dict[str, None]] = defaultdict(dict)
    for old, new in both:
        olds, news = ({step.step: step.scores for step in record.steps} for record in (old, new))
        for step in filter(news.__contains__, olds):  # in order, so that what fell alike is told alike every time
            for metric in filter(news[step].__contains__, olds[step]):
                values[step, metric].append((olds[step][metric], news[step][metric]))
        for metric, score in new.scores.items():
            before = old.scores[metric].why if metric in old.scores else ()
            why[metric] |= dict.fromkeys(line for line in score.why if line not in before)
    found = [_fall(step, metric, pairs, tuple(why[metric])) for (step, metric), pairs in values.items()]
    deepest = sorted((fall for fall in found if fall.candidate < fall.baseline), key=_depth)
    return tuple(deepest)


def _fall(step: str, metric: str, pairs: Sequence[tuple[float, float]], why: tuple[str, ...]) -> Fall:
    olds, news = zip(*pairs, strict=True)
    return Fall(step=step, metric=metric, baseline=sum(olds) / len(olds), candidate=sum(news) / len(news), why=why)


def _depth(fall: Fall) -> tuple[float, str]:
    return fall.candidate - fall.baseline, fall.step


def _blamed(falls: Sequence[Fall], edits: Sequence[Edit]) -> tuple[Edit, ...]:
    """Return the edits in the steps that fell; else those that all steps see; else all of them."""
    fallen = {fall.step for fall in falls}
    here = tuple(edit for edit in edits if edit.step in fallen)
    wide = tuple(edit for edit in edits if not edit.step)
    return here or wide or tuple(edits)
