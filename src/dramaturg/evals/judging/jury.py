"""A performance to what its judges say; its one rule: what a judge was asked is recorded like any other question."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from dramaturg.engine.brief import Respondent
from dramaturg.errors import ModelError
from dramaturg.evals.cells import Asked, Desk, Place
from dramaturg.evals.judging.questions import Asking, Rule, ask_rubric
from dramaturg.evals.judging.verdicts import Verdict
from dramaturg.evals.scorers.judged import Rubric
from dramaturg.evals.scorers.model import Score, Scorer, View
from dramaturg.evidence.artifact import Artifact
from dramaturg.models.model import Model, leaves_this_machine
from dramaturg.run.secrets import Handling, screened

if TYPE_CHECKING:
    from dramaturg.engine.calls import ModelReply

_VALUES: Mapping[str, float | None] = {"pass": 1.0, "fail": 0.0, "unclear": None}


@dataclass(frozen=True, slots=True, kw_only=True)
class Opinions:
    """What judges said of a performance.

    Attributes:
        scores: By metric.
        asked: What each was asked for it, by metric.
        error: What the machinery failed with; empty for nothing.
    """

    scores: Mapping[str, Score] = field(default_factory=dict)
    asked: Mapping[str, tuple[Asked, ...]] = field(default_factory=dict)
    error: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Jury:
    """Whoever judges the performances of an eval.

    Attributes:
        judges: Who judges, by metric.
        prompt: What they are told.
        secrets: What to do with secrets in what they are shown, where that leaves this machine.
        desk: Where questions are answered.
    """

    judges: Mapping[str, Model]
    prompt: str
    secrets: Handling
    desk: Desk

    async def opinions(
        self, view: View, scorers: Sequence[Scorer], artifacts: Sequence[Artifact], place: Place
    ) -> Opinions:
        """Ask for each rubric of a performance that has a document.

        Raises:
            BudgetSpent, JournalMiss, SecretsFound: As `Desk.answer` and `screened` do.
        """
        scores: dict[str, Score] = {}
        asked: dict[str, tuple[Asked, ...]] = {}
        for scorer in scorers:
            if not isinstance(scorer, Rubric) or view.outcome is None:
                continue
            text = scorer.read(view, view.outcome)
            if text is None:
                scores[scorer.metric] = Score(value=0.0, why=(f"there is no section `{scorer.within}`",))
                continue
            judge = self.judges[scorer.metric]
            shown = self._shown(text, artifacts if scorer.artifacts else (), judge)
            respondent = Respondent(model=judge.name, profile=judge.profile)
            rule = Rule(prompt=self.prompt, artifacts=scorer.artifacts)
            asking = ask_rubric(rule, scorer.criterion, shown[0].text, shown[1:], respondent, sample=place.repeat)
            try:
                verdict, asked[scorer.metric] = await answered(asking, judge, self.desk, place)
            except ModelError as fault:
                return Opinions(scores=scores, asked=asked, error=f"the judge of `{scorer.metric}`: {fault}")
            scores[scorer.metric] = score_of(verdict)
        return Opinions(scores=scores, asked=asked)

    def _shown(self, document: str, artifacts: Sequence[Artifact], judge: Model) -> Sequence[Artifact]:
        exhibits = (Artifact(id="document", text=document), *artifacts)
        return screened(exhibits, self.secrets)[0] if leaves_this_machine(judge) else exhibits


def score_of(verdict: Verdict) -> Score:
    """Return a verdict as a score: 1 or 0; none where the judge abstained."""
    value = _VALUES[verdict.said]
    why = () if value == 1 else (verdict.because,)
    return Score(value=value, why=why, abstained=value is None)


async def answered(asking: Asking, judge: Model, desk: Desk, place: Place) -> tuple[Verdict, tuple[Asked, ...]]:
    """Answer a judge's questions, recorded or asked now; return the verdict and what was asked for it."""
    asked: list[Asked] = []
    reply: ModelReply | None = None
    while True:
        try:
            call = asking.send(reply)
        except StopIteration as stop:
            verdict: Verdict = stop.value
            return verdict, tuple(asked)
        key, kept, new = await desk.answer(judge, call, place)
        reply, took = kept.reply, kept.reply.usage
        asked.append(Asked(step=call.step, model=call.model, key=key, usage=took, seconds=kept.seconds, new=new))
