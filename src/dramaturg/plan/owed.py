"""What two plans owe to what became of it; its one rule: only what nothing answers to, in any section, is lost."""

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from dramaturg.findings.source import Source
from dramaturg.persona.bullets import ITEM
from dramaturg.persona.model import fold_id, same_id
from dramaturg.plan.changes import Change, Place, Subject, What
from dramaturg.plan.model import Level, Plan, PlannedStep, Requirement
from dramaturg.plan.pairing import Pairing, likeness, words
from dramaturg.plan.prose import one_line

_ALIKE = 0.6
_ALIKE_UNDER_ONE_ID = 0.5
_ALIKE_ELSEWHERE = 0.8
_SUBSTANCE = 3  # how many words must be left out for a rewording to say less
_NESTED = re.compile(rf"\n[ \t]*{ITEM}[ \t]+")
_FIRMNESS = ("may", "must", "non-negotiable")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Owed:
    """A requirement of the bullets, its text as written, and its section.

    `home` is the index of its step in the later plan, for one of the earlier plan the index of what its step has
    become there, or -1.
    """

    requirement: Requirement
    written: str
    section: str
    home: int


class Owed:
    """What the bullets of two plans demand, paired across all sections.

    Args:
        before: The earlier plan.
        after: The later plan.
        became: The index of each earlier step that is still there, to its index in the later plan.
    """

    def __init__(self, before: Plan, after: Plan, became: Mapping[int, int]) -> None:
        olds, self._olds = _owed(before, became)
        news, self._news = _owed(after, {at: at for at in range(len(after.steps))})
        self._pairs = Pairing(olds, news)
        self._pairs.by_key(lambda owed: (owed.home, fold_id(owed.requirement.id)))
        self._pairs.by_score(lambda old, new: _alike(old, new) if old.home == new.home else 0, least=_ALIKE)
        self._pairs.by_score(
            lambda old, new: _alike(old, new) if _named_alike(old, new) else 0, least=_ALIKE_UNDER_ONE_ID
        )
        self._pairs.by_score(_alike, least=_ALIKE_ELSEWHERE)

    def heir(self, step: int, requirement: Requirement) -> tuple[int, Requirement] | None:
        """Return what a bullet of the earlier plan has become, and its step; None if nothing answers to it.

        Args:
            step: The index of its step in the earlier plan.
            requirement: The bullet.
        """
        old = next((at for at in self._olds[step] if self._pairs.olds[at].requirement is requirement), None)
        new = None if old is None else self._pairs.new_of.get(old)
        return None if new is None else (self._pairs.news[new].home, self._pairs.news[new].requirement)

    def changes(self, old_step: int | None, new_step: int | None, place: Place, *, ordered: bool) -> Iterator[Change]:
        """Compare what a step owed with what it owes; what has come from elsewhere is told where it stands now.

        Args:
            old_step: The index of the step in the earlier plan; None if it was not there.
            new_step: Likewise in the later plan.
            place: Where the step stands.
            ordered: Whether the order of the requirements means something.
        """
        olds, news = self._olds[old_step], self._news[new_step]
        displaced = self._pairs.displaced(olds, news) if ordered else {}
        for old_at, new_at in self._pairs.in_order(olds, news):
            old, new = self._pairs.members(old_at, new_at)
            here = replace(
                place,
                before=old.requirement.span if old else place.before,
                after=new.requirement.span if new else place.after,
            )
            if old and new:
                yield from here.reordered(_subject(new), new.requirement.id, displaced.get(new_at))
                yield from _changes(old, new, here)
            elif new:
                yield here.change(_subject(new), What.ADDED, new.requirement.id, after=new.requirement.text)
            elif old:
                yield here.change(_subject(old), What.LOST, old.requirement.id, before=old.requirement.text)


def firmness(subject: Subject, old: Requirement, new: Requirement, place: Place) -> Iterator[Change]:
    """Tell whether a requirement has become weaker or stronger."""
    was, now = ("non-negotiable" if each.non_negotiable else each.level.value for each in (old, new))
    weaker = _FIRMNESS.index(now) < _FIRMNESS.index(was)
    yield from place.changed(subject, What.WEAKENED if weaker else What.STRENGTHENED, old.id, was, now)


def bullets(step: PlannedStep) -> Sequence[Requirement]:
    """Return what a step owes besides having content at all."""
    return [requirement for requirement in step.requirements if not requirement.whole_section]


def _owed(plan: Plan, home: Mapping[int, int]) -> tuple[list[_Owed], Mapping[int | None, list[int]]]:
    """Return what a plan's bullets demand, and the indices of the demands of each step."""
    sources = {file.path: Source(file.path, file.text) for file in plan.persona.chain}
    owed: list[_Owed] = []
    by_step: dict[int | None, list[int]] = defaultdict(list)
    for at, step in enumerate(plan.steps):
        for requirement in bullets(step):
            source = sources[requirement.span.path]
            start = source.offset(requirement.span)
            written = source.text[start : start + requirement.span.length]
            by_step[at].append(len(owed))
            owed.append(_Owed(requirement=requirement, written=written, section=step.title, home=home.get(at, -1)))
    return owed, by_step


def _alike(old: _Owed, new: _Owed) -> float:
    return likeness(words(old.requirement.text), words(new.requirement.text))


def _named_alike(old: _Owed, new: _Owed) -> bool:
    return same_id(old.requirement.id, new.requirement.id)


def _subject(*owed: _Owed) -> Subject:
    """Return what kind of thing requirements are, of which one has become the other."""
    if all(each.requirement.column for each in owed):
        return Subject.COLUMN
    return Subject.REQUIREMENT if any(each.requirement.level is Level.MUST for each in owed) else Subject.OPTION


def _changes(old: _Owed, new: _Owed, place: Place) -> Iterator[Change]:
    """Compare a requirement with what it has become."""
    was, now = old.requirement, new.requirement
    subject = _subject(old, new)
    if old.home != new.home:
        yield place.change(subject, What.MOVED, now.id, before=old.section, after=new.section)
    yield from firmness(subject, was, now, place)
    lost = [*_lost_parts(old, new)]
    for part in lost:
        yield place.change(subject, What.LOST, f"{was.id}: {part}", before=part)
    if not same_id(was.id, now.id):
        yield place.change(subject, What.RENAMED, was.id, before=was.text, after=now.text)
        return
    shorter = not lost and _says_less(words(was.text), words(now.text))
    yield from place.changed(subject, What.SHORTENED if shorter else What.REWORDED, now.id, was.text, now.text)


def _lost_parts(old: _Owed, new: _Owed) -> Iterator[str]:
    """Yield the nested bullets of a requirement that nothing among its new ones answers to."""
    parts = Pairing(*([one_line(part) for part in _NESTED.split(owed.written)[1:]] for owed in (old, new)))
    parts.by_key(str)
    parts.by_score(lambda one, other: likeness(words(one), words(other)), least=_ALIKE)
    yield from (part for at, part in enumerate(parts.olds) if at not in parts.new_of)


def _says_less(old: Sequence[str], new: Sequence[str]) -> bool:
    """Tell whether the new words are the old ones with some of substance left out."""
    following = iter(old)
    return len(old) - len(new) >= _SUBSTANCE and all(word in following for word in new)
