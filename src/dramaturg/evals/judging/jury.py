"""A performance to what its judges say; its one rule: what a judge was asked is recorded like any other question."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from dramaturg.engine.brief import Respondent
from dramaturg.errors import JournalMiss, ModelError
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
    """

    judges: Mapping[str, Model]
    prompts: Mapping[str, str]
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
            (text,), shown = self._shown((text,), artifacts, scorer)
            asking = ask_rubric(
                self._rule(scorer), scorer.criterion, text, shown, respondent(judge), sample=place.repeat
            )
            try:
                verdict, asked[scorer.metric] = await answered(asking, judge, self.desk, place)
            except ModelError as fault:
                return Opinions(scores=scores, asked=asked, error=f"the judge of `{scorer.metric}`: {fault}")
            scores[scorer.metric] = score_of(verdict)
        return Opinions(scores=scores, asked=asked)

    async def preferences(
        self, views: tuple[View, View], scorers: Sequence[Scorer], artifacts: Sequence[Artifact], place: Place
    ) -> tuple[Opinions, Opinions]:
        """Ask which of the documents of both arms, the baseline's first, is better; return what is said of each.

        What a strict replay has no answer to is left open: a comparison decides nothing, and is of two revisions, of
        which the answers that go with a suite know one.

        Raises:
            BudgetSpent, SecretsFound: As `Desk.answer` and `screened` do.
        """
        scores: tuple[dict[str, Score], dict[str, Score]] = ({}, {})
        asked: dict[str, tuple[Asked, ...]] = {}
        for scorer in scorers:
            if not isinstance(scorer, Pairwise):
                continue
            texts = tuple(None if view.outcome is None else scorer.read(view, view.outcome) for view in views)
            try:
                found, asked[scorer.metric] = await self._preferred(texts, scorer, artifacts, place)
            except JournalMiss as miss:
                if miss.step != PAIRWISE:
                    raise
                found, asked[scorer.metric] = Preference(value=None, because=_NOBODY), ()
            except ModelError as fault:
                failed = Opinions(error=f"the judge of `{scorer.metric}`: {fault}")
                return failed, failed
            scores[0][scorer.metric], scores[1][scorer.metric] = scores_of(found)
        return Opinions(scores=scores[0]), Opinions(scores=scores[1], asked=asked)

    async def _preferred(
        self, texts: Sequence[str | None], scorer: Pairwise, artifacts: Sequence[Artifact], place: Place
    ) -> tuple[Preference, tuple[Asked, ...]]:
        """Return which text is preferred; nothing is asked where one is missing, or both are the same."""
        baseline, candidate = texts
        if baseline is None or candidate is None:
            value = None if baseline is candidate else float(baseline is None)
            return Preference(value=value, because="there is nothing to compare"), ()
        if baseline == candidate:
            return Preference(value=_TIE, because="both are the same"), ()
        judge, rule = self.judges[scorer.metric], self._rule(scorer)
        (baseline, candidate), shown = self._shown((baseline, candidate), artifacts, scorer)
        verdicts: list[Verdict[Preferred]] = []
        asked: list[Asked] = []
        for documents in ((baseline, candidate), (candidate, baseline)):
            asking = ask_pair(rule, scorer.criterion, documents, shown, respondent(judge), sample=place.repeat)
            verdict, questions = await answered(asking, judge, self.desk, place)
            verdicts.append(verdict)
            asked += questions
        return preference(*verdicts), tuple(asked)

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
