"""A run while it goes on: what was said, what came of it; its one rule: what is done again replaces what it was.

A stage performs steps; which come next is for `flow` to say.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from dramaturg.engine.asking import Accepted, Question, ask
from dramaturg.engine.brief import Brief
from dramaturg.engine.conversation import Conversation
from dramaturg.engine.crew import Asks, Crew, Task
from dramaturg.engine.events import StepAccepted, StepStarted
from dramaturg.engine.outcome import Entry, Handoff, OpenQuestion, Outcome, Section
from dramaturg.engine.remarks import placeholders, unperformed
from dramaturg.engine.settle import asked_by_the_model, inconsistencies, open_questions, settle
from dramaturg.evidence.artifact import Artifact
from dramaturg.evidence.locate import Shelf
from dramaturg.findings.model import Finding
from dramaturg.persona.model import fold_id
from dramaturg.plan.model import Kind, PlannedStep
from dramaturg.plan.outputs import Item, StepOutput
from dramaturg.plan.repeats import MOST_ITEMS
from dramaturg.plan.schedule import needed

_SHOWN = 120


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """What a step amounts to; of a step done again only the last one counts."""

    output: StepOutput
    section: Section | None = None
    questions: tuple[OpenQuestion, ...] = ()
    findings: tuple[Finding, ...] = ()


@dataclass(slots=True, kw_only=True)
class Stage:
    """The state of a run.

    Attributes:
        brief: What it is decided by.
        rooms: Tokens an answer may take, by model.
        conversation: What was said.
        shelf: The artifacts there are by now.
        results: What the steps amount to, by id.
        values: What was set for conditions, by folded name.
        besides: Findings that are no single step's.
        handoffs: Work prepared for other personas, by step.
        skipped: Ids of steps passed over.
    """

    brief: Brief
    rooms: Mapping[str, int]
    conversation: Conversation
    shelf: Shelf
    results: dict[str, Result] = field(default_factory=dict)
    values: dict[str, str] = field(default_factory=dict)
    besides: list[Finding] = field(default_factory=list)
    handoffs: dict[str, Handoff] = field(default_factory=dict)
    skipped: set[str] = field(default_factory=set)
    _warm: bool = False

    def begin_again(self) -> None:
        """Forget what was said and made, but not what a person supplied."""
        system, artifacts = self.brief.prefix
        self.conversation = Conversation(system=system, artifacts=artifacts)
        for kept in (self.results, self.values, self.besides, self.handoffs, self.skipped):
            kept.clear()

    def supply(self, artifacts: Sequence[Artifact]) -> None:
        """Put a person's answers beside the artifacts of the run."""
        self.shelf = Shelf((*self.shelf.artifacts, *artifacts))

    def perform(self, steps: Sequence[PlannedStep]) -> Asks:
        """Perform steps side by side as far as they do not need each other.

        The first call of a run goes alone: it writes the prefix that the others read from the provider's cache.
        """
        crew, waiting = Crew(), [*steps]
        unfinished = {step.id for step in steps}
        while waiting or crew.busy:
            for step in [step for step in waiting if not unfinished.intersection(step.needs)]:
                if crew.failures or (crew.busy and not self._warm):
                    break
                waiting.remove(step)
                for task in self._tasks(step, unfinished):
                    yield from crew.begin(task, self.brief.plan.steps.index(step))
            if crew.failures and not crew.busy:
                break
            if crew.busy:
                yield from crew.next_answer()
                self._warm = True
        if crew.failures:
            raise min(crew.failures, key=lambda failure: failure[0])[1]

    def _tasks(self, step: PlannedStep, unfinished: set[str]) -> Iterator[Task]:
        """Yield what is to be done for a step: one task, or one for each item of another step."""
        items = self._items(step)
        if not items:
            yield self._task(step, unfinished)
            return
        done: dict[int, Accepted] = {}
        for number in range(1, len(items) + 1):
            yield self._item_task(step, (number, items), done, unfinished)

    def _task(self, step: PlannedStep, unfinished: set[str]) -> Task:
        yield self._started(step)
        question = self._turn(step)
        accepted = yield from ask(self._question(step, question))
        self.conversation.keep(step.id, question, accepted.text)
        yield self._accepted(step, [("", accepted)])
        unfinished.discard(step.id)

    def _item_task(
        self, step: PlannedStep, place: tuple[int, Sequence[str]], done: dict[int, Accepted], unfinished: set[str]
    ) -> Task:
        """Perform a step for one item; whoever is last joins what all made."""
        number, items = place
        if number == 1:
            yield self._started(step)
        question = self._turn(step)
        one = self.brief.kernel.item(items[number - 1], number, len(items))
        done[number] = yield from ask(self._question(step, question + "\n" + one))
        if len(done) == len(items):
            parts = [done[each] for each in sorted(done)]
            joined = _joined([part.output for part in parts])
            self.conversation.keep(step.id, question, joined.model_dump_json())
            yield self._accepted(step, [*zip(items, parts, strict=True)])
            unfinished.discard(step.id)

    def _started(self, step: PlannedStep) -> StepStarted:
        performed = self.brief.plan.performed
        return StepStarted(step=step.id, title=step.title, position=performed.index(step) + 1, total=len(performed))

    def _turn(self, step: PlannedStep) -> str:
        return self.brief.kernel.step(step, len(self.brief.plan.steps))

    def _question(self, step: PlannedStep, turn: str) -> Question:
        sees = needed({each.id: each for each in self.brief.plan.steps}, step)
        return Question(
            brief=self.brief,
            step=step,
            messages=self.conversation.asking(self.brief.shown(step) + turn, sees, only=step.chooses_needs),
            shelf=self.shelf,
            room=self.rooms[self.brief.respondent(step).model],
        )

    def _items(self, step: PlannedStep) -> list[str]:
        """Return the items that a step is performed for, each in a line; none if it is performed once."""
        if not step.each or step.each not in self.results:
            return []
        said = (_named(item) for item in self.results[step.each].output.items if item.basis != "missing")
        return [*dict.fromkeys(name for name in said if name)][:MOST_ITEMS]

    def _accepted(self, step: PlannedStep, parts: Sequence[tuple[str, Accepted]]) -> StepAccepted:
        """Keep what a step amounts to."""
        respondent = self.brief.respondent(step)
        writes = respondent.profile.writes
        output = _joined([part.output for _, part in parts]) if len(parts) > 1 else parts[0][1].output
        section = None
        if step.kind is Kind.SECTION:
            entries = tuple(entry for about, part in parts for entry in self._entries(step, about, part, writes=writes))
            section = Section(step=step.id, title=step.section, format=step.format, entries=entries)
        turns = step.does(Kind.GATE) or step.does(Kind.ASK)
        questions = [*open_questions(section, step), *([] if turns else asked_by_the_model(output, step))]
        notes = [finding for _, part in parts for finding in part.verdict.findings]
        notes += placeholders(section, step) if section else ()
        undone = [] if writes else [*unperformed(step)]
        self.values |= {fold_id(signal.name): signal.value for signal in output.signals}
        self.skipped.discard(step.id)
        self.results[step.id] = Result(
            output=output, section=section, questions=tuple(questions), findings=(*undone, *notes)
        )
        return StepAccepted(step=step.id, title=step.title, section=section, findings=tuple(notes))

    def _entries(self, step: PlannedStep, about: str, part: Accepted, *, writes: bool) -> Iterator[Entry]:
        settled = settle(part.output, step, self.shelf, grounded=self.brief.grounded, writes=writes)
        return (replace(entry, about=about) for entry in settled.entries)

    def outcome(self) -> Outcome:
        """Return what the run amounts to, in the order of the plan."""
        results = [self.results[step.id] for step in self.brief.plan.steps if step.id in self.results]
        begun_with = len(self.brief.artifacts)
        return Outcome(
            sections=tuple(result.section for result in results if result.section),
            questions=(
                *(question for result in results for question in result.questions),
                *inconsistencies(self.shelf.artifacts),
            ),
            findings=(*(finding for result in results for finding in result.findings), *self.besides),
            handoffs=tuple(self.handoffs[step.id] for step in self.brief.plan.steps if step.id in self.handoffs),
            supplied=self.shelf.artifacts[begun_with:],
            skipped=tuple(step.id for step in self.brief.plan.steps if step.id in self.skipped),
        )


def _joined(outputs: Sequence[StepOutput]) -> StepOutput:
    """Return several answers as one; it may hold more items than one answer could."""
    return outputs[0].model_copy(
        update={
            "notes": "\n".join(output.notes for output in outputs if output.notes),
            "signals": tuple(signal for output in outputs for signal in output.signals),
            "questions": tuple(dict.fromkeys(asked for output in outputs for asked in output.questions)),
            "items": tuple(item for output in outputs for item in output.items),
        }
    )


def _named(item: Item) -> str:
    """Return what an item is known by: its first cell, else its text, in a line."""
    said = item.cells[0].value if item.cells else item.text or item.command
    line = " ".join(said.split())
    return line if len(line) <= _SHOWN else line[: _SHOWN - 1].rstrip() + "…"
