"""Two plans to what changed between them; its one rule: what is owed is followed by its meaning, not by its place.

A requirement is looked for under its id, then by its words in its section, then in the other sections; a step by its
title, its name, its instruction, its number, and its words. Only what nothing answers to is lost; what lost its name or
its place is neither lost nor new. Prose beside the requirements is a loss only where it says MUST.
"""

import re
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from dramaturg.findings.model import Span
from dramaturg.persona.bullets import ITEM
from dramaturg.persona.model import fold_id
from dramaturg.plan.branches import branch_changes
from dramaturg.plan.changes import Change, Place, Subject, What
from dramaturg.plan.demands import Demands
from dramaturg.plan.model import Format, Kind, Plan, PlannedStep, Requirement
from dramaturg.plan.owed import Owed, bullets, firmness
from dramaturg.plan.pairing import Pairing, likeness, words
from dramaturg.plan.prose import one_line
from dramaturg.plan.rulesets import Rulesets

_SAME_RULES = 0.8
_SAME_WORK = 0.6
_SAME_WORK_UNDER_ONE_NUMBER = 0.51
_TURNS = {
    Kind.SECTION: Subject.SECTION,
    Kind.GATE: Subject.QUESTION,
    Kind.ASK: Subject.QUESTION,
    Kind.HANDOFF: Subject.HANDOFF,
    Kind.BRANCH: Subject.BRANCH,
}
_MARK = re.compile(rf"(?:^| ){ITEM}(?= )")
_BEGINNING = 12  # characters
_TOLD_BY_PARTS = (Subject.STEP, Subject.BRANCH)
_BOILERPLATE = frozenset(
    "a an and are as cover create describe draft each following for from generate give in include including is it list"
    " must of or present produce provide section table that the this to with write".split()
)


def compare(before: Plan, after: Plan) -> tuple[Change, ...]:
    """Return how a plan differs from an earlier one, in the order of the later document; nothing for equal plans.

    What is gone stands behind what it followed.
    """
    return (*_settings(before, after), *_pieces(before, after), *_protocols(before, after))


def _settings(before: Plan, after: Plan) -> Iterator[Change]:
    """Compare what a persona has one of."""
    for (subject, old, old_span), (_, new, new_span) in zip(_set(before), _set(after), strict=True):
        what = What.WEAKENED if (old, new) == ("evidence-driven", "generative") else What.CHANGED
        yield from Place(before=old_span, after=new_span).changed(subject, what, "", old, new)


def _set(plan: Plan) -> Iterator[tuple[Subject, str, Span]]:
    persona = plan.persona
    yield Subject.DOCUMENT, plan.document, plan.because[0].span if plan.because else persona.head
    for subject, key, value in (
        (Subject.MODE, "input_mode", persona.input_mode),
        (Subject.ENGINE, "engine_version", persona.engine_version),
        (Subject.LINEAGE, "inherits_from", " → ".join(persona.lineage[:-1])),
        (Subject.TOOLS, "allowed_tools", ", ".join(persona.allowed_tools)),
    ):
        spans = (file.frontmatter.spans for file in reversed(persona.chain))
        yield subject, value, next((span[key] for span in spans if key in span), persona.head)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Piece:
    """An artifact, a slot or a directive; `manner` is what the author says of it besides its text."""

    subject: Subject
    name: str
    text: str
    span: Span
    manner: str = ""


def _pieces(before: Plan, after: Plan) -> Iterator[Change]:
    """Compare what a persona has several of, besides its steps."""
    olds, news = [*_named(before)], [*_named(after)]
    pairs = Pairing(olds, news)
    pairs.by_key(lambda piece: (piece.subject, fold_id(piece.name)))
    pairs.by_score(_same_rules, least=_SAME_RULES)
    same = [(olds[old], news[new]) for old, new in pairs.new_of.items()]
    became = {fold_id(old.name): fold_id(new.name) for old, new in same if new.subject is Subject.DIRECTIVE}
    rulesets = Rulesets(before.persona.directives, after.persona.directives, became)
    for at in pairs.in_order(range(len(olds)), range(len(news))):
        old, new = pairs.members(*at)
        place = Place(before=old.span if old else None, after=new.span if new else None)
        if old and new:
            yield from _piece(old, new, place)
            if new.subject is Subject.DIRECTIVE:
                yield from rulesets.changes(new.name, place)
        elif new:
            yield place.change(new.subject, What.ADDED, new.name, after=new.text)
        elif old:
            yield place.change(old.subject, What.LOST, old.name, before=old.text or old.name)


def _piece(old: _Piece, new: _Piece, place: Place) -> Iterator[Change]:
    if fold_id(old.name) != fold_id(new.name):
        yield place.change(new.subject, What.RENAMED, old.name, before=old.name, after=new.name)
    what = What.WEAKENED if (old.manner, new.manner) == ("primary", "optional") else What.CHANGED
    yield from place.changed(new.subject, what, new.name, old.manner, new.manner)
    yield from place.changed(new.subject, What.REWORDED, new.name, old.text, new.text)


def _named(plan: Plan) -> Iterator[_Piece]:
    for artifact in plan.persona.artifacts:
        text, manner = one_line(artifact.description), "primary" if artifact.primary else "optional"
        yield _Piece(subject=Subject.ARTIFACT, name=artifact.id, text=text, span=artifact.origin.span, manner=manner)
    for slot in plan.persona.slots:
        subject = Subject.CONTRACT if slot.name == "output_contract" else Subject.SLOT
        if slot.text.strip():  # an empty block says as little as none
            yield _Piece(subject=subject, name=slot.name, text=one_line(slot.text), span=slot.origin.span)
    for rules in plan.persona.directives:
        text, manner = one_line(rules.text), "overriding" if rules.override else "not overriding"
        if text:
            yield _Piece(subject=Subject.DIRECTIVE, name=rules.name, text=text, span=rules.origin.span, manner=manner)


def _same_rules(old: _Piece, new: _Piece) -> float:
    """Return how alike two directives of different names are; anything else is what its name says."""
    same = old.subject is new.subject is Subject.DIRECTIVE
    return likeness(words(old.text), words(new.text)) if same else 0


def _protocols(before: Plan, after: Plan) -> Iterator[Change]:
    """Compare the steps, and what each of them owes."""
    steps = paired_steps(before.steps, after.steps)
    olds, news = range(len(before.steps)), range(len(after.steps))
    owed, demands = Owed(before, after, steps.new_of), Demands(before, after)
    titles = [{step.id: step.title for step in plan.steps} for plan in (before, after)]
    displaced = steps.displaced(olds, news)
    for old_at, new_at in steps.in_order(olds, news):
        old, new = steps.members(old_at, new_at)
        step = new or old
        place = Place(
            where=step.title if step else "", before=old.span if old else None, after=new.span if new else None
        )
        if old and new:
            yield from _standing(old, new, place)
            yield from place.reordered(_subject(new), new.title, displaced.get(new_at))
            yield from _step(old, new, place)
            yield from branch_changes((old, titles[0]), (new, titles[1]), place)
            if old_at is not None and old.kind is new.kind:
                yield from demands.lost(old_at, place)
        elif new:
            yield place.change(_subject(new), What.ADDED, _name(new), after=one_line(new.instruction))
        elif old:
            yield place.change(_subject(old), What.LOST, _name(old), before=one_line(old.instruction))
        ordered = new is not None and new.format is Format.PROCEDURE
        yield from owed.changes(old_at, new_at, place, ordered=ordered)


def paired_steps(olds: Sequence[PlannedStep], news: Sequence[PlannedStep]) -> Pairing[PlannedStep]:
    """Return which step of a later plan each of an earlier one has become."""
    pairs = Pairing(olds, news)
    pairs.by_key(lambda step: (step.section, step.name, step.instruction))
    pairs.by_key(lambda step: fold_id(step.section))
    pairs.by_key(lambda step: fold_id(step.name))
    pairs.by_key(lambda step: one_line(step.instruction))
    pairs.by_score(lambda old, new: _same_work(old, new) if old.id == new.id else 0, least=_SAME_WORK_UNDER_ONE_NUMBER)
    pairs.by_score(_same_work, least=_SAME_WORK)
    pairs.by_score(lambda old, new: old.id == new.id and old.kind is new.kind is not Kind.SECTION, least=True)
    return pairs


def _same_work(old: PlannedStep, new: PlannedStep) -> float:
    """Return how alike two steps are in what they owe or in what they say."""
    owed = likeness(*(sorted(fold_id(each.id) for each in bullets(step)) for step in (old, new)))
    return max(owed, likeness(_content(old), _content(new)))


def _content(step: PlannedStep) -> Sequence[str]:
    common = {*_BOILERPLATE, *words(step.section)}
    return [word for word in words(step.instruction) if word not in common]


def _prose(step: PlannedStep) -> str:
    """Return an instruction on one line, without the bullets that are compared as requirements."""
    prose = _plain(step.instruction)
    left = Counter(_plain(requirement.text) for requirement in bullets(step))
    alike: defaultdict[str, list[str]] = defaultdict(list)  # by how they begin, so that few are held against a place
    for text in sorted(left, key=len, reverse=True):
        alike[text[:_BEGINNING]].append(text)
    sizes = sorted({*map(len, alike)}, reverse=True)
    kept, done = [], 0
    for mark in _MARK.finditer(prose):
        start = mark.end() + 1
        near = (each for size in sizes for each in alike.get(prose[start : start + size], ()))
        said = next((each for each in near if left[each] and prose.startswith(each, start)), None)
        if said is not None and mark.start() >= done:
            left[said] -= 1
            kept.append(prose[done : mark.start()])
            done = start + len(said)
    return "".join([*kept, prose[done:]])


def _plain(text: str) -> str:
    return one_line(text).replace("**", "").replace("__", "")


def _step(old: PlannedStep, new: PlannedStep, place: Place) -> Iterator[Change]:
    """Compare what two steps do and say, apart from their names and bullets."""
    yield from place.changed(Subject.KIND, What.CHANGED, "", old.kind, new.kind)
    if old.kind is new.kind:  # else it is told how each of them stands
        what = What.CHANGED if new.hands_to else What.LOST
        yield from place.changed(Subject.HANDOFF, what, old.hands_to, old.hands_to, new.hands_to)
    if old.kind is new.kind is Kind.SECTION:
        yield from place.changed(Subject.FORMAT, What.CHANGED, "", old.format, new.format)
    for was, now in zip(_itself(old), _itself(new), strict=False):
        yield from firmness(_subject(new), was, now, place)
    prose, other = _prose(old), _prose(new)
    if (prose.replace(old.section, new.section) if old.section else prose) != other:
        yield place.change(Subject.INSTRUCTION, What.REWORDED, "", before=prose, after=other)


def _standing(old: PlannedStep, new: PlannedStep, place: Place) -> Iterator[Change]:
    """Tell whether a step still does what it did under the name it had."""
    was, now = _subject(old), _subject(new)
    if was is not now:
        if was not in _TOLD_BY_PARTS:
            yield place.change(was, What.LOST, _name(old), before=one_line(old.instruction))
        if now not in _TOLD_BY_PARTS:
            yield place.change(now, What.ADDED, _name(new), after=one_line(new.instruction))
    elif old.section != new.section:
        yield place.change(now, What.RENAMED, old.section, before=old.section, after=new.section)
    else:
        yield from place.changed(Subject.STEP, What.RENAMED, old.name or old.title, old.name, new.name)


def _subject(step: PlannedStep) -> Subject:
    return _TURNS.get(step.kind, Subject.STEP)


def _name(step: PlannedStep) -> str:
    """Return what a step is called as what it is: a handoff by its heir, a branch by its step only."""
    if step.kind is Kind.HANDOFF:
        return step.hands_to
    return "" if step.kind is Kind.BRANCH else step.title


def _itself(step: PlannedStep) -> Sequence[Requirement]:
    return [requirement for requirement in step.requirements if requirement.whole_section]
