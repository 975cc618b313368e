"""A plan to an Outcome, as a conversation of plain data; its one rule: same replies, same run.

The flow is a generator: it yields calls, questions and events, is sent replies and answers, and returns an Outcome. It
opens no socket and reads no clock, which is what makes a run resumable by running it again over the replies it already
had.
"""

from collections import Counter
from collections.abc import Generator
from dataclasses import dataclass, field, replace

from dramaturg.engine.assemble import section_markdown
from dramaturg.engine.brief import JUDGE, Brief
from dramaturg.engine.calls import Answer, Ask, Question, Questions, Reply
from dramaturg.engine.conversation import Conversation
from dramaturg.engine.crew import Asks
from dramaturg.engine.events import BranchTaken, Event, Flow, RunStarted, StepAccepted, StepStarted
from dramaturg.engine.judging import ask_judge
from dramaturg.engine.outcome import Handoff
from dramaturg.engine.people import (
    another_way_out,
    choice_of,
    confirmation,
    confirms,
    inquiries,
    is_yes,
    supplied,
    told_of,
    told_of_confirmation,
    told_of_rejection,
)
from dramaturg.engine.remarks import bound_spent, passed_over, stalled
from dramaturg.engine.settle import left_open
from dramaturg.engine.stage import Stage
from dramaturg.engine.ways import Way, told_of_way, way_of
from dramaturg.errors import StepFailed
from dramaturg.evidence.locate import Shelf
from dramaturg.plan.model import Branch, Kind, PlannedStep
from dramaturg.plan.outputs import StepOutput

_OFFERS_RESET = 3
_STALLS = 4


def perform(brief: Brief) -> Flow:
    """Perform a plan.

    Yields:
        Events, which are answered with None; ModelCalls, answered with a ModelReply; Batches, with an Answered;
        Questions, with a tuple of Answers.

    Returns:
        The Outcome. Assembling it is not part of the flow.

    Raises:
        CallerError: Before the first call, if the artifacts do not fit the model's window.
        StepFailed: A step's answer falls short after every attempt, or a person keeps rejecting one.
        ModelError: The model refused.
    """
    system, artifacts = brief.prefix
    stage = Stage(
        brief=brief,
        rooms=brief.rooms,
        conversation=Conversation(system=system, artifacts=artifacts),
        shelf=Shelf(brief.artifacts),
    )
    course = _Course(stage=stage, steps=brief.plan.performed)
    yield RunStarted(
        persona=brief.plan.persona.alias,
        document=brief.plan.document,
        steps=tuple((step.id, step.title) for step in course.steps),
    )
    while course.at < len(course.steps):
        yield from course.go_on()
    outcome = stage.outcome()
    judge = brief.others.get(JUDGE)
    return (yield from ask_judge(brief, judge, outcome)) if judge else outcome


@dataclass(slots=True, kw_only=True)
class _Course:
    """Which steps come next.

    Attributes:
        stage: Performs them.
        steps: All of them, in the order written.
        at: The place of the next one.
        taken: How often each way was taken, by its step and number.
        rejections: How often each gate was answered with no.
        asked: How often each step has asked a person.
    """

    stage: Stage
    steps: tuple[PlannedStep, ...]
    at: int = 0
    taken: Counter[tuple[str, int]] = field(default_factory=Counter)
    rejections: Counter[str] = field(default_factory=Counter)
    asked: Counter[str] = field(default_factory=Counter)

    def go_on(self) -> Asks:
        """Perform the steps up to the next that stands alone, or that one."""
        first = self.steps[self.at]
        if first.stands_alone:
            yield from self._alone(first)
            return
        end = next((at for at in range(self.at, len(self.steps)) if self.steps[at].stands_alone), len(self.steps))
        yield from self.stage.perform(self.steps[self.at : end])
        self.at = end

    def _alone(self, step: PlannedStep) -> Asks:
        """Perform a step that a person, another way or another persona comes into; then all before is common ground."""
        stage = self.stage
        if step.is_asked:
            yield from stage.perform((step,))
        else:
            yield StepStarted(step=step.id, title=step.title, position=self.at + 1, total=len(self.steps))
            yield StepAccepted(step=step.id, title=step.title, section=None, findings=())
        output = stage.results[step.id].output if step.id in stage.results else StepOutput()
        writes = stage.brief.respondent(step).profile.writes
        goal = self.at + 1
        if writes and step.does(Kind.ASK):
            yield from self._inquire(step, output)
        if writes and step.does(Kind.GATE):
            goal = yield from self._confirm(step, output)
        if step.does(Kind.HANDOFF):
            stage.handoffs[step.id] = Handoff(step=step.id, persona=step.hands_to, mandate=_mandate(step, output))
        if step.branches and goal == self.at + 1:
            goal = yield from self._decide(step)
        stage.conversation.settle()
        self.at = goal

    def _inquire(self, step: PlannedStep, output: StepOutput) -> Asks:
        """Ask a person what the step wants to know; the answers become artifacts."""
        questions = inquiries(step, output, self.asked[step.id])
        if not questions:
            return
        answers = yield from self._ask(step, questions)
        pairs = [*zip(questions, answers, strict=True)]
        made = supplied(step, output, pairs, self.stage.shelf.artifacts)
        self.stage.supply(made)
        self.stage.conversation.tell(step.id, told_of(pairs, made))
        silent = [question for question, answer in pairs if not (answer.text.strip() or answer.artifact)]
        result = self.stage.results[step.id]
        self.stage.results[step.id] = replace(result, questions=(*result.questions, *left_open(silent, step)))

    def _confirm(self, step: PlannedStep, output: StepOutput) -> Generator[Ask | Event, Reply | None, int]:
        """Ask a person to confirm; return the place to go on at.

        After the third no the person is offered to begin again from the first step; the fourth ends the run.
        """
        subject = confirms(self.steps, step)
        made = self.stage.results.get(subject.id)
        about = section_markdown(made.section) if made and made.section else made.output.notes if made else ""
        (answer,) = yield from self._ask(step, (confirmation(step, output, about, self.asked[step.id]),))
        if is_yes(answer):
            self.stage.conversation.tell(step.id, told_of_confirmation(step, answer))
            return self.at + 1
        self.rejections[step.id] += 1
        count = self.rejections[step.id]
        way_out = "revise"
        if count == _OFFERS_RESET:
            (said,) = yield from self._ask(step, (another_way_out(step, count),))
            way_out = choice_of(said)
        if way_out == "stop" or count >= _STALLS:
            raise StepFailed(step.id, step.title, (stalled(step, subject, count),))
        goal = self.steps.index(subject)
        if way_out == "reset":
            goal = 0
            self.stage.begin_again()
        self.stage.conversation.tell(step.id, told_of_rejection(step, self.steps[goal], answer))
        yield BranchTaken(
            step=step.id, title=step.title, check="", goes_to=self.steps[goal].id, round=count, bound=_STALLS - 1
        )
        return goal

    def _decide(self, step: PlannedStep) -> Generator[Event, None, int]:
        """Return the place that the first way whose condition holds leads to; a way back only as often as it may be."""
        places = {each.id: place for place, each in enumerate(self.steps)}
        way = way_of(step, self.at, places, self.stage.values, self.taken)
        for spent in way.spent:
            self.stage.besides.append(bound_spent(step, spent))
        if way.branch is None:
            return self.at + 1
        if way.goal is not None:
            self.taken[step.id, way.number] += 1
            yield self._told(step, way, way.branch)
        self.stage.conversation.tell(step.id, told_of_way(step, way, self.stage.values))
        goal = self.at + 1 if way.goal is None else way.goal
        for passed in self.steps[self.at + 1 : goal]:
            self.stage.skipped.add(passed.id)
            if passed.section:
                self.stage.besides.append(passed_over(step, passed))
        return goal

    def _told(self, step: PlannedStep, way: Way, branch: Branch) -> BranchTaken:
        return BranchTaken(
            step=step.id,
            title=step.title,
            check=branch.check,
            goes_to=branch.goes_to,
            round=self.taken[step.id, way.number],
            bound=way.bound,
        )

    def _ask(
        self, step: PlannedStep, questions: tuple[Question, ...]
    ) -> Generator[Ask | Event, Reply | None, tuple[Answer, ...]]:
        self.asked[step.id] += 1
        answers = yield Questions(step=step.id, title=step.title, questions=questions)
        if not isinstance(answers, tuple) or len(answers) != len(questions):
            raise TypeError("Questions were not answered with one Answer each")
        return answers


def _mandate(step: PlannedStep, output: StepOutput) -> str:
    """Return what another persona is asked to do: the model's words and facts, else the author's."""
    facts = [f"- {' '.join(item.text.split())}" for item in output.items if item.text.strip()]
    said = [part for part in (output.notes.strip(), "\n".join(facts)) if part]
    return "\n\n".join(said or [" ".join(step.instruction.split())]) + "\n"
