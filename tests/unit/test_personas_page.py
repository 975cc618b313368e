"""The page for authors, docs/personas.md: it names all that the language has, and what it shows is what happens."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import pytest
from markdown_it import MarkdownIt
from tests.support import ROOT

from dramaturg.findings.model import Finding, Severity
from dramaturg.persona.frontmatter import ARTIFACT_KEYS, ARTIFACT_TYPES, CHOICES, KEYS, REQUIRED
from dramaturg.persona.model import Persona, PersonaFile
from dramaturg.persona.resolve import resolve
from dramaturg.persona.scan import scan
from dramaturg.persona.tags import SLOTS
from dramaturg.plan.compile import compile_plan
from dramaturg.plan.model import Branch, Format, Kind, Level, Plan, PlannedStep
from dramaturg.plan.people import DEFAULT_BOUND
from dramaturg.plan.settings import SETTINGS
from dramaturg.plan.verbs import ASSEMBLE, INGEST, LOOKS, MAY_WRITE, PHRASES, WRITES

_PAGE = (ROOT / "docs" / "personas.md").read_text(encoding="utf-8")
_REASON = re.compile(r'"([a-z]+/[a-z{][^"/\s]*|\{key\}/[a-z]+)"')
_CODE = re.compile(r"`([^`]+)`")
_LISTS: Mapping[str, frozenset[str]] = {
    "combine": ASSEMBLE,
    "take in": INGEST,
    "write": WRITES,
    "write with a second word": frozenset(f"{verb} {second}" for verb, second in PHRASES.items()),
    "may write": MAY_WRITE,
    "look": LOOKS,
}
_ALONE = """---
alias: shown-1
title: Shown
expected_artifacts:
  - id: blueprint
---
<operational_protocol>
<Step number="1" name="Name of the step">{}</Step>
<Step number="2" name="Another">Produce the `OTHER PART`.</Step>
</operational_protocol>
"""


@dataclass(frozen=True)
class _Table:
    """A table of the page: the names of its columns, and its rows."""

    head: Sequence[str]
    rows: Sequence[Sequence[str]]

    def column(self, name: str) -> list[str]:
        return [row[self.head.index(name)] for row in self.rows]


def _pieces() -> Iterator[str | _Table]:
    """Yield the page's examples and tables in their order."""
    head: list[str] = []
    rows: list[list[str]] = []
    cells: list[str] = []
    for token in MarkdownIt("commonmark").enable("table").parse(_PAGE):
        if token.type == "fence":
            yield token.content
        elif token.type == "inline" and token.level == 4:  # noqa: PLR0916
            cells.append(token.content)
        elif token.type == "tr_close":
            head, rows, cells = (head, [*rows, cells], []) if head else (cells, [], [])
        elif token.type == "table_close":
            yield _Table(head, rows)
            head, rows = [], []
