"""What a runner hands over: the samples of a metric in both arms; its one rule: an error is never a fail.

A sample is one performance of one case by one arm, judged by one metric:

| sample | means |
|---|---|
| `"pass"`, `"fail"`, `True`, `False` | the scorer decided |
| a number | the scorer's score; higher is better (negate costs and times) |
| `"error"` | the machinery failed: provider, time-out, a scorer that crashed; tells nothing about the persona |
| `"unscored"` | the scorer abstained, or does not apply to this case |
| `None` | not asked (yet) |
"""

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal, TypeAlias

from dramaturg.evals.statistics.calibration import Judge
from dramaturg.evals.statistics.distributions import normal_quantile
from dramaturg.evals.statistics.preferring import PairJudge

Sample: TypeAlias = Literal["pass", "fail", "error", "unscored"] | float | None

_VALUES = {"pass": 1.0, "fail": 0.0}


@dataclass(frozen=True, slots=True, kw_only=True)
class Arms:
    """The samples of one metric.

    Attributes:
        baseline: For each case its samples by repeat, under the persona as it was.
        candidate: The same under the edited persona. Cases and repeats may be missing on either side; only cases with
            scored samples in both are compared.
        clusters: The source of cases that share one; see `clustered`. It changes the interval for cases like these.
        paired: Whether repeats with the same number belong together because both arms share answers in them, such as
            those of the steps before the edited one. What they share is then no noise.
        gates: Whether the metric decides; else it is compared and reported beside those that do.
        bounds: Least and greatest score possible; of no effect for passes and fails.
        margin: How much worse counts as no worse, in the metric's unit; None for that of the whole decision.
        preferred: Whether its samples say which arm's is preferred, in pairs: 1 and 0, the reverse, or a half each.
        applies: Cases that the metric is of, though none of their samples may have a value.
        judge: How well the judge that scored it agrees with people: of passes and fails, see `calibration`; of
            preferences, see `preferring`.
        judges: The same of judges that passing depends on besides other things: they dull every difference, and no rate
            can be corrected by them.
    """

    baseline: Mapping[str, Sequence[Sample]]
    candidate: Mapping[str, Sequence[Sample]]
    clusters: Mapping[str, str] = field(default_factory=dict)
    paired: bool = False
    gates: bool = True
    bounds: tuple[float, float] = (0.0, 1.0)
    margin: float | None = None
    preferred: bool = False
    applies: frozenset[str] = frozenset()
    judge: Judge | PairJudge | None = None
    judges: tuple[Judge, ...] = ()

    @property
    def all_judges(self) -> tuple[Judge | PairJudge, ...]:
        """Every judge that its samples depend on."""
        return (self.judge, *self.judges) if self.judge else self.judges

    @property
    def scored(self) -> bool:
        """Whether the samples are numbers rather than passes and fails."""
        kinds = (_kind(sample) for *_, sample in self.samples())
        return next((kind for kind in kinds if kind), None) is float

    @property
    def range(self) -> float:
        """The greatest difference possible between two values."""
        return self.bounds[1] - self.bounds[0] if self.scored else 1.0

    @property
    def shown(self) -> float:
        """The part of a true difference that the samples show at least: less than 1 where judges scored them."""
        return math.prod(judge.sharpness for judge in self.all_judges if judge.sharpness > 0)

    @property
    def shown_variance(self) -> float:
        """Its squared standard error: what few labels leave open."""
        parts = [judge.sharpness_variance / judge.sharpness**2 for judge in self.all_judges if judge.sharpness > 0]
        return self.shown**2 * math.fsum(parts)

    def surely_shown(self, alpha: float) -> float:
        """Return the part that they show at least, at level `alpha`: labels say only about how much it is."""
        return max(0.0, self.shown - normal_quantile(1 - alpha) * math.sqrt(self.shown_variance))

    def samples(self) -> Iterator[tuple[str, str, int, Sample]]:
        """Yield arm, case, repeat and sample of everything that was asked."""
        for arm, cases in (("baseline", self.baseline), ("candidate", self.candidate)):
            for case, samples in cases.items():
                for repeat, sample in enumerate(samples):
                    if sample is not None:
                        yield arm, case, repeat, sample


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """A case that can be compared: the values of both arms, a pass being 1 and a fail 0."""

    name: str
    candidate: tuple[float, ...]
    baseline: tuple[float, ...]


def value_of(sample: Sample) -> float | None:
    """Return a sample as a number, a pass being 1 and a fail 0; None where it says nothing about the persona."""
    if sample is None or sample in {"error", "unscored"}:
        return None
    return _VALUES[sample] if isinstance(sample, str) else float(sample)


def compared_cases(arms: Arms) -> list[Case]:
    """Return the cases with values in both arms, by name."""
    cases = (
        Case(name=name, candidate=_values(arms.candidate[name]), baseline=_values(arms.baseline[name]))
        for name in sorted(arms.baseline.keys() & arms.candidate.keys())
    )
    return [case for case in cases if case.candidate and case.baseline]


def compared_pairs(arms: Arms) -> list[Case]:
    """Return each repeat with values in both arms as a case of its own, by the name of its case."""
    return [
        Case(name=name, candidate=(new,), baseline=(old,))
        for name in sorted(arms.baseline.keys() & arms.candidate.keys())
        for new, old in zip(map(value_of, arms.candidate[name]), map(value_of, arms.baseline[name]), strict=False)
        if new is not None and old is not None
    ]


def _values(samples: Sequence[Sample]) -> tuple[float, ...]:
    return tuple(value for sample in samples if (value := value_of(sample)) is not None)


def faults_of(name: str, arms: Arms) -> Iterator[str]:
    """Yield what is wrong with a metric's samples, each with its place and remedy."""
    low, high = arms.bounds
    if not (math.isfinite(low) and math.isfinite(high) and low < high):
        yield f"metric `{name}`: {low} and {high} bound nothing; give the least and the greatest score possible"
    if arms.margin is not None and not 0 < arms.margin < high - low:
        yield f"metric `{name}`: a margin of {arms.margin} does not lie between 0 and {high - low}"
    kinds = {_kind(sample) for *_, sample in arms.samples()} - {None}
    if kinds == {float, bool}:
        yield f"metric `{name}` has passes and scores; make it two metrics, or score a pass as a number"
    yield from _misjudged(name, arms, scored=float in kinds)
    for arm, case, repeat, sample in arms.samples():
        if _kind(sample) is float and not low <= float(sample or 0) <= high:  # a NaN lies nowhere
            yield f"metric `{name}`, case `{case}`, repeat {repeat} of the {arm}: {sample} is outside {low} to {high}"


def _misjudged(name: str, arms: Arms, *, scored: bool) -> Iterator[str]:
    kind = PairJudge if arms.preferred else Judge
    if not all(isinstance(judge, kind) for judge in arms.all_judges):
        yield f"metric `{name}`: a judge of {'passes' if arms.preferred else 'pairs'} says nothing about its samples"
    if arms.all_judges and scored and not arms.preferred:
        yield f"metric `{name}`: only a judge of passes and fails can be calibrated; turn its scores into passes"
    if arms.preferred and not arms.paired:
        yield f"metric `{name}`: a preference is of a pair; say that its arms are paired"


def _kind(sample: Sample) -> type | None:
    if sample is None or sample in {"error", "unscored"}:
        return None
    return bool if sample in {"pass", "fail"} or type(sample) is bool else float
