"""A rejected answer and its correction to one answer; its one rule: what was accepted stays where it was."""

from collections.abc import Sequence

from dramaturg.engine.rules import Verdict, covers
from dramaturg.plan.model import PlannedStep, Requirement
from dramaturg.plan.outputs import Item, StepOutput


def wanted(draft: StepOutput, verdict: Verdict, step: PlannedStep) -> tuple[Requirement, ...] | None:
    """Return the requirements to ask again; None if the fault cannot be named by requirements."""
    if verdict.unset:
        return None
    missing = [requirement for requirement in verdict.uncovered if not requirement.whole_section] or verdict.uncovered
    rejected = [draft.items[position] for position in verdict.rejected]
    if any(not _known(item, step) for item in rejected):
        return None
    return tuple(
        requirement
        for requirement in step.requirements
        if requirement in missing or any(covers(item, requirement) for item in rejected)
    )


def merge(draft: StepOutput, verdict: Verdict, repair: StepOutput, step: PlannedStep) -> StepOutput:
    """Join a draft with the items that correct it.

    Each new item takes the place of the first rejected one that covers the same; a rejected item that nothing replaces
    stays, so that a correction which forgets it loses nothing. What replaces nothing, or replaces an item that stood in
    the wrong place, goes where the order of the demands puts it. An item that only repeats what was accepted is left
    out: models like to give everything again. In a section of placeholders, new items replace those of their demands.
    """
    hollow = any(requirement.whole_section for requirement in verdict.uncovered)
    asked = (not hollow and wanted(draft, verdict, step)) or step.requirements
    shared = [requirement for requirement in step.requirements if not (hollow and requirement.whole_section)]
    accepted = [item for position, item in enumerate(draft.items) if position not in verdict.rejected]
    open_places = [*range(len(draft.items))] if hollow else sorted(verdict.rejected)
    places: list[Item | None] = [*draft.items]
    loose: list[Item] = []
    for new in repair.items:
        if _repeats(new, accepted, asked, step):
            continue
        at = next((position for position in open_places if _overlap(draft.items[position], new, shared)), None)
        if at is not None:
            open_places.remove(at)
            places[at] = None if at in verdict.misplaced else new
        if at is None or at in verdict.misplaced:
            loose.append(new)
    for at in verdict.misplaced.intersection(open_places):  # nothing replaces it, but its place is wrong all the same
        places[at] = None
        loose.append(draft.items[at])
    items = [item for item in places if item is not None]
    for new in loose:
        items.insert(_place(new, items, step), new)
    questions = tuple(dict.fromkeys((*draft.questions, *repair.questions)))
    return draft.model_copy(update={"items": tuple(items), "questions": questions})


def _repeats(new: Item, accepted: Sequence[Item], asked: Sequence[Requirement], step: PlannedStep) -> bool:
    """Tell whether a new item adds nothing: it answers nothing that was asked, or says what an accepted item says."""
    answers = [requirement for requirement in asked if covers(new, requirement)]
    if not answers and _known(new, step):
        return True
    twins = (old for old in accepted if (old.text, old.command) == (new.text, new.command))
    return any(all(covers(old, requirement) for requirement in answers) for old in twins)


def _place(new: Item, items: Sequence[Item], step: PlannedStep) -> int:
    """Return the position before the first item that covers something demanded later."""
    rank = _rank(new, step)
    later = (position for position, item in enumerate(items) if _rank(item, step) > rank >= 0)
    return next(later, len(items))


def _rank(item: Item, step: PlannedStep) -> int:
    """Return how far down the demands an item belongs; -1 for one that covers nothing known."""
    ranks = [rank for rank, requirement in enumerate(step.requirements) if covers(item, requirement)]
    return min(ranks, default=-1)


def _known(item: Item, step: PlannedStep) -> bool:
    return any(covers(item, requirement) for requirement in step.requirements)


def _overlap(old: Item, new: Item, requirements: Sequence[Requirement]) -> bool:
    return any(covers(old, requirement) and covers(new, requirement) for requirement in requirements)
