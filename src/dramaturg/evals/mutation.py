"""A suite and mutants of its personas to what nobody would miss; its one rule: a mutant is killed by the gate alone.

A single performance that fails kills nothing: one that fails one time in fifty by chance would kill every second mutant
of a suite of forty cases.
"""

import asyncio
import random
from collections.abc import Callable, Mapping, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Literal

from dramaturg.errors import CallerError
from dramaturg.evals.arms import Arm
from dramaturg.evals.batched import require_batches
from dramaturg.evals.budget import Pot
from dramaturg.evals.carrying import OnBatch
from dramaturg.evals.evaluate import evaluate_arms, library_here, state_here
from dramaturg.evals.mutants import BLANK, OPERATOR_NAMES, Mutant, blanks_of, mutants_of
from dramaturg.evals.opening import changed, chosen_cases, earlier_answers, open_models, present, way_of
from dramaturg.evals.reading import SuiteFile
from dramaturg.evals.records import Arm as ArmName
from dramaturg.evals.runs import MUTANTS
from dramaturg.evals.stage import pairs_of
from dramaturg.evals.statistics.intervals import Interval
from dramaturg.evals.statistics.rates import wilson
from dramaturg.evals.statistics.sequential import losses_needed
from dramaturg.evals.statistics.verdict import Kind
from dramaturg.evals.suite import QUOTING
from dramaturg.evals.terms import Terms
from dramaturg.evals.told import Told, ignore
from dramaturg.evals.usable import read_usable
from dramaturg.evals.ways import Way
from dramaturg.run.loop import PRIVATE_LOOP

Became = Literal["killed", "survived", "cannot be performed"]
_SIDE_BY_SIDE = 64  # mutants, of which each holds a few files open
_FIXED = Terms(sequential=False)
_ROOM = 2  # times the pairs that the fastest decision takes


@dataclass(frozen=True, slots=True, kw_only=True)
class Tried:
    """A mutant, and what the gate said of it; None where it cannot be performed at all."""

    mutant: Mutant
    kind: Kind | None

    @property
    def became(self) -> Became:
        """What became of it, in words."""
        return "cannot be performed" if self.kind is None else "killed" if self.killed else "survived"

    @property
    def killed(self) -> bool:
        """Whether the gate went red."""
        return self.kind is Kind.WORSE


@dataclass(frozen=True, slots=True, kw_only=True)
class Mutation:
    """What a suite notices.

    Attributes:
        suite: The suite.
        arm: The personas as they are.
        models: Those that were asked, by name.
        tried: Every mutant that was tried, in the order of the operators.
        made: How many mutants there are.
        pairs: How many pairs each is performed in, where it is not decided earlier.
        asked: Questions that were asked.
        usd: Dollars they cost; None where a price is not known.
    """

    suite: SuiteFile
    arm: Arm
    models: tuple[str, ...]
    tried: tuple[Tried, ...]
    made: int
    pairs: int
    asked: int
    usd: float | None

    @property
    def performed(self) -> tuple[Tried, ...]:
        """The mutants that could be performed."""
        return tuple(each for each in self.tried if each.kind is not None)

    @property
    def survivors(self) -> tuple[Tried, ...]:
        """The mutants that were performed and not killed."""
        return tuple(each for each in self.performed if not each.killed)

    @property
    def score(self) -> Interval | None:
        """The share of the performed mutants that were killed, with Wilson's interval; None where there is none."""
        killed = sum(each.killed for each in self.performed)
        return wilson(killed, len(self.performed)) if self.performed else None

    def to_json(self) -> dict[str, Any]:
        """Return it as plain JSON data."""
        score = self.score
        return {
            "suite": {"name": self.suite.suite.name, "path": str(self.suite.path)},
            "score": None if score is None else {"share": score.estimate, "low": score.low, "high": score.high},
            "mutants": [
                {
                    "operator": each.mutant.operator,
                    "what": each.mutant.what,
                    "path": each.mutant.span.path,
                    "line": each.mutant.span.line,
                    "verdict": each.kind or "cannot be performed",
                    "killed": each.killed,
                }
                for each in self.tried
            ],
            "made": self.made,
            "questions": {"asked": self.asked, "usd": self.usd},
        }


OnMutant = Callable[[Tried], None]


def mutate_suite(
    suite: Path,
    terms: Terms | None = None,
    *,
    operators: Sequence[str] = (),
    limit: int | None = None,
    on_open: Callable[[int], None] | None = None,
    on_mutant: OnMutant | None = None,
    on_batch: OnBatch = ignore,
) -> Mutation:
    """Try mutants of a suite's personas, each against the personas as they are.

    Args:
        suite: The suite file.
        terms: How each is performed; a budget is that of all of them together. Where `sequential` is None, whatever
            the suite says, one is performed until it is decided if that saves questions and there are enough pairs.
        operators: Names of operators; all without any.
        limit: Try so many at most, drawn by the seed.
        on_open: Told how many there are before any is tried.
        on_mutant: Told of each.
        on_batch: Told how far each batch is, where questions go out in batches.

    Raises:
        CallerError, AuthorError, JournalMiss: As `arun_suite`; or there is no such operator.
        BudgetSpent: The budget is spent; the same call goes on with a larger one.
    """
    unknown = [name for name in operators if name not in OPERATOR_NAMES]
    if unknown:
        known = ", ".join(f"`{name}`" for name in OPERATOR_NAMES)
        raise CallerError(f"there is no operator `{unknown[0]}`; there is {known}")
    told = Told(batch=on_batch)
    work = _mutate(suite, terms or Terms(), operators, limit, on_open or ignore, on_mutant or ignore, told)
    return PRIVATE_LOOP.call(work)


async def _mutate(
    suite: Path,
    terms: Terms,
    operators: Sequence[str],
    limit: int | None,
    on_open: Callable[[int], None],
    on_mutant: OnMutant,
    told: Told,
) -> Mutation:
    library = library_here()
    file, names = read_usable(suite, library, terms)
    arm = present(names, library, terms)
    file = replace(file, suite=file.suite.deciding)
    made = [mutant for name in arm.parts for mutant in mutants_of(arm, name, operators)]
    made += blanks_of(arm, file, operators)
    chosen = _drawn(made, limit, terms.seed)
    on_open(len(chosen))
    async with AsyncExitStack() as undo:
        earlier = earlier_answers(file, terms, state_here(terms))
        if terms.sequential is None:
            file = changed(file, Terms(sequential=_may_stop(file, terms)))
        require_batches(file, terms, compares=True)
        trial = _Trial(file=file, whole=arm, terms=terms, told=told)
        await open_models(file, terms, earlier, trial.way, undo)  # held open for all of them
        tried = await trial.all(chosen, on_mutant)
    return Mutation(
        suite=file,
        arm=arm,
        models=tuple(each if isinstance(each, str) else each.name for each in terms.models or file.suite.models),
        tried=tuple(tried),
        made=len(made),
        pairs=_pairs(file, terms),
        asked=trial.asked,
        usd=float(trial.pot.usd),
    )


@dataclass(slots=True, kw_only=True)
class _Trial:
    """Mutants against the personas as they are.

    Attributes:
        file: The suite.
        whole: The personas as they are.
        terms: How each is performed; what it may cost is what all may together.
        told: Whom it tells of batches.
        way: How questions are answered.
        pot: What may be spent.
        asked: Questions that were asked.
        whole_known: Whether all is recorded that the personas as they are answer.
    """

    file: SuiteFile
    whole: Arm
    terms: Terms
    told: Told
    way: Way = field(init=False)
    pot: Pot = field(init=False)
    asked: int = 0
    whole_known: bool = False

    def __post_init__(self) -> None:
        self.way = way_of(self.file.suite.name, self.terms, self.told.batch)
        self.pot = Pot(limit=self.terms.budget)

    async def all(self, mutants: Sequence[Mutant], on_mutant: OnMutant) -> list[Tried]:
        """Try mutants, one after the other; side by side where their questions wait for batches.

        They go so once all is known that the personas as they are answer, which each of them would else ask for.
        """
        tried: list[Tried] = []
        for mutant in mutants:
            if self.way.batches and self.whole_known:
                break
            tried.append(await self._tried(mutant, on_mutant))
        room = asyncio.Semaphore(_SIDE_BY_SIDE)

        async def one(mutant: Mutant) -> Tried:
            async with room:
                return await self._tried(mutant, on_mutant)

        tasks = [asyncio.ensure_future(one(mutant)) for mutant in mutants[len(tried) :]]
        try:
            return tried + [await task for task in tasks]
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    async def _tried(self, mutant: Mutant, on_mutant: OnMutant) -> Tried:
        """Try a mutant."""
        kind = None
        if mutant.arm is not None:
            # a blank in one case leaves the others as they are: all of them together ask little
            whole = mutant.operator == BLANK and self.terms.sequential is None
            asking = changed(self.file, _FIXED) if whole else self.file
            way, arms = self.way.apart(), _arms(self.whole, mutant.arm)
            result = await evaluate_arms(
                asking, arms, self.terms, told=self.told, way=way, pot=self.pot, folder=MUTANTS
            )
            kind = Kind.INFRASTRUCTURE if result.lost else result.decision.kind if result.decision else None
            self.asked += result.asked
            self.whole_known |= not any(each.error for each in result.records if each.arm == "baseline")
        tried = Tried(mutant=mutant, kind=kind)
        on_mutant(tried)
        return tried


def _may_stop(file: SuiteFile, terms: Terms) -> bool:
    """Tell whether stopping early can be done, saves anything, and leaves enough to call a mutant worse.

    A batch asks all at once; what quotes the artifacts costs nothing; and one by one it takes many pairs to see what
    one case of several misses.
    """
    if terms.batched:
        return False
    gate, models = file.suite.gate, terms.models or file.suite.models
    enough = _ROOM * losses_needed(len(gate.metrics) / gate.alpha)
    return _pairs(file, terms) >= enough and any(model != QUOTING for model in models)


def _pairs(file: SuiteFile, terms: Terms) -> int:
    """Return in how many pairs a mutant is performed."""
    suite = file.suite
    pairs = pairs_of(suite, chosen_cases(file, terms.tags), [""], terms.repeats or suite.repeats)
    return len(pairs) * len(terms.models or suite.models)


def _arms(whole: Arm, mutant: Arm) -> Mapping[ArmName, Arm]:
    return {"baseline": whole, "candidate": mutant}


def _drawn(made: Sequence[Mutant], limit: int | None, seed: int) -> list[Mutant]:
    if limit is None or limit >= len(made):
        return [*made]
    kept = sorted(random.Random(seed).sample(range(len(made)), limit))  # noqa: S311 - chance, not a secret
    return [made[at] for at in kept]
