"""Rule ids to what they mean; its one rule: each is told on a page of its own, with an example that raises it.

A page is `rules/P204.md`: a heading with id and title, the default severity as the first word, what the rule means and
why it matters, an example, and the same example mended. `dramaturg explain`, SARIF and docs/rules.md are made of them.
"""

from dataclasses import dataclass
from pathlib import Path

from dramaturg.findings.model import Severity

_PAGES = Path(__file__).resolve().with_name("rules")


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """What a rule means.

    Attributes:
        id: Such as `P204`; stable.
        title: What is wrong, in a few words.
        severity: What a finding of this rule is unless `--strict` says otherwise.
        summary: What the rule means and why it matters, one paragraph of Markdown.
        page: The whole page, Markdown.
    """

    id: str
    title: str
    severity: Severity
    summary: str
    page: str


def rule_ids() -> tuple[str, ...]:
    """Return the id of every rule, sorted."""
    return tuple(sorted(page.stem for page in _PAGES.glob("*.md")))


def read_rule(rule: str) -> Rule:
    """Return a rule by its id; KeyError if there is none."""
    if rule not in rule_ids():
        raise KeyError(rule)
    page = (_PAGES / f"{rule}.md").read_text(encoding="utf-8")
    heading, told, _ = page.split("\n\n", 2)
    severity, _, summary = told.partition(". ")
    return Rule(
        id=rule,
        title=heading.removeprefix(f"# {rule}: "),
        severity=Severity(severity.lower()),
        summary=summary,
        page=page,
    )
