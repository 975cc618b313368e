"""Settings to runs; its one rule: everything that can be wrong without a model is found before one is asked."""

from collections.abc import Callable, Coroutine, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from types import MappingProxyType
from typing import Any

from dramaturg.data import prompts_root
from dramaturg.engine.brief import Brief
from dramaturg.engine.events import Event
from dramaturg.engine.profile import Profile
from dramaturg.errors import CallerError
from dramaturg.models.model import Model
from dramaturg.models.retry import RetryPolicy
from dramaturg.models.spec import ModelSpec, default_spec, open_model, parse_spec
from dramaturg.persona.library import Library
from dramaturg.persona.model import fold_id
from dramaturg.run.drive import Emit
from dramaturg.run.follow import follow
from dramaturg.run.inputs import Inputs
from dramaturg.run.job import Job, other_version, prepare, thaw
from dramaturg.run.journal import (
    Journal,
    adopt_journal,
    all_journals,
    create_journal,
    find_journal,
    inputs_digest,
    open_journal,
)
from dramaturg.run.loop import PRIVATE_LOOP
from dramaturg.run.perform import Conditions, perform_job, recorded_brief, replay_job
from dramaturg.run.record import Record, read_journal
from dramaturg.run.report import RunResult
from dramaturg.run.respond import Known, OnQuestion, responding
from dramaturg.run.runs import run_summaries
from dramaturg.run.secrets import HANDLINGS, Handling
from dramaturg.run.settings import as_path, current, existing_folders, persona_roots, state_root, whole_number
from dramaturg.run.stream import Stream

_LEAST_WINDOW = 1024


class Runtime:
    """Performs personas with one set of settings.

    Args:
        model: A model's name (`anthropic:NAME`, `openai:NAME[@URL]`, `gguf:PATH`, `evidence`, `replay:FILE`) or a
            `Model` of your own; None for `DRAMATURG_MODEL`, the project's, or the vendor whose key is set.
        personas: Folders to look for personas in, before the usual ones.
        prompts: Folder of prompt kernels; None for the shipped ones.
        state: Folder of the journals; None for the user's state folder.
        reasks: How often the failing part of an answer is asked again.
        strict: Make warnings errors: of loading, which raises AuthorError, and of the result, which is returned all
            the same with its findings as errors, because the work is done and paid for.
        quotes: Print the quoted lines below each entry of the document, so that it can be judged without the artifacts.
        secrets: What to do if artifacts that would leave this machine hold what looks like a secret: `stop`, `redact`
            (send a placeholder) or `allow`.
        window: Tokens of context of a local model; None for what its server reports, else 8,192.
        retry: How patiently a faltering provider is asked again.
        parallel: Write sections side by side that do not need each other; None for what the persona says.
        answers: What is answered to questions of the run, by the id of the question or of its step.
        yes: Confirm whatever is to be confirmed.
        follow: Perform the personas that a run hands over to as well.
    """

    def __init__(  # noqa: PLR0913 - one parameter for each setting, all by name
        self,
        *,
        model: str | Model | None = None,
        personas: str | Path | Sequence[str | Path] = (),
        prompts: str | Path | None = None,
        state: str | Path | None = None,
        reasks: int = 2,
        strict: bool = False,
        quotes: bool = False,
        secrets: Handling = "stop",
        window: int | None = None,
        retry: RetryPolicy | None = None,
        parallel: bool | None = None,
        answers: Known = MappingProxyType({}),
        yes: bool = False,
        follow: bool = False,
    ) -> None:
        project, folder, environment = current()
        own = existing_folders(personas)
        self.library = Library((*own, *persona_roots(project, folder, environment)))
        self.state = as_path(state) if state else state_root(environment)
        found = environment.get("DRAMATURG_MODEL") or project.model or default_spec(environment)
        self.model = found if model is None else model
        self.strict = strict
        self.quotes = quotes
        if secrets not in HANDLINGS:
            raise CallerError(f"`secrets` must be one of {', '.join(HANDLINGS)}, not {secrets!r}")
        self._secrets = secrets
        self._prompts = as_path(prompts) if prompts else prompts_root()
        self._reasks = whole_number("reasks", reasks, least=0)
        self._window = None if window is None else whole_number("window", window, least=_LEAST_WINDOW)
        self._retry = retry or RetryPolicy()
        self._schedule = None if parallel is None else "parallel" if parallel else "sequential"
        self._answers = answers
        self._yes = yes
        self._follow = follow

    def run(
        self,
        persona: str | Path,
        inputs: Inputs,
        *,
        on_event: Emit | None = None,
        on_question: OnQuestion | None = None,
        fresh: bool = False,
    ) -> RunResult:
        """Perform a persona and return its document; see `arun`. `on_question` is called on the calling thread."""

        def begin(asking: OnQuestion | None) -> Coroutine[Any, Any, RunResult]:
            return self.arun(persona, inputs, on_event=on_event, on_question=asking, fresh=fresh)

        return PRIVATE_LOOP.converse(begin, on_question) if on_question else PRIVATE_LOOP.call(begin(None))

    async def arun(
        self,
        persona: str | Path,
        inputs: Inputs,
        *,
        on_event: Emit | None = None,
        on_question: OnQuestion | None = None,
        fresh: bool = False,
    ) -> RunResult:
        """Perform a persona.

        Args:
            persona: Its alias, or the path of its file.
            inputs: The sole primary artifact, or artifacts by id. A `str` is the text itself, a `Path` a file or a
                folder.
            on_event: Told of everything that happens, in order; called on the loop that performs the run.
            on_question: Asked what only a person can answer, unless `answers` or `yes` do: returns text, a Path to a
                file that is handed over, or None, with which the run pauses. It may be a coroutine function.
            fresh: Begin a new run even if an unfinished one of the same plan, inputs and model could go on.

        Raises:
            AuthorError: The persona's text is at fault.
            CallerError: The call is; nothing has been asked.
            ModelError: The provider failed; the same call goes on where it stopped.
            StepFailed: A step could not be satisfied; what was produced is kept in the run's journal.
            AnswerNeeded: A person must answer; `resume` goes on once the answers are there.
            JournalMiss: The model is `replay:FILE`, and the file has no answer.
        """
        conditions = replace(self._conditions(on_event, on_question), secrets=self._secrets)
        return await self._arun(str(persona), inputs, conditions, fresh=fresh)

    async def _arun(
        self, persona: str, inputs: Inputs, conditions: Conditions, *, fresh: bool, chain: Sequence[str] = ()
    ) -> RunResult:
        spec = parse_spec(self.model) if isinstance(self.model, str) else None
        job = prepare(self.library, self._prompts, persona, inputs, strict=self.strict, schedule=self._schedule)
        if spec and spec.kind == "replay":
            return await replay_job(job, self.record(spec.name), conditions)
        result = await self._perform(job, self.model, _Opening(state=self.state, fresh=fresh), conditions)
        if not (self._follow and result.handoffs):
            return result

        async def next_one(alias: str, given: Mapping[str, str], chain: Sequence[str]) -> RunResult:
            return await self._arun(alias, given, conditions, fresh=fresh, chain=chain)

        chain = chain or (fold_id(job.plan.persona.alias),)
        followed, findings = await follow(result, chain, self.library, next_one)
        report = replace(result.report, findings=(*result.report.findings, *findings))
        return replace(result, report=report, followed=followed)

    def resume(self, run: str, *, on_event: Emit | None = None, on_question: OnQuestion | None = None) -> RunResult:
        """Go on with a run where it stopped; see `aresume`. `on_question` is called on the calling thread."""

        def begin(asking: OnQuestion | None) -> Coroutine[Any, Any, RunResult]:
            return self.aresume(run, on_event=on_event, on_question=asking)

        return PRIVATE_LOOP.converse(begin, on_question) if on_question else PRIVATE_LOOP.call(begin(None))

    async def aresume(
        self, run: str, *, on_event: Emit | None = None, on_question: OnQuestion | None = None
    ) -> RunResult:
        """Go on with a run, by id or journal file, under the persona, prompts, artifacts and model it began with.

        No answer it has is asked again. A run that ended gives its document, or its failure, again.

        Raises:
            CallerError: There is no such run, another process performs it, or this runtime's own model is not its.
            JournalMiss: The journal is damaged, or this version plans its persona otherwise.
        """
        record = self.record(run)
        header = record.header
        job = thaw(record)
        profile = recorded_brief(job, record).profile
        conditions = self._conditions(on_event, on_question, header["reasks"], profile)
        if record.end is not None:
            return await replay_job(job, record, conditions)
        model = header["spec"] if isinstance(self.model, str) else self.model
        if not isinstance(model, str) and model.name != header["model"]:
            raise CallerError(f"run `{record.run}` began with `{header['model']}`; resume it with that model")
        return await self._perform(job, model, lambda brief, _: _taken_up(record, brief), conditions, profile.window)

    def stream(
        self, persona: str | Path, inputs: Inputs, *, on_question: OnQuestion | None = None, fresh: bool = False
    ) -> Stream:
        """Perform a persona and hand out its events as they happen, to `for` and to `async for` alike."""
        return Stream(lambda emit: self.arun(persona, inputs, on_event=emit, on_question=on_question, fresh=fresh))

    def record(self, run: str) -> Record:
        """Return what a run's journal says, by the run's id or the journal's path; CallerError if there is none."""
        return read_journal(find_journal(self.state, run))

    def runs(self) -> list[dict[str, Any]]:
        """Return a row for each run of the state folder, the most recently written first."""
        return run_summaries(all_journals(self.state))

    async def _perform(
        self,
        job: Job,
        named: str | Model,
        opening: Callable[[Brief, str], Journal],
        conditions: Conditions,
        window: int | None = None,
    ) -> RunResult:
        if not isinstance(named, str):
            return await perform_job(job, named, named.name, opening, conditions)
        spec = parse_spec(named)
        model = await open_model(spec, window or self._window)
        try:
            return await perform_job(job, model, _lasting(spec), opening, conditions)
        finally:
            await model.aclose()

    def _conditions(
        self,
        on_event: Emit | None,
        on_question: OnQuestion | None,
        reasks: int | None = None,
        profile: Profile | None = None,
    ) -> Conditions:
        return Conditions(
            reasks=self._reasks if reasks is None else reasks,
            retry=self._retry,
            strict=self.strict,
            quotes=self.quotes,
            emit=on_event or _ignore,
            respond=responding(self._answers, yes=self._yes, then=on_question),
            profile=profile,
        )


def _lasting(spec: ModelSpec) -> str:
    """Return a model's name that means the same in another folder, where its run may be resumed."""
    return f"gguf:{Path(spec.name).expanduser().absolute()}" if spec.kind == "gguf" else str(spec)


def _taken_up(record: Record, brief: Brief) -> Journal:
    """Take up a run, if this version would ask what it asked."""
    if record.header["inputs"] != inputs_digest(brief):
        raise other_version(record, ValueError("it would ask other questions"))
    return open_journal(record.path)


class _Opening:
    """Takes up the newest unfinished run that would ask the same, or begins a new one."""

    def __init__(self, *, state: Path, fresh: bool) -> None:
        self.state = state
        self.fresh = fresh

    def __call__(self, brief: Brief, spec: str) -> Journal:
        adopted = None if self.fresh else adopt_journal(self.state, brief)
        return adopted or create_journal(self.state, brief, spec)


def _ignore(event: Event) -> None:
    del event
