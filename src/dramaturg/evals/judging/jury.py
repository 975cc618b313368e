"""A performance to what its judges say; its one rule: what a judge was asked is recorded like any other question."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial, reduce
from operator import or_
from typing import TYPE_CHECKING

from dramaturg.engine.brief import Respondent
from dramaturg.errors import JournalMiss, ModelError, Unreached
from dramaturg.evals.cells import Asked, Desk, Place, asked_of
from dramaturg.evals.judging.preferences import Preference, Preferred, ask_pair, preference
from dramaturg.evals.judging.questions import Asking, Rule, ask_rubric
from dramaturg.evals.judging.verdicts import Said, SaidT, Verdict
from dramaturg.evals.scorers.judged import PAIRWISE, Judged, Pairwise, Rubric
from dramaturg.evals.scorers.model import Score, Scorer, View
from dramaturg.evidence.artifact import Artifact
from dramaturg.models.model import Model, leaves_this_machine
from dramaturg.run.secrets import Handling, screened

if TYPE_CHECKING:
    from dramaturg.engine.calls import ModelReply

_VALUES: Mapping[str, float | None] = {"pass": 1.0, "fail": 0.0, "unclear": None}
_TIE = 0.5
_NOBODY = "nobody was asked, and a strict replay asks nothing"


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

    def __or__(self, other: "Opinions") -> "Opinions":
        return Opinions(
            scores={**self.scores, **other.scores},
            asked={**self.asked, **other.asked},
            error=self.error or other.error,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Jury:
    """Whoever judges the performances of an eval.

    Attributes:
        judges: Who judges, by metric.
        prompts: What they are told, by the kind of scorer.
        secrets: What to do with secrets in what they are shown, where that leaves this machine.
        desk: Where questions are answered.
        needed: Metrics of comparisons of which a strict replay may leave no pair open.
    """

    judges: Mapping[str, Model]
    prompts: Mapping[str, str]
    secrets: Handling
    desk: Desk
    needed: frozenset[str] = frozenset()

    async def opinions(
        self, view: View, scorers: Sequence[Scorer], artifacts: Sequence[Artifact], place: Place
    ) -> Opinions:
        """Ask for each rubric of a performance that has a document.

        Raises:
            BudgetSpent, JournalMiss, SecretsFound: As `Desk.answer` and `screened` do.
        """
        rubrics = [each for each in scorers if isinstance(each, Rubric) and view.outcome is not None]
        said = await self.desk.together([partial(self._opinion, each, view, artifacts, place) for each in rubrics])
        return reduce(or_, said, Opinions())

    async def preferences(
        self, views: tuple[View, View], scorers: Sequence[Scorer], artifacts: Sequence[Artifact], place: Place
    ) -> tuple[Opinions, Opinions]:
        """Ask which of the documents of both arms, the baseline's first, is better; return what is said of each.

        What a strict replay has no answer to is left open where nothing is decided by it: a comparison is of two
        revisions, of which the answers that go with a suite know one.

        Raises:
            BudgetSpent, JournalMiss, SecretsFound: As `Desk.answer` and `screened` do.
        """
        pairwise = [each for each in scorers if isinstance(each, Pairwise)]
        said = await self.desk.together([partial(self._compared, each, views, artifacts, place) for each in pairwise])
        baseline, candidate = ([each[arm] for each in said] for arm in (0, 1))
        return reduce(or_, baseline, Opinions()), reduce(or_, candidate, Opinions())

    async def _opinion(self, scorer: Rubric, view: View, artifacts: Sequence[Artifact], place: Place) -> Opinions:
        """Ask for one rubric."""
        text = None if view.outcome is None else scorer.read(view, view.outcome)
        if text is None:
            lacking = Score(value=0.0, why=(f"there is no section `{scorer.within}`",))
            return Opinions(scores={scorer.metric: lacking})
        try:
            verdict, asked = await self.verdict(scorer, text, artifacts, place)
        except Unreached:
            raise
        except ModelError as fault:
            return Opinions(error=f"the judge of `{scorer.metric}`: {fault}")
        return Opinions(scores={scorer.metric: score_of(verdict)}, asked={scorer.metric: asked})

    async def verdict(
        self, scorer: Judged, text: str, artifacts: Sequence[Artifact], place: Place
    ) -> tuple[Verdict[Said], tuple[Asked, ...]]:
        """Return what a judge says of a text, and what was asked for it; ModelError if it cannot be asked."""
        judge = self.judges[scorer.metric]
        (text,), shown = self._shown((text,), artifacts, scorer)
        asking = ask_rubric(self._rule(scorer), scorer.criterion, text, shown, respondent(judge), sample=place.repeat)
        return await answered(asking, judge, self.desk, place)

    async def _compared(
        self, scorer: Pairwise, views: tuple[View, View], artifacts: Sequence[Artifact], place: Place
    ) -> tuple[Opinions, Opinions]:
        """Ask for one comparison."""
        texts = tuple(None if view.outcome is None else scorer.read(view, view.outcome) for view in views)
        asked: tuple[Asked, ...] = ()
        try:
            found, asked = await self.preferred(scorer, texts, artifacts, place)
        except JournalMiss as miss:
            if miss.step != PAIRWISE or scorer.metric in self.needed:
                raise
            found = Preference(value=None, because=_NOBODY)
        except Unreached:
            raise
        except ModelError as fault:
            failed = Opinions(error=f"the judge of `{scorer.metric}`: {fault}")
            return failed, failed
        baseline, candidate = scores_of(found)
        said = Opinions(scores={scorer.metric: candidate}, asked={scorer.metric: asked})
        return Opinions(scores={scorer.metric: baseline}), said

    async def preferred(
        self, scorer: Pairwise, texts: Sequence[str | None], artifacts: Sequence[Artifact], place: Place
    ) -> tuple[Preference, tuple[Asked, ...]]:
        """Return which of two texts is preferred; nothing is asked where one is missing, or both are the same."""
        baseline, candidate = texts
        if baseline is None or candidate is None:
            value = None if baseline is candidate else float(baseline is None)
            return Preference(value=value, because="there is nothing to compare"), ()
        if baseline == candidate:
            return Preference(value=_TIE, because="both are the same"), ()
        judge, rule = self.judges[scorer.metric], self._rule(scorer)
        (baseline, candidate), shown = self._shown((baseline, candidate), artifacts, scorer)

        async def ask(documents: tuple[str, str]) -> tuple[Verdict[Preferred], tuple[Asked, ...]]:
            asking = ask_pair(rule, scorer.criterion, documents, shown, respondent(judge), sample=place.repeat)
            return await answered(asking, judge, self.desk, place)

        orders = ((baseline, candidate), (candidate, baseline))
        (one, asked), (other, more) = await self.desk.together([partial(ask, order) for order in orders])
        return preference(one, other), (*asked, *more)

    def _rule(self, scorer: Judged) -> Rule:
        return Rule(prompt=self.prompts[scorer.kind], artifacts=scorer.artifacts)

    def _shown(
        self, documents: tuple[str, ...], artifacts: Sequence[Artifact], scorer: Judged
    ) -> tuple[tuple[str, ...], tuple[Artifact, ...]]:
        """Return documents and artifacts as they may be shown to a judge."""
        exhibits = tuple(Artifact(id=f"document {at}", text=text) for at, text in enumerate(documents))
        if scorer.artifacts:
            exhibits += tuple(artifacts)
        if leaves_this_machine(self.judges[scorer.metric]):
            exhibits, _ = screened(exhibits, self.secrets)
        return tuple(each.text for each in exhibits[: len(documents)]), exhibits[len(documents) :]


def respondent(judge: Model) -> Respondent:
    """Return a judge as questions name it."""
    return Respondent(model=judge.name, profile=judge.profile)


def score_of(verdict: Verdict[Said]) -> Score:
    """Return a verdict as a score: 1 or 0; none where the judge abstained."""
    value = _VALUES[verdict.said]
    why = () if value == 1 else (verdict.because,)
    return Score(value=value, why=why, abstained=value is None)


def scores_of(found: Preference) -> tuple[Score, Score]:
    """Return a preference as the scores of baseline and candidate: 1 and 0, the reverse, or a half each.

    What is measured of both is whether the verdict followed the order, where there was one.
    """
    measured = None if found.swayed is None else float(found.swayed)
    values = (None, None) if found.value is None else (1 - found.value, found.value)
    baseline, candidate = (
        Score(value=value, why=(found.because,), measured=measured, abstained=value is None) for value in values
    )
    return baseline, candidate


async def answered(
    asking: Asking[SaidT], judge: Model, desk: Desk, place: Place
) -> tuple[Verdict[SaidT], tuple[Asked, ...]]:
    """Answer a judge's questions, recorded or asked now; return the verdict and what was asked for it."""
    asked: list[Asked] = []
    reply: ModelReply | None = None
    while True:
        try:
            call = asking.send(reply)
        except StopIteration as stop:
            verdict: Verdict[SaidT] = stop.value
            return verdict, tuple(asked)
        key, kept, new = await desk.answer(judge, call, place)
        reply = kept.reply
        asked.append(asked_of(call, key, kept, new=new))
