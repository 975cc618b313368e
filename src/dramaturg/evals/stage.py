"""A suite, its arms and its models to what is performed; its one rule: what cells have in common is made once."""

from collections import OrderedDict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

from dramaturg.evals.arms import WORK_TREE, Arm, Blank
from dramaturg.evals.cells import Place
from dramaturg.evals.checking import performed
from dramaturg.evals.judging.standings import Standing
from dramaturg.evals.reading import SuiteFile
from dramaturg.evals.records import Arm as ArmName
from dramaturg.evals.scoring import Bench
from dramaturg.evals.suite import Case, Suite
from dramaturg.evals.yardstick import Yardstick, yardstick
from dramaturg.models.model import Model, leaves_this_machine
from dramaturg.persona.model import same_id
from dramaturg.plan.model import Plan
from dramaturg.run.budget import Tariffs
from dramaturg.run.inputs import Given, collect_artifacts
from dramaturg.run.job import Job
from dramaturg.run.secrets import Handling, screened

_NOTHING = "(This page is blank.)\n"
_BENCHES = 64  # of which each holds a case's artifacts


@dataclass(frozen=True, slots=True, kw_only=True)
class Pair:
    """What both arms perform: persona, case, model and repeat."""

    persona: str
    case: int
    model: str
    repeat: int


@dataclass(kw_only=True)
class Stage:
    """Everything an eval performs.

    Attributes:
        file: The suite.
        arms: The candidate, and the baseline before it where there is one.
        models: The models that are asked, by name.
        judges: Who judges, by metric.
        standings: What is known of them, by metric.
        prompts: What judges are told, by the kind of scorer.
        repeats: How often each case is performed.
        cases: The positions of the cases that are performed.
        tariffs: What tokens cost.
        secrets: What to do with secrets in artifacts that leave this machine.
    """

    file: SuiteFile
    arms: Mapping[ArmName, Arm]
    models: Mapping[str, Model]
    judges: Mapping[str, Model]
    standings: Mapping[str, Standing]
    prompts: Mapping[str, str]
    repeats: int
    cases: Sequence[int]
    tariffs: Tariffs
    secrets: Handling = "stop"
    _benches: OrderedDict[tuple[ArmName, str, int, str], Bench] = field(default_factory=OrderedDict)

    @cached_property
    def yardsticks(self) -> Mapping[tuple[ArmName, str], Yardstick]:
        """What each arm's documents are measured by, by arm and persona."""
        first = next(iter(self.arms.values()))
        return {
            (name, persona): yardstick(first.parts[persona].plan, part.plan)
            for name, arm in self.arms.items()
            for persona, part in arm.parts.items()
        }

    @cached_property
    def compares(self) -> bool:
        """Whether documents of both arms are held against each other."""
        return len(self.arms) > 1 and bool(self.file.suite.pairwise)

    @property
    def sequential(self) -> bool:
        """Whether it may stop early."""
        return self.file.suite.gate.sequential and "baseline" in self.arms

    @property
    def compared_to_decide(self) -> frozenset[str]:
        """Metrics of comparisons that decide; of two recorded evals none, since nobody was asked about their pairs."""
        if self.arms["candidate"].name != WORK_TREE:
            return frozenset()
        return frozenset(self.file.suite.gate.metrics) & self.file.suite.pairwise.keys()

    def pairs(self) -> list[Pair]:
        """Return what there is to perform, the repeats of a case together."""
        return pairs_of(self.file.suite, self.cases, [*self.models], self.repeats)

    def place(self, arm: ArmName, pair: Pair) -> Place:
        """Return what a performance is called."""
        case = self.file.suite.cases[pair.case].id
        return Place(arm=self.arms[arm].name, persona=pair.persona, case=case, model=pair.model, repeat=pair.repeat)

    def bench(self, arm: ArmName, pair: Pair) -> Bench:
        """Return what is performed and what it is scored with; that of the last cases is kept.

        Raises:
            CallerError: An artifact cannot be read, does not fit the model's window, or holds a secret.
        """
        key = (arm, pair.persona, pair.case, pair.model)
        if key not in self._benches:
            self._benches[key] = self._made(arm, pair)
            if len(self._benches) > _BENCHES:
                self._benches.popitem(last=False)
        return self._benches[key]

    def _made(self, arm: ArmName, pair: Pair) -> Bench:
        suite, part, model = self.file.suite, self.arms[arm].parts[pair.persona], self.models[pair.model]
        case = suite.cases[pair.case]
        given = without(given_artifacts(self.file.folder, case), part.plan, case, self.arms[arm].blank)
        artifacts, _ = collect_artifacts(part.plan, given)
        if leaves_this_machine(model):
            artifacts, _ = screened(artifacts, self.secrets)
        job = Job(plan=part.plan, artifacts=artifacts, kernel=part.kernel)
        return Bench(
            case=case,
            scorers=suite.scorers_of(case),
            brief=job.brief(model.profile, model.name, suite.reasks),
            yardstick=self.yardsticks[arm, pair.persona],
            tariffs=self.tariffs,
        )


def given_artifacts(folder: Path, case: Case) -> Mapping[str, Given]:
    """Return a case's artifacts as a run is given them."""
    return {name: given.text or folder / given.path for name, given in case.artifacts.items()}


def without(given: Mapping[str, Given], plan: Plan, case: Case, blank: Blank | None) -> Mapping[str, Given]:
    """Return a case's artifacts without one that is to be blank; one that cannot be lacking says only that."""
    if blank is None or blank.case != case.id:
        return given
    left = {name: each for name, each in given.items() if name != blank.artifact}
    declared = (spec.primary for spec in plan.persona.artifacts if same_id(spec.id, blank.artifact))
    return {**given, blank.artifact: _NOTHING} if next(declared, False) or not left else left


def pairs_of(suite: Suite, cases: Sequence[int], models: Sequence[str], repeats: int) -> list[Pair]:
    """Return what there is to perform of a suite's cases at some positions, the repeats of a case together."""
    return [
        Pair(persona=persona, case=case, model=model, repeat=repeat)
        for case in cases
        for persona in performed(suite.personas, suite.cases[case])
        for model in models
        for repeat in range(repeats)
    ]
