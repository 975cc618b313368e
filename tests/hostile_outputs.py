"""Answers of a model that means harm: text that would be structure, in every field that may hold text."""

from hypothesis import strategies as st
from tests.plans import BLUEPRINT, plan_of

from dramaturg.engine.outcome import OpenQuestion, Outcome
from dramaturg.engine.settle import asked_by_the_model, open_questions, settle
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


def outcome_of(layout: Format, output: StepOutput) -> Outcome:
    """Return what a run amounts to whose section of this format is answered so, and the others well."""
    sections = []
    questions: list[OpenQuestion] = []
    for step in PLAN.sections:
        answer = output if step.format is layout else StepOutput(items=(GOOD,))
        sections.append(settle(answer, step, SHELF, grounded=True))
        questions += [*open_questions(sections[-1], step), *asked_by_the_model(answer, step)]
    return Outcome(sections=tuple(sections), questions=tuple(questions), findings=())
