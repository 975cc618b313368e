"""Steps as written to what a plan calls them; its one rule: no two have one id."""

from collections.abc import Mapping, Sequence

from dramaturg.persona.model import Step


def ids_of(steps: Sequence[Step]) -> tuple[str, ...]:
    """Return the id of each step: its number, with its position where the number is used twice."""
    seen: set[str] = set()
    ids = []
    for position, step in enumerate(steps, start=1):
        ids.append(f"{step.number}@{position}" if step.number in seen else step.number)
        seen.add(step.number)
    return tuple(ids)


def beginnings(steps: Sequence[Step], ids: Sequence[str]) -> Mapping[str, str]:
    """Return by the id of each step the one that is performed first there: of one that only holds others the next.

    It is empty where none is.
    """
    holders = {step.parent for step in steps}
    begins: dict[str, str] = {}
    first = ""
    for step, name in zip(reversed(steps), reversed(ids), strict=True):
        first = name if step.text.strip() or step.number not in holders else first
        begins[name] = first
    return begins
