"""What is asked for to what will be performed; its one rule: fresh files and a frozen journal give the same job."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from types import MappingProxyType

from jinja2 import TemplateSyntaxError

from dramaturg.engine.brief import Brief, Respondent
from dramaturg.engine.profile import Profile
from dramaturg.engine.prompts import Kernel
from dramaturg.errors import JournalMiss
from dramaturg.evidence.artifact import Artifact
from dramaturg.findings.model import Finding
from dramaturg.persona.library import Library, persona_of
from dramaturg.persona.model import PersonaFile
from dramaturg.persona.scan import scan
from dramaturg.plan.compile import compile_plan
from dramaturg.plan.model import Plan
from dramaturg.run.excerpts import excerpts_of
from dramaturg.run.inputs import Inputs, artifact_notes, collect_artifacts
from dramaturg.run.kernels import load_kernel
from dramaturg.run.record import Record


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """A plan with everything it needs but a model."""

    plan: Plan
    artifacts: tuple[Artifact, ...]
    kernel: Kernel
    notes: tuple[Finding, ...] = ()

    @property
    def findings(self) -> tuple[Finding, ...]:
        """What there is to say of the persona and the artifacts."""
        return (*self.plan.findings, *self.notes)

    def brief(
        self, profile: Profile, model: str, reasks: int, others: Mapping[str, Respondent] = MappingProxyType({})
    ) -> Brief:
        """Return the brief for a model of this name and these traits, and others for some steps.

        Artifacts beyond a window are given in excerpts.
        """
        whole = self.whole_brief(profile, model, reasks, others)
        return whole if whole.fits else replace(whole, excerpts=excerpts_of(whole))

    def whole_brief(
        self, profile: Profile, model: str, reasks: int, others: Mapping[str, Respondent] = MappingProxyType({})
    ) -> Brief:
        """Return the brief with the whole artifacts, whether they fit or not."""
        return Brief(
            plan=self.plan,
            artifacts=self.artifacts,
            kernel=self.kernel,
            profile=profile,
            model=model,
            reasks=reasks,
            others=others,
        )


class Plans:
    """The plans of a library's personas; a persona whose files say what they said is not planned again.

    Args:
        library: Where they are.
        strict: Make warnings errors.
        schedule: As `compile_plan` takes it.
    """

    def __init__(self, library: Library, *, strict: bool = False, schedule: str | None = None) -> None:
        self.library = library
        self._strict = strict
        self._schedule = schedule
        self._made: dict[str, Plan] = {}

    def of(self, name: str) -> Plan:
        """Return the plan of a persona, by alias or path.

        Raises:
            AuthorError: The persona's text is at fault.
            CallerError: There is no such persona.
        """
        persona = self.library.load(name, strict=self._strict)
        plan = self._made.get(name)
        if plan is None or plan.persona is not persona:
            plan = self._made[name] = compile_plan(persona, schedule=self._schedule)
        return plan


def prepare(plans: Plans, prompts: Path, persona: str, inputs: Inputs) -> Job:
    """Read persona, kernel and artifacts from disk.

    Raises:
        AuthorError: The persona's text is at fault.
        CallerError: The call is.
    """
    plan = plans.of(persona)
    kernel = load_kernel(prompts, plan.persona)
    artifacts, notes = collect_artifacts(plan, inputs)
    return Job(plan=plan, artifacts=artifacts, kernel=kernel, notes=notes)


def thaw(record: Record) -> Job:
    """Read persona, kernel and artifacts from a journal's header; JournalMiss if this version plans them otherwise."""
    header = record.header
    files = [scan(file["path"], file["text"]) for file in header["chain"]]
    persona = persona_of(files[-1], lambda alias: parent_in(files, alias))
    plan = compile_plan(persona, schedule=header.get("schedule"))
    if plan.digest != header["plan"]:
        message = f"this version compiles the persona of `{record.run}` to another plan; start a new run with `--fresh`"
        raise JournalMiss("", message)
    try:
        kernel = Kernel(header["kernel"]["version"], header["kernel"]["sources"])
        artifacts = tuple(Artifact(**artifact) for artifact in header["artifacts"])
    except (KeyError, TypeError, TemplateSyntaxError) as error:
        raise other_version(record, error) from error
    return Job(plan=plan, artifacts=artifacts, kernel=kernel, notes=artifact_notes(plan, artifacts))


def other_version(record: Record, error: Exception) -> JournalMiss:
    """Return the error for a header that this version does not write."""
    remedy = "finish it with the version that began it, or start a new run with `--fresh`"
    return JournalMiss("", f"run `{record.run}` was begun by another version ({error}); {remedy}")


def parent_in(files: Sequence[PersonaFile], alias: str) -> PersonaFile:
    """Return the file that an `inherits_from` was resolved to when the run began: the one before its child."""
    child = next(index for index, file in enumerate(files) if file.frontmatter.text("inherits_from") == alias)
    if child == 0:
        raise JournalMiss("", f"the journal does not hold `{alias}`; start a new run with `--fresh`")
    return files[child - 1]
