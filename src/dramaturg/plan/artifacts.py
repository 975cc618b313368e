"""What the steps call the artifacts that a persona declares; its one rule: the first step that names one decides."""

import re
from difflib import SequenceMatcher
from functools import lru_cache

from dramaturg.persona.model import Persona, fold_id

_ARTIFACT_NAME = re.compile(r"`([A-Z][A-Z0-9_ -]+)`")
_NEARLY_EQUAL = 0.85


def artifact_names(persona: Persona) -> dict[str, str]:
    """Return what the steps call each declared artifact.

    A backticked name in capitals stands for the artifact whose id it equals or all but equals: the reference persona
    declares `architectural_blueprint` and ingests the `ARCHITECTURE_BLUEPRINT`. The first step that names it decides,
    so that an edit of a later one does not change what earlier ones are asked.
    """
    declared = {fold_id(artifact.id): artifact.id for artifact in persona.artifacts}
    names: dict[str, str] = {}
    for step in persona.steps:
        said: dict[str, str] = {}
        for match in _ARTIFACT_NAME.finditer(step.text):
            name = fold_id(match[1])
            if name in declared:
                said[declared[name]] = match[1]
                continue
            alike = next((folded for folded in declared if _likeness(name, folded) >= _NEARLY_EQUAL), None)
            if alike is not None:
                said.setdefault(declared[alike], match[1])
        names = said | names
    return {artifact.id: artifact.id for artifact in persona.artifacts} | names


@lru_cache(maxsize=1024)
def _likeness(left: str, right: str) -> float:
    """Return how alike two names are, from 0 to 1; 0 where length or first letter say that they are not."""
    lengths = 2 * min(len(left), len(right)) / (len(left) + len(right))
    return SequenceMatcher(None, left, right).ratio() if lengths >= _NEARLY_EQUAL and left[0] == right[0] else 0.0
