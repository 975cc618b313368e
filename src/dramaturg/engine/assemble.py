"""An Outcome to a Markdown document; its one rule: structure is written here, model text only fills it.

Text of a model is one paragraph or a fenced block. Whatever in it would begin a heading, a list, a fence, an HTML tag
or an image is escaped, so no answer can add or hide a section.
"""

import re
from collections.abc import Iterable, Iterator

from dramaturg.engine.outcome import Basis, Document, Entry, OpenQuestion, Outcome, Section
from dramaturg.engine.rules import FORGED_MARK
from dramaturg.evidence.locate import fold
from dramaturg.plan.model import Format, Plan

OPEN_QUESTIONS = "Open questions"
_BLOCK_START = re.compile(r"^(?=[#>=+*|-]|~~~|```|\d+[.)])")
_RISKY = re.compile(r"(?<!\\)(?:<(?=[A-Za-z/!?])|!(?=\[)|\](?=[(\[:]))")
_LIST_MARK = re.compile(r"^(?:[-*+]|\d+[.)])\s+")
_BACKTICKS = re.compile(r"`+")
_CODE_SPAN = re.compile(r"(?<!`)(`+)(?!`).*?(?<!`)\1(?!`)")


def assemble(plan: Plan, outcome: Outcome, *, preface: str = "", quotes: bool = False) -> Document:
    """Write the document of an outcome.

    Args:
        plan: Gives title, section titles and formats.
        outcome: Gives the entries.
        preface: A remark under the title, author text of ours.
        quotes: Print the quoted lines below each entry, for a reader who has no prose to read.
    """
    blocks = [f"# {inline(plan.document)}"]
    if preface:
        blocks.append(f"> {preface}")
    for section in outcome.sections:
        blocks += [f"## {inline(section.title)}", *_section(section, quotes=quotes)]
    if outcome.questions:
        blocks += [f"## {OPEN_QUESTIONS}", *_questions(outcome.questions)]
    return Document(
        title=plan.document,
        sections=outcome.sections,
        questions=outcome.questions,
        markdown="\n\n".join(blocks) + "\n",
    )


def inline(text: str) -> str:
    """Return untrusted text as one line of Markdown that starts no block and holds no tag, image or link."""
    flat = " ".join(text.split())
    pieces: list[str] = []
    done = 0
    for span in _CODE_SPAN.finditer(flat):  # inside a code span nothing is markup, and a backslash would show
        pieces += [_escaped(flat[done : span.start()]), span[0]]
        done = span.end()
    return _BLOCK_START.sub(r"\\", _unmarked("".join([*pieces, _escaped(flat[done:])])))


def fenced(content: str, language: str) -> str:
    """Return content as a fenced block whose fence it cannot close."""
    longest = max((len(run) for run in _BACKTICKS.findall(content)), default=0)
    fence = "`" * max(3, longest + 1)
    info = re.sub(r"[^\w.+-]", "", language)
    return f"{fence}{info}\n{content.strip(chr(10))}\n{fence}"


def _escaped(text: str) -> str:
    return _RISKY.sub(lambda match: "\\" + match[0], text)


def _unmarked(text: str) -> str:
    """Turn a citation mark that a model wrote into plain words: marks are set by this program only."""
    return FORGED_MARK.sub(r"(\1)", text)


def _section(section: Section, *, quotes: bool) -> Iterator[str]:
    title = section.title
    if section.format is Format.TABLE and any(entry.cells for entry in section.entries):
        yield _table(section.entries)
        yield from (_paragraph(entry, title, quotes=quotes) for entry in section.entries if not entry.cells)
        return
    ordered = section.format is Format.PROCEDURE
    listed = section.format in (Format.CHECKLIST, Format.PROCEDURE, Format.FINDINGS)
    if not listed:
        yield from (_paragraph(entry, title, quotes=quotes) for entry in section.entries)
        return
    items = []
    for number, entry in enumerate(section.entries, start=1):
        marker = f"{number}. " if ordered else "- [ ] " if section.format is Format.CHECKLIST else "- "
        indent = " " * (len(marker) if ordered else 2)
        items.append(marker + _indented(_paragraph(entry, title, quotes=quotes), indent))
    yield "\n".join(items)


def _paragraph(entry: Entry, section: str, *, quotes: bool) -> str:
    """Return an entry: its statement with marks, then its command, what to expect, its attributes and its file."""
    lines = [" ".join(part for part in (_statement(entry, section), *_marks(entry, quotes=quotes)) if part)]
    if entry.basis is Basis.MISSING:  # a placeholder with a command would be an invention under a modest name
        return lines[0]
    if entry.command:
        lines.append(fenced(entry.command, "sh"))
    if entry.expect:
        lines.append(f"Expect: {inline(entry.expect)}")
    lines += [f"{inline(column)}: {inline(value)}" for column, value in entry.cells if value]
    if entry.file:
        lines.append(f"File {_code(entry.file.path)}:" if entry.file.path.strip() else "File:")
        lines.append(fenced(entry.file.content, entry.file.language))
    if quotes:
        lines += [f"- {_shown(citation.quote, entry)} {citation}" for citation in entry.citations]
    return "\n\n".join(_joined(lines))


def _joined(lines: list[str]) -> Iterator[str]:
    """Yield blocks; consecutive list items make one list."""
    listed: list[str] = []
    for line in lines:
        if line.startswith("- "):
            listed.append(line)
            continue
        if listed:
            yield "\n".join(listed)
            listed = []
        yield line
    if listed:
        yield "\n".join(listed)


def _statement(entry: Entry, section: str) -> str:
    label = next((name for name in entry.covers if name != section), "")
    if entry.basis is Basis.MISSING:
        return f"{_label(label)}[MISSING: {_bare(entry.text)}]"
    text = inline(entry.text)
    return text if not label or _says(entry.text, label) else f"{_label(label)}{text}"


def _label(label: str) -> str:
    return f"**{inline(label)}:** " if label else ""


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


def _table(entries: Iterable[Entry]) -> str:
    rows = [entry for entry in entries if entry.cells]
    columns = [*dict.fromkeys(column for entry in rows for column, _ in entry.cells)]
    lines = [_row([*columns, "Source"]), _row(["---"] * (len(columns) + 1))]
    for entry in rows:
        cells = dict(entry.cells)
        lines.append(_row([*(cells.get(column, "") for column in columns), " ".join(_marks(entry, quotes=False))]))
    return "\n".join(lines)


def _row(cells: Iterable[str]) -> str:
    return "| " + " | ".join(inline(cell).replace("|", "\\|") if cell != "---" else cell for cell in cells) + " |"


def _questions(questions: Iterable[OpenQuestion]) -> Iterator[str]:
    yield "\n".join(
        f"{number}. **{inline(question.section)} – {inline(question.about)}:** {inline(question.text)}"
        if question.about != question.section
        else f"{number}. **{inline(question.section)}:** {inline(question.text)}"
        for number, question in enumerate(questions, start=1)
    )


def _shown(quote: str, entry: Entry) -> str:
    """Return a quote in quotation marks, or where it already stands in the entry."""
    return "The command above" if fold(quote) in fold(entry.command) else f"“{_bare(_readable(quote))}”"


def _readable(quote: str) -> str:
    """Return a quote without the marks of the list or table it was taken from."""
    row = quote.strip()
    if row.startswith("|") and row.endswith("|"):
        return " · ".join(cell.strip() for cell in row.strip("|").split("|"))
    return _LIST_MARK.sub("", row)


def _bare(text: str) -> str:
    """Return untrusted text for use inside brackets or quotation marks, where no block can start."""
    return inline(text).removeprefix("\\")


def _code(text: str) -> str:
    return "`" + " ".join(text.replace("`", "'").split()) + "`"


def _indented(text: str, indent: str) -> str:
    return text.replace("\n", "\n" + indent).replace(f"\n{indent}\n", "\n\n")
