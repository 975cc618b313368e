"""An opened eval to its records; its one rule: a performance that is recorded is not performed again.

Pairs are performed in order, several at once where a model can be asked so; both arms of a pair one after the other, so
that the second finds what they share among what the first has asked.
"""

import asyncio
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass

from dramaturg.evals.cells import perform_cell
from dramaturg.evals.judging.jury import Jury
from dramaturg.evals.records import Record
from dramaturg.evals.runs import Run
from dramaturg.evals.scoring import NO_OPINIONS, record_performance, view_of
from dramaturg.evals.stage import Pair, Stage

AT_ONCE = 24
Watch = Callable[["Step"], bool]


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
        watch: Told of each pair in order; tells whether to go on.

    Raises:
        BudgetSpent, JournalMiss, CallerError: As `perform_cell` and `Stage.bench` do; what is under way is finished.
    """
    asked = (*stage.models.values(), *stage.judges.values())
    width = AT_ONCE if any(model.profile.writes for model in asked) else 1
    upcoming = iter(pairs)
    under_way: list[asyncio.Task[tuple[Record, ...]]] = []
    done = 0
    try:
        while under_way or done < len(pairs):
            more = _some(upcoming, width - len(under_way))
            under_way += [asyncio.ensure_future(_perform_pair(stage, pair, run, jury)) for pair in more]
            if not under_way:
                return
            records = await under_way[0]
            under_way.pop(0)
            done += 1
            if not watch(Step(records=records, done=done, total=len(pairs))):
                return
    finally:
        for task in under_way:
            task.cancel()
        await asyncio.gather(*under_way, return_exceptions=True)
        await jury.desk.settle()


def _some(pairs: Iterator[Pair], count: int) -> Iterable[Pair]:
    return [pair for _, pair in zip(range(count), pairs, strict=False)]


async def _perform_pair(stage: Stage, pair: Pair, run: Run, jury: Jury) -> tuple[Record, ...]:
    found = []
    for arm in stage.arms:
        place = stage.place(arm, pair)
        known = run.records.get((arm, pair.persona, place.case, pair.model, pair.repeat))
        if known is None:
            bench = stage.bench(arm, pair)
            performed = await perform_cell(place, bench.brief, stage.models[pair.model], jury.desk, bench.case.answers)
            opinions = NO_OPINIONS
            if jury.judges and not performed.error:
                opinions = await jury.opinions(view_of(performed, bench), bench.scorers, bench.brief.artifacts, place)
            known = record_performance(performed, arm, bench, opinions)
            run.keep(known)
        found.append(known)
    return tuple(found)
