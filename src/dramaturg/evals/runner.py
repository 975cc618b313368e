"""An opened eval to its records; its one rule: a performance that is recorded is not performed again.

Pairs are begun and told in order, several at once where a model can be asked so, and one that takes long keeps no
others waiting. Both arms of a pair go one after the other, so that the second finds what they share among what the
first has asked; all go on at once where they wait for batches.
"""

import asyncio
from collections import deque
from collections.abc import Callable, Coroutine, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any, Protocol

from dramaturg.evals.cells import Performed, perform_cell
from dramaturg.evals.judging.jury import Jury, Opinions
from dramaturg.evals.records import Arm as ArmName
from dramaturg.evals.records import Record
from dramaturg.evals.runs import Run
from dramaturg.evals.scoring import NO_OPINIONS, Bench, record_performance, view_of
from dramaturg.evals.stage import Pair, Stage
from dramaturg.evals.ways import AT_ONCE


@dataclass(frozen=True, slots=True, kw_only=True)
class _Seen:
    """A performance, what it is scored with, and what judges said of it."""

    bench: Bench
    performed: Performed
    opinions: Opinions


class Watch(Protocol):
    """Is told of pairs, and says how many are worth asking."""

    @property
    def ahead(self) -> int:
        """How many pairs are worth having under way."""
        ...

    def __call__(self, step: "Step") -> bool:
        """Take a pair that was performed; tell whether to go on."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """A pair was performed: its records, in the order of the arms, and how many of the pairs are done."""

    records: tuple[Record, ...]
    done: int
    total: int


async def perform_pairs(stage: Stage, pairs: Sequence[Pair], run: Run, jury: Jury, watch: Watch) -> None:
    """Perform pairs until all are done or `watch` says that it is enough.

    Args:
        stage: What they are performed with.
        pairs: In the order in which they are asked, and told to `watch`.
        run: Where records are kept.
        jury: Who judges, and the desk where all questions are answered.
        watch: Told of each pair in order.

    Raises:
        BudgetSpent, JournalMiss, CallerError: As `perform_cell` and `Stage.bench` do; what is under way is finished.
    """
    width = _width(stage, jury, watch)
    upcoming = iter(pairs)
    under_way = _UnderWay(ahead=not stage.sequential)
    done = 0
    try:
        while done < len(pairs):
            for pair in _some(upcoming, width() - under_way.count):
                under_way.begin(_perform_pair(stage, pair, run, jury))
                await asyncio.sleep(0)  # what it asks goes out before the next one begins
            records = await under_way.first()
            if records is None:
                continue
            done += 1
            if not watch(Step(records=records, done=done, total=len(pairs))):
                return
    finally:
        await under_way.stop()
        await jury.desk.settle()


@dataclass(slots=True, kw_only=True)
class _UnderWay:
    """Pairs that have been begun, in order.

    Attributes:
        ahead: Whether those that are done make room for others, though one before them is not.
    """

    ahead: bool
    _tasks: deque[asyncio.Task[tuple[Record, ...]]] = field(default_factory=deque)
    _going: int = 0
    _ended: asyncio.Event = field(default_factory=asyncio.Event)

    @property
    def count(self) -> int:
        """How many there are, as far as they keep others from being begun."""
        there = len(self._tasks)
        return min(self._going, there) if self.ahead else there  # one that has just ended may still be counted

    def begin(self, performing: Coroutine[Any, Any, tuple[Record, ...]]) -> None:
        """Begin another one."""
        task = asyncio.ensure_future(performing)
        self._going += 1
        task.add_done_callback(self._end)
        self._tasks.append(task)

    def _end(self, task: asyncio.Task[tuple[Record, ...]]) -> None:
        self._going -= 1
        if not task.cancelled() and task.exception() is not None:
            self.ahead = False  # it ends all of them, once it is the first: nothing else is worth beginning
        self._ended.set()

    async def first(self) -> tuple[Record, ...] | None:
        """Return the records of the first, once it is done; None once another one is."""
        if not self._tasks[0].done():
            self._ended.clear()
            await self._ended.wait()
        return self._tasks.popleft().result() if self._tasks[0].done() else None

    async def stop(self) -> None:
        """Let go of all of them."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)


def _width(stage: Stage, jury: Jury, watch: Watch) -> Callable[[], int]:
    """Return what tells how many pairs may be under way: more could turn out not to be needed."""
    way = jury.desk.way
    if not any(model.profile.writes for model in (*stage.models.values(), *stage.judges.values())):
        return lambda: 1
    return lambda: min(watch.ahead, AT_ONCE, way.at_once) if stage.sequential else way.at_once


def _some(pairs: Iterator[Pair], count: int) -> Iterable[Pair]:
    return [pair for _, pair in zip(range(count), pairs, strict=False)]


async def _perform_pair(stage: Stage, pair: Pair, run: Run, jury: Jury) -> tuple[Record, ...]:
    """Perform both arms of a pair, as far as they are not recorded; to be compared both are performed again."""
    names = {arm: stage.place(arm, pair) for arm in stage.arms}
    known = {
        arm: run.records.get((arm, pair.persona, place.case, pair.model, pair.repeat)) for arm, place in names.items()
    }
    missing = [arm for arm, record in known.items() if record is None]
    compares = bool(missing) and stage.compares
    arms = [*names] if compares else missing
    works = [partial(_seen, stage, arm, pair, jury) for arm in arms]
    seen = dict(zip(arms, await jury.desk.together(works), strict=True))
    if compares:
        seen = await _compared(seen, jury)
    for arm, each in seen.items():
        record = known[arm] = record_performance(each.performed, arm, each.bench, each.opinions)
        run.keep(record)
    return tuple(record for record in known.values() if record is not None)


async def _seen(stage: Stage, arm: ArmName, pair: Pair, jury: Jury) -> _Seen:
    """Perform one arm, and let its document be judged."""
    bench, place = stage.bench(arm, pair), stage.place(arm, pair)
    performed = await perform_cell(place, bench.brief, stage.models[pair.model], jury.desk, bench.case.answers)
    opinions = NO_OPINIONS
    if jury.judges and not performed.error:
        opinions = await jury.opinions(view_of(performed, bench), bench.scorers, bench.brief.artifacts, place)
    return _Seen(bench=bench, performed=performed, opinions=opinions)


async def _compared(seen: Mapping[ArmName, _Seen], jury: Jury) -> dict[ArmName, _Seen]:
    """Let the documents of both arms be held against each other, unless one is lost."""
    baseline, candidate = seen["baseline"], seen["candidate"]
    if any(each.performed.error or each.opinions.error for each in (baseline, candidate)):
        return dict(seen)
    views = view_of(baseline.performed, baseline.bench), view_of(candidate.performed, candidate.bench)
    bench, place = candidate.bench, candidate.performed.place
    said = await jury.preferences(views, bench.scorers, bench.brief.artifacts, place)
    return {
        arm: replace(each, opinions=each.opinions | opinions)
        for (arm, each), opinions in zip(seen.items(), said, strict=True)
    }
