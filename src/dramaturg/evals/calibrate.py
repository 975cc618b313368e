"""Labelled documents to what a judge is worth; its one rule: the judge is asked exactly what an eval would ask it."""

import asyncio
import hashlib
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AsyncExitStack
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

from dramaturg.errors import AuthorError, CallerError
from dramaturg.evals.batched import require_batches
from dramaturg.evals.budget import Budget, Pot
from dramaturg.evals.carrying import OnBatch
from dramaturg.evals.cells import Desk, Place
from dramaturg.evals.evaluate import state_here
from dramaturg.evals.judging.calibrations import (
    Calibration,
    Judged,
    calibration_path,
    keep_calibration,
    terms_of,
)
from dramaturg.evals.judging.calibrations import Terms as Bound
from dramaturg.evals.judging.checking import asking_faults
from dramaturg.evals.judging.jury import Jury
from dramaturg.evals.judging.labels import LabelsFile
from dramaturg.evals.judging.standings import judges_prompts, labels_of
from dramaturg.evals.opening import earlier_answers, open_judges, way_of
from dramaturg.evals.reading import SuiteFile
from dramaturg.evals.remedies import calibrate_command
from dramaturg.evals.replies import Replies
from dramaturg.evals.salvage import NOTHING, Lost
from dramaturg.evals.scorers.judged import Judged as Scorer
from dramaturg.evals.scorers.judged import Pairwise
from dramaturg.evals.terms import Terms
from dramaturg.evals.usable import read_changed
from dramaturg.findings.model import Finding
from dramaturg.models.model import Model
from dramaturg.run.budget import Tariffs
from dramaturg.run.loop import PRIVATE_LOOP

_SHOWN = 8
_LABELS = "labels"  # what stands where an arm would
_PREFERRED: Mapping[float | None, str] = {0.0: "a", 1.0: "b", 0.5: "tie", None: "unclear"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Bench:
    """What is judged, its labels, who is held against them, and what they are told."""

    scorer: Scorer
    labels: LabelsFile
    judge: Model
    prompt: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Calibrated:
    """What judges are worth.

    Attributes:
        suite: The suite.
        calibrations: By metric.
        labels: What each was held against, by metric.
        asked: Questions that were asked for it, before it was killed as well.
        needed: Questions that there are.
        usd: Dollars they cost; None where a price is not known.
    """

    suite: SuiteFile
    calibrations: Mapping[str, Calibration]
    labels: Mapping[str, LabelsFile]
    asked: int
    needed: int
    usd: float | None

    @property
    def sound(self) -> bool:
        """Whether every judge is shown to be better than a coin."""
        return all(each.judge.beats_a_coin for each in self.calibrations.values())


OnOpen = Callable[[Mapping[str, str]], None]
OnLabel = Callable[[str, Judged], None]


def calibrate_suite(
    suite: Path,
    terms: Terms | None = None,
    *,
    rubrics: Sequence[str] = (),
    on_open: OnOpen = lambda _: None,
    on_label: OnLabel = lambda *_: None,
    on_batch: OnBatch = lambda _: None,
) -> Calibrated:
    """Hold the judges of a suite against what people said, and write down beside the labels what they are worth.

    Args:
        suite: The suite file.
        terms: Who judges, what it may cost, whether it may ask.
        rubrics: Metrics of the rubrics and comparisons that are calibrated; all that have labels without any.
        on_open: Told where the text goes, by model, before anything is asked.
        on_label: Told of each document, by metric.
        on_batch: Told how far each batch is, where questions go out in batches.

    Raises:
        AuthorError: The suite or its labels have errors; all findings at once.
        CallerError: There is nothing to calibrate.
        ModelError: A judge could not be asked; the same call goes on where it stopped.
        BudgetSpent: The next call could exceed the budget; the same call goes on with a larger one.
        JournalMiss: A strict replay lacks an answer.
    """
    return PRIVATE_LOOP.call(_calibrate(suite, terms or Terms(), rubrics, on_open, on_label, on_batch))


async def _calibrate(
    suite: Path, terms: Terms, names: Sequence[str], on_open: OnOpen, on_label: OnLabel, on_batch: OnBatch
) -> Calibrated:
    file = read_changed(suite, terms, lambda sound, lost: _faults(sound, _wanted(sound, names), lost))
    way = way_of(file.suite.name, terms, on_batch)
    chosen = _chosen(file, names)
    prompts = judges_prompts(chosen, terms.prompts)
    earlier = earlier_answers(file, terms, state_here(terms))
    async with AsyncExitStack() as undo:
        require_batches(chosen, terms, performs=False)
        judges = await open_judges(chosen, terms, earlier, way, undo)
        benches = _benches(chosen, judges, prompts)
        run = f"calibrate-{_digest(benches)}"
        replies = Replies(earlier.folder, run, *earlier.answers)
        undo.callback(replies.close)
        await way.enter(replies, undo)
        budget = _budget(judges, replies, run, terms)
        desk = Desk(
            replies=replies,
            replay=terms.replay,
            way=way,
            holding=budget.holding,
            used=budget.used,
            notice=terms.notice,
            remedies={_LABELS: f"record it: `{calibrate_command(file, terms, names)}`"},
        )
        on_open({judge.name: judge.destination for judge in judges.values()})
        found = {}
        needed = 0
        for metric, bench in benches.items():
            judged = await _judged(bench, desk, terms, partial(on_label, metric))
            needed += sum(count for _, count in judged)
            found[metric] = _written(bench, [each for each, _ in judged])
    return Calibrated(
        suite=file,
        calibrations=found,
        labels={metric: bench.labels for metric, bench in benches.items()},
        asked=budget.calls,
        needed=needed,
        usd=None if budget.usd is None else float(budget.usd),
    )


def _benches(chosen: SuiteFile, judges: Mapping[str, Model], prompts: Mapping[str, str]) -> Mapping[str, Bench]:
    return {
        metric: Bench(
            scorer=scorer, labels=labels_of(chosen, scorer), judge=judges[metric], prompt=prompts[scorer.kind]
        )
        for metric, scorer in chosen.suite.judged.items()
    }


def _budget(judges: Mapping[str, Model], replies: Replies, run: str, terms: Terms) -> Budget:
    """Return what calibrating may cost, with what it has cost before it was killed."""
    profiles = {judge.name: judge.profile for judge in judges.values()}
    tariffs = Tariffs(given=terms.price)
    budget = Budget(pot=Pot(limit=terms.budget), tariffs=tariffs, profiles=profiles, run=run, batch=terms.batched)
    budget.require_prices()
    budget.resume(replies.spent())
    return budget


def _chosen(file: SuiteFile, names: Sequence[str]) -> SuiteFile:
    """Return the suite with the rubrics that are calibrated and no other scorers.

    Raises:
        AuthorError, CallerError: As `calibrate_suite`.
    """
    judged = file.suite.judged
    unknown = next((name for name in names if name not in judged), None)
    if unknown is not None:
        known = ", ".join(f"`{name}`" for name in judged) or "none"
        raise CallerError(f"`{file.path}` has no rubric `{unknown}`; there is {known}")
    wanted = _wanted(file, names)
    bare = next((metric for metric, each in wanted.items() if not each.labels), None)
    if bare is not None or not wanted:
        which = f"`{bare}`" if bare else f"no rubric of `{file.path}`"
        has = "has no" if bare else "has"
        what = "documents by its criterion, half of which should fail"
        if bare is not None and isinstance(wanted[bare], Pairwise):
            what = "pairs of documents by its criterion"
        raise CallerError(
            f"{which} {has} `labels`; label some forty {what}, and "
            f"name the file: `labels: {bare or 'NAME'}.labels.yaml` (`dramaturg explain E111` tells more)"
        )
    if faults := tuple(_faults(file, wanted)):
        raise AuthorError(faults)
    left = file.suite.with_scorers(lambda each: each if wanted.get(each.metric) == each else None)
    return replace(file, suite=left)


def _wanted(file: SuiteFile, names: Sequence[str]) -> Mapping[str, Scorer]:
    """Return what is asked for by name, or what has labels where nothing is."""
    judged = file.suite.judged
    return {metric: each for metric, each in judged.items() if metric in names or (not names and each.labels)}


def _faults(file: SuiteFile, wanted: Mapping[str, Scorer], lost: Lost = NOTHING) -> Iterator[Finding]:
    """Yield what keeps judges from being calibrated."""
    for path, scorer in file.suite.placed_scorers():
        if isinstance(scorer, Scorer) and scorer.metric in wanted:
            yield from asking_faults(file, path, scorer, lost)


def _digest(benches: Mapping[str, Bench]) -> str:
    terms = [asdict(_terms(each)) for each in benches.values()]
    return hashlib.sha256(json.dumps(terms, sort_keys=True).encode()).hexdigest()[:_SHOWN]


async def _judged(bench: Bench, desk: Desk, terms: Terms, told: Callable[[Judged], None]) -> list[tuple[Judged, int]]:
    """Return what the judge says of each label, and how many questions that took."""
    width = asyncio.Semaphore(desk.way.at_once)
    jury = Jury(
        judges={bench.scorer.metric: bench.judge},
        prompts={bench.scorer.kind: bench.prompt},
        secrets=terms.secrets,
        desk=desk,
    )

    async def one(at: int) -> tuple[Judged, int]:
        label, texts = bench.labels.entries[at], bench.labels.documents[at]
        artifacts = bench.labels.artifacts(label)
        place = Place(arm=_LABELS, persona=bench.scorer.metric, case=label.id, model=bench.judge.name, repeat=0)
        async with width:
            if isinstance(bench.scorer, Pairwise):
                found, asked = await jury.preferred(bench.scorer, texts, artifacts, place)
                said, because, swayed = _PREFERRED[found.value], found.because, found.swayed
            else:
                verdict, asked = await jury.verdict(bench.scorer, texts[0], artifacts, place)
                said, because, swayed = verdict.said, verdict.because, None
        judged = Judged(id=label.id, people=label.verdict, judge=said, because=because, swayed=swayed)
        told(judged)
        return judged, len(asked)

    tasks = [asyncio.ensure_future(one(at)) for at in range(len(bench.labels.documents))]
    try:
        return [*await asyncio.gather(*tasks)]
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await desk.settle()


def _terms(bench: Bench) -> Bound:
    return terms_of(bench.scorer, bench.judge.name, bench.prompt, bench.labels)


def _written(bench: Bench, judged: Sequence[Judged]) -> Calibration:
    """Write a calibration down beside its labels, and return it."""
    found = Calibration(terms=_terms(bench), on=datetime.now(UTC).date().isoformat(), judged=tuple(judged))
    keep_calibration(calibration_path(bench.labels.path), found)
    return found
