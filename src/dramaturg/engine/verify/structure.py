"""The headings of a document to what is wrong with them; its one rule: something reads the document by its headings."""

from collections.abc import Iterator
from itertools import pairwise

from dramaturg.engine.assemble import OPEN_QUESTIONS, heading
from dramaturg.engine.manuscript import Manuscript, Part
from dramaturg.engine.reader import read_manuscript
from dramaturg.engine.verify.faults import fault
from dramaturg.engine.verify.layout import Layout, Written, bare, lay_out, reads
from dramaturg.evidence.artifact import BLOCKS
from dramaturg.findings.model import Edit, Finding, Label, Span
from dramaturg.plan.model import Plan, PlannedStep


def verify_structure(plan: Plan, markdown: str, path: str = "document") -> tuple[Finding, ...]:
    """Return what is wrong with the headings of a document: its title, and each section once, in order, not empty.

    Args:
        plan: What the document must have.
        markdown: The document.
        path: What to call it in findings.
    """
    if _is_as_planned(plan, markdown):
        return ()
    manuscript = read_manuscript(markdown, path)
    return tuple(structure_faults(plan, manuscript, lay_out(plan, manuscript, None)))


def _is_as_planned(plan: Plan, markdown: str) -> bool:
    """Tell whether the headings are the plan's and none is empty, from the blocks alone: a run's own document is right.

    To read every entry of it, as is needed to say what is wrong, takes longer than all else at the end of a run.
    Headings that are written otherwise and read the same are left to that.
    """
    tokens = BLOCKS.parse(markdown)
    places = [at for at, token in enumerate(tokens) if token.type == "heading_open" and token.level == 0]
    given = [f"{'#' * int(tokens[at].tag[1])} {tokens[at + 1].content}" for at in places]
    wanted = [heading(1, plan.document), *(heading(2, step.section) for step in plan.sections)]
    full = (
        any(token.type in ("inline", "fence", "code_block") for token in tokens[at + 3 : end])
        for at, end in pairwise([*places, len(tokens)])
    )
    return given in (wanted, [*wanted, heading(2, OPEN_QUESTIONS)]) and places[:1] == [0] and all([*full][1:])


def structure_faults(plan: Plan, manuscript: Manuscript, layout: Layout) -> Iterator[Finding]:
    """Yield what is wrong with the headings of a document.

    Args:
        plan: What it must have.
        manuscript: The document.
        layout: The same, cut into sections.
    """
    inspection = _Inspection(plan, manuscript, layout)
    yield from inspection.title()
    yield from inspection.missing()
    for section in layout.sections:
        yield from inspection.heading(section)
    yield from inspection.unknown()
    yield from inspection.misplaced()
    yield from inspection.empty()


class _Inspection:
    """One document under the eye of one plan."""

    def __init__(self, plan: Plan, manuscript: Manuscript, layout: Layout) -> None:
        self.plan = plan
        self.manuscript = manuscript
        self.layout = layout

    def title(self) -> Iterator[Finding]:
        """Yield what is wrong with the document's title."""
        wanted, given = reads(self.plan.document, 1), self.layout.title
        remedy = f"write `{heading(1, self.plan.document)}`"
        if given is None:
            message = f"the document has no title; it is to be `{wanted}`"
            yield fault("V108", message, self.manuscript.top, remedy=remedy)
        elif given.title != wanted:
            message = f"the document is titled `{given.title}`, not `{wanted}`"
            yield fault("V108", message, self._span(given), remedy=remedy)

    def missing(self) -> Iterator[Finding]:
        """Yield the sections that are not there."""
        for step in self.layout.missing:
            before, span = self._where_it_belongs(step)
            yield fault(
                "V101",
                f"the section `{step.section}` is missing",
                span,
                note=f"it belongs {'before' if before else 'after'} this",
                labels=_demanded(step),
                remedy=f"write it below a heading `{heading(self.layout.depth, step.section)}`",
            )

    def heading(self, section: Written) -> Iterator[Finding]:
        """Yield what is wrong with the heading of a section."""
        part, title = section.head, section.step.section
        labels = _demanded(section.step)
        remedy = f"write `{heading(self.layout.depth, title)}`"
        right = Edit(span=self._span(part), text=heading(self.layout.depth, title))
        if part.title != section.title:
            if bare(part.title) == bare(section.title):
                message = f"the section `{section.title}` is spelt `{part.title}`"
                yield fault("V103", message, self._span(part), labels=labels, remedy=remedy, edits=(right,))
            else:
                message = f"the section `{section.title}` is missing; `{part.title}` stands in its place"
                note = f"renamed from `{section.title}`?"
                yield fault("V102", message, self._span(part), note=note, labels=labels, remedy=remedy)
        if part.depth != self.layout.depth:
            message = f"the section `{section.title}` has a heading of level {part.depth}"
            note = f"the other sections are of level {self.layout.depth}"
            yield fault("V109", message, self._span(part), note=note, remedy=remedy, edits=(right,))

    def unknown(self) -> Iterator[Finding]:
        """Yield the sections that no step writes, and those that stand there twice."""
        known = {bare(section.title): section for section in self.layout.sections}
        for part in self.layout.unknown:
            twin = known.get(bare(part.title))
            if twin is None:
                message = f"no step of `{self.plan.persona.alias}` writes a section `{part.title}`"
                remedy = "strike it, make it a part of another section, or let the persona demand it"
                yield fault("V106", message, self._span(part), remedy=remedy)
            else:
                labels = (Label(span=self._span(twin.head), text="it stands here already"),)
                message = f"the section `{part.title}` stands there twice"
                remedy = "join the two under one heading"
                yield fault("V107", message, self._span(part), labels=labels, remedy=remedy)

    def misplaced(self) -> Iterator[Finding]:
        """Yield one finding for all sections that stand out of order."""
        if not self.layout.misplaced:
            return
        first, *others = self.layout.misplaced
        names = " and ".join(f"`{section.title}`" for section in self.layout.misplaced)
        yield fault(
            "V104",
            f"the sections stand out of order: {names}",
            self._span(first.head),
            note=self._place_of(first),
            labels=tuple(Label(span=self._span(each.head), text=self._place_of(each)) for each in others),
            remedy=f"the order is {', '.join(f'`{section.title}`' for section in self.layout.sections)}",
        )

    def empty(self) -> Iterator[Finding]:
        """Yield the sections that say nothing."""
        hollow = [section.head for section in self.layout.sections if section.empty]
        if self.layout.questions and self.layout.questions.empty:
            hollow.append(self.layout.questions)
        for part in hollow:
            remedy = "write what it owes, or strike it" if part is self.layout.questions else "write what it owes"
            yield fault("V105", f"`{part.title}` is empty", self._span(part), remedy=remedy)

    def _span(self, part: Part) -> Span:
        return self.manuscript.span(part.start, part.end)

    def _place_of(self, section: Written) -> str:
        """Return in words where a section belongs."""
        at = self.layout.sections.index(section)
        return f"belongs after `{self.layout.sections[at - 1].title}`" if at else "belongs before all others"

    def _where_it_belongs(self, step: PlannedStep) -> tuple[bool, Span]:
        """Return whether a missing section belongs before something, and before or after what."""
        order = [each.id for each in self.plan.sections]
        later = (each.head for each in self.layout.sections if order.index(each.step.id) > order.index(step.id))
        follower = next(later, self.layout.questions)
        if follower is not None:
            return True, self._span(follower)
        end = max(self.manuscript.begin, len(self.manuscript.source.text.rstrip()))
        return False, self.manuscript.span(max(self.manuscript.begin, end - 1), end)


def _demanded(step: PlannedStep) -> tuple[Label, ...]:
    return (Label(span=step.span, text="demanded here"),)
