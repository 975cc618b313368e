"""What the pages of the suite rules show: read beside its files, each example raises its rule, and no other."""

from pathlib import Path

import pytest
from tests.rules_page import Fence, fences

from dramaturg.errors import AuthorError
from dramaturg.evals.checking import require_usable
from dramaturg.evals.reading import read_suite
from dramaturg.findings.catalogue import read_rule, rule_ids
from dramaturg.findings.model import Finding
from dramaturg.persona.library import Library

_RULES = [rule for rule in rule_ids() if rule.startswith("E")]
_NAMES = {"suite": "gateway.suite.yaml", "persona": "audit.persona.md"}


@pytest.mark.parametrize("rule", _RULES)
def test_the_example_of_a_page_raises_its_rule_at_a_place(rule: str, tmp_path: Path) -> None:
    found = _found([*fences(read_rule(rule).page, "Example")], tmp_path)
    assert {(finding.rule, finding.severity) for finding in found} == {(rule, read_rule(rule).severity)}
    assert all(finding.span and finding.span.path.endswith("gateway.suite.yaml") and finding.help for finding in found)


@pytest.mark.parametrize("rule", _RULES)
def test_the_mended_example_of_a_page_has_nothing_to_report(rule: str, tmp_path: Path) -> None:
    assert _found([*fences(read_rule(rule).page, "Mended")], tmp_path) == ()


def _found(shown: list[Fence], folder: Path) -> tuple[Finding, ...]:
    for fence in shown:
        (folder / fence.said.get("named", _NAMES.get(fence.kind, ""))).write_text(fence.text, encoding="utf-8")
    try:
        require_usable(read_suite(folder / "gateway.suite.yaml"), Library((folder,)))
    except AuthorError as error:
        return error.findings
    return ()
