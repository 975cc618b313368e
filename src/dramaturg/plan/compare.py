"""Two plans to what changed between them; its one rule: what is owed is followed by its meaning, not by its place.

A requirement is looked for under its id, then by its words in its section, then in the other sections; a step by its
title, its name, its instruction, its number, and its words. Only what nothing answers to is lost; what lost its name or
its place is neither lost nor new. Prose beside the requirements is never a loss.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from dramaturg.findings.model import Span
from dramaturg.persona.model import fold_id
from dramaturg.plan.changes import Change, Place, Subject, What
from dramaturg.plan.model import Format, Kind, Plan, PlannedStep, Requirement
from dramaturg.plan.owed import Owed, bullets, firmness
from dramaturg.plan.pairing import Pairing, likeness, words
from dramaturg.plan.requirements import one_line

_SAME_RULES = 0.8
_SAME_WORK = 0.6
_SAME_WORK_UNDER_ONE_NUMBER = 0.51
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
    for at in pairs.in_order(range(len(olds)), range(len(news))):
        old, new = pairs.members(*at)
        place = Place(before=old.span if old else None, after=new.span if new else None)
        if old and new:
            if fold_id(old.name) != fold_id(new.name):
                yield place.change(new.subject, What.RENAMED, old.name, before=old.name, after=new.name)
            yield from place.changed(new.subject, What.CHANGED, new.name, old.manner, new.manner)
            yield from place.changed(new.subject, What.REWORDED, new.name, old.text, new.text)
        elif new:
            yield place.change(new.subject, What.ADDED, new.name, after=new.text)
        elif old:
            yield place.change(old.subject, What.LOST, old.name, before=old.text)


def _named(plan: Plan) -> Iterator[_Piece]:
    for artifact in plan.persona.artifacts:
        text, manner = one_line(artifact.description), "primary" if artifact.primary else "optional"
        yield _Piece(subject=Subject.ARTIFACT, name=artifact.id, text=text, span=artifact.origin.span, manner=manner)
    for slot in plan.persona.slots:
        subject = Subject.CONTRACT if slot.name == "output_contract" else Subject.SLOT
        yield _Piece(subject=subject, name=slot.name, text=one_line(slot.text), span=slot.origin.span)
    for rules in plan.persona.directives:
        text, manner = one_line(rules.text), "overriding" if rules.override else "not overriding"
        yield _Piece(subject=Subject.DIRECTIVE, name=rules.name, text=text, span=rules.origin.span, manner=manner)


def _same_rules(old: _Piece, new: _Piece) -> float:
    """Return how alike two directives of different names are; anything else is what its name says."""
    same = old.subject is new.subject is Subject.DIRECTIVE
    return likeness(words(old.text), words(new.text)) if same else 0


def _protocols(before: Plan, after: Plan) -> Iterator[Change]:
    """Compare the steps, and what each of them owes."""
    steps = _paired_steps(before.steps, after.steps)
    olds, news = range(len(before.steps)), range(len(after.steps))
    owed = Owed(before, after, steps.new_of)
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
            yield from _branches(_goals(old, before), _goals(new, after), place)
        elif new:
            yield place.change(_subject(new), What.ADDED, new.title, after=one_line(new.instruction))
        elif old:
            yield place.change(_subject(old), What.LOST, old.title, before=one_line(old.instruction))
        ordered = new is not None and new.format is Format.PROCEDURE
        yield from owed.changes(old_at, new_at, place, ordered=ordered)


def _paired_steps(olds: Sequence[PlannedStep], news: Sequence[PlannedStep]) -> Pairing[PlannedStep]:
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
    for requirement in bullets(step):
        prose = re.sub(rf"(?:^| )(?:[-*+•]|\d+[.)]) {re.escape(_plain(requirement.text))}", "", prose, count=1)
    return prose


def _plain(text: str) -> str:
    return one_line(text).replace("**", "").replace("__", "")


def _step(old: PlannedStep, new: PlannedStep, place: Place) -> Iterator[Change]:
    """Compare what two steps do and say, apart from their names and bullets."""
    yield from place.changed(Subject.KIND, What.CHANGED, "", old.kind, new.kind)
    yield from place.changed(Subject.HANDOFF, What.CHANGED, "", old.hands_to, new.hands_to)
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
        if was is not Subject.STEP:
            yield place.change(was, What.LOST, old.title, before=one_line(old.instruction))
        if now is not Subject.STEP:
            yield place.change(now, What.ADDED, new.title, after=one_line(new.instruction))
    elif old.section != new.section:
        yield place.change(now, What.RENAMED, old.section, before=old.section, after=new.section)
    else:
        yield from place.changed(Subject.STEP, What.RENAMED, old.name or old.title, old.name, new.name)


def _goals(step: PlannedStep, plan: Plan) -> Mapping[str, str]:
    """Return where a step may go on, by the condition; the step it goes to by its title, since numbers change."""
    titles = {other.id: other.title for other in plan.steps}
    goals = ((branch, titles.get(branch.goes_to, "the next step")) for branch in step.branches)
    return {
        branch.check: f"to {goal}" + (f", at most {branch.bound} times" if branch.bound else "")
        for branch, goal in goals
    }


def _branches(olds: Mapping[str, str], news: Mapping[str, str], place: Place) -> Iterator[Change]:
    for check in dict.fromkeys((*olds, *news)):
        what = What.LOST if check not in news else What.ADDED if check not in olds else What.CHANGED
        yield from place.changed(Subject.BRANCH, what, check, olds.get(check, ""), news.get(check, ""))


def _subject(step: PlannedStep) -> Subject:
    asks = step.kind in (Kind.GATE, Kind.ASK)
    return Subject.SECTION if step.kind is Kind.SECTION else Subject.QUESTION if asks else Subject.STEP


def _itself(step: PlannedStep) -> Sequence[Requirement]:
    return [requirement for requirement in step.requirements if requirement.whole_section]
