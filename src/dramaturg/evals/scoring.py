"""What came of a cell to its record; its one rule: both arms are held to the same yardstick."""

import hashlib
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal

from dramaturg.engine.assemble import assemble
from dramaturg.engine.brief import Brief
from dramaturg.engine.calls import Usage
from dramaturg.engine.outcome import Outcome as EngineOutcome
from dramaturg.evals.cells import Asked, Performed
from dramaturg.evals.judging.jury import Opinions
from dramaturg.evals.records import Arm, Outcome, Record, Scored, StepRecord
from dramaturg.evals.scorers.model import Effort, Score, Scorer, View
from dramaturg.evals.suite import Case
from dramaturg.evals.yardstick import Yardstick
from dramaturg.run.budget import Tariffs
from dramaturg.run.perform import preface_of

_WHY = 12  # lines that are kept of each scorer
NO_OPINIONS = Opinions()


@dataclass(frozen=True, slots=True, kw_only=True)
class Bench:
    """What performances of a case are scored with.

    Attributes:
        case: The case.
        scorers: What they are scored by.
        brief: What was performed.
        yardstick: What they are measured by.
        tariffs: What tokens cost.
    """

    case: Case
    scorers: Sequence[Scorer]
    brief: Brief
    yardstick: Yardstick
    tariffs: Tariffs


def record_performance(performed: Performed, arm: Arm, bench: Bench, opinions: Opinions = NO_OPINIONS) -> Record:
    """Score a performance; one that the machinery failed, or its judge, is not scored."""
    place, error = performed.place, performed.error or opinions.error
    view = replace(view_of(performed, bench), judged=opinions.scores)
    scores: dict[str, Score] = {}
    scored: dict[str, Scored] = {}
    if not error:
        for scorer in bench.scorers:
            score = scores[scorer.metric] = scorer.score(view)
            scored[scorer.metric] = Scored(
                value=score.value, passed=scorer.passes(score), why=score.why[:_WHY], measured=score.measured
            )
    required = [scorer.metric for scorer in bench.scorers if scorer.required and scored]
    passed = [scored[metric].passed for metric in required]
    abstained = any(scores[metric].abstained for metric in required)
    return Record(
        arm=arm,
        persona=place.persona,
        case=place.case,
        model=place.model,
        repeat=place.repeat,
        outcome="error" if error else _outcome(performed, passed, abstained=abstained),
        scores=scored,
        steps=tuple(_steps(performed, scores, bench)),
        judging=tuple(_judging(opinions, scored, bench)),
        error=error,
        failure=view.failure,
        document=text_digest(view.markdown) if view.markdown else "",
    )


def view_of(performed: Performed, bench: Bench) -> View:
    """Return what scorers see of a performance, before any judge has seen it."""
    outcome, failure = performed.outcome, performed.failure
    return View(
        case=bench.case.id,
        tags=bench.case.tags,
        plan=bench.brief.plan,
        yardstick=bench.yardstick,
        outcome=outcome,
        markdown=document_text(bench.brief, outcome) if outcome else "",
        failed=bench.yardstick.step(failure.step) if failure else "",
        failure=_told(performed),
        writes=bench.brief.profile.writes,
        effort=_effort(performed.asked, bench.tariffs),
    )


def document_text(brief: Brief, outcome: EngineOutcome) -> str:
    """Return what a reader sees: without the comment at its end that says what it was made of."""
    return assemble(brief.plan, outcome, preface=preface_of(brief), quotes=not brief.profile.writes).markdown


def text_digest(text: str) -> str:
    """Return what a record knows a document by."""
    return hashlib.sha256(text.encode()).hexdigest()


def _told(performed: Performed) -> str:
    failure = performed.failure
    if failure is None:
        return ""
    reasons = "; ".join(finding.message for finding in failure.findings)
    return f"step {failure.step} `{failure.title}` fell short" + (f": {reasons}" if reasons else "")


def _outcome(performed: Performed, required: Sequence[bool | None], *, abstained: bool) -> Outcome:
    """Return whether a performance passed; a judge that cannot tell leaves it open, unless something else decides."""
    if performed.failure is not None or False in required:
        return "fail"
    return "pass" if True in required and not abstained else "unscored"


def _steps(performed: Performed, scores: Mapping[str, Score], bench: Bench) -> Iterator[StepRecord]:
    """Yield a record for each step that was asked, then for each that only a scorer speaks of."""
    asked: dict[str, list[Asked]] = defaultdict(list)
    for each in performed.asked:
        asked[bench.yardstick.step(each.step)].append(each)
    accepted = {bench.yardstick.step(step) for step in performed.accepted}
    spoken = dict.fromkeys(step for score in scores.values() for step in score.steps)
    for step in dict.fromkeys((*asked, *spoken)):
        values = {metric: score.steps[step] for metric, score in scores.items() if step in score.steps}
        effort = _effort(asked[step], bench.tariffs)
        done = step in accepted or not asked[step]
        yield StepRecord(
            step=step,
            outcome=_step_outcome(values, done=done, lost=bool(performed.error)),
            scores=values,
            usage=effort.usage,
            usd=effort.usd,
            seconds=effort.seconds or 0.0,
            keys=tuple(each.key for each in asked[step]),
            new=sum(each.new for each in asked[step]),
        )


def _judging(opinions: Opinions, scored: Mapping[str, Scored], bench: Bench) -> Iterator[StepRecord]:
    """Yield a record for each metric that a judge was asked for."""
    for metric, asked in opinions.asked.items():
        effort = _effort(asked, bench.tariffs)
        passed = scored[metric].passed if metric in scored else None
        yield StepRecord(
            step=metric,
            outcome="error" if not scored else "unscored" if passed is None else "pass" if passed else "fail",
            usage=effort.usage,
            usd=effort.usd,
            seconds=effort.seconds or 0.0,
            keys=tuple(each.key for each in asked),
            new=sum(each.new for each in asked),
        )


def _step_outcome(values: Mapping[str, float], *, done: bool, lost: bool) -> Outcome:
    if not done:
        return "error" if lost else "fail"
    if not values:
        return "unscored"
    return "pass" if min(values.values()) >= 1 else "fail"


def _effort(asked: Sequence[Asked], tariffs: Tariffs) -> Effort:
    costs = [tariffs.of(each.model).cost(each.usage) for each in asked]
    known = [cost for cost in costs if cost is not None]
    seconds = [each.seconds for each in asked]
    return Effort(
        calls=len(asked),
        usage=sum((each.usage for each in asked), Usage()),
        seconds=None if None in seconds else sum(filter(None, seconds)),
        usd=float(sum(known, Decimal(0))) if len(known) == len(costs) else None,
    )
