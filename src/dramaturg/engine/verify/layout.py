"""The headings of a document to the sections of a plan; its one rule: each is looked at as what it is.

A section whose heading was renamed, or that stands in the wrong place, is still held to what it owes: one fault of
structure is one finding.
"""

import re
from collections import Counter
from dataclasses import dataclass
from difflib import SequenceMatcher
from itertools import pairwise

from dramaturg.engine.assemble import OPEN_QUESTIONS, heading
from dramaturg.engine.colophon import Colophon, key_of, plan_key
from dramaturg.engine.manuscript import Manuscript, Part, Unit
from dramaturg.engine.reader import read_inline
from dramaturg.plan.model import Plan, PlannedStep
from dramaturg.plan.pairing import Pairing

_DEPTH = 2
_ALIKE = 0.65  # likeness of two titles from which one is taken for the other
_MISTYPED = 0.8  # the same where the entries below could tell, and do not
_SAME_ENTRIES = 0.5  # share of a section's entries that stand below a heading from which it is taken for that section
_NUMBERING = re.compile(r"\A\s*(?:(?:step|section|part)\s+)?\d+(?:\.\d+)*[.):]?\s+", re.IGNORECASE)
_NO_WORD = re.compile(r"[\W_]+")


@dataclass(frozen=True, slots=True, kw_only=True)
class Written:
    """A section of the plan as the document has it.

    Attributes:
        step: The step that demands it.
        title: How the heading reads that it should have.
        head: The heading it has, with what stands right below.
        further: The headings inside it, with what stands below each.
    """

    step: PlannedStep
    title: str
    head: Part
    further: tuple[Part, ...] = ()

    @property
    def parts(self) -> tuple[Part, ...]:
        """All of it."""
        return (self.head, *self.further)

    @property
    def empty(self) -> bool:
        """Whether nothing stands in it."""
        return all(part.empty for part in self.parts)

    @property
    def units(self) -> tuple[Unit, ...]:
        """Its entries, in order."""
        return tuple(unit for part in self.parts for unit in part.units)


@dataclass(frozen=True, slots=True, kw_only=True)
class Layout:
    """A document cut into what the plan knows of it.

    Attributes:
        depth: The level of the headings of sections.
        title: The heading of the document; None for none.
        sections: The sections that are there, in the order of the plan.
        missing: The steps whose sections are not.
        misplaced: Those of the sections that stand out of order, in the order of the document.
        unknown: The headings of no section.
        questions: The list of open questions; None for none.
    """

    depth: int
    title: Part | None
    sections: tuple[Written, ...]
    missing: tuple[PlannedStep, ...]
    misplaced: tuple[Written, ...]
    unknown: tuple[Part, ...]
    questions: Part | None


def lay_out(plan: Plan, manuscript: Manuscript, colophon: Colophon | None) -> Layout:
    """Find the sections of a plan in a document.

    Args:
        plan: What the document must have.
        manuscript: The document.
        colophon: What it was made of, if it says so.
    """
    return _Sorting(plan, manuscript, colophon).layout()


def bare(title: str) -> str:
    """Return a title without what is easily spelt otherwise: case, punctuation, a number before it."""
    return _NO_WORD.sub(" ", _NUMBERING.sub("", title).casefold()).strip()


def reads(title: str, depth: int = _DEPTH) -> str:
    """Return what the title of a plan reads as in a document."""
    return read_inline(heading(depth, title)[depth + 1 :])


@dataclass(frozen=True, slots=True, kw_only=True)
class _Name:
    """A title beside what stands below it.

    Attributes:
        title: As it reads.
        free: It may be a section's: no heading of the document itself, or of its open questions.
        at_depth: It stands as deep as the sections do.
        keys: What its entries are known by; of a demanded section those that no other section has.
    """

    title: str
    free: bool = True
    at_depth: bool = True
    keys: frozenset[str] = frozenset()


class _Sorting:
    """The headings of one document beside the sections of one plan."""

    def __init__(self, plan: Plan, manuscript: Manuscript, colophon: Colophon | None) -> None:
        self.parts = [part for part in manuscript.parts if part.depth]
        self.made = colophon
        self.steps = [step for step in plan.sections if not self._was_passed_over(step, plan)]
        self.titles = [reads(step.section) for step in self.steps]
        bares = {*map(bare, self.titles)}
        self.title = self._find_title(plan.document, {*bares, bare(OPEN_QUESTIONS)})
        known = Counter(
            part.depth for at, part in enumerate(self.parts) if at != self.title and bare(part.title) in bares
        )
        self.depth = max(known, key=lambda depth: (known[depth], -depth), default=_DEPTH)
        self.questions = self._find_questions()
        self.pairing = Pairing(self._demanded(), [*map(self._given, range(len(self.parts)))])

    def layout(self) -> Layout:
        """Return the sections."""
        self._pair()
        places = self.pairing.new_of
        major = [at for at in range(len(self.parts)) if self._is_major(at)]
        ends = dict(pairwise([*major, len(self.parts)]))
        written = {
            new: Written(
                step=self.steps[old],
                title=self.titles[old],
                head=self.parts[new],
                further=tuple(self.parts[new + 1 : ends[new]]),
            )
            for old, new in sorted(places.items())
        }
        moved = self.pairing.displaced(sorted(places), sorted(places.values()))
        known = {self.title, self.questions, *places.values()}
        return Layout(
            depth=self.depth,
            title=None if self.title is None else self.parts[self.title],
            sections=tuple(written.values()),
            missing=tuple(step for old, step in enumerate(self.steps) if old not in places),
            misplaced=tuple(written[new] for new in sorted(new for new in moved if new is not None)),
            unknown=tuple(self.parts[at] for at in major if at not in known),
            questions=None if self.questions is None else self.parts[self.questions],
        )

    def _was_passed_over(self, step: PlannedStep, plan: Plan) -> bool:
        """Tell whether a condition led past a step when the document was made by the plan of today."""
        made = self.made
        return made is not None and made.plan == plan_key(plan) and step.section in made.skipped

    def _find_title(self, document: str, others: set[str]) -> int | None:
        """Return which heading is the document's: the first of depth 1, unless it is another's that is known."""
        if self.parts and self.parts[0].depth == 1 and self.parts[0].title == reads(document, 1):
            return 0
        firsts = (at for at, part in enumerate(self.parts) if part.depth == 1 and bare(part.title) not in others)
        return next(firsts, None)

    def _find_questions(self) -> int | None:
        """Return which heading is that of the open questions: the last of that name, unless it is a section's."""
        name = bare(OPEN_QUESTIONS)
        places = [at for at, part in enumerate(self.parts) if bare(part.title) == name]
        return places[-1] if len(places) > [*map(bare, self.titles)].count(name) else None

    def _demanded(self) -> list[_Name]:
        made = dict(self.made.sections) if self.made else {}
        keys = [{entry.key for entry in made.get(step.section, ())} for step in self.steps]
        count = Counter(key for each in keys for key in each)
        own = [frozenset(key for key in each if key and count[key] == 1) for each in keys]
        return [_Name(title=title, keys=each) for title, each in zip(self.titles, own, strict=True)]

    def _given(self, at: int) -> _Name:
        part = self.parts[at]
        return _Name(
            title=part.title,
            free=at not in (self.title, self.questions),
            at_depth=part.depth == self.depth,
            keys=frozenset(key_of(unit.text) for unit in part.units),
        )

    def _pair(self) -> None:
        """Pair sections with headings, the surest first."""
        for key in (_title_at_depth, _title, _bare_at_depth, _bare):
            self.pairing.by_key(key)
        self.pairing.by_score(_same_entries, least=_SAME_ENTRIES)
        self.pairing.by_score(_alike, least=_ALIKE)
        for old, new in self._only_ones():
            self.pairing.join(old, new)

    def _only_ones(self) -> list[tuple[int, int]]:
        """Return each section that is missing where exactly one heading stands which the plan does not know."""
        pairs = []
        places = [(-1, -1), *sorted(self.pairing.new_of.items()), (len(self.steps), len(self.parts))]
        for (old, new), (next_old, next_new) in pairwise(places):
            between = range(new + 1, next_new)
            given = [at for at in between if self.pairing.news[at].free and self.pairing.news[at].at_depth]
            missing = [*range(old + 1, next_old)]
            if len(missing) == len(given) == 1 and not self.pairing.olds[missing[0]].keys:
                pairs.append((missing[0], given[0]))
        return [(old, new) for old, new in pairs if new not in self.pairing.old_of]

    def _is_major(self, at: int) -> bool:
        """Tell whether a heading ends the section before it."""
        known = at in self.pairing.old_of or at in (self.title, self.questions)
        return known or self.parts[at].depth <= self.depth


def _title(name: _Name) -> str:
    return name.title if name.free else ""


def _title_at_depth(name: _Name) -> str:
    return _title(name) if name.at_depth else ""


def _bare(name: _Name) -> str:
    return bare(name.title) if name.free else ""


def _bare_at_depth(name: _Name) -> str:
    return _bare(name) if name.at_depth else ""


def _same_entries(demanded: _Name, given: _Name) -> float:
    """Return the share of a section's entries that stand below a heading."""
    if not (demanded.keys and given.free):
        return 0
    return len(demanded.keys & given.keys) / len(demanded.keys)


def _alike(demanded: _Name, given: _Name) -> float:
    """Return how alike two titles are, from 0 to 1."""
    if not (given.free and given.at_depth):
        return 0
    likeness = SequenceMatcher(None, bare(demanded.title), bare(given.title), autojunk=False).ratio()
    return likeness if likeness >= (_MISTYPED if demanded.keys else _ALIKE) else 0
