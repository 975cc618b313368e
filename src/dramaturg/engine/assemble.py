"""An Outcome to a Markdown document; its one rule: structure is written here, model text only fills it.

Text of a model is one paragraph or a fenced block. Whatever in it would begin a heading, a list, a fence, an HTML tag
or an image is escaped, so no answer can add or hide a section.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

from dramaturg.engine.marks import COMMAND_ABOVE
from dramaturg.engine.outcome import Basis, Document, Entry, OpenQuestion, Outcome, Section
from dramaturg.engine.rules import FORGED_MARK
from dramaturg.evidence.locate import Citation, fold, shown_lines
from dramaturg.plan.model import Format, Plan

OPEN_QUESTIONS = "Open questions"
_BLOCK_START = re.compile(
    r"^(?:([0-9]+)(?=[.)](?: |$))|(?=[>|]|#{1,6}(?: |$)|[-+*](?: |$)|[-*_][-*_ ]*$|=+$|~~~|`{3,}[^`]*$))"
)
_SCANNED = re.compile(
    r"\\[!-/:-@\[-`{-~]"  # an escaped character is text already
    r"|(?P<ticks>`+)(?!`).*?(?<!`)(?P=ticks)(?!`)"  # in a code span nothing is markup, and a backslash would show
    r"|`+"
    r"|(?P<risky><(?=[A-Za-z/!?])|!(?=\[)|\](?=[(\[:])|&(?=#?\w+;))"
)
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]")
_NEWLINE = re.compile(r"\r\n?")
_CLOSING_HASHES = re.compile(r"(?:(?<= )|^)(?=#+$)")
_LIST_MARK = re.compile(r"^(?:[-*+]|\d+[.)])\s+")
_FENCE = "```"
_BACKTICKS = re.compile(r"`+")


def assemble(plan: Plan, outcome: Outcome, *, preface: str = "", quotes: bool = False) -> Document:
    """Write the document of an outcome.

    Args:
        plan: Gives title, section titles and formats.
        outcome: Gives the entries.
        preface: A remark under the title, author text of ours.
        quotes: Print the quoted lines below each entry, for a reader who has no prose to read.
    """
    blocks = [heading(1, plan.document)]
    if preface:
        blocks.append(f"> {preface}")
    for section in outcome.sections:
        blocks += [heading(2, section.title), *_section(section, quotes=quotes)]
    if outcome.questions:
        blocks += [heading(2, OPEN_QUESTIONS), *_questions(outcome.questions)]
    return Document(
        title=plan.document,
        sections=outcome.sections,
        questions=outcome.questions,
        markdown="\n\n".join(blocks) + "\n",
    )


def section_markdown(section: Section, *, quotes: bool = False) -> str:
    """Return a section without its heading; with `quotes` what each citation quotes stands below its entry."""
    return "\n\n".join(_section(section, quotes=quotes))


def heading(depth: int, title: str) -> str:
    """Return the line of a heading that reads as its title."""
    return "#" * depth + " " + _CLOSING_HASHES.sub(r"\\", _plain(title))


def inline(text: str) -> str:
    """Return untrusted text as one line of Markdown that starts no block and holds no tag, image or link."""
    return _BLOCK_START.sub(lambda start: (start[1] or "") + "\\", bare(text))


def bare(text: str) -> str:
    """Return untrusted text as `inline` does, for a place where no block can start."""
    return FORGED_MARK.sub(r"(\1)", _plain(text))  # citation marks are set by this program only


def fenced(content: str, language: str) -> str:
    """Return content as a fenced block whose fence it cannot close."""
    lines = _CONTROL.sub("", _NEWLINE.sub("\n", content)).strip("\n")
    longest = max((len(run) for run in _BACKTICKS.findall(lines)), default=0)
    fence = "`" * max(3, longest + 1)
    info = re.sub(r"[^\w.+-]", "", language)
    return f"{fence}{info}\n{lines}\n{fence}"


def _plain(text: str) -> str:
    """Return text on one line that reads as it is written, but for code spans and emphasis."""
    return _SCANNED.sub(_escaped, _flat(text))


def _flat(text: str) -> str:
    """Return text on one line, without the control characters that a terminal would obey."""
    return " ".join(_CONTROL.sub(" ", text).split())


def _escaped(found: re.Match[str]) -> str:
    return "\\" + found[0] if found["risky"] else found[0]


def _section(section: Section, *, quotes: bool) -> Iterator[str]:
    """Yield the blocks of a section; where its step was performed for each of several items, these one by one."""
    abouts = [*dict.fromkeys(entry.about for entry in section.entries)]
    for about in abouts:
        if about:
            yield f"**{bare(about)}**"
        entries = tuple(entry for entry in section.entries if entry.about == about)
        yield from _entries(replace(section, entries=entries), quotes=quotes)


def _entries(section: Section, *, quotes: bool) -> Iterator[str]:
    title = section.title
    ordered = section.format is Format.PROCEDURE
    listed = section.format in (Format.CHECKLIST, Format.PROCEDURE, Format.FINDINGS)
    if not listed:
        rows = [entry for entry in section.entries if is_row(entry, section.format)]
        if rows:
            yield _table(rows)
        yield from (_paragraph(entry, title, quotes=quotes) for entry in section.entries if entry not in rows)
        return
    items = []
    for number, entry in enumerate(section.entries, start=1):
        marker = f"{number}. " if ordered else "- [ ] " if section.format is Format.CHECKLIST else "- "
        indent = " " * (len(marker) if ordered else 2)
        items.append(marker + _indented(_paragraph(entry, title, quotes=quotes), indent))
    yield "\n".join(items)


def _paragraph(entry: Entry, section: str, *, quotes: bool) -> str:
    return "\n\n".join(_blocks(entry, section, quotes=quotes))


def _blocks(entry: Entry, section: str, *, quotes: bool) -> list[str]:
    """Return an entry: its statement with marks, then its command, what to expect, its attributes and its file."""
    said = " ".join(part for part in (_statement(entry, section), *_marks(entry, quotes=quotes)) if part)
    if entry.basis is Basis.MISSING:  # a placeholder with a command would be an invention under a modest name
        return [said]
    lines = [said] if said else []
    if entry.command:
        lines.append(fenced(entry.command, "sh"))
    if entry.expect:
        lines.append(f"Expect: {inline(entry.expect)}")
    lines += [inline(f"{column}: {value}" if column else value) for column, value in entry.cells if value]
    if entry.file:
        lines.append(f"File {_code(path)}:" if (path := _flat(entry.file.path)) else "File:")
        lines.append(fenced(entry.file.content, entry.file.language))
    if quotes and entry.citations:
        lines.append("\n".join(f"- {_shown(each, entry)} {each}{_elsewhere(each)}" for each in entry.citations))
    return lines


def statement(entry: Entry, section: str) -> tuple[str, str]:
    """Return the label that an entry of a section stands under, empty where its text opens with it, and its text."""
    label = next((name for name in entry.covers if name != section), "")
    if entry.basis is Basis.MISSING:
        return label, entry.text
    text = entry.text or ("Run:" if entry.command else "")
    return "" if _says(text, label) else label, text


def _statement(entry: Entry, section: str) -> str:
    label, text = statement(entry, section)
    if entry.basis is Basis.MISSING:
        return f"{_label(label)}[MISSING: {bare(text)}]"
    return f"{_label(label)}{bare(text)}" if label else inline(text)


def _label(label: str) -> str:
    return f"**{bare(label)}:** " if label else ""


def _says(text: str, label: str) -> bool:
    """Tell whether a text opens with its own label."""
    return text.lstrip("*_` ").casefold().startswith(label.casefold())


def _marks(entry: Entry, *, quotes: bool) -> Iterator[str]:
    if not quotes:
        yield from dict.fromkeys(str(citation) for citation in entry.citations)
    if entry.basis is Basis.INFERENCE and entry.rests_on:
        yield f"[REASONED_INFERENCE based on {', '.join(entry.rests_on)}]"
    if entry.unsupported:
        yield "[UNSUPPORTED]"


def is_row(entry: Entry, layout: Format) -> bool:
    """Tell whether an entry is a row of its section's table, rather than a paragraph of its own."""
    return layout is Format.TABLE and bool(entry.cells) and entry.basis is not Basis.MISSING


def openings(entry: Entry, section: Section) -> Sequence[str]:
    """Return the Markdown of each paragraph of an entry; of a row its cells, in the order of its columns."""
    if not is_row(entry, section.format):
        return [block for block in _blocks(entry, section.title, quotes=False) if not block.startswith(_FENCE)]
    columns = columns_of(each for each in section.entries if is_row(each, section.format))
    return [" · ".join(bare(value) for column in columns if (value := cell_of(entry, column)))]


def columns_of(rows: Iterable[Entry]) -> tuple[str, ...]:
    """Return the columns of a table of these rows."""
    return tuple(dict.fromkeys(column for entry in rows for column, _ in entry.cells))


def cell_of(entry: Entry, column: str) -> str:
    """Return what a row has in a column."""
    return "; ".join(value for name, value in entry.cells if name == column)


def _table(entries: Sequence[Entry]) -> str:
    columns = columns_of(entries)
    lines = [_row(map(_cell, columns), "Source"), _row(["---"] * len(columns), "---")]
    for entry in entries:
        values = (cell_of(entry, column) for column in columns)
        lines.append(_row(map(_cell, values), " ".join(_marks(entry, quotes=False))))
    return "\n".join(lines)


def _row(cells: Iterable[str], source: str) -> str:
    return f"| {' | '.join([*cells, source])} |"


def _cell(text: str) -> str:
    return bare(text).replace("|", "\\|")


def _questions(questions: Iterable[OpenQuestion]) -> Iterator[str]:
    yield "\n".join(
        f"{number}. **{bare(question.section)} – {bare(question.about)}:** {bare(question.text)}"
        if question.about != question.section
        else f"{number}. **{bare(question.section)}:** {bare(question.text)}"
        for number, question in enumerate(questions, start=1)
    )


def shows_quote(citation: Citation, entry: Entry) -> bool:
    """Tell whether a quote is printed below its entry, and not the remark that it stands in its command already."""
    return fold(citation.quote) not in fold(entry.command)


def _shown(citation: Citation, entry: Entry) -> str:
    """Return a quote in quotation marks, or where it already stands in the entry."""
    return f"“{bare(readable(citation.quote))}”" if shows_quote(citation, entry) else COMMAND_ABOVE


def _elsewhere(citation: Citation) -> str:
    """Return where a quote stands besides the place that its citation names."""
    others = ", ".join(map(shown_lines, citation.elsewhere))
    return f" (also {others})" if others else ""


def readable(quote: str) -> str:
    """Return a quote without the marks of the list or table it was taken from."""
    row = quote.strip()
    if row.startswith("|") and row.endswith("|"):
        return " · ".join(cell.strip() for cell in row.strip("|").split("|"))
    return _LIST_MARK.sub("", row)


def _code(text: str) -> str:
    return "`" + FORGED_MARK.sub(r"(\1)", text).replace("`", "'") + "`"


def _indented(text: str, indent: str) -> str:
    return re.sub(r"\n(?!\n)", "\n" + indent, text)
