"""The rule catalogue: every rule that can be raised has a page, and what a page shows of a persona is true."""

import re
import subprocess
from pathlib import Path

import pytest
from markdown_it import MarkdownIt
from tests.rules_page import RULES_PAGE, SECTIONS, Fence, fences, rules_page
from tests.support import ROOT

from dramaturg.data import prompts_root
from dramaturg.findings.catalogue import Rule, read_rule, rule_ids
from dramaturg.findings.model import Finding
from dramaturg.persona.library import Library
from dramaturg.run.check import check_personas, with_losses

_RAISED = re.compile(r'"([A-Z]\d{3})"')
_PERSONA_RULES = [rule for rule in rule_ids() if rule.startswith("P")]


@pytest.fixture
def _folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def test_every_rule_that_the_source_raises_has_a_page_and_every_page_a_rule() -> None:
    source = [path.read_text(encoding="utf-8") for path in (ROOT / "src" / "dramaturg").rglob("*.py")]
    assert sorted({rule for text in source for rule in _RAISED.findall(text)}) == [*rule_ids()]


def test_a_rule_is_read_from_its_page() -> None:
    rule = read_rule("P204")
    assert (rule.id, rule.title, rule.severity) == ("P204", "a step is never closed", "error")
    assert rule.summary.startswith("A `<Step>` has no `</Step>`")
    assert rule.page.startswith("# P204: a step is never closed\n\nError. A `<Step>` has no")


@pytest.mark.parametrize("rule", ["P000", "P20", "../rules/P204", ""])
def test_what_is_no_rule_has_no_page(rule: str) -> None:
    with pytest.raises(KeyError):
        read_rule(rule)


@pytest.mark.parametrize("rule", rule_ids())
def test_a_page_is_laid_out_like_the_others(rule: str) -> None:
    tokens = MarkdownIt("commonmark").parse(read_rule(rule).page)
    headings = [tokens[at + 1].content for at, token in enumerate(tokens) if token.type == "heading_open"]
    assert headings[0] == f"{rule}: {read_rule(rule).title}"
    assert read_rule(rule).summary.endswith(".")
    assert headings[1:] == [*SECTIONS]


@pytest.mark.usefixtures("_folder")
@pytest.mark.parametrize("rule", _PERSONA_RULES)
def test_the_example_of_a_page_raises_its_rule_and_nothing_worse(rule: str) -> None:
    told = read_rule(rule)
    found = _checked(told, "Example")
    assert {finding.rule for finding in found} == {rule}
    assert {finding.severity for finding in found} == {told.severity}


@pytest.mark.usefixtures("_folder")
@pytest.mark.parametrize("rule", _PERSONA_RULES)
def test_the_mended_example_of_a_page_has_nothing_to_report(rule: str) -> None:
    assert _checked(read_rule(rule), "Mended") == ()


def test_the_page_of_all_rules_is_what_the_catalogue_says() -> None:
    assert RULES_PAGE.read_text(encoding="utf-8") == rules_page()


def _checked(rule: Rule, section: str) -> tuple[Finding, ...]:
    """Check the first persona of a page's section, with the others beside it; all against those committed, if any."""
    shown = [*fences(rule.page, section)]
    committed = [fence for fence in shown if "at" in fence.said]
    if committed:
        _commit([_write(fence) for fence in committed])
    names = [_write(fence) for fence in shown if fence not in committed]
    library = Library((Path(),))
    checked = check_personas(library, prompts_root(), ["."] if committed else names[:1], strict=False)
    return (with_losses(checked, library, "HEAD", strict=False) if committed else checked).findings


def _write(fence: Fence) -> str:
    path = Path(fence.said.get("named", "example.persona.md"))
    text = fence.text.ljust(int(fence.said.get("filled-to", 0)))
    path.write_bytes(text.encode(fence.said.get("saved-as", "utf-8")))
    return path.name


def _commit(names: list[str]) -> None:
    """Commit files to a repository of their own, and remove them."""
    author = ("-c", "user.name=A", "-c", "user.email=a@b.example", "-c", "commit.gpgsign=false")
    for arguments in (["init", "--quiet"], ["add", *names], [*author, "commit", "--quiet", "-m", "as it was"]):
        subprocess.run(["git", *arguments], check=True)  # noqa: S607 - any git
    for name in names:
        Path(name).unlink()
