"""Titles: which of the names in a step is what it writes, and which the document is called by."""

import pytest

from dramaturg.plan.columns import columns_of
from dramaturg.plan.headings import document_title
from dramaturg.plan.prose import prose_of
from dramaturg.plan.titles import named, own_section, title_of


@pytest.mark.parametrize(
    ("text", "title"),
    [
        # what the verb governs comes before what stands beside a noun, and that before mere capitals
        ("Write on `ALPHA` and in the `BETA` section the `GAMMA`.", "BETA"),
        ("Write the `GAMMA`, then the `BETA` section.", "GAMMA"),
        ("Write on `ALPHA`, and on it in `BETA`.", "ALPHA"),
        ("Write it.\nMore belongs to `DELTA`.", "DELTA"),
        ("Write it.\nMore belongs to `Delta`.", None),
        # what is looked at is not what is written
        ("Review the `ALPHA`. Write the `GAMMA` table.", "GAMMA"),
        ("Parse the `ALPHA` to find gaps. Present them in a `GAMMA` table.", "GAMMA"),
        ("Review the `ALPHA` section.", "ALPHA"),
        # how a title is written
        ("Produce `## Alpha `.", "Alpha"),
        ("Produce “Alpha, Beta:”.", "Alpha, Beta"),
        ("Produce `9 Lives`.", "9 Lives"),
        ("Produce the `alpha plan`.", "alpha plan"),
        ("Produce the `alpha`.", None),
        ("Produce the ``Alpha``.", None),
        ('Produce "One\nTwo".', None),
        ("Produce `" + "A" * 100 + "`.", "A" * 100),
        ("Produce `" + "A" * 101 + "`.", None),
        ("Produce `A" + " b" * 11 + "`.", "A" + " b" * 11),
        ("Produce `A" + " b" * 12 + "`.", None),
        ("Produce the 'Alpha Part'.", "Alpha Part"),
        ("Produce the ‘What’s New’ for the users' friends.", "What’s New"),
        ("Produce 'Alpha' or 'Beta'.", "Alpha"),
        ("Produce 'em as 'Alpha' sections.", "Alpha"),
        ("Produce, by `RAW_LOG`'s notes, the `ALPHA` of the owners' choice.", "ALPHA"),
        ("Produce 'em the `ALPHA` of the owners' choice.", "ALPHA"),
        # below what the step writes
        ("In a separate `### Alpha` section, produce it.", "Alpha"),
        ('In an "Alpha" section, weigh it.', "Alpha"),
        ("Under the heading **Alpha Part**, estimate it.", "Alpha Part"),
        ('In the "Alpha" section, present it.', "Alpha"),
        # in bold, where it is called a section
        ("Produce the section **Alpha**.", "Alpha"),
        ("Produce an **Alpha** section.", "Alpha"),
        ('Produce the **"Alpha Part"**.', "Alpha Part"),
        ("Produce a **Markdown** document.", None),
        ("**Alpha:** produce it.", None),
        # told of the section
        ("The section heading is `Alpha`. List it.", "Alpha"),
        ('Produce a section with the title "Alpha".', "Alpha"),
        ('Produce the plan (section title: "Alpha").', "Alpha"),
        ("Write it under the `## Alpha` heading.", "Alpha"),
        ("Produce the `ALPHA / BETA`, the `CI/CD Part` aside.", "ALPHA / BETA"),
        # what is there already
        ("Summarize the gaps from the `Alpha` section.", None),
        ("List what the `Alpha` table holds, as the `Beta` section defines it.", None),
        ("State what is required by my `Alpha` section.", None),
        ("Describe the `Alpha` section of the `RAW_LOG`.", None),
        ("Produce an overview from the `ALPHA`.", None),
        ("In the `Alpha` section, find it.", None),
        ("Report what lies between `ALPHA` and `BETA`.", None),
        ("Weigh it against the `ALPHA`.", None),
        ("State what it is: `ALPHA`, `BETA` or `GAMMA`.", None),
        ("Produce it. Begin with a line `ALPHA: BETA`.", None),
        ("Provide the commands `ALPHA BETA` and `BETA ALPHA`.", None),
        ('If there is none, state "Nothing Found".', None),
        ('State the "Alpha Part".', "Alpha Part"),
        ("Produce it for the `ABC-1` persona.", None),
        # what is none
        ("Produce the users' Guide and the owners' Notes.", None),
        ("Produce it in the '90s Style of 'Alpha'.", None),
        ("Produce print('Alpha').", None),
        ("Produce the 'alpha'.", None),
        ("Produce `ALPHA/BETA`.", None),
        ("Produce `GET /alphas`.", None),
        ("Produce `Alpha/beta part`.", None),
        ("Produce `Alpha.txt`.", None),
        ("Produce `42`.", None),
        ("Produce `Alpha()`.", None),
        ("Produce `Alpha = 1`.", None),
        ("Produce `<Alpha>`.", None),
        ("Produce `{Alpha}`.", None),
        ("Produce `$ALPHA`.", None),
        ("Produce `[Alpha]`.", None),
        ("Produce `Directive_Alpha`.", None),
        ('Produce "What is it?"', None),
        ('Produce "It is so."', None),
        ("Produce (the `ALPHA`).", None),
        ("Produce such as `ALPHA`.", None),
        ("Produce, i.e. `ALPHA`.", None),
        ("Produce the `RAW_LOG` table.", None),
        ("Produce the `raw-log` table.", None),
        ("Produce it:\n- the `ALPHA` section", None),
        ("- Produce the `ALPHA` section\n- Go on", "ALPHA"),
    ],
)
def test_a_section_is_titled_by_the_name_that_means_it(text: str, title: str | None) -> None:
    found = title_of(prose_of(text), frozenset({"raw_log"}))
    assert (found and named(found)) == title


@pytest.mark.parametrize(
    ("text", "title"),
    [
        ("Fill the `ALPHA` table.", "ALPHA"),
        ("Put it into a separate `ALPHA` section.", "ALPHA"),
        ("Check it, and keep a new risk `ALPHA` table.", "ALPHA"),
        ("Look at it, then sort it into a list titled `ALPHA`.", "ALPHA"),
        ("What is left is sorted into one `ALPHA` section.", "ALPHA"),
        ("Fill the `ALPHA` well.", "ALPHA"),
        ("The `ALPHA`: what is left.", "ALPHA"),
        ("Fill the `Alpha` well.", None),
        ("Check the `ALPHA` table.", None),
        ("Compare it with the `ALPHA` table.", None),
        ("", None),
    ],
)
def test_a_section_is_a_steps_own_if_it_makes_or_names_it(text: str, title: str | None) -> None:
    found = own_section(prose_of(text), frozenset())
    assert (found and named(found)) == title


@pytest.mark.parametrize(
    ("text", "title"),
    [
        ('Combine them into a document titled "# The Whole".', "The Whole"),
        ('Combine `ALPHA` and "BETA" as “The Whole”.', "The Whole"),
        ("Combine 'Alpha' as 'The Whole'.", "The Whole"),
        ("Combine them 'as is'.", None),
        ("Combine `ALPHA` as `OTHER`.", None),
        ('Combine "alpha".', None),
        ("Combine the sections.", None),
    ],
)
def test_a_document_is_titled_by_the_name_that_is_no_sections(text: str, title: str | None) -> None:
    found = document_title(text, {"alpha", "beta"})
    assert (found and named(found)) == title


def test_a_title_is_found_where_it_stands() -> None:
    text = "Write what İ says:\n- `ALPHA`\n\nIt is titled “BETA”."
    found = title_of(prose_of(text), frozenset())
    assert found is not None
    assert text[found.start() : found.end()] == "“BETA”"


@pytest.mark.timeout(30)  # to look back from each of them to the verb takes a minute
def test_many_titles_in_one_sentence_are_looked_at_in_a_moment() -> None:
    text = "Create (1) `R`: weigh `SCORE`, Step 1; " * 3_000
    title_of(prose_of(text), frozenset())


@pytest.mark.parametrize(
    "sentence", ["For each part, give: ", "Write it. ", 'Write the "A. ', 'Look at "A". Write it. ']
)
@pytest.mark.timeout(30)  # to look through them all for each verb takes minutes
def test_a_title_is_looked_for_among_many_sentences_in_a_moment(sentence: str) -> None:
    text = f"Look at it. {sentence * 8_000}Write the `ALPHA`."
    found = title_of(prose_of(text), frozenset())
    assert found is not None


@pytest.mark.timeout(30)  # to look for its end from each of them to the last takes minutes
def test_many_quotes_that_nothing_closes_are_looked_through_in_a_moment() -> None:
    assert title_of(prose_of("Write of it. " + "„a « b " * 36_000), frozenset()) is None


@pytest.mark.timeout(30)  # to look for commas from each of them to the last takes longer
def test_many_tables_with_short_columns_are_looked_through_in_a_moment() -> None:
    assert [*columns_of("Write a table: a, a " + "table: a, a " * 54_000)] == []


@pytest.mark.parametrize("piece", ["every x needs a, ", "for each x, give a, b c, ", "with a, b, "])
@pytest.mark.timeout(30)  # to look for the last of them from each to the end takes minutes
def test_many_names_that_are_no_columns_are_looked_through_in_a_moment(piece: str) -> None:
    assert [*columns_of(f"Write it. {piece * 9_000}")] == []
