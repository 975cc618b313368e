"""A document that somebody found right to the same with a colophon of today; its one rule: no word of it moves.

From then on it is held to what it is now: an entry that was taken out is no longer missed, an artifact that changed is
the one it was made of. A document that something else wrote gets its first colophon.
"""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence

from dramaturg.engine.colophon import (
    Colophon,
    Kept,
    digests,
    full_key,
    is_colophon,
    key_of,
    named,
    opens_with,
    plan_key,
)
from dramaturg.engine.manuscript import Manuscript, Unit
from dramaturg.engine.marks import MarkKind
from dramaturg.engine.verify.demands import Demands
from dramaturg.engine.verify.layout import lay_out
from dramaturg.evidence.artifact import Artifact
from dramaturg.evidence.locate import FoldedArtifact, Shelf, shown_lines
from dramaturg.evidence.trace import Tracer, trace_of
from dramaturg.plan.model import Plan

_UNSETTLED = (MarkKind.MISSING, MarkKind.UNSUPPORTED)


def renewed(plan: Plan, manuscript: Manuscript, artifacts: Sequence[Artifact], made: Colophon | None) -> str:
    """Return a document's text with a colophon of what it is now.

    Args:
        plan: What it was held against.
        manuscript: The document.
        artifacts: As they are today.
        made: The colophon it has; None for none.
    """
    shelf = Shelf(artifacts)
    old = made or Colophon(persona="", plan="")
    layout = lay_out(plan, manuscript, made)
    labels = {label for unit in manuscript.units for mark in unit.marks for label in mark.labels}
    colophon = Colophon(
        persona=named(plan.persona),
        plan=plan_key(plan),
        quotes_only=old.quotes_only,
        redacted=old.redacted,
        artifacts={**old.artifacts, **digests(artifacts, labels)},
        answers=old.answers,
        traces=_traces(manuscript, shelf, old),
        skipped=tuple(step.section for step in plan.sections if step.section in old.skipped),
        sections=tuple(
            (section.step.section, tuple(_kept(Demands(manuscript, section, made)))) for section in layout.sections
        ),
    )
    return _with_comment(manuscript, colophon.comment())


def _kept(demands: Demands) -> Iterator[Kept]:
    """Yield the entries of a section as they are known from now on."""
    units = demands.section.units
    keys = Counter(key_of(unit.text) for unit in units)
    for unit in units:
        key = full_key(unit.text) if keys[key_of(unit.text)] > 1 else key_of(unit.text)
        hidden = (name for name in _covers(demands, unit) if not opens_with(unit.text, name))
        left_open = any(mark.kind in _UNSETTLED for mark in unit.marks)
        yield Kept(key=key, covers=tuple(hidden), open=left_open)


def _covers(demands: Demands, unit: Unit) -> Iterator[str]:
    """Yield what a unit covers; the first below a heading covers what the heading does."""
    heads = [part.start for part in demands.section.further if part.units[:1] == (unit,)]
    for name, places in demands.covered.items():
        if any(place.start in (unit.start, *heads) for place in places):
            yield name


def _traces(manuscript: Manuscript, shelf: Shelf, old: Colophon) -> dict[str, dict[str, tuple[str, ...]]]:
    """Return the traces of what is cited without being shown: those that still hold, else of all the cited lines."""
    found: dict[str, dict[str, tuple[str, ...]]] = {}
    tracers = {artifact.id: Tracer(shelf.of(artifact).folded) for artifact in shelf.artifacts}
    for unit in manuscript.units:
        for mark in unit.marks:
            artifact = shelf.get(mark.labels[0]) if mark.labels and mark.kind is MarkKind.SOURCE else None
            if artifact and mark.lines and not mark.quote:
                label, place = mark.labels[0], shown_lines(mark.lines)
                known = [each for each in _known(old, label, place) if tracers[artifact.artifact.id].find(each, 1)]
                found.setdefault(label, {})[place] = tuple(known) or _of_lines(artifact, mark.lines)
    return found


def _known(old: Colophon, label: str, place: str) -> Sequence[str]:
    places: Mapping[str, Sequence[str]] = old.traces.get(label, {})
    return places.get(place, ())


def _of_lines(artifact: FoldedArtifact, lines: tuple[int, int]) -> tuple[str, ...]:
    first, last = lines
    text = "\n".join(artifact.outline.lines[first - 1 : last])
    return (trace_of(text),) if text.strip() else ()


def _with_comment(manuscript: Manuscript, comment: str) -> str:
    """Return a document with this comment in place of the one it has, or at its end."""
    text = manuscript.source.text
    end_of_line = "\r\n" if "\r\n" in text else "\n"
    comment = comment.strip().replace("\n", end_of_line)
    places = [(start, end) for start, end in manuscript.comments if is_colophon(text[start:end])]
    if places:
        start, end = places[-1]
        return text[:start] + comment + text[end:]
    gap = "" if text.endswith("\n") else end_of_line
    return f"{text}{gap}{end_of_line}{comment}{end_of_line}"
