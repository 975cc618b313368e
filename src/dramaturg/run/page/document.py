"""An outcome to the document of a page; its one rule: each section and each question of the outcome, in its order."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby

from markupsafe import Markup

from dramaturg.engine.assemble import columns_of, is_row
from dramaturg.engine.outcome import OpenQuestion, Outcome, Section
from dramaturg.engine.settle import ARTIFACTS, open_question
from dramaturg.evidence.conflicts import conflicts
from dramaturg.run.page.cited import Cited, Link
from dramaturg.run.page.entries import Setting, ShownEntry, Spot
from dramaturg.run.page.text import prose


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """Entries about one item of another step; `about` is empty where the section's step is performed once."""

    about: Markup
    columns: tuple[Markup, ...]
    rows: tuple[ShownEntry, ...]
    others: tuple[ShownEntry, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ShownSection:
    """A section of the document; `layout` is how its entries are laid out."""

    anchor: str
    title: Markup
    layout: str
    groups: tuple[Group, ...]

    @property
    def entries(self) -> Iterator[ShownEntry]:
        """Its entries, those of a table first."""
        return (entry for group in self.groups for entry in (*group.rows, *group.others))


@dataclass(frozen=True, slots=True, kw_only=True)
class ShownQuestion:
    """An open question, the entries it is about, and the lines that contradict each other."""

    anchor: str
    section: Markup
    about: Markup
    text: Markup
    entries: tuple[Link, ...]
    lines: tuple[tuple[str, Link], ...]


def section_anchor(number: int, prefix: str = "") -> str:
    """Return the anchor of the section of that number, from 1."""
    return f"{prefix}s{number}"


def question_links(questions: Sequence[OpenQuestion], prefix: str = "") -> dict[OpenQuestion, Link]:
    """Return a link to each open question; `prefix` begins its anchor."""
    return {
        question: Link(text=f"question {number}", href=f"#{prefix}q{number}")
        for number, question in enumerate(questions, start=1)
    }


def sections_of(outcome: Outcome, setting: Setting) -> tuple[ShownSection, ...]:
    """Return the sections of an outcome."""
    return tuple(
        ShownSection(
            anchor=section_anchor(number, setting.prefix),
            title=prose(section.title),
            layout=section.format.value,
            groups=tuple(_groups(section, number, setting)),
        )
        for number, section in enumerate(outcome.sections, start=1)
    )


def _groups(section: Section, number: int, setting: Setting) -> Iterator[Group]:
    spots = [
        (entry, Spot(section=section, number=number, at=at, prefix=setting.prefix))
        for at, entry in enumerate(section.entries, start=1)
    ]
    abouts = [*dict.fromkeys(entry.about for entry in section.entries)]
    spots.sort(key=lambda pair: abouts.index(pair[0].about))
    for about, grouped in groupby(spots, key=lambda pair: pair[0].about):
        pairs = [*grouped]
        rows = [(entry, spot) for entry, spot in pairs if is_row(entry, section.format)]
        columns = columns_of([entry for entry, _ in rows])
        yield Group(
            about=prose(about),
            columns=tuple(map(prose, columns)),
            rows=tuple(setting.entry(entry, spot, columns) for entry, spot in rows),
            others=tuple(setting.entry(entry, spot, ()) for entry, spot in pairs if (entry, spot) not in rows),
        )


def questions_of(outcome: Outcome, cited: Cited, prefix: str = "") -> tuple[ShownQuestion, ...]:
    """Return the open questions of an outcome; `prefix` begins their anchors, and those of entries."""
    return tuple(
        ShownQuestion(
            anchor=link.href[1:],
            section=prose(question.section),
            about=prose(question.about) if question.about != question.section else Markup(),
            text=prose(question.text),
            entries=tuple(spot.link for spot in _spots(outcome, question, prefix)),
            lines=tuple(_contradicting(question, link, cited)),
        )
        for question, link in question_links(outcome.questions, prefix).items()
    )


def _spots(outcome: Outcome, question: OpenQuestion, prefix: str) -> Iterator[Spot]:
    """Yield where the entries stand that leave a question open."""
    for number, section in enumerate(outcome.sections, start=1):
        for at, entry in enumerate(section.entries, start=1):
            if open_question(entry, section.title) == question:
                yield Spot(section=section, number=number, at=at, prefix=prefix)


def _contradicting(question: OpenQuestion, by: Link, cited: Cited) -> Iterator[tuple[str, Link]]:
    """Yield the lines that a question about contradictions speaks of, with the label of their artifact."""
    if question.section != ARTIFACTS:
        return
    for conflict in conflicts(cited.artifacts):
        if question.text.startswith(str(conflict)):
            for fact in (conflict.first, conflict.second):
                yield fact.artifact.label, cited.link(fact.artifact.id, (fact.line, fact.line), by)
