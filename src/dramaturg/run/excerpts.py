"""Artifacts beyond a window to what each step is shown of them; its one rule: what no step is shown is told.

The outline of all parts stands where the artifacts would, the same for every call; each step's own turn brings the
parts that answer its demands best. Quotes are looked for in the whole artifacts all the same.
"""

from dramaturg.engine.brief import Brief, Excerpts
from dramaturg.engine.profile import excerpt_room
from dramaturg.engine.prompts import excerpt_block, inert_block
from dramaturg.evidence.select import ArtifactPart, Parts, Selection
from dramaturg.plan.model import Kind, PlannedStep

_HEAD = (
    "The artifacts are too large to be shown whole. This is their outline; each step brings the parts it needs, "
    "between tags of their own. A part that is not shown may say what is missing in those that are.\n\n"
)
_MOST_NAMED, _FEWEST_NAMED = 120, 8
_SHARE_OF_OUTLINE = 8
_TAGS = 48  # tokens, of one part's own


def excerpts_of(brief: Brief) -> Excerpts | None:
    """Return what is shown of a brief's artifacts; None where even an excerpt does not fit."""
    parts = Parts(brief.artifacts)
    try:
        outline = _outline(parts, brief)
        room = excerpt_room(brief.profile, brief.prefix[0] + outline, brief.calls)
        chosen = {
            step.id: _chosen(parts, step, brief, room) for step in brief.plan.calls if step.kind is not Kind.INGEST
        }
    finally:
        parts.close()
    seen = {part for selection in chosen.values() for part in selection.shown}
    found = Excerpts(
        outline=outline,
        by_step={step: "".join(map(_block, selection.shown)) for step, selection in chosen.items()},
        unseen=tuple(str(part) for part in parts.all if part not in seen),
    )
    return found if seen else None


def _outline(parts: Parts, brief: Brief) -> str:
    """Return the outline, of no more parts than a small share of the window holds."""
    most, window = _MOST_NAMED, brief.profile.window or 0
    while most > _FEWEST_NAMED and brief.profile.tokens(parts.outline(most)) > window // _SHARE_OF_OUTLINE:
        most //= 2
    return _HEAD + inert_block("outline", parts.outline(most)) + "\n"


def _chosen(parts: Parts, step: PlannedStep, brief: Brief, room: int) -> Selection:
    demands = [*(requirement.text for requirement in step.requirements), step.instruction]
    return parts.select(demands, room, lambda text: brief.profile.tokens(text) + _TAGS)


def _block(part: ArtifactPart) -> str:
    return excerpt_block(part.artifact, part.first, part.last, part.text)
