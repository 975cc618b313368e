"""Where a step may go on, then and now, to what became of it; its one rule: a way is known by its condition first."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from dramaturg.plan.changes import Change, Place, Subject, What
from dramaturg.plan.model import Branch, PlannedStep
from dramaturg.plan.pairing import Pairing, likeness, words
from dramaturg.plan.prose import one_line

_SAME_WAY = 0.5


@dataclass(frozen=True, slots=True, kw_only=True)
class _Way:
    """A branch, and the step it goes to by its title, since numbers change; empty for the next one."""

    branch: Branch
    goal: str

    def __str__(self) -> str:
        bound = f", at most {self.branch.bound} times" if self.branch.bound else ""
        return f"to {self.goal or 'the next step'}{bound}"


Titles = Mapping[str, str]  # of the steps of a plan, by id


def branch_changes(
    before: tuple[PlannedStep, Titles], after: tuple[PlannedStep, Titles], place: Place
) -> Iterator[Change]:
    """Compare the branches of a step, given with the titles of its plan, with those of what it has become.

    They are known by the condition, by what is done in that case, by where they go. One that leads back more often
    than it did, or not at all, is weakened.
    """
    olds, news = _ways(*before), _ways(*after)
    pairs = Pairing(olds, news)
    pairs.by_key(lambda way: (one_line(way.branch.check).casefold(),))
    pairs.by_key(lambda way: way.branch.text)
    pairs.by_score(lambda old, new: likeness(_said(old), _said(new)), least=_SAME_WAY)
    pairs.by_key(lambda way: way.goal)
    for at in pairs.in_order(range(len(olds)), range(len(news))):
        old, new = pairs.members(*at)
        here = replace(
            place, before=old.branch.span if old else place.before, after=new.branch.span if new else place.after
        )
        if old and new:
            yield from here.changed(Subject.BRANCH, What.REWORDED, old.branch.check, old.branch.check, new.branch.check)
            was, now = old.branch.bound, new.branch.bound
            what = What.WEAKENED if was and not 0 < now <= was else What.CHANGED
            yield from here.changed(Subject.BRANCH, what, new.branch.check, str(old), str(new))
        elif new:
            yield here.change(Subject.BRANCH, What.ADDED, new.branch.check, after=_told(new))
        elif old:
            yield here.change(Subject.BRANCH, What.LOST, old.branch.check, before=_told(old))


def _ways(step: PlannedStep, titles: Titles) -> Sequence[_Way]:
    return [_Way(branch=branch, goal=titles.get(branch.goes_to, "")) for branch in step.branches]


def _said(way: _Way) -> Sequence[str]:
    return words(f"{way.branch.check} {way.branch.text}")


def _told(way: _Way) -> str:
    return one_line(f"{way.branch.check}: {way}") if way.branch.check else str(way)
