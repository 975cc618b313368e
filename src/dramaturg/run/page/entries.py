"""Entries to what of them a page shows; its one rule: it says what the document says, and links each claim."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby

from markupsafe import Markup

from dramaturg.engine.assemble import cell_of, is_row, readable, statement
from dramaturg.engine.outcome import Basis, Entry, OpenQuestion, Section
from dramaturg.engine.remarks import doubts_of
from dramaturg.engine.settle import open_question
from dramaturg.evidence.claims import Ledger
from dramaturg.evidence.locate import Citation, fold
from dramaturg.run.page.cited import Cited, Lines, Link
from dramaturg.run.page.text import plain, prose, remark


@dataclass(frozen=True, slots=True, kw_only=True)
class Quote:
    """A quoted passage, where it stands, and where else."""

    text: Markup
    label: str
    link: Link
    also: tuple[Link, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ShownFile:
    """A file that an entry gives whole."""

    path: Markup
    content: Markup


@dataclass(frozen=True, slots=True, kw_only=True)
class ShownEntry:
    """An entry of a section.

    Attributes:
        link: What others call it, and where it is.
        basis: What it rests on.
        label: The demand it stands under; None where its text opens with it, or it answers none.
        said: Its statement.
        sources: Links to the lines it cites, by the label of their artifact.
        quotes: The passages it quotes, where these are shown.
        rests_on: The artifacts an inference names.
        unsupported: A quote of it was not found, or it gave none where it had to.
        doubts: Why its quotes may not prove it.
        command: What to type.
        expect: What that should show.
        cells: Its attributes, name and value; of a row of a table its cells, in the order of the columns.
        file: A whole file.
        covers: The demands it answers, but for the one it stands under.
        question: The open question about it.
    """

    link: Link
    basis: Basis
    label: Link | None
    said: Markup
    sources: tuple[tuple[str, tuple[Link, ...]], ...]
    quotes: tuple[Quote, ...]
    rests_on: tuple[Link, ...]
    unsupported: bool
    doubts: tuple[Markup, ...]
    command: Markup
    expect: Markup
    cells: tuple[tuple[Markup, Markup], ...]
    file: ShownFile | None
    covers: tuple[Link, ...]
    question: Link | None

    @property
    def anchor(self) -> str:
        """Its id on the page."""
        return self.link.href[1:]


@dataclass(frozen=True, slots=True, kw_only=True)
class Spot:
    """Where an entry stands: the section of a number, and its own number there, both from 1.

    `prefix` begins its anchor, where a page shows several documents.
    """

    section: Section
    number: int
    at: int
    prefix: str = ""

    @property
    def link(self) -> Link:
        """A link there."""
        name, title = f"{self.number}.{self.at}", f"{self.section.title}, item {self.at}"
        return Link(text=name, href=f"#{self.prefix}e{name.replace('.', '-')}", title=title)


@dataclass(frozen=True, slots=True, kw_only=True)
class Setting:
    """What entries are shown in.

    Attributes:
        cited: The places they point to.
        demands: The anchors of the demands they answer, by step and id.
        questions: Links to the questions that are open, by what is asked.
        ledger: What their claims are held against; None for nothing.
        quotes: Whether the quoted passages are shown, as where there is no prose to read.
        prefix: What the anchors of sections and entries begin with.
    """

    cited: Cited
    demands: Mapping[tuple[str, str], str]
    questions: Mapping[OpenQuestion, Link]
    ledger: Ledger | None
    quotes: bool
    prefix: str = ""

    def entry(self, entry: Entry, spot: Spot, columns: Sequence[str]) -> ShownEntry:
        """Return what is shown of an entry; `columns` are those of the table it is a row of."""
        section = spot.section
        label, text = statement(entry, section.title)
        quotes = tuple(self._quote(citation, entry, spot.link) for citation in entry.citations)
        given = entry if entry.basis is not Basis.MISSING else Entry(text="")  # a placeholder has nothing besides
        cells = [(name, cell_of(given, name)) for name in columns] if is_row(given, section.format) else given.cells
        asked = open_question(entry, section.title)
        return ShownEntry(
            link=spot.link,
            basis=entry.basis,
            label=self._demand(section, label) if label else None,
            said=prose(text),
            sources=_by_label(quotes),
            quotes=quotes if self.quotes else (),
            rests_on=tuple(map(self.cited.artifact, entry.rests_on)) if entry.basis is Basis.INFERENCE else (),
            unsupported=entry.unsupported,
            doubts=tuple(remark(doubt.what) for doubt in doubts_of(entry, self.ledger)) if self.ledger else (),
            command=plain(given.command),
            expect=prose(given.expect),
            cells=tuple((prose(name), prose(value)) for name, value in cells),
            file=_file(given),
            covers=tuple(
                self._demand(section, name, text) for name in entry.covers if name not in (label, section.title)
            ),
            question=self.questions.get(asked) if asked else None,
        )

    def _demand(self, section: Section, name: str, said: str = "") -> Link:
        """Return a link to a demand that an entry answers, by its name where the entry does not say that itself."""
        text = "demand" if said and name.casefold() in said.casefold() else name
        return Link(text=text, href=f"#{self.demands[section.step, name]}", title=f"answers: {name}")

    def _quote(self, citation: Citation, entry: Entry, by: Link) -> Quote:
        def at(lines: Lines) -> Link:
            return self.cited.link(citation.artifact, lines, by, citation.quote)

        above = fold(citation.quote) in fold(entry.command)
        return Quote(
            text=Markup("The command above") if above else prose(f"“{readable(citation.quote)}”"),
            label=citation.label,
            link=at(citation.lines),
            also=tuple(map(at, citation.elsewhere)),
        )


def _by_label(quotes: Iterable[Quote]) -> tuple[tuple[str, tuple[Link, ...]], ...]:
    """Return the links of quotes under the label of their artifact, each place once."""
    grouped = groupby(quotes, key=lambda quote: quote.label)
    return tuple((label, tuple({quote.link.href: quote.link for quote in group}.values())) for label, group in grouped)


def _file(entry: Entry) -> ShownFile | None:
    if entry.file is None:
        return None
    return ShownFile(path=plain(" ".join(entry.file.path.split())), content=plain(entry.file.content.strip("\n")))
