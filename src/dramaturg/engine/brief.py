"""What a run is decided by; its one rule: two equal briefs ask the same questions."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property

from dramaturg.engine.profile import Profile, answer_room
from dramaturg.engine.prompts import Kernel, artifacts_block
from dramaturg.errors import CallerError
from dramaturg.evidence.artifact import Artifact
from dramaturg.plan.model import Plan, PlannedStep

JUDGE = "judge"  # stands where a step's id would: whoever holds the claims against their quotes in the end


@dataclass(frozen=True, slots=True, kw_only=True)
class Respondent:
    """A model that some steps are asked of: its name and its traits."""

    model: str
    profile: Profile


@dataclass(frozen=True, slots=True, kw_only=True)
class Excerpts:
    """What is shown of artifacts that do not fit a window.

    Attributes:
        outline: Names every part; it stands where the artifacts would.
        by_step: The parts that a step is shown, by its id, ready to be put before its turn; no other step sees them.
        unseen: The parts that no step is shown.
    """

    outline: str
    by_step: Mapping[str, str]
    unseen: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)  # no slots: what is derived from it is derived once
class Brief:
    """Everything a run is decided by.

    Attributes:
        plan: What to perform.
        artifacts: What it is given, primary ones first.
        kernel: The prompts.
        profile: The traits of the model asked.
        model: Its name.
        reasks: How often the failing part of an answer is asked again.
        sample: Which repeat of an eval this is.
        others: The respondents of steps, by id, that another model is asked for; under `JUDGE`, who judges the claims.
        excerpts: What is shown of the artifacts; None for all of them.
    """

    plan: Plan
    artifacts: tuple[Artifact, ...]
    kernel: Kernel
    profile: Profile
    model: str
    reasks: int = 2
    sample: int = 0
    others: Mapping[str, Respondent] = field(default_factory=dict)
    excerpts: Excerpts | None = None

    @cached_property
    def prefix(self) -> tuple[str, str]:
        """The text every call begins with: the system turn and the artifacts, or the outline of large ones."""
        shown = self.excerpts.outline if self.excerpts else artifacts_block(self.artifacts)
        return self.kernel.system(self.plan.persona), shown

    def shown(self, step: PlannedStep) -> str:
        """Return the excerpts that a step is shown, to stand before its turn in its own calls only."""
        return self.excerpts.by_step.get(step.id, "") if self.excerpts else ""

    @property
    def fits(self) -> bool:
        """Whether all that is shown of the artifacts leaves room for answers."""
        try:
            _ = self.rooms
        except CallerError:
            return False
        return True

    @property
    def grounded(self) -> bool:
        """Whether claims must be backed by the artifacts."""
        return self.plan.persona.input_mode == "evidence-driven"

    def respondent(self, step: PlannedStep) -> Respondent:
        """Return which model a step is asked of."""
        return self.others.get(step.id) or Respondent(model=self.model, profile=self.profile)

    @property
    def room(self) -> int:
        """Tokens each answer of the run's own model may take; CallerError if the artifacts do not fit its window."""
        return self.rooms[self.model]

    @cached_property
    def rooms(self) -> Mapping[str, int]:
        """The tokens each answer may take, by model; CallerError if the artifacts do not fit one's window."""
        shown = max(self.excerpts.by_step.values(), key=self.profile.tokens, default="") if self.excerpts else ""
        prefix = "".join((*self.prefix, shown))
        asked = {self.model: self.profile}
        asked |= {each.model: each.profile for step, each in self.others.items() if step != JUDGE}
        return {name: answer_room(profile, prefix, self.calls) for name, profile in asked.items()}

    @cached_property
    def calls(self) -> int:
        """The number of calls to keep room for: each step once, and one round of each way back."""
        places = {step.id: place for place, step in enumerate(self.plan.steps)}
        again = 0
        for step in self.plan.steps:
            backs = (places[step.id] - places[way.goes_to] for way in step.branches if way.goes_to in places)
            again += max((length + 1 for length in backs if length >= 0), default=0)
        return len(self.plan.calls) + again
