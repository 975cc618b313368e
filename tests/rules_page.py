"""The catalogue's pages: what their fences hold, and all of them as one, docs/rules.md.

`python -m tests.rules_page` writes docs/rules.md anew.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from markdown_it import MarkdownIt
from tests.support import ROOT

from dramaturg.findings.catalogue import read_rule, rule_ids

RULES_PAGE = ROOT / "docs" / "rules.md"
SECTIONS = ("Example", "Mended")
_HEAD = """# Rules

What `dramaturg` can report of a persona, its artifacts, its result, a document and an eval's suite; `dramaturg explain
P204` prints one of these in a shell. The first letter says what is at fault: **P** the persona's text, **A** the
artifacts given, **R** the result of a model, **V** a document that was verified, **E** the suite of an eval.
The first word of each says its severity; `--strict` makes warnings errors.
"""


@dataclass(frozen=True)
class Fence:
    """A fenced part of a page: what it is, what its info says besides (`named=base-1.persona.md`), its text."""

    kind: str
    said: dict[str, str]
    text: str


def fences(page: str, section: str) -> Iterator[Fence]:
    """Yield the fences of one section of a page."""
    heading = ""
    for token in MarkdownIt("commonmark").parse(page):
        if token.type == "inline" and token.content in SECTIONS:
            heading = token.content
        if token.type == "fence" and heading == section:
            kind, *info = token.info.split()
            yield Fence(kind, dict(word.split("=", 1) for word in info), token.content)


def rules_page() -> str:
    """Return the page of all rules, each under a heading of its own."""
    pages = (read_rule(rule).page for rule in rule_ids())
    return "\n".join([_HEAD, *(_one_level_down(page) for page in pages)])


def _one_level_down(page: str) -> str:
    for heading in SECTIONS:
        page = page.replace(f"\n## {heading}\n", f"\n### {heading}\n")
    return f"#{page}"


if __name__ == "__main__":
    RULES_PAGE.write_text(rules_page(), encoding="utf-8")
