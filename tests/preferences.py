"""Made-up preferences: what people would say of pairs of documents, and what a judge that errs makes of it."""

from collections.abc import Sequence
from dataclasses import dataclass
from random import Random

from dramaturg.evals.statistics.preferring import PairJudge
from dramaturg.evals.statistics.samples import Arms, Sample

_SCORES = {1: (0.0, 1.0), 0: (0.5, 0.5), -1: (1.0, 0.0)}


@dataclass(frozen=True, kw_only=True)
class Taste:
    """How often a judge prefers what people prefer, and the other; how often it prefers one where people call it a tie.

    `labels` pairs are labelled, a fifth of which people call a tie.
    """

    agreed: float
    opposed: float
    decided: float
    labels: int

    def __str__(self) -> str:
        return f"{self.agreed:g} / {self.opposed:g}, {self.labels} labels"

    @property
    def sharpness(self) -> float:
        """What it shows of a true preference."""
        return self.agreed - self.opposed

    def says(self, people: int, chance: Random) -> int:
        """Return what the judge says of a pair of which people say 1, 0 or -1."""
        draw = chance.random()
        if people:
            return people if draw < self.agreed else -people if draw < self.agreed + self.opposed else 0
        return 0 if draw >= self.decided else 1 if draw < self.decided / 2 else -1

    def calibrated(self, chance: Random) -> PairJudge:
        """Return what labels show of the judge."""
        pairs = self.labels - self.labels // 5
        said = [self.says(1, chance) for _ in range(pairs)]
        decided = sum(self.says(0, chance) != 0 for _ in range(self.labels - pairs))
        return PairJudge(
            pairs=pairs,
            agreed=said.count(1),
            opposed=said.count(-1),
            ties=self.labels - pairs,
            ties_decided=decided,
        )


TASTES: Sequence[Taste] = (
    Taste(agreed=0.9, opposed=0.02, decided=0.2, labels=40),
    Taste(agreed=0.7, opposed=0.1, decided=0.3, labels=40),
    Taste(agreed=0.5, opposed=0.2, decided=0.5, labels=40),
    Taste(agreed=0.5, opposed=0.2, decided=0.5, labels=160),
)


@dataclass(frozen=True, kw_only=True)
class Outcomes:
    """How pairs of a suite come out for people: the share in which one is preferred, and by how much the candidate is.

    Where `spread` is not 0, cases differ: some lose and others win that much more often.
    """

    decided: float
    net: float
    spread: float = 0.0

    def drawn(self, cases: int, repeats: int, chance: Random) -> list[list[int]]:
        """Return what people say of each pair, case by case, 1 where they prefer the candidate."""
        return [self._case(case, repeats, chance) for case in range(cases)]

    def _case(self, case: int, repeats: int, chance: Random) -> list[int]:
        net = self.net + self.spread * (1 if case % 2 else -1)
        wins = (self.decided + net) / 2
        draws = [chance.random() for _ in range(repeats)]
        return [1 if draw < wins else -1 if draw < self.decided else 0 for draw in draws]


def compared(said: Sequence[Sequence[int]], judge: PairJudge | None = None) -> Arms:
    """Return preferences as samples of both arms."""
    baseline: dict[str, list[Sample]] = {}
    candidate: dict[str, list[Sample]] = {}
    for case, each in enumerate(said):
        baseline[f"{case}"] = [_SCORES[one][0] for one in each]
        candidate[f"{case}"] = [_SCORES[one][1] for one in each]
    return Arms(baseline=baseline, candidate=candidate, paired=True, preferred=True, judge=judge)
