"""A suite and terms to what it amounts to; its one rule: nothing is asked before all else is known to be right."""

from collections.abc import Mapping, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass, field, replace
from pathlib import Path

from dramaturg.evals.arms import Arm, plans_of
from dramaturg.evals.batched import require_batches
from dramaturg.evals.budget import Budget, Pot
from dramaturg.evals.carrying import OnBatch
from dramaturg.evals.cells import Desk
from dramaturg.evals.checking import require_given, require_usable
from dramaturg.evals.edits import Edit, edits_between
from dramaturg.evals.evaluated import Evaluated, evaluated_from, ordered
from dramaturg.evals.gate import Decision, compare_records, decision_of, pair_names
from dramaturg.evals.judging.jury import Jury
from dramaturg.evals.judging.standings import judges_prompts, standings_of
from dramaturg.evals.opening import (
    changed,
    chosen_cases,
    decided_by,
    earlier_answers,
    open_arms,
    open_judges,
    open_models,
    other_plans,
    recorded_candidate,
    require_one_suite,
    way_of,
)
from dramaturg.evals.reading import SuiteFile, parse_suite
from dramaturg.evals.records import Arm as ArmName
from dramaturg.evals.records import Record
from dramaturg.evals.remedies import replay_remedies
from dramaturg.evals.replies import Replies
from dramaturg.evals.runner import Step, perform_pairs
from dramaturg.evals.runs import RUNS, Run, find_run, open_run, read_run, suite_path
from dramaturg.evals.stage import Pair, Stage
from dramaturg.evals.statistics.sequential import losses_needed
from dramaturg.evals.statistics.verdict import Verdict
from dramaturg.evals.terms import Terms
from dramaturg.evals.told import NOBODY, OnOpen, OnStep, Opened, Told, ignore
from dramaturg.evals.usable import read_usable
from dramaturg.evals.ways import Way
from dramaturg.persona.library import Library
from dramaturg.run.budget import Tariffs
from dramaturg.run.loop import PRIVATE_LOOP
from dramaturg.run.settings import current, persona_roots, state_root

_FEW = 40  # pairs up to which each is followed by a look; later ones come whenever there are so much more:
_LOOKS = 20  # looking reads all pairs anew
_AHEAD = 2  # pairs under way at least, so that one is asked while another is waited for


def run_suite(
    suite: Path,
    terms: Terms | None = None,
    *,
    on_open: OnOpen = ignore,
    on_step: OnStep = ignore,
    on_batch: OnBatch = ignore,
) -> Evaluated:
    """Perform a suite and decide; see `arun_suite`."""
    return PRIVATE_LOOP.call(arun_suite(suite, terms, on_open=on_open, on_step=on_step, on_batch=on_batch))


async def arun_suite(
    suite: Path,
    terms: Terms | None = None,
    *,
    on_open: OnOpen = ignore,
    on_step: OnStep = ignore,
    on_batch: OnBatch = ignore,
) -> Evaluated:
    """Perform a suite, and decide where there is a baseline.

    Args:
        suite: The suite file.
        terms: How it is performed; as the suite says without any.
        on_open: Told before anything is asked.
        on_step: Told of each pair, in order.
        on_batch: Told how far each batch is, where questions go out in batches.

    Raises:
        AuthorError: The suite or a persona has errors; all findings at once.
        CallerError: The call cannot be served.
        BudgetSpent: The next call could exceed the budget; the same call goes on with a larger one.
        JournalMiss: A strict replay lacks an answer.
    """
    terms = terms or Terms()
    library, state = library_here(), state_here(terms)
    file, names = read_usable(suite, library, terms, other_plans(terms, library, state))
    arms = open_arms(names, library, terms, state)
    if "baseline" in arms:
        require_given(file, plans_of(arms["baseline"]), chosen_cases(file, terms.tags), arms["baseline"].name)
    told = Told(opened=on_open, step=on_step, batch=on_batch)
    return await evaluate_arms(file, arms, terms, told=told)


def compare_runs(before: str, after: str, terms: Terms | None = None) -> Evaluated:
    """Compare the candidates of two recorded evals by their ids or files, asking nothing.

    What counts is the suite of the later one, and the artifacts as they are: both candidates are performed over their
    recorded answers and held to what the earlier one demands.

    Raises:
        CallerError: There is no such eval, or they are of suites that perform other personas.
        JournalMiss: An answer is not recorded, or an artifact has changed since.
    """
    terms = replace(terms or Terms(), replay="strict")
    state = state_here(terms)
    paths = [find_run(state, run) for run in (before, after)]
    past, header = (read_run(path).header for path in paths)
    require_one_suite(past, header)
    file = changed(parse_suite(suite_path(header), header["suite"]["text"]), terms)
    names: Sequence[ArmName] = ("baseline", "candidate")
    arms = {name: recorded_candidate(path, file.suite.personas) for name, path in zip(names, paths, strict=True)}
    require_usable(file, library_here(), terms.prompts, others=lambda _: map(plans_of, arms.values()))
    terms = replace(terms, models=terms.models or header["models"], repeats=terms.repeats or header["repeats"])
    return PRIVATE_LOOP.call(evaluate_arms(file, arms, terms))


def load_run(run: str, state: Path | None = None) -> Evaluated:
    """Return what a recorded eval amounts to, by its id or file.

    Raises:
        CallerError: There is none.
        JournalMiss: It is damaged, or of another version.
    """
    return evaluated_from(read_run(find_run(state or state_here(Terms()), run)))


def library_here() -> Library:
    """Return the personas that can be named from the working folder."""
    return Library(persona_roots(*current()))


def state_here(terms: Terms) -> Path:
    """Return the user's state folder."""
    return terms.state or state_root(current()[2])


async def evaluate_arms(
    file: SuiteFile,
    arms: Mapping[ArmName, Arm],
    terms: Terms,
    *,
    told: Told = NOBODY,
    way: Way | None = None,
    pot: Pot | None = None,
    folder: str = RUNS,
) -> Evaluated:
    """Perform a suite with given arms, and decide; see `arun_suite`.

    Args:
        file: The suite.
        arms: What is performed: the candidate, after the baseline where there is one.
        terms: How.
        told: Whom it tells of itself.
        way: How questions are answered, where several evals share it.
        pot: What may be spent, where several evals share it.
        folder: Where in the user's state its file is put.
    """
    state, way = state_here(terms), way or way_of(file.suite.name, terms, told.batch)
    prompts = judges_prompts(file, terms.prompts)
    standings = standings_of(file, prompts)
    require_batches(file, terms, compares="baseline" in arms)
    earlier = earlier_answers(file, terms, state)
    async with AsyncExitStack() as undo:
        stage = Stage(
            file=file,
            arms=arms,
            models=await open_models(file, terms, earlier, way, undo),
            judges=await open_judges(file, terms, earlier, way, undo),
            standings=standings,
            prompts=prompts,
            repeats=terms.repeats or file.suite.repeats,
            cases=chosen_cases(file, terms.tags),
            tariffs=Tariffs(given=terms.price),
            secrets=terms.secrets,
        )
        run = open_run(state, file.suite.name, file.path, decided_by(stage, terms), folder)
        undo.callback(run.close)
        replies = Replies(earlier.folder, run.id, *earlier.answers, own=terms.replay == "off")
        undo.callback(replies.close)
        await way.enter(replies, undo)
        budget = _budget(stage, run, replies, terms, pot or Pot(limit=terms.budget))
        return await _performed(stage, run, replies, terms, way, budget, told)


async def _performed(
    stage: Stage, run: Run, replies: Replies, terms: Terms, way: Way, budget: Budget, told: Told
) -> Evaluated:
    edits = edits_between(stage.arms["baseline"], stage.arms["candidate"]) if "baseline" in stage.arms else ()
    watch = _Decider(stage=stage, pairs=stage.pairs(), seed=terms.seed, on_step=told.step)
    if stage.sequential:
        watch.pairs = ordered(stage.file.suite, watch.pairs, stage.repeats, terms.seed)
    out = 0 if terms.batch or terms.replay == "strict" else sum(len(sent.keys) for sent in replies.out())
    told.opened(replace(_opening(stage, run, watch.pairs, edits), out=out))
    desk = Desk(
        replies=replies,
        replay=terms.replay,
        way=way,
        holding=budget.holding,
        used=budget.used,
        notice=terms.notice,
        hint="\n".join(f"edited: {edit}" for edit in edits),
        remedies=replay_remedies(stage.file, terms, stage.arms),
    )
    jury = Jury(
        judges=stage.judges, prompts=stage.prompts, secrets=terms.secrets, desk=desk, needed=stage.compared_to_decide
    )
    await perform_pairs(stage, watch.pairs, run, jury, watch)
    result = Evaluated(
        run=run.id,
        path=run.path,
        suite=stage.file,
        records=tuple(watch.records),
        arms=stage.arms,
        decision=watch.decision(edits),
        asked=budget.calls,
        usd=None if budget.usd is None else float(budget.usd),
        judges=stage.standings,
        planned=len(watch.pairs),
    )
    if not result.errors:  # what failed for technical reasons is asked again by the same command
        run.end({"kind": result.decision.kind if result.decision else "", "asked": result.asked, "usd": result.usd})
    return result


def _budget(stage: Stage, run: Run, replies: Replies, terms: Terms, pot: Pot) -> Budget:
    profiles = {model.name: model.profile for model in (*stage.models.values(), *stage.judges.values())}
    budget = Budget(pot=pot, tariffs=stage.tariffs, profiles=profiles, run=run.id, batch=terms.batched)
    budget.require_prices()
    budget.resume(replies.spent())
    return budget


def _opening(stage: Stage, run: Run, pairs: Sequence[Pair], edits: Sequence[Edit]) -> Opened:
    return Opened(
        run=run.id,
        arms=[arm.name for arm in stage.arms.values()],
        destinations={model.name: model.destination for model in (*stage.models.values(), *stage.judges.values())},
        pairs=len(pairs),
        kept=len(run.records),
        edits=edits,
    )


@dataclass(slots=True, kw_only=True)
class _Decider:
    """Watches the pairs come in, and says when a sequential eval is decided."""

    stage: Stage
    pairs: Sequence[Pair]
    seed: int
    on_step: OnStep
    records: list[Record] = field(default_factory=list)
    _done: int = 0
    _soonest: int | None = field(init=False)  # after how many pairs in all a decision is to be expected

    def __post_init__(self) -> None:
        self._soonest = losses_needed(1 / self.stage.file.suite.gate.alpha)

    @property
    def ahead(self) -> int:
        """How many pairs are worth having under way before the next decision is to be expected."""
        return len(self.pairs) if self._soonest is None else max(_AHEAD, self._soonest - self._done)

    def __call__(self, step: Step) -> bool:
        """Take a pair; tell whether to go on."""
        self._done = step.done
        self.records += step.records
        self.on_step(step)
        looked_at = step.done <= _FEW or not step.done % (step.done // _LOOKS)
        if not (self.stage.sequential and looked_at):
            return True
        verdict = self._verdict()
        self._soonest = None if verdict.soonest is None else step.done + verdict.soonest
        return not verdict.decided

    def _verdict(self) -> Verdict:
        suite = self.stage.file.suite
        order = pair_names(suite, self.pairs) if self.stage.sequential else None
        return compare_records(suite, self.records, judges=self.stage.standings, seed=self.seed, order=order)

    def decision(self, edits: Sequence[Edit]) -> Decision | None:
        """Return what all of it amounts to; None without a baseline."""
        return decision_of(self.records, self._verdict(), edits) if "baseline" in self.stage.arms else None
