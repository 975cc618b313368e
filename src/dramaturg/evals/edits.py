"""Two arms to what was edited between them; its one rule: every edit has the step it stands in and a line of today.

What `plan.compare` tells comes first, in its words: what was lost, weakened, renamed, reworded. What it does not tell
apart, such as white space, and what stands in the prompts, is found as lines that differ.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from textwrap import shorten

from dramaturg.engine.prompts import TEMPLATES
from dramaturg.evals.arms import Arm, Part
from dramaturg.findings.model import Span
from dramaturg.findings.source import Source
from dramaturg.persona.model import PersonaFile
from dramaturg.plan.changes import Change, Effect, Subject, What
from dramaturg.plan.compare import compare
from dramaturg.plan.heirs import Heirs
from dramaturg.plan.model import Plan
from dramaturg.plan.rewording import rewording

_WIDTH = 90
_PERSONA_WIDE = (Subject.SLOT, Subject.CONTRACT, Subject.DIRECTIVE, Subject.RULE, Subject.ARTIFACT, Subject.MODE)
_MOST_PLACES, _LONGEST_RUN = 2, 6  # of what was reworded, as one line beside others has room for it
_REWORDED = (What.REWORDED, What.SHORTENED)
_FROM_TO = (What.WEAKENED, What.STRENGTHENED, What.CHANGED, What.MOVED, What.REORDERED)


@dataclass(frozen=True, slots=True, kw_only=True)
class Edit:
    """One difference between the arms.

    Attributes:
        persona: What the suite calls the persona.
        what: What was done, in words.
        step: What the baseline calls the step it stands in; empty for what all steps see.
        span: Where it stands in the candidate, or what it is missing from there; None for nowhere.
        was: Where it stood in the baseline; None for nowhere.
        effect: What it does to what is owed.
    """

    persona: str
    what: str
    step: str
    span: Span | None
    was: Span | None
    effect: Effect

    def __str__(self) -> str:
        place = f"{self.span.path}:{self.span.line}: " if self.span else ""
        return f"{place}{self.what}"


def edits_between(baseline: Arm, candidate: Arm) -> tuple[Edit, ...]:
    """Return what was edited, what takes something away from what is owed first."""
    found = [
        edit for persona, after in candidate.parts.items() for edit in _edits(persona, baseline.parts[persona], after)
    ]
    return tuple(sorted(found, key=lambda edit: [*Effect].index(edit.effect)))


def _edits(persona: str, before: Part, after: Part) -> Iterator[Edit]:
    if before.digest == after.digest:
        return
    steps = _Steps(before.plan, after.plan)
    told: set[tuple[str, int]] = set()
    for change in compare(before.plan, after.plan):
        was, span = _places(change, before.plan, after.plan)
        told |= {(span.path, span.line)} if span else set()
        yield Edit(
            persona=persona,
            what=_worded(change),
            step=steps.of(change),
            span=span,
            was=was,
            effect=change.effect,
        )
    if not told:
        yield from _lines(persona, before.plan.persona.chain, after.plan.persona.chain, steps)
    yield from _templates(persona, before, after)


class _Steps:
    """The steps that places of two plans stand in, as the earlier one calls them."""

    def __init__(self, before: Plan, after: Plan) -> None:
        heirs = Heirs(before, after)
        olds = [(step.span, step.id) for step in before.steps]
        became = {heir.id: step.id for at, step in enumerate(before.steps) if (heir := heirs.step(at)) is not None}
        self._before = sorted(olds, key=lambda place: place[0].line)
        self._after = sorted(
            ((step.span, became.get(step.id, f"+{step.id}")) for step in after.steps), key=lambda place: place[0].line
        )

    def of(self, change: Change) -> str:
        """Return the step of a change; empty for one that all steps see."""
        if not change.where or change.subject in _PERSONA_WIDE:
            return ""
        return _step_at(change.span_before, self._before) or _step_at(change.span_after, self._after)

    def at(self, path: str, line: int) -> str:
        """Return the step that a line of the later plan stands in; empty for none."""
        return _step_at(Span(path=path, line=line, column=1, length=0), self._after)


def _step_at(span: Span | None, places: Sequence[tuple[Span, str]]) -> str:
    if span is None:
        return ""
    before = [step for place, step in places if place.path == span.path and place.line <= span.line]
    return before[-1] if before else ""


def _worded(change: Change) -> str:
    name = f" `{change.name}`" if change.name else ""
    where = f" of `{change.where}`" if change.where and change.where != change.name else ""
    was, now = (shorten(text, _WIDTH, placeholder=" …") for text in (change.before, change.after))
    if change.what is What.RENAMED and change.subject in (Subject.SECTION, Subject.STEP):
        return f"{change.subject} `{was}` was renamed to `{now}`"
    told = f": {was} → {now}" if change.what in _FROM_TO and was and now else ""
    if change.what in (*_REWORDED, What.RENAMED):
        told = f": {_reworded(change.before, change.after)}"
    return f"{change.subject}{name}{where} was {change.what}{told}"


def _reworded(before: str, after: str) -> str:
    return rewording(before, after, places=_MOST_PLACES, run=_LONGEST_RUN)


def _places(change: Change, before: Plan, after: Plan) -> tuple[Span | None, Span | None]:
    """Return where a change stood and stands.

    What was reworded does so at the first lines that differ, such as one rule of many; what is gone with all around it,
    or was that of a file which was not edited instead, at the line that is there now.
    """
    was, now = change.span_before, change.span_after
    idle = {new.path for old, new in _paired(before.persona.chain, after.persona.chain) if old.text == new.text}
    if was is not None and (now is None or now.path in idle):
        return was, _left_at(was, before.persona.chain, after.persona.chain) or now
    if was is not None and now is not None and change.what in _REWORDED:
        olds, news = _text_at(was, before), _text_at(now, after)
        first = next(_stretches(olds, news), None)
        return (was, now) if first is None else (_line_of(was, olds, first[0]), _line_of(now, news, first[2]))
    return was, now


def _line_of(span: Span, lines: Sequence[str], at: int) -> Span:
    """Return a line of what a span covers, by its position there; the span itself for the first, or behind the last."""
    if not 0 < at < len(lines):
        return span
    line = lines[at].strip()
    column = len(lines[at]) - len(lines[at].lstrip()) + 1
    return Span(path=span.path, line=span.line + at, column=column, length=len(line))


def _left_at(gone: Span, before: Sequence[PersonaFile], after: Sequence[PersonaFile]) -> Span | None:
    """Return the line of a later file where something stood; None where the file is gone as well."""
    for old, new in _paired(before, after):
        if old.path == gone.path:
            news = _split(new.text)
            codes = SequenceMatcher(None, _split(old.text), news, autojunk=False).get_opcodes()
            tag, first, start = next((tag, i, j) for tag, i, _, j, _ in reversed(codes) if i < gone.line)
            at = start + (gone.line - 1 - first if tag == "equal" else 0)
            return Span(path=new.path, line=min(at, max(0, len(news) - 1)) + 1, column=1, length=1)
    return None


def _text_at(span: Span, plan: Plan) -> Sequence[str]:
    """Return the lines that a span covers; none where its file is not one of the persona's."""
    text = next((file.text for file in plan.persona.chain if file.path == span.path), None)
    if text is None:
        return ()
    start = Source(span.path, text).offset(span)
    return _split(text[start : start + span.length])


def _split(text: str) -> Sequence[str]:
    """Return the lines of a text as spans count them: `str.splitlines` also ends one at a form feed and the like."""
    return [line.removesuffix("\r") for line in text.removesuffix("\n").split("\n")]


def _paired(before: Sequence[PersonaFile], after: Sequence[PersonaFile]) -> Iterator[tuple[PersonaFile, PersonaFile]]:
    """Yield the files of a chain that are still there; the persona itself may have another alias."""
    olds = {file.alias.casefold(): file for file in before} | {after[-1].alias.casefold(): before[-1]}
    for file in after:
        old = olds.get(file.alias.casefold())
        if old is not None:
            yield old, file


def _stretches(olds: Sequence[str], news: Sequence[str]) -> Iterator[tuple[int, int, int, int]]:
    """Yield the stretches of lines that differ, as they begin and end on both sides."""
    for tag, *stretch in SequenceMatcher(None, olds, news, autojunk=False).get_opcodes():
        if tag != "equal":
            first, last, start, end = stretch
            yield first, last, start, end


def _lines(persona: str, before: Sequence[PersonaFile], after: Sequence[PersonaFile], steps: _Steps) -> Iterator[Edit]:
    """Yield the stretches of lines of a chain that differ."""
    for old, file in _paired(before, after):
        for line, what in _differing(old.text, file.text):
            span = Span(path=file.path, line=line, column=1, length=1)
            yield Edit(
                persona=persona, what=what, step=steps.at(file.path, line), span=span, was=None, effect=Effect.CHANGE
            )


def _templates(persona: str, before: Part, after: Part) -> Iterator[Edit]:
    """Yield the stretches of lines of the prompts that differ, as far as steps are asked with them."""
    for name in TEMPLATES:
        for line, what in _differing(before.kernel.sources[name], after.kernel.sources[name]):
            path = f"prompts/{after.kernel.version}/{name}"
            span = Span(path=path, line=line, column=1, length=1)
            yield Edit(persona=persona, what=what, step="", span=span, was=None, effect=Effect.CHANGE)


def _differing(old: str, new: str) -> Iterator[tuple[int, str]]:
    """Yield the line of each stretch that differs, and whether in more than white space."""
    olds, news = _split(old), _split(new)
    if old != new and olds == news:
        yield len(news), "a line end was changed"
    for first, last, start, end in _stretches(olds, news):
        was, now = " ".join(olds[first:last]), " ".join(news[start:end])
        same = "".join(was.split()) == "".join(now.split())
        what = "white space was changed" if same else f"text was changed: {_reworded(was, now)}"
        yield min(start, max(0, len(news) - 1)) + 1, what
