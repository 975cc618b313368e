"""Records to the rows of a matrix; its one rule: what was lost to the machinery stands apart from what fell short."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import fmean

from dramaturg.evals.evaluated import Evaluated
from dramaturg.evals.records import Arm, Outcome, Record
from dramaturg.evals.report.page.parting import SEEN, Parting, parting_of
from dramaturg.evals.suite import PASS

STATES = {
    "fewer": "fewer pass",
    "lower": "scores lower",
    "more": "more pass",
    "higher": "scores higher",
    "same": "the same",
    "fails": "some fail",
    "passes": "all pass",
    "unknown": "nothing known",
}
Stratum = tuple[str, str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Count:
    """What became of a case in one arm: the outcome of each repeat, and how many of them."""

    marks: tuple[Outcome | None, ...]

    def of(self, outcome: Outcome) -> int:
        """Return how many repeats came out so."""
        return sum(mark == outcome for mark in self.marks)

    @property
    def judged(self) -> int:
        """How many repeats passed or failed."""
        return self.of("pass") + self.of("fail")

    @property
    def rate(self) -> float | None:
        """The share of those that passed; None without any."""
        return self.of("pass") / self.judged if self.judged else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Score:
    """The mean of a metric in each arm; None where it is not known. `measured`: on a scale of its own."""

    values: tuple[float | None, ...]
    measured: bool

    @property
    def change(self) -> float:
        """What was gained; 0 where that is not known, or no more and no less than a quantity."""
        first, last = self.values[0], self.values[-1]
        return 0.0 if first is None or last is None or self.measured else last - first

    @property
    def moved(self) -> bool:
        """Whether the arms differ."""
        if self.measured or None in self.values:
            return self.values[0] != self.values[-1]
        return abs(self.change) >= SEEN


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """A case, as one persona performed it with one model.

    Attributes:
        number: From 1, in the order of the suite.
        stratum: Persona, case and model.
        counts: What became of it, by arm.
        scores: By metric.
        parting: Where the arms part.
        state: A key of `STATES`.
        records: By arm, then by repeat.
    """

    number: int
    stratum: Stratum
    counts: tuple[Count, ...]
    scores: Mapping[str, Score]
    parting: Parting
    state: str
    records: tuple[Mapping[int, Record], ...]

    @property
    def change(self) -> float:
        """The change of the pass rate; 0 where it is not known."""
        first, last = self.counts[0].rate, self.counts[-1].rate
        return 0.0 if first is None or last is None else last - first

    @property
    def errors(self) -> int:
        """Performances that the machinery lost."""
        return sum(count.of("error") for count in self.counts)

    @property
    def repeats(self) -> list[int]:
        """The repeats that were performed in any arm."""
        return sorted({repeat for records in self.records for repeat in records})

    @property
    def rank(self) -> tuple[float, float, int, int]:
        """What puts the worst first."""
        low = min((score.change for score in self.scores.values()), default=0.0)
        rate = self.counts[-1].rate if len(self.counts) == 1 else None
        return self.change, (1.0 if rate is None else rate) if len(self.counts) == 1 else low, -self.errors, self.number


def rows_of(result: Evaluated) -> tuple[Row, ...]:
    """Return a row for each case, persona and model, the worst first."""
    found: dict[Stratum, dict[Arm, dict[int, Record]]] = defaultdict(lambda: {arm: {} for arm in result.arms})
    for record in result.records:
        found[record.stratum][record.arm][record.repeat] = record
    metrics = result.suite.suite.metrics[1:]
    rows = [
        _row(number, stratum, tuple(found[stratum].values()), metrics) for number, stratum in enumerate(found, start=1)
    ]
    return tuple(sorted(rows, key=lambda row: row.rank))


def _row(number: int, stratum: Stratum, arms: tuple[Mapping[int, Record], ...], metrics: Sequence[str]) -> Row:
    repeats = sorted({repeat for records in arms for repeat in records})
    counts = tuple(
        Count(marks=tuple(records[repeat].outcome if repeat in records else None for repeat in repeats))
        for records in arms
    )
    scores = {metric: score for metric in metrics if (score := _score(metric, arms)) is not None}
    pairs = [(arms[0][repeat], arms[-1][repeat]) for repeat in repeats if repeat in arms[0] and repeat in arms[-1]]
    parting = parting_of(pairs) if len(arms) > 1 else Parting()
    return Row(
        number=number,
        stratum=stratum,
        counts=counts,
        scores=scores,
        parting=parting,
        state=_state(counts, scores),
        records=arms,
    )


def _score(metric: str, arms: Sequence[Mapping[int, Record]]) -> Score | None:
    found = [[record.scores[metric] for record in records.values() if metric in record.scores] for records in arms]
    values = tuple(_mean([each.value for each in several]) for several in found)
    if any(value is not None for value in values):
        return Score(values=values, measured=False)
    measured = tuple(_mean([each.measured for each in several]) for several in found)
    return Score(values=measured, measured=True) if any(value is not None for value in measured) else None


def _mean(values: Sequence[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    return fmean(known) if known else None


def _state(counts: Sequence[Count], scores: Mapping[str, Score]) -> str:
    first, last = counts[0].rate, counts[-1].rate
    if last is None and not scores:
        return "unknown"
    if len(counts) == 1:
        return "passes" if last in (None, 1.0) else "fails"
    if first is not None and last is not None and first != last:
        return "fewer" if last < first else "more"
    changes = [score.change for score in scores.values()]
    if min(changes, default=0.0) <= -SEEN:
        return "lower"
    return "higher" if max(changes, default=0.0) >= SEEN else "same"


def first_to_show(row: Row) -> int:
    """Return the repeat of a case that is shown first: the first in which the arms differ, in what counts most."""
    both = [repeat for repeat in row.repeats if all(repeat in records for records in row.records)] or row.repeats
    if len(row.records) == 1:
        return next((repeat for repeat in both if row.records[0][repeat].outcome != PASS), both[0])
    for differ in (_outcomes_differ, _values_differ, _documents_differ):
        found = next((each for each in both if differ(*(records.get(each) for records in row.records))), None)
        if found is not None:
            return found
    return both[0]


def _outcomes_differ(old: Record | None, new: Record | None) -> bool:
    if old is None or new is None or "error" in (old.outcome, new.outcome):
        return False
    return old.outcome != new.outcome


def _values_differ(old: Record | None, new: Record | None) -> bool:
    if old is None or new is None:
        return False
    return any(old.scores[each].value != new.scores[each].value for each in old.scores.keys() & new.scores.keys())


def _documents_differ(old: Record | None, new: Record | None) -> bool:
    return old is not None and new is not None and old.document != new.document
