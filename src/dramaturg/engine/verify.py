"""A finished document to what is wrong with its structure; its one rule: judge the Markdown that a reader gets."""

from collections.abc import Iterator
from itertools import pairwise

from markdown_it import MarkdownIt
from markdown_it.token import Token

from dramaturg.engine.assemble import OPEN_QUESTIONS, heading
from dramaturg.evidence.artifact import BLOCKS
from dramaturg.findings.model import Finding, Severity, Span
from dramaturg.plan.model import Plan

_INLINE = MarkdownIt("commonmark")


def verify_structure(plan: Plan, markdown: str, path: str = "document") -> tuple[Finding, ...]:
    """Hold a document to its plan: the title, each section once, in order, none empty.

    Args:
        plan: What the document must have.
        markdown: The document.
        path: What to call it in findings.
    """
    tokens = BLOCKS.parse(markdown)
    headings = [*_headings(tokens)]
    titles = [(depth, title) for depth, title, _, _ in headings]
    wanted = [(1, plan.document), *((2, step.section) for step in plan.sections)]
    expected = [(depth, _read(heading(depth, title)[depth + 1 :])) for depth, title in wanted]
    asks = len(titles) == len(expected) + 1 and titles[-1] == (2, OPEN_QUESTIONS)
    given = titles[:-1] if asks else titles
    found = []
    if given != expected:
        missing = [title for title in expected if title not in given]
        what = f"`{missing[0][1]}` is missing" if missing else "headings are repeated, added or out of order"
        found.append(_fault("R401", f"the document's headings are not the plan's: {what}", path, 1))
    found += [
        _fault("R402", f"`{title}` is empty", path, line)
        for (depth, title, line, empty) in headings
        if empty and depth > 1
    ]
    return tuple(found)


def _headings(tokens: list[Token]) -> Iterator[tuple[int, str, int, bool]]:
    """Yield depth, title, line and emptiness of each heading at the top level."""
    places = [index for index, token in enumerate(tokens) if token.type == "heading_open" and token.level == 0]
    for start, end in pairwise([*places, len(tokens)]):
        line = (tokens[start].map or [0])[0] + 1
        yield int(tokens[start].tag[1]), _read(tokens[start + 1].content), line, end == start + 3


def _read(title: str) -> str:
    """Return what a title reads as once its Markdown is rendered."""
    tokens = _INLINE.parseInline(title)
    return "".join(child.content for token in tokens for child in token.children or ())


def _fault(rule: str, message: str, path: str, line: int) -> Finding:
    span = Span(path=path, line=line, column=1, length=1)
    return Finding(rule=rule, severity=Severity.ERROR, message=message, span=span)
