"""Documents of hostile answers: whatever a model writes, the Markdown has the plan's structure and nothing else.

Answers go the way they go in a run: validated as the envelope, settled against the artifacts, assembled.
"""

import re
from collections.abc import Iterator
from itertools import pairwise

from hypothesis import given, settings
from hypothesis import strategies as st
from markdown_it import MarkdownIt
from markdown_it.token import Token
from tests.hostile_outputs import OUTPUTS, PLAN, outcome_of

from dramaturg.engine.assemble import OPEN_QUESTIONS, assemble
from dramaturg.engine.outcome import Basis, Entry, Section
from dramaturg.engine.verify.structure import verify_structure
from dramaturg.plan.model import Format
from dramaturg.plan.outputs import StepOutput

MARKDOWN = MarkdownIt("commonmark").enable("table")
FOREIGN = {"html_block", "html_inline", "image", "link_open", "code_block", "hr", "blockquote_open"}
LISTED = (Format.CHECKLIST, Format.PROCEDURE, Format.FINDINGS)
CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]")
MARK = re.compile(r"\[[\s*_~\u200b\ufeff]*(?:Source|MISSING|UNSUPPORTED|REASONED_INFERENCE)\b")


def flattened(tokens: list[Token]) -> Iterator[Token]:
    """Yield tokens and their children."""
    for token in tokens:
        yield token
        yield from flattened(token.children or [])


def words_of(token: Token) -> str:
    """Return what an inline token reads as, code spans left out."""
    return "".join(child.content if child.type == "text" else "\0" for child in token.children or [])


def shown_code(section: Section) -> Iterator[str]:
    """Yield the commands and files that a section shows."""
    for entry in section.entries:
        in_row = section.format is Format.TABLE and entry.cells
        if entry.basis is not Basis.MISSING and not in_row:
            yield from (text for text in (entry.command, entry.file.content if entry.file else "") if text)


def without_controls(text: str) -> str:
    """Return code as a fence may show it."""
    return CONTROL.sub("", re.sub(r"\r\n?", "\n", text)).strip("\n")


def marks_of(entry: Entry) -> int:
    """Return how many marks the program sets for an entry."""
    placeholder = entry.basis is Basis.MISSING
    inferred = entry.basis is Basis.INFERENCE and bool(entry.rests_on)
    return len({str(citation) for citation in entry.citations}) + placeholder + inferred + entry.unsupported


@settings(derandomize=True, database=None)
@given(st.sampled_from(Format), OUTPUTS)
def test_a_hostile_answer_adds_hides_and_breaks_nothing(layout: Format, output: StepOutput) -> None:
    outcome = outcome_of(layout, output)
    markdown = assemble(PLAN, outcome).markdown
    assert verify_structure(PLAN, markdown) == ()
    every = [*flattened(MARKDOWN.parse(markdown))]
    titles = [PLAN.document, *(step.section for step in PLAN.sections)] + [OPEN_QUESTIONS] * bool(outcome.questions)
    found = [inline.content for token, inline in pairwise(every) if token.type == "heading_open"]
    assert found == titles
    assert {token.type for token in every} & FOREIGN == set()
    code = [without_controls(text) for section in outcome.sections for text in shown_code(section)]
    assert [token.content.strip("\n") for token in every if token.type == "fence"] == code
    assert not CONTROL.search(markdown)


@settings(derandomize=True, database=None)
@given(st.sampled_from(Format), OUTPUTS)
def test_every_mark_in_a_document_is_the_programs_own(layout: Format, output: StepOutput) -> None:
    outcome = outcome_of(layout, output)
    inlines = [token for token in MARKDOWN.parse(assemble(PLAN, outcome).markdown) if token.type == "inline"]
    owed = sum(marks_of(entry) for section in outcome.sections for entry in section.entries)
    assert sum(len(MARK.findall(words_of(token))) for token in inlines) == owed


@settings(derandomize=True, database=None)
@given(st.sampled_from(LISTED), OUTPUTS)
def test_every_entry_of_a_list_is_one_item_of_it(layout: Format, output: StepOutput) -> None:
    outcome = outcome_of(layout, output)
    tokens = MARKDOWN.parse(assemble(PLAN, outcome, quotes=True).markdown)
    items = [token for token in tokens if token.type == "list_item_open" and token.level == 1]
    entries = [entry for section in outcome.sections if section.format in LISTED for entry in section.entries]
    assert len(items) == len(entries) + len(outcome.questions)
