"""The verb a step turns on: what comes before it only says when, how or for what."""

import pytest

from dramaturg.plan.verbs import ASSEMBLE, GATHERS, INGEST, LOOKS, MAY_WRITE, WRITES, further_verbs, main_verb


@pytest.mark.parametrize(
    ("text", "verb"),
    [
        ("Produce the report.", "Produce"),
        ("  \n  Produce it.", "Produce"),
        # marks of lists, headings and quotations
        ("- Ingest the log.", "Ingest"),
        ("• Ingest the log.", "Ingest"),
        ("1. Ingest the log.", "Ingest"),
        ("2) Ingest the log.", "Ingest"),
        ("> Ingest the log.", "Ingest"),
        ("## Ingest the log", "Ingest"),
        # keys and labels
        ("**Intake:** read the log.", "read"),
        ("**Intake**: read the log.", "read"),
        ("__Intake:__ read the log.", "read"),
        ("* **Intake:** 1. read the log.", "read"),
        ("TASK: write it.", "write"),
        ("**Weigh** what they say.", "Weigh"),
        # who does it
        ("I will produce it.", "produce"),
        ("You must now produce it.", "produce"),
        ("We shall produce it.", "produce"),
        ("The agent can produce it.", "produce"),
        ("Please produce it.", "produce"),
        ("Must produce it.", "produce"),
        # adverbs, and verbs that end like one
        ("First, read the log.", "read"),
        ("Next carefully read the log.", "read"),
        ("Always systematically read the log.", "read"),
        ("Apply the patch.", "Apply"),
        ("Supply the rows that are missing.", "Supply"),
        ("Reply in prose.", "Reply"),
        ("Multiply the two.", "Multiply"),
        # clauses
        ("Upon confirmation, write the files.", "write"),
        ("For each service, list its ports.", "list"),
        ("If the log is empty, explain why.", "explain"),
        ("When all sections are done, combine them.", "combine"),
        ("Using only the `a, b`, summarize it.", "summarize"),
        ("Using the rows (one, two, three), summarize them.", "summarize"),
        ('Given "this, that" and “one, two”, draft a letter.', "draft"),
        ("Before you write, after you read, weigh it.", "weigh"),
        ("As an architect, in order to help the reader, design it.", "design"),
        ("**Goal:** Based on the findings, I will then carefully draft a plan.", "draft"),
        ("Once the tests pass, you shall finally write it.", "write"),
        # a clause that no comma ends in its sentence is none
        ("From the log. Then, write it.", "From"),
        ("When it is done\n\nThen, write it.", "When"),
    ],
)
def test_a_sentence_turns_on_its_main_verb(text: str, verb: str) -> None:
    found = main_verb(text)
    assert found is not None
    assert (found[0], text[found.start() : found.end()]) == (verb, verb)


@pytest.mark.parametrize("verb", sorted(INGEST | ASSEMBLE | WRITES | MAY_WRITE | LOOKS | GATHERS))
@pytest.mark.parametrize("marks", ["", "*", "_"])  # which are read over only where a lead is looked for
def test_a_known_verb_leads_up_to_no_other(verb: str, marks: str) -> None:
    for said in (verb, verb.capitalize()):
        found = main_verb(f"{marks}{said} by reading it, now the team will write the report.")
        assert found is not None
        assert found[0] == said


@pytest.mark.parametrize("text", ["", " \n", "`A` is written.", "42 lines.", "- ", "**Key:**", "First, "])
def test_what_begins_with_no_word_turns_on_none(text: str) -> None:
    assert main_verb(text) is None


def test_a_verb_is_looked_for_from_an_offset_on() -> None:
    text = "Read it. Then write it."
    found = main_verb(text, text.index("Then"))
    assert found is not None
    assert found.span() == (14, 19)


@pytest.mark.parametrize("blank", ["\n", " \n", "\r\n", "\n\t\n "])
@pytest.mark.timeout(30)  # to look through the blank lines behind each of them takes minutes
def test_a_sentence_behind_many_blank_lines_is_found_in_a_moment(blank: str) -> None:
    text = f"Read the log.{blank * 200_000}Write the report."
    assert [verb[0] for verb in further_verbs(text)] == ["Write"]


@pytest.mark.timeout(30)
def test_marks_without_end_lead_to_a_verb_in_a_moment() -> None:
    assert not [*further_verbs("1. " * 100_000)]
