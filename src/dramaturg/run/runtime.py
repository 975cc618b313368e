"""Settings to runs; its one rule: everything that can be wrong without a model is found before one is asked."""

from collections.abc import Coroutine, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from types import MappingProxyType
from typing import Any

from dramaturg.data import prompts_root
from dramaturg.errors import CallerError
from dramaturg.models.model import Model
from dramaturg.models.prices import parse_price
from dramaturg.models.retry import RetryPolicy
from dramaturg.persona.library import Library
from dramaturg.persona.model import fold_id
from dramaturg.run.budget import Limits, parse_seconds, parse_usd
from dramaturg.run.drive import Emit
from dramaturg.run.durable.extra import require_durable
from dramaturg.run.durable.receipts import Receipts
from dramaturg.run.follow import follow
from dramaturg.run.inputs import Inputs
from dramaturg.run.job import Job, Plans, prepare
from dramaturg.run.journal import mark_delivered
from dramaturg.run.journal_folder import all_journals, find_journal
from dramaturg.run.kernels import load_kernel
from dramaturg.run.loop import PRIVATE_LOOP
from dramaturg.run.orders import Terms, cleared, order_of
from dramaturg.run.perform import Conditions, replay_job
from dramaturg.run.performer import Performer
from dramaturg.run.record import Record, read_journal
from dramaturg.run.report import RunResult
from dramaturg.run.respond import Known, OnQuestion
from dramaturg.run.runs import run_summaries
from dramaturg.run.secrets import HANDLINGS, Handling
from dramaturg.run.settings import (
    as_path,
    blaming,
    current,
    existing_folders,
    persona_roots,
    state_root,
    whole_number,
)
from dramaturg.run.stream import Stream
from dramaturg.run.team import Named, wanted_models

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
        durable: URL of a Postgres database whose workers perform the runs; None for this process.
        models: Models for some steps instead, by step number or by kind of step (`ingest`, `section`, …).
        judge: Model that holds each claim against the lines it cites once the document is written; what it doubts is a
            warning.
        fallback: Models to ask, one after the other, where the one that is meant cannot be had.
        budget: US dollars a run may cost; a call that could exceed it is not made, and BudgetSpent is raised.
        max_tokens: Tokens a run may use, in and out together; likewise.
        deadline: Seconds after which no further call is made; `5m` and `1h` are understood.
        price: Dollars for a million tokens in and out, `3/15`, of a model whose price is not known.
        delivers: Whether the caller says when a result has reached its reader, by `delivered`; until then the same run
            gives it again, for a process may die in between. Otherwise it has with its return.
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
        durable: str | None = None,
        models: Mapping[str, Named] = MappingProxyType({}),
        judge: Named | None = None,
        fallback: str | Sequence[Named] = (),
        budget: str | float | None = None,
        max_tokens: int | None = None,
        deadline: str | float | None = None,
        price: str | None = None,
        delivers: bool = False,
    ) -> None:
        project, folder, environment = current()
        own = existing_folders(personas)
        self.library = Library((*own, *persona_roots(project, folder, environment)))
        self.state = as_path(state) if state else state_root(environment)
        self.wanted = wanted_models(project, environment, model=model, models=models, judge=judge, fallback=fallback)
        self.model = self.wanted.model
        if secrets not in HANDLINGS:
            raise CallerError(f"`secrets` must be one of {', '.join(HANDLINGS)}, not {secrets!r}")
        self._prompts = as_path(prompts) if prompts else prompts_root()
        schedule = None if parallel is None else "parallel" if parallel else "sequential"
        self._plans = Plans(self.library, strict=strict, schedule=schedule)
        self._follow = follow
        if durable is not None:
            require_durable()
        self._durable = durable
        terms = Terms(
            reasks=whole_number("reasks", reasks, least=0),
            strict=strict,
            quotes=quotes,
            answers=answers,
            yes=yes,
            window=None if window is None else whole_number("window", window, least=_LEAST_WINDOW),
            limits=Limits(
                usd=None if budget is None else parse_usd(budget),
                tokens=None if max_tokens is None else whole_number("max_tokens", max_tokens, least=1),
                seconds=None if deadline is None else parse_seconds(deadline),
            ),
            price=None if price is None else parse_price(price),
        )
        self._performer = Performer(
            state=self.state, terms=terms, retry=retry or RetryPolicy(), secrets=secrets, delivers=delivers
        )

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

        return PRIVATE_LOOP.converse(begin, on_question)

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
        conditions = self._performer.conditions(on_event, on_question)
        return await self._arun(str(persona), inputs, conditions, fresh=fresh)

    async def _arun(
        self, persona: str, inputs: Inputs, conditions: Conditions, *, fresh: bool, chain: Sequence[str] = ()
    ) -> RunResult:
        job = self._prepared(persona, inputs)
        result = await self._performed(job, conditions, fresh=fresh)
        if not (self._follow and result.handoffs):
            return result

        async def next_one(alias: str, given: Mapping[str, str], chain: Sequence[str]) -> RunResult:
            return await self._arun(alias, given, conditions, fresh=fresh, chain=chain)

        chain = chain or (fold_id(job.plan.persona.alias),)
        followed, findings = await follow(result, chain, self.library, next_one)
        report = replace(result.report, findings=(*result.report.findings, *findings))
        return replace(result, report=report, followed=followed)

    async def _performed(self, job: Job, conditions: Conditions, *, fresh: bool) -> RunResult:
        """Perform a job here, elsewhere, or over what is recorded, as the settings say."""
        spec = self.wanted.spec() if isinstance(self.model, str) else None
        if spec and spec.kind == "replay":
            with blaming(self.wanted.place):
                record = self.record(spec.name)
            return await replay_job(job, record, conditions)
        if self._durable is not None:
            from dramaturg.run.durable.elsewhere import perform_elsewhere  # noqa: PLC0415 - the extra `durable`

            return await perform_elsewhere(self._order(job), self._receipts(self._durable, fresh=fresh), conditions)
        return await self._performer.begin(job, self.wanted.choice(job.plan), conditions, fresh=fresh)

    def _prepared(self, persona: str, inputs: Inputs) -> Job:
        return prepare(self._plans, self._prompts, persona, inputs)

    def resume(self, run: str, *, on_event: Emit | None = None, on_question: OnQuestion | None = None) -> RunResult:
        """Go on with a run where it stopped; see `aresume`. `on_question` is called on the calling thread."""

        def begin(asking: OnQuestion | None) -> Coroutine[Any, Any, RunResult]:
            return self.aresume(run, on_event=on_event, on_question=asking)

        return PRIVATE_LOOP.converse(begin, on_question)

    async def aresume(
        self, run: str, *, on_event: Emit | None = None, on_question: OnQuestion | None = None
    ) -> RunResult:
        """Go on with a run, by id or journal file, under the persona, prompts, artifacts and model it began with.

        No answer it has is asked again. A run that ended gives its document, or its failure, again.

        Raises:
            CallerError: There is no such run, another process performs it, or this runtime's own model is not its.
            JournalMiss: The journal is damaged, or this version plans its persona otherwise.
        """
        conditions = self._performer.conditions(on_event, on_question)
        if self._durable is not None:
            from dramaturg.run.durable.elsewhere import resume_elsewhere  # noqa: PLC0415 - the extra `durable`

            return await resume_elsewhere(run, self._receipts(self._durable), conditions)
        return await self._performer.go_on(self.record(run), self.model, self.wanted.fallback, conditions)

    def stream(
        self, persona: str | Path, inputs: Inputs, *, on_question: OnQuestion | None = None, fresh: bool = False
    ) -> Stream:
        """Perform a persona and hand out its events as they happen, to `for` and to `async for` alike."""
        return Stream(lambda emit: self.arun(persona, inputs, on_event=emit, on_question=on_question, fresh=fresh))

    def order(self, persona: str | Path, inputs: Inputs) -> dict[str, Any]:
        """Return what a worker needs to perform a persona, as plain JSON data: see `dramaturg.run.durable`.

        Raises:
            AuthorError, CallerError: As `arun` does.
        """
        return self._order(self._prepared(str(persona), inputs))

    def _order(self, job: Job) -> dict[str, Any]:
        choice = self.wanted.choice(job.plan)
        job, terms = cleared(job, choice, self._performer.terms, self._performer.secrets)
        return order_of(job, choice, terms)

    def job(self, persona: str | Path) -> Job:
        """Return the plan of a persona with its prompts, and no artifacts.

        Raises:
            AuthorError, CallerError: As `arun` does.
        """
        plan = self._plans.of(str(persona))
        return Job(plan=plan, artifacts=(), kernel=load_kernel(self._prompts, plan.persona))

    def record(self, run: str) -> Record:
        """Return what is recorded of a run, by its id or its journal's path; CallerError if there is none."""
        if self._durable is not None:
            from dramaturg.run.durable.elsewhere import recorded_elsewhere  # noqa: PLC0415 - the extra `durable`

            return PRIVATE_LOOP.call(recorded_elsewhere(self._durable, run))
        return read_journal(find_journal(self.state, run))

    def delivered(self, run: str) -> None:
        """Take note that a run's result has reached its reader, by the run's id or the journal's path."""
        if self._durable is None:
            mark_delivered(find_journal(self.state, run))
        else:
            self._receipts(self._durable).settle(run)

    def _receipts(self, database: str, *, fresh: bool = False) -> Receipts:
        return Receipts(state=self.state, database=database, fresh=fresh)

    def runs(self) -> list[dict[str, Any]]:
        """Return a row for each run of the state folder, the most recently written first."""
        return run_summaries(all_journals(self.state))
