"""Rows of a matrix to sums by model and by persona; its one rule: errors are in no denominator."""

from collections.abc import Sequence
from dataclasses import dataclass

from dramaturg.evals.report.page.matrix import Row


@dataclass(frozen=True, slots=True, kw_only=True)
class Sum:
    """What became of several cases in one arm."""

    passed: int
    judged: int
    errors: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """The cases of one model or persona: what became of them by arm, and in how many fewer, or more, pass."""

    name: str
    counts: tuple[Sum, ...]
    cases: int
    fewer: int
    more: int


def groups_of(rows: Sequence[Row]) -> list[tuple[str, list[Group]]]:
    """Return the cases by model and by persona, as far as there are several."""
    found = []
    for at, what in ((2, "model"), (0, "persona")):
        names = sorted({row.stratum[at] for row in rows})
        if len(names) > 1:
            found.append((what, [_group(name, [row for row in rows if row.stratum[at] == name]) for name in names]))
    return found


def _group(name: str, rows: Sequence[Row]) -> Group:
    by_arm = zip(*(row.counts for row in rows), strict=True)
    return Group(
        name=name,
        counts=tuple(
            Sum(
                passed=sum(count.of("pass") for count in counts),
                judged=sum(count.judged for count in counts),
                errors=sum(count.of("error") for count in counts),
            )
            for counts in by_arm
        ),
        cases=len(rows),
        fewer=sum(row.state == "fewer" for row in rows),
        more=sum(row.state == "more" for row in rows),
    )
