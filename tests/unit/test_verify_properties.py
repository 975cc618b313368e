"""Any text is a document: whatever is cut, put in or mixed up, there are findings inside it, and never an exception."""

import re
from collections.abc import Iterator, Mapping
from functools import cache

from hypothesis import given
from hypothesis import strategies as st
from tests.hostile_outputs import OUTPUTS, outcome_of
from tests.hostile_outputs import PLAN as HOSTILE
from tests.plans import BLUEPRINT, brief_of, plan_of
from tests.shipped import writer
from tests.support import envelope, item, perform_by_hand

from dramaturg.engine.assemble import assemble, is_row
from dramaturg.engine.calls import ModelCall
from dramaturg.engine.colophon import colophon_of
from dramaturg.engine.outcome import Entry
from dramaturg.engine.reader import read_manuscript
from dramaturg.engine.verify.document import verify_document
from dramaturg.engine.verify.layout import lay_out
from dramaturg.engine.verify.structure import structure_faults, verify_structure
from dramaturg.evidence.artifact import Artifact
from dramaturg.findings.github import github_command
from dramaturg.findings.model import Finding, Span
from dramaturg.findings.render import render
from dramaturg.findings.source import Source
from dramaturg.plan.model import Format
from dramaturg.plan.outputs import StepOutput

PATH = "plan.md"
ARTIFACT = """# Parts

The gateway listens on every interface of its host.
The tracker writes what it reads into the database.

| Part | State |
| --- | --- |
| poller | keeps nothing of what it has fetched |

- The console shows a banner while nobody may write.
"""
PLAN = plan_of(
    "\n".join(
        f'<Step number="{at}" format="{layout}" section="{layout.upper()} SECTION">Produce it. It MUST cover:\n'
        f"- **First part:** what there is.\n- **Second part:** what there is not.\n"
        f"{'Each with: Name, Kind.' if layout in ('table', 'findings') else ''}</Step>"
        for at, layout in enumerate(Format, start=1)
    )
)
PIECES = [
    *("\n", "\n\n", "\r", "\r\n", "\t", "    ", "\x00", "\ufeff", "\u2028", "\U0001f600", "é", "部署"),
    *(
        "# ",
        "## ",
        "### ",
        "#",
        "===",
        "---",
        "***",
        "- ",
        "* ",
        "1. ",
        "2) ",
        "> ",
        "- [ ] ",
        "[x]",
        "|",
        "| a |",
        "|---|",
    ),
    *(
        "```",
        "~~~",
        "`",
        "``",
        "**",
        "__",
        "~~",
        "\\",
        "<!--",
        "-->",
        "<div>",
        "&amp;",
        "](",
        "![",
        "[",
        "]",
        "“",
        "”",
        '"',
    ),
    *("[Source: BLUEPRINT, L1]", "[Source: BLUEPRINT, L999999999]", "[Source: BLUEPRINT, L0-0]", "[Source: X, L2-1]"),
    *("[Source:", "[MISSING: x]", "[UNSUPPORTED]", "[REASONED_INFERENCE based on X, BLUEPRINT]", "The command above"),
    *(
        "## Open questions",
        "## PROSE SECTION",
        "**First part:**",
        "Expect: ",
        "File `x`:",
        "Answer:",
        "REDACTED_TOKEN_1",
    ),
    *("<!-- `dramaturg verify` reads this:", '"sections": [', "{", "}", '"traces": {"BLUEPRINT": {"L3": ["9.0"]}}'),
]
SHOWN = ("with quotes", "")
TITLES = {step.section for step in HOSTILE.sections}
DOUBTFUL = ("V203", "V204", "V206", "V309", "V401", "V404")  # what a model may leave out, or write that is not so
LINES = st.integers(0, 200)
TEXT = st.sampled_from(PIECES) | st.text(max_size=5)
EDITS = st.one_of(
    st.tuples(st.just("cut"), LINES, LINES, st.just("")),
    st.tuples(st.just("put"), st.integers(0, 9000), st.just(0), TEXT),
    st.tuples(st.just("take"), st.integers(0, 9000), st.integers(1, 400), TEXT),
    st.tuples(st.just("swap"), LINES, LINES, st.just("")),
    st.tuples(st.just("again"), LINES, LINES, st.just("")),
)


@cache
def made(*, quotes: bool) -> str:
    """Return a document with a section of each format, as a run makes it."""
    artifact = Artifact(id="blueprint", text=ARTIFACT)
    outcome = perform_by_hand(brief_of(PLAN, artifacts=[artifact]), writer(PLAN)).outcome
    assert outcome is not None
    comment = colophon_of(PLAN, outcome, [artifact], quotes=quotes, writes=True).comment()
    return f"{assemble(PLAN, outcome, quotes=quotes).markdown}\n{comment}"


def edited(text: str, edit: tuple[str, int, int, str]) -> str:
    """Return a text after one edit; an edit beyond its end is one of its end."""
    kind, one, other, words = edit
    lines = text.split("\n")
    first, last = sorted((min(one, len(lines)), min(other, len(lines))))
    match kind:
        case "put" | "take":
            at = min(one, len(text))
            return text[:at] + words + text[at + other :]
        case "cut":
            return "\n".join(lines[:first] + lines[last:])
        case "again":
            return "\n".join(lines[:last] + lines[first:])
        case _:
            first, last = min(first, len(lines) - 1), min(last, len(lines) - 1)
            lines[first], lines[last] = lines[last], lines[first]
            return "\n".join(lines)


def spans(finding: Finding) -> Iterator[Span]:
    """Yield every place of a finding."""
    assert finding.span
    yield finding.span
    yield from (label.span for label in finding.labels)
    yield from (edit.span for edit in finding.edits)


def held_to(text: str, artifact: str) -> tuple[Finding, ...]:
    """Verify a text, and look at every place that is found."""
    artifacts = [Artifact(id="blueprint", text=artifact)] if artifact else []
    findings = verify_document(PLAN, text, artifacts, PATH).findings
    sources: Mapping[str, Source] = {
        source.path: source for source in (Source(PATH, text), *(Source(each.place, each.text) for each in artifacts))
    }
    for finding in findings:
        for span in spans(finding):
            source = sources.get(span.path)
            if source is None:
                assert span.path == PLAN.persona.head.path
                continue
            assert 1 <= span.line <= len(source.line_starts)
            start = source.offset(span)
            assert 0 <= start <= start + span.length <= len(source.text)
            assert source.span(start, start + span.length) == span
        assert render(finding, sources.get)
        assert github_command(finding, sources.get)
    return findings


def test_as_it_was_made_it_is_clean() -> None:
    for quotes in SHOWN:
        assert held_to(made(quotes=bool(quotes)), ARTIFACT) == ()


@given(st.sampled_from(SHOWN), st.lists(EDITS, min_size=1, max_size=6))
def test_an_edited_document_has_findings_inside_it(quotes: str, edits: list[tuple[str, int, int, str]]) -> None:
    text = made(quotes=bool(quotes))
    for edit in edits:
        text = edited(text, edit)
    held_to(text, ARTIFACT)


@given(st.sampled_from(SHOWN), st.lists(EDITS, min_size=1, max_size=4))
def test_an_edited_artifact_has_findings_inside_it(quotes: str, edits: list[tuple[str, int, int, str]]) -> None:
    artifact = ARTIFACT
    for kind, one, other, words in edits:
        artifact = edited(artifact, (kind, one % 400, other, words))
    held_to(made(quotes=bool(quotes)), artifact)


@given(st.lists(TEXT, max_size=40).map("".join))
def test_a_text_of_any_origin_is_a_document(text: str) -> None:
    held_to(text, ARTIFACT)


@given(st.sampled_from(SHOWN), st.integers(0, 9000))
def test_a_document_cut_short_lacks_something(quotes: str, length: int) -> None:
    whole = made(quotes=bool(quotes))
    body = whole.index("\n<!-- `dramaturg")
    cut = whole[: length % body]
    assert held_to(cut, ARTIFACT) or cut.strip() == whole[:body].strip()


def shows_parts(entry: Entry, layout: Format) -> bool:
    """Tell whether an entry covers `Parts`, and shows a word by which it can be known again."""
    said = " ".join(("" if is_row(entry, layout) else entry.text, *(value for _, value in entry.cells)))
    return "Parts" in entry.covers and re.search(r"[^\W_]", said) is not None


@given(st.sampled_from(Format), OUTPUTS, st.sampled_from(SHOWN))
def test_whatever_a_model_wrote_is_clean_as_it_was_made(layout: Format, output: StepOutput, quotes: str) -> None:
    outcome = outcome_of(layout, output)
    comment = colophon_of(HOSTILE, outcome, [BLUEPRINT], quotes=bool(quotes), writes=True).comment()
    text = f"{assemble(HOSTILE, outcome, quotes=bool(quotes)).markdown}\n{comment}"
    findings = verify_document(HOSTILE, text, [BLUEPRINT], PATH).findings
    showing = {
        section.title for section in outcome.sections for entry in section.entries if shows_parts(entry, section.format)
    }
    # paragraphs that only a model's odd attributes fill may pass for statements of their own
    doubtful = (*DOUBTFUL, "V308") if any(each.cells for each in output.items) else DOUBTFUL
    told = [(finding.rule, finding.message) for finding in findings if finding.rule not in doubtful]
    lacking = {("V201", f"`{title}` has no entry for `Parts`, which is demanded") for title in TITLES - showing}
    assert {*told} <= lacking  # an entry may say that it is about `Parts` and not declare it


def test_a_short_row_is_known_again() -> None:
    def answer(call: ModelCall) -> str:
        del call
        evidence = [{"artifact": "blueprint", "quote": "The gateway listens on port 8080."}]
        rows = [item("Parts", cells=[{"column": "What", "value": value}], evidence=evidence) for value in "abb"]
        return envelope(rows, notes="x")

    plan = plan_of(
        '<Step number="1" format="table" section="ROWS">Produce it. It MUST cover:\n- **Parts:** x.\n</Step>'
    )
    outcome = perform_by_hand(brief_of(plan), answer).outcome
    assert outcome is not None
    comment = colophon_of(plan, outcome, [BLUEPRINT], quotes=False, writes=True).comment()
    text = f"{assemble(plan, outcome).markdown}\n{comment}"
    assert [finding.rule for finding in verify_document(plan, text, [BLUEPRINT]).findings] == []
    without = text.replace("| a | [Source: BLUEPRINT, L3] |\n", "")
    (found,) = verify_document(plan, without, [BLUEPRINT]).findings
    assert (found.rule, found.span and found.span.line) == ("V202", 7)
    assert "`a …`" in found.message


@given(quotes=st.booleans(), edits=st.lists(EDITS, max_size=4))
def test_a_look_at_the_headings_alone_says_the_same_as_reading_everything(
    *, quotes: bool, edits: list[tuple[str, int, int, str]]
) -> None:
    text = made(quotes=quotes)
    for edit in edits:
        text = edited(text, edit)
    manuscript = read_manuscript(text, PATH)
    whole = tuple(structure_faults(PLAN, manuscript, lay_out(PLAN, manuscript, None)))
    assert verify_structure(PLAN, text, PATH) == whole


def test_a_document_of_a_run_is_right_by_its_headings_alone() -> None:
    assert verify_structure(PLAN, made(quotes=True), PATH) == ()
