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
from tests.plans import BLUEPRINT, plan_of

from dramaturg.engine.assemble import OPEN_QUESTIONS, assemble
from dramaturg.engine.outcome import Basis, Entry, OpenQuestion, Outcome, Section
from dramaturg.engine.settle import asked_by_the_model, open_questions, settle
from dramaturg.engine.verify.structure import verify_structure
from dramaturg.evidence.locate import Shelf
from dramaturg.plan.model import Format
from dramaturg.plan.outputs import Asked, Cell, Evidence, File, Item, StepOutput

PLAN = plan_of(
    "\n".join(
        f'<Step number="{at}" format="{layout}" section="{layout.upper()} SECTION">Produce:\n- Parts.\n</Step>'
        for at, layout in enumerate(Format, start=1)
    )
)
SHELF = Shelf([BLUEPRINT])
PIECES = [
    *(
        "# Fake",
        "## PROSE SECTION",
        "\n===\n",
        "\n---\n",
        "- ",
        "* ",
        "+ ",
        "1. ",
        "2) ",
        "> ",
        "    ",
        "\t",
        "\n",
        "\n\n",
        "\r",
    ),
    *("```", "````", "~~~", "`", "``", "\\", "\\\\", "\\`", "|", "| a | b |\n|---|---|", "***", "**", "_", "__", "~~"),
    *("<script>", "</li>", "<!-- ", "-->", "<?x?>", "<![CDATA[", "<a href='x'>", "<https://x.example>", "<div>\n"),
    *("![x](y)", "[x](y)", "[x][y]", "[x]: /y", "](", "![", "[", "]", "&lt;", "&#91;", "&amp;#91;", "&"),
    *("[Source: BLUEPRINT, L1]", "[MISSING: x]", "[UNSUPPORTED]", "[*Source*: x]", "[ Source", "[REASONED_INFERENCE"),
    *("\x00", "\x07", "\x1b[31m", "\x85", "\u2028", "\u200b", "\ufeff", "words", "Parts", " ", "é", "部署"),
]
TEXTS = st.lists(st.sampled_from(PIECES) | st.text(max_size=4), max_size=8).map(lambda pieces: "".join(pieces)[:500])
ITEMS = st.builds(
    Item,
    text=TEXTS,
    command=TEXTS,
    expect=TEXTS,
    file=st.builds(File, path=TEXTS, language=TEXTS.map(lambda text: text[:20]), content=TEXTS),
    cells=st.lists(st.builds(Cell, column=TEXTS.map(lambda text: text[:40]), value=TEXTS), max_size=3).map(tuple),
    covers=st.sampled_from([(), ("Parts",), ("# nowhere",)]),
    basis=st.sampled_from(["evidence", "inference", "missing"]),
    evidence=st.sampled_from(
        [
            (),
            (Evidence(artifact="blueprint", quote="The gateway listens on port 8080."),),
            (Evidence(artifact="blueprint", quote="invented words"), Evidence(artifact="nowhere", quote="")),
        ]
    ),
)
GOOD = Item(text="Good.", command="good", file=File(content="good"), cells=(Cell(column="good", value="good"),))
OUTPUTS = st.builds(
    StepOutput,
    items=st.lists(ITEMS, max_size=3).map(lambda items: (*items, GOOD)),
    questions=st.lists(
        st.builds(Asked, id=TEXTS.map(lambda text: text[:100]), kind=st.just("clarify"), text=TEXTS), max_size=1
    ).map(tuple),
)
MARKDOWN = MarkdownIt("commonmark").enable("table")
FOREIGN = {"html_block", "html_inline", "image", "link_open", "code_block", "hr", "blockquote_open"}
LISTED = (Format.CHECKLIST, Format.PROCEDURE, Format.FINDINGS)
CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]")
MARK = re.compile(r"\[[\s*_~\u200b\ufeff]*(?:Source|MISSING|UNSUPPORTED|REASONED_INFERENCE)\b")


def outcome_of(layout: Format, output: StepOutput) -> Outcome:
    """Return what a run amounts to whose section of this format is answered so, and the others well."""
    sections = []
    questions: list[OpenQuestion] = []
    for step in PLAN.sections:
        answer = output if step.format is layout else StepOutput(items=(GOOD,))
        sections.append(settle(answer, step, SHELF, grounded=True))
        questions += [*open_questions(sections[-1], step), *asked_by_the_model(answer, step)]
    return Outcome(sections=tuple(sections), questions=tuple(questions), findings=())


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


@settings(deadline=None, derandomize=True, database=None, max_examples=150)
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


@settings(deadline=None, derandomize=True, database=None, max_examples=150)
@given(st.sampled_from(Format), OUTPUTS)
def test_every_mark_in_a_document_is_the_programs_own(layout: Format, output: StepOutput) -> None:
    outcome = outcome_of(layout, output)
    inlines = [token for token in MARKDOWN.parse(assemble(PLAN, outcome).markdown) if token.type == "inline"]
    owed = sum(marks_of(entry) for section in outcome.sections for entry in section.entries)
    assert sum(len(MARK.findall(words_of(token))) for token in inlines) == owed


@settings(deadline=None, derandomize=True, database=None, max_examples=150)
@given(st.sampled_from(LISTED), OUTPUTS)
def test_every_entry_of_a_list_is_one_item_of_it(layout: Format, output: StepOutput) -> None:
    outcome = outcome_of(layout, output)
    tokens = MARKDOWN.parse(assemble(PLAN, outcome, quotes=True).markdown)
    items = [token for token in tokens if token.type == "list_item_open" and token.level == 1]
    entries = [entry for section in outcome.sections if section.format in LISTED for entry in section.entries]
    assert len(items) == len(entries) + len(outcome.questions)
