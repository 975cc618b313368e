"""A suite file and settings to a result; its one rule: everything that can be wrong without a model is found first."""

import hashlib
import sys
from collections.abc import Callable, Mapping, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass, field, replace
from decimal import Decimal
from pathlib import Path
from typing import Any

from dramaturg.data import prompts_root
from dramaturg.errors import CallerError
from dramaturg.evals.arms import Arm, frozen_arm, past_arm, present_arm
from dramaturg.evals.budget import Budget
from dramaturg.evals.cells import Desk, Replay
from dramaturg.evals.checking import require_usable
from dramaturg.evals.edits import Edit, edits_between
from dramaturg.evals.gate import Decision, compare_records, decision_of, pair_names
from dramaturg.evals.reading import SuiteFile, read_suite
from dramaturg.evals.records import Arm as ArmName
from dramaturg.evals.records import Record
from dramaturg.evals.replies import Replies
from dramaturg.evals.runner import Step, perform_pairs
from dramaturg.evals.runs import Run, find_run, open_run, read_run, replies_folder
from dramaturg.evals.scorers.own import Python
from dramaturg.evals.stage import Pair, Stage
from dramaturg.evals.statistics.sequential import shuffled_pairs
from dramaturg.models.model import Model
from dramaturg.models.pool import Pool
from dramaturg.models.prices import Price
from dramaturg.models.retry import RetryPolicy
from dramaturg.models.spec import parse_spec
from dramaturg.persona.library import Library
from dramaturg.run.budget import Tariffs
from dramaturg.run.secrets import Handling
from dramaturg.run.settings import current, persona_roots, state_root

_FEW = 40  # pairs up to which each is followed by a look; later ones come whenever there are so much more:
_LOOKS = 20  # looking reads all pairs anew


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """How an eval is performed.

    Attributes:
        baseline: A git revision, or a recorded eval by its id or file, whose candidate is the baseline; None for none.
        models: The models to ask instead of the suite's, each as a name or a `Model`.
        repeats: How often each case is performed, instead of as often as the suite says.
        sequential: Stop when it is decided; None for what the suite says.
        replay: `auto` asks what was never answered, `strict` asks nothing, `off` uses nothing recorded earlier.
        budget: US dollars that the eval may cost; None for no limit.
        price: What tokens cost of a model whose price is not known.
        seed: Of the random order of a sequential eval, and of permutation tests.
        tags: Perform only cases with one of these tags; all without any.
        secrets: What to do with secrets in artifacts that leave this machine.
        retry: How patiently a faltering provider is asked again.
        prompts: Folder of the prompt kernels; None for the shipped ones.
        state: The user's state folder; None for the usual one.
    """

    baseline: str | None = None
    models: Sequence[str | Model] = ()
    repeats: int | None = None
    sequential: bool | None = None
    replay: Replay = "auto"
    budget: Decimal | None = None
    price: Price | None = None
    seed: int = 0
    tags: Sequence[str] = ()
    secrets: Handling = "stop"
    retry: RetryPolicy = field(default_factory=RetryPolicy)
    prompts: Path | None = None
    state: Path | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Evaluated:
    """What an eval amounts to.

    Attributes:
        run: Its id, by which `report` finds it.
        path: The file of its records.
        suite: The suite.
        records: Of every performance.
        arms: What was performed.
        decision: Whether the edit is worse; None without a baseline.
        asked: Questions that were asked for it, before it was killed as well.
        usd: Dollars they cost; None where a price is not known.
        planned: How many pairs it would be if it had not stopped early.
    """

    run: str
    path: Path
    suite: SuiteFile
    records: tuple[Record, ...]
    arms: Mapping[ArmName, Arm]
    decision: Decision | None
    asked: int
    usd: float | None
    planned: int

    @property
    def needed(self) -> int:
        """Questions that there are, each counted once."""
        return len({key for record in self.records for key in record.keys})

    @property
    def errors(self) -> int:
        """Performances that the machinery failed."""
        return sum(record.outcome == "error" for record in self.records)

    @property
    def lost(self) -> bool:
        """Whether the machinery failed half of the performances of an arm, or more: nothing is known then."""
        for arm in self.arms:
            own = [record for record in self.records if record.arm == arm]
            if own and 2 * sum(record.outcome == "error" for record in own) >= len(own):
                return True
        return False


OnStep = Callable[[Step], None]
OnOpen = Callable[["Opened"], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Opened:
    """An eval that is about to be performed: its id, its arms, where text goes, pairs in all and performances kept."""

    run: str
    arms: Sequence[str]
    destinations: Mapping[str, str]
    pairs: int
    kept: int
    edits: Sequence[Edit]


async def evaluate(
    suite: Path, terms: Terms, *, on_open: OnOpen | None = None, on_step: OnStep | None = None
) -> Evaluated:
    """Perform a suite and decide.

    Args:
        suite: The suite file.
        terms: How.
        on_open: Told before anything is asked.
        on_step: Told of each pair, in order.

    Raises:
        AuthorError: The suite or a persona has errors; all findings at once.
        CallerError: The call cannot be served.
        BudgetSpent: The next call could exceed the budget; the same command goes on with a larger one.
        JournalMiss: A strict replay lacks an answer.
    """
    project, folder, environment = current()
    file = _chosen(read_suite(suite), terms)
    library = Library(persona_roots(project, folder, environment))
    state = terms.state or state_root(environment)
    names = require_usable(file, library)
    arms = _arms(names, library, terms, state)
    pool = Pool()
    async with AsyncExitStack() as undo:
        models = await _opened(file, terms, pool, undo)
        stage = Stage(
            file=file,
            arms=arms,
            models=models,
            repeats=terms.repeats or file.suite.repeats,
            cases=_cases(file, terms.tags),
            tariffs=Tariffs(given=terms.price),
            secrets=terms.secrets,
        )
        run = open_run(state, file.suite.name, _decided_by(stage, terms))
        undo.callback(run.close)
        replies = Replies(_replies_folder(file, state), run.id, own=terms.replay == "off")
        undo.callback(replies.close)
        return await _performed(stage, run, replies, terms, pool, on_open or _ignore, on_step or _ignore)


def _ignore(told: object) -> None:
    del told


def _chosen(file: SuiteFile, terms: Terms) -> SuiteFile:
    """Return the suite as the terms change it."""
    if terms.sequential is None:
        return file
    gate = file.suite.gate.model_copy(update={"sequential": terms.sequential})
    return replace(file, suite=file.suite.model_copy(update={"gate": gate}))


def _cases(file: SuiteFile, tags: Sequence[str]) -> Sequence[int]:
    cases = file.suite.cases
    chosen = [at for at, case in enumerate(cases) if not tags or {*tags} & {*case.tags}]
    if not chosen:
        known = ", ".join(sorted({tag for case in cases for tag in case.tags})) or "none"
        raise CallerError(f"no case of `{file.path}` has the tag {' or '.join(tags)}; there is {known}")
    return chosen


def _arms(names: Mapping[str, str], library: Library, terms: Terms, state: Path) -> Mapping[ArmName, Arm]:
    prompts = terms.prompts or prompts_root()
    today = present_arm(library, prompts, names)
    if terms.baseline is None:
        return {"candidate": today}
    recorded = _recorded(terms.baseline, state)
    if recorded is None:
        return {"baseline": past_arm(terms.baseline, library, prompts, names), "candidate": today}
    said = read_run(recorded).header["arms"]["candidate"]
    return {"baseline": replace(frozen_arm(said, recorded, [*names]), name=recorded.stem), "candidate": today}


def _recorded(baseline: str, state: Path) -> Path | None:
    """Return the file of a recorded eval that is meant as baseline; None for what can only be a revision."""
    try:
        return find_run(state, baseline)
    except CallerError:
        return None


async def _opened(file: SuiteFile, terms: Terms, pool: Pool, undo: AsyncExitStack) -> Mapping[str, Model]:
    found: dict[str, Model] = {}
    for named in terms.models or file.suite.models:
        model = await undo.enter_async_context(pool.lease(parse_spec(named), None)) if isinstance(named, str) else named
        found[model.name] = model
    return found


def _replies_folder(file: SuiteFile, state: Path) -> Path:
    named = file.suite.recorded
    return file.folder / named if named else replies_folder(state, file.suite.name)


def _decided_by(stage: Stage, terms: Terms) -> Mapping[str, Any]:
    """Return what the eval is decided by, as plain JSON data."""
    file = stage.file
    return {
        "suite": {"path": str(file.path), "name": file.suite.name, "text": file.text},
        "arms": {name: arm.to_json() for name, arm in stage.arms.items()},
        "models": [*stage.models],
        "repeats": stage.repeats,
        "cases": [file.suite.cases[at].id for at in stage.cases],
        "files": _files_digest(stage),
        "sequential": file.suite.gate.sequential,
        "seed": terms.seed,
        "replay": terms.replay,
    }


def _files_digest(stage: Stage) -> str:
    """Return what changes when a file that the cases or scorers read is written anew."""
    suite, folder = stage.file.suite, stage.file.folder
    paths = [folder / given.path for at in stage.cases for given in suite.cases[at].artifacts.values() if given.path]
    scorers = (scorer for case in suite.cases for scorer in suite.scorers_of(case) if isinstance(scorer, Python))
    modules = {str(sys.modules[scorer.function.partition(":")[0]].__file__) for scorer in scorers}
    facts = [(str(path), _written(path)) for path in (*paths, *map(Path, sorted(modules)))]
    return hashlib.sha256(repr(facts).encode()).hexdigest()


def _written(path: Path) -> tuple[int, int]:
    """Return size and time of last writing; zeros for a pattern, which is none."""
    try:
        facts = path.stat()
    except OSError:
        return 0, 0
    return facts.st_size, facts.st_mtime_ns


async def _performed(
    stage: Stage, run: Run, replies: Replies, terms: Terms, pool: Pool, on_open: OnOpen, on_step: OnStep
) -> Evaluated:
    profiles = {name: model.profile for name, model in stage.models.items()}
    budget = Budget(limit=terms.budget, tariffs=stage.tariffs, profiles=profiles, run=run.id)
    budget.require_prices()
    budget.resume(replies.spent())
    edits = edits_between(stage.arms["baseline"], stage.arms["candidate"]) if "baseline" in stage.arms else ()
    pairs = _ordered(stage, terms)
    on_open(_opening(stage, run, pairs, edits))
    desk = Desk(
        replies=replies,
        replay=terms.replay,
        policy=terms.retry,
        line=lambda model: pool.line(model, run.id, terms.retry),
        holding=budget.holding,
        used=budget.used,
        hint="\n".join(f"edited: {edit}" for edit in edits),
    )
    judge = _Judge(stage=stage, pairs=pairs, seed=terms.seed, on_step=on_step)
    await perform_pairs(stage, pairs, run, desk, judge)
    result = Evaluated(
        run=run.id,
        path=run.path,
        suite=stage.file,
        records=tuple(judge.records),
        arms=stage.arms,
        decision=judge.decision(edits),
        asked=budget.calls,
        usd=None if budget.usd is None else float(budget.usd),
        planned=len(pairs),
    )
    if not result.errors:
        run.end({"kind": result.decision.kind if result.decision else "", "asked": result.asked, "usd": result.usd})
    return result


def _opening(stage: Stage, run: Run, pairs: Sequence[Pair], edits: Sequence[Edit]) -> Opened:
    return Opened(
        run=run.id,
        arms=[arm.name for arm in stage.arms.values()],
        destinations={name: model.destination for name, model in stage.models.items()},
        pairs=len(pairs),
        kept=len(run.records),
        edits=edits,
    )


def _ordered(stage: Stage, terms: Terms) -> list[Pair]:
    """Return the pairs in the order in which they are asked: a random one, where it may stop early."""
    pairs = stage.pairs()
    if not (stage.file.suite.gate.sequential and "baseline" in stage.arms):
        return pairs
    named = dict(zip(pair_names(stage.file.suite, pairs), pairs, strict=True))
    cases = dict.fromkeys(case for case, _ in named)
    return [named[each] for each in shuffled_pairs(cases, stage.repeats, seed=terms.seed)]


@dataclass(slots=True, kw_only=True)
class _Judge:
    """Watches the pairs come in, and says when a sequential eval is decided."""

    stage: Stage
    pairs: Sequence[Pair]
    seed: int
    on_step: OnStep
    records: list[Record] = field(default_factory=list)

    def __call__(self, step: Step) -> bool:
        """Take a pair; tell whether to go on."""
        self.records += step.records
        self.on_step(step)
        looked_at = step.done <= _FEW or not step.done % (step.done // _LOOKS)
        if not (self._sequential and looked_at):
            return True
        return not self._verdict().decided

    @property
    def _sequential(self) -> bool:
        return self.stage.file.suite.gate.sequential and "baseline" in self.stage.arms

    def _verdict(self) -> Any:
        suite = self.stage.file.suite
        order = pair_names(suite, self.pairs) if self._sequential else None
        return compare_records(suite, self.records, seed=self.seed, order=order)

    def decision(self, edits: Sequence[Edit]) -> Decision | None:
        """Return what all of it amounts to; None without a baseline."""
        if "baseline" not in self.stage.arms:
            return None
        return decision_of(self.records, self._verdict(), edits)
