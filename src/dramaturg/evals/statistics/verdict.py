"""What a comparison says; its one rule: an answer stands with its denominators, its error and what would settle it."""

from dataclasses import dataclass
from enum import StrEnum

from dramaturg.evals.statistics.intervals import Interval
from dramaturg.evals.statistics.power import Price


class Kind(StrEnum):
    """What was decided."""

    WORSE = "worse"
    BETTER = "better"
    NO_WORSE = "no worse"
    INCONCLUSIVE = "inconclusive"
    INFRASTRUCTURE = "infrastructure"


@dataclass(frozen=True, slots=True, kw_only=True)
class Tally:
    """What became of one arm's samples.

    Attributes:
        passed: Samples that passed; 0 for scores.
        failed: Samples that failed; 0 for scores.
        valued: Samples with a value: passes, fails and scores.
        errors: Samples that the machinery lost.
        unscored: Samples that the scorer did not judge.
        missing: Errors and unscored samples, without those of cases in which neither arm has a value.
        mean: Pass rate, or mean score, of the valued samples; None without any.
        rate: The pass rate with its interval; None for scores.
        corrected: What people would have passed, with its interval, where a judge of known worth passed them.
        failure_bound: Where every valued sample passed, the failure rate that as many cases still allow; else None.
    """

    passed: int
    failed: int
    valued: int
    errors: int
    unscored: int
    missing: int
    mean: float | None
    rate: Interval | None
    corrected: Interval | None
    failure_bound: float | None

    @property
    def asked(self) -> int:
        """All samples."""
        return self.valued + self.errors + self.unscored


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """One metric in both arms.

    Attributes:
        metric: Its name.
        gates: Whether it counts for the verdict.
        scored: Whether it is a score rather than a rate of passes.
        kind: What is decided about it.
        obstacle: What keeps it from being decided, whatever the samples say; empty for nothing.
        margin: How much worse counts as no worse, in the metric's unit.
        baseline: The samples under the persona as it was.
        candidate: The samples under the edited persona.
        cases: Cases with values in both arms.
        informing: Samples that could tell the arms apart.
        effect: Candidate minus baseline in this suite, each limit at the one-sided level of the test; None: no data.
        generalised: The same for cases like these, clustered by source; None with fewer than two sources.
        p_worse: p value of "no worse", raised for the number of metrics that gate; small when it is worse.
        p_better: p value of "no better", raised likewise; small when it is better.
        p_no_worse: p value of "worse by the margin or more"; small when it is no worse.
        detectable: The smallest drop that these samples would find with a probability of 80 %; None without data.
        price: What deciding would take; None where it is decided, or where more of the same would not decide it.
        method: How the p values were found.
    """

    metric: str
    gates: bool
    scored: bool
    kind: Kind
    obstacle: str
    margin: float
    baseline: Tally
    candidate: Tally
    cases: int
    informing: int
    effect: Interval | None
    generalised: Interval | None
    p_worse: float
    p_better: float
    p_no_worse: float
    detectable: float | None
    price: Price | None
    method: str

    def __str__(self) -> str:
        if self.obstacle:
            return f"`{self.metric}`: {self.obstacle}"
        if self.effect is None:
            return f"`{self.metric}`: no case has a value in both arms"
        change, low, high = map(self._shown, (self.effect.estimate, self.effect.low, self.effect.high))
        unit = "" if self.scored else " points"
        return f"`{self.metric}` {self._said()}: {change}{unit}, {self.effect.level:.0%} interval {low} to {high}"

    def _said(self) -> str:
        within = f"{100 * self.margin:g} points" if not self.scored else f"{self.margin:g}"
        match self.kind:
            case Kind.WORSE:
                return f"is worse (p {_p(self.p_worse)})"
            case Kind.BETTER:
                return f"is better (p {_p(self.p_better)})"
            case Kind.NO_WORSE:
                return f"is no more than {within} worse (p {_p(self.p_no_worse)})"
            case _:
                return f"is neither shown to be worse nor shown to be within {within}"

    def _shown(self, difference: float) -> str:
        return f"{difference:+.3g}" if self.scored else f"{100 * difference:+.1f}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """Whether an edit is worse, over all metrics that gate.

    Attributes:
        kind: What is decided.
        alpha: The one-sided level of every decision.
        comparisons: The metrics in the order in which they were given, those that do not gate included.
        pairs: Pairs of samples that a sequential decision has read; None for a fixed number.
        price: What deciding would take; None where it is decided, or where more of the same would not decide it.
        soonest: More pairs before which a sequential decision is not to be expected; None for a fixed number.
    """

    kind: Kind
    alpha: float
    comparisons: tuple[Comparison, ...]
    pairs: int | None
    price: Price | None
    soonest: int | None = None

    @property
    def decided(self) -> bool:
        """Whether asking further would not change the answer; a sequential comparison stops here."""
        return self.kind in {Kind.WORSE, Kind.BETTER, Kind.NO_WORSE}

    def __str__(self) -> str:
        gating = [comparison for comparison in self.comparisons if comparison.gates]
        told = [comparison for comparison in gating if comparison.kind is self.kind] or gating
        price = f"; {self.price} would decide it" if self.price else ""
        return f"{self.kind.upper()}: {'; '.join(map(str, told))}{price}"


def _p(value: float) -> str:
    return "< 0.0001" if value < 0.0001 else f"= {value:.2g}"  # noqa: PLR2004 - what a reader can tell from nothing
