"""`dramaturg verify`: a document as made is clean; what is done to it is told, at its place, and nothing else."""

import re
from collections.abc import Callable, Mapping
from pathlib import Path
from textwrap import fill

import pytest
from tests.shipped import CASES
from tests.support import BLUEPRINT

from dramaturg import load_persona, run_persona, verify
from dramaturg.data import personas_root
from dramaturg.findings.model import Finding
from dramaturg.persona.library import Library
from dramaturg.run.verify import Verification

INPUTS = CASES["DPA-1"]
INFERRED = "[REASONED_INFERENCE based on ARCHITECTURE_BLUEPRINT]"
Edit = Callable[[str], str]


@pytest.fixture(scope="module", name="made")
def _made(tmp_path_factory: pytest.TempPathFactory) -> str:
    """What DPA-1 makes of the example, as it is written to a file."""
    return run_persona("DPA-1", INPUTS, model="evidence", state=tmp_path_factory.mktemp("state")).document.markdown


def faults(found: Verification) -> tuple[Finding, ...]:
    """Return the findings but those of what is open, which are no faults."""
    return tuple(finding for finding in found.findings if finding.rule != "V401")


def places(found: Verification) -> list[tuple[str, int]]:
    """Return rule and line of each fault."""
    return [(finding.rule, finding.span.line) for finding in faults(found) if finding.span]


def line_of(text: str, words: str) -> int:
    """Return the line in which words stand first."""
    return text[: text.index(words)].count("\n") + 1


def only(found: Verification) -> Finding:
    """Return the one fault there is."""
    (finding,) = faults(found)
    return finding


def replaced(old: str, new: str) -> Edit:
    """Return an edit that replaces words which are there."""

    def edit(text: str) -> str:
        assert old in text
        return text.replace(old, new, 1)

    return edit


def cut(text: str, begin: str, end: str) -> str:
    """Return a text without what stands from one place to another."""
    return text[: text.index(begin)] + text[text.index(end) :]


def moved(text: str, begin: str, end: str, before: str) -> str:
    """Return a text in which the stretch from one place to another stands before a third."""
    stretch = text[text.index(begin) : text.index(end)]
    return replaced(before, stretch + before)(text.replace(stretch, ""))


def test_every_shipped_persona_with_a_protocol_has_a_case() -> None:
    aliases = [entry.alias for entry in Library((personas_root(),)).entries]
    assert sorted(alias.upper() for alias in aliases if load_persona(alias).steps) == sorted(CASES)


@pytest.mark.parametrize("alias", CASES)
def test_a_document_as_it_was_made_is_clean(alias: str, state: Path) -> None:
    document = run_persona(alias, CASES[alias], model="evidence", state=state).document
    for text in (document.markdown, document.markdown.replace("\n", "\r\n"), document.markdown.rstrip()):
        found = verify(alias, text, CASES[alias])
        assert faults(found) == ()
        assert len(found.findings) == len(document.questions)
        assert (found.ok, found.verdict.unmet) == (True, 0)
    assert faults(verify(alias, f"\ufeff{document.markdown}", CASES[alias])) == ()


def formatted(text: str) -> str:
    """Return a document as formatters of Markdown lay it out: brackets escaped, long lines wrapped, `*` for `-`."""
    lines, code = [], False
    for line in text.partition("\n<!--")[0].replace("[", "\\[").replace("]", "\\]").split("\n"):
        code ^= line.lstrip().startswith("```")
        marker = re.match(r" *(?:- (?:\\\[ \\\] )?|\d+\. )?", line)
        indent = " " * len(marker[0] if marker else "")
        boxed = re.sub(r"^( *)- (?:\\\[ \\\] )?", lambda found: f"{found[1]}* " + "[ ] " * ("\\[" in found[0]), line)
        keep = code or line.startswith(("#", "|", "```"))
        lines.append(
            line
            if keep
            else fill(boxed, 80, subsequent_indent=indent, break_long_words=False, break_on_hyphens=False) or ""
        )
    return "\n".join(lines) + "\n<!--" + text.partition("\n<!--")[2]


@pytest.mark.parametrize("alias", ["DPA-1", "RCA-1", "SAA-1"])
def test_a_formatter_changes_nothing_that_counts(alias: str, state: Path) -> None:
    made = run_persona(alias, CASES[alias], model="evidence", state=state).document.markdown
    wrapped = formatted(made)
    assert wrapped.count("\n") > made.count("\n") + 10
    before, after = verify(alias, made, CASES[alias]), verify(alias, wrapped, CASES[alias])
    assert [finding.rule for finding in after.findings] == [finding.rule for finding in before.findings]
    assert (after.verdict.citations, after.verdict.unmet) == (before.verdict.citations, 0)


def test_without_its_colophon_it_is_held_to_all_that_can_be_seen(made: str) -> None:
    bare = made[: made.index("\n<!-- ")]
    assert faults(verify("DPA-1", bare, BLUEPRINT)) == ()
    gone = cut(bare, "## EXECUTION PLAN", "## POST-DEPLOYMENT")
    assert places(verify("DPA-1", gone, BLUEPRINT)) == [("V101", line_of(gone, "## POST-DEPLOYMENT"))]


@pytest.mark.parametrize(
    ("edit", "rule", "at"),
    [
        pytest.param(replaced("## ROLLBACK PLAN", "## How to go back"), "V102", "## How to go back", id="renamed"),
        pytest.param(
            lambda text: cut(text, "## EXECUTION PLAN", "## POST-DEPLOYMENT"), "V101", "## POST-DEPLOY", id="removed"
        ),
        pytest.param(
            replaced("## ROLLBACK PLAN", "## COMMUNICATION\n\nNobody is told.\n\n## ROLLBACK PLAN"),
            "V106",
            "## COMMUNICATION",
            id="invented",
        ),
        pytest.param(
            replaced("# Production Deployment Plan", "# Deployment Plan"), "V108", "# Deployment Plan", id="title"
        ),
        pytest.param(replaced("cosign and stored", "cosign and kept"), "V301", "cosign and kept", id="quote edited"),
        pytest.param(replaced("BLUEPRINT, L53]", "BLUEPRINT, L52]"), "V302", "BLUEPRINT, L52]", id="lines edited"),
        pytest.param(replaced("maintenance on\n", "maintenance off\n"), "V301", "BLUEPRINT, L62]", id="command edited"),
        pytest.param(replaced("BLUEPRINT, L53]", "BLUPRINT, L53]"), "V303", "BLUPRINT, L53]", id="label edited"),
        pytest.param(replaced("BLUEPRINT, L53]", "BLUEPRINT]"), "V307", "BLUEPRINT]", id="no lines"),
        pytest.param(
            lambda text: cut(text, "- [ ] **Dependencies", "- [ ] **Artifacts"),
            "V201",
            "- [ ] **Artifacts",
            id="bullet",
        ),
        pytest.param(
            lambda text: cut(text, "- [ ] **Functional", "\n## ROLLBACK"), "V201", "  - “Logs go", id="last bullet"
        ),
        pytest.param(replaced("**Dependencies:**", "**Others:**"), "V201", "**Others:**", id="label"),
        pytest.param(
            lambda text: moved(text, "3. Deploying", "4. Running", "1. Enabling"), "V205", "3. Deploying", id="order"
        ),
        pytest.param(
            lambda text: cut(text, "1. **PRE-FLIGHT", "2. **Artifacts"), "V402", "[MISSING", id="question struck"
        ),
        pytest.param(
            lambda text: replaced("[MISSING: nothing in the", f"{INFERRED} They are taken nightly. The")(text).replace(
                "validation procedure.]", "validation procedure.", 1
            ),
            "V403",
            "1. **PRE-FLIGHT",
            id="answered in place",
        ),
    ],
)
def test_an_edit_is_told_at_its_place_and_nothing_else(made: str, edit: Edit, rule: str, at: str) -> None:
    for text in (edit(made), edit(made).replace("\n", "\r\n")):
        assert places(verify("DPA-1", text, INPUTS)) == [(rule, line_of(text, at))]


def test_two_sections_that_changed_places_are_one_finding(made: str) -> None:
    before, execution = made.split("## EXECUTION PLAN")
    execution, post = execution.split("## POST-DEPLOYMENT VALIDATION CHECKLIST")
    post, after = post.split("## ROLLBACK PLAN")
    swapped = (
        f"{before}## POST-DEPLOYMENT VALIDATION CHECKLIST{post}## EXECUTION PLAN{execution}## ROLLBACK PLAN{after}"
    )
    found = only(verify("DPA-1", swapped, INPUTS))
    assert (found.rule, found.note) == ("V104", "belongs after `EXECUTION PLAN`")
    assert found.span
    assert found.span.line == line_of(swapped, "## POST-DEPLOYMENT")


def changed(old: str, new: str) -> Mapping[str, str | Path]:
    """Return the example with words of its blueprint replaced."""
    return {**INPUTS, "architectural_blueprint": replaced(old, new)(BLUEPRINT.read_text(encoding="utf-8"))}


def test_a_version_that_changed_in_an_artifact_is_told_with_both_places(made: str) -> None:
    old, new = "production is 4.1.3", "production is 4.1.4"
    found = only(verify("DPA-1", made, changed(old, new)))
    assert (found.rule, found.note) == ("V301", "it says `4.1.4` where the quote says `4.1.3`")
    assert found.message.endswith("; the artifact has changed since")
    assert found.span
    (label,) = found.labels
    assert made.splitlines()[found.span.line - 1][found.span.column - 1 :].startswith("4.1.3.” [Source:")
    assert (label.span.path, label.span.line) == ("ARCHITECTURE_BLUEPRINT", 53)


def test_lines_added_above_a_quote_are_told_with_the_right_ones(made: str) -> None:
    found = verify("DPA-1", made, changed("## 5. Configuration", "\n\n## 5. Configuration"))
    assert {finding.rule for finding in faults(found)} == {"V302"}
    assert "stands at L42; the artifact has changed since" in faults(found)[0].message
    assert faults(found)[0].edits[0].text == "[Source: ARCHITECTURE_BLUEPRINT, L42]"


def test_an_artifact_that_changed_where_nothing_is_quoted_is_told_once(made: str) -> None:
    found = only(verify("DPA-1", made, changed("## 5. Configuration", "## 5. Settings")))
    assert (found.rule, found.severity) == ("V305", "warning")
    assert found.span
    assert '"ARCHITECTURE_BLUEPRINT": "' in made.splitlines()[found.span.line - 1]


def test_line_ends_are_no_change(made: str) -> None:
    text = BLUEPRINT.read_text(encoding="utf-8").replace("\n", "\r\n")
    assert faults(verify("DPA-1", made, {**INPUTS, "architectural_blueprint": text})) == ()


def test_artifacts_that_are_not_given_are_named_once_each(made: str) -> None:
    found = only(verify("DPA-1", made))
    assert (found.rule, found.severity) == ("V306", "warning")
    assert found.message == "`ARCHITECTURE_BLUEPRINT` was not given, so that 29 citations could not be checked"
    assert faults(verify("DPA-1", made, BLUEPRINT)) == ()


@pytest.mark.parametrize(
    ("name", "asked"),
    [
        ("architectural_bluprint", "did you mean `architectural_blueprint`?"),
        ("notes", "the persona declares `architectural_blueprint`"),
    ],
)
def test_an_artifact_that_is_given_for_nothing_is_told_with_what_may_be_meant(made: str, name: str, asked: str) -> None:
    found = [each for each in verify("DPA-1", made, {name: BLUEPRINT}).findings if each.rule == "A101"]
    assert [(each.severity, each.message) for each in found] == [
        ("note", f"nothing cites the artifact `{name}`, and `DPA-1` does not declare it; {asked}")
    ]


def test_an_undeclared_artifact_that_the_document_was_made_of_or_cites_is_not_told_of(made: str) -> None:
    assert "A101" not in {each.rule for each in verify("DPA-1", made, INPUTS).findings}
    cites = made.partition("<!--")[0] + "\nIt is small. [Source: NOTES, L1]\n"
    inputs: Mapping[str, str | Path] = {"architectural_blueprint": BLUEPRINT, "notes": "It is small.\n"}
    assert "A101" not in {each.rule for each in verify("DPA-1", cites, inputs).findings}
