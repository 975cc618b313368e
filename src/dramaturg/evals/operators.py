"""A persona's file to what it would be with one piece less; its one rule: an operator cuts once, and says where.

| operator | what it does |
|---|---|
| `requirement` | deletes a bullet that a section owes |
| `step` | deletes a step |
| `swap` | swaps two neighbouring steps that write sections |
| `weaken` | writes SHOULD for MUST in a step |
| `rule` | deletes a rule of a directive |
| `example` | deletes an example, wherever one is given |
| `directive` | deletes a directive that is not its parent's in other words |
| `block` | deletes a block such as `philosophy`, likewise |
| `override` | deletes what is said in place of the parent or of what would be inferred: that holds again |
| `parent` | inherits from nobody |
"""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import pairwise
from textwrap import shorten

from dramaturg.findings.model import Span
from dramaturg.findings.source import Source
from dramaturg.persona.model import Directive, PersonaFile, Slot, Step
from dramaturg.plan.model import Kind, Plan
from dramaturg.plan.settings import SETTINGS

_CLOSER = re.compile(r"\s*</[^<>\n]*>")
_RULE = re.compile(r"<Rule\b[^<>]*>.*?</Rule>|^[ \t]*[-*+] .*$", re.IGNORECASE | re.DOTALL | re.MULTILINE)
_COMMA_AFTER = re.compile(r"\s*,\s*(?:and\s+)?")
_COMMA_BEFORE = re.compile(r"\s*(?:,\s*(?:and\s+)?|\band\s+)$")
_MUST = re.compile(r"\bMUST\b")
_PARENT = re.compile(r"^inherits_from:.*\n", re.MULTILINE)
_EXAMPLE = re.compile(
    r"<Example\b[^<>]*>(?s:.*?)</Example>"
    r"|^(?P<indent>[ \t]*)(?:[-*+] +)?(?:\*\*)?Examples?\b[^:\n]*:.*(?:\n(?P=indent)[ \t]+\S.*)*",
    re.IGNORECASE | re.MULTILINE,
)
_SETTING = re.compile(rf"\s+(?:{'|'.join(SETTINGS)})\s*=\s*(?:\"[^\"]*\"|'[^']*'|[^\s\"'=/>]+)", re.IGNORECASE)
_SHOWN = 60
Cut = tuple[str, Span, str]  # what was done, where, and the text that is left


def _cut(file: PersonaFile, start: int, end: int) -> str:
    """Return a file's text without a stretch, and without the lines that it leaves empty."""
    text = file.text
    first = _line(file, start)
    after = text.find("\n", end)
    after = len(text) if after < 0 else after + 1
    if not text[first:start].strip() and not text[end:after].strip():
        start, end = first, after
    return text[:start] + text[end:]


def _stretch(file: PersonaFile, piece: Slot | Directive | Step) -> tuple[int, int]:
    """Return where a tagged piece begins, with its tag, and ends, with its closing tag."""
    source = Source(file.path, file.text)
    start = source.offset(piece.opener)
    end = source.offset(piece.origin.span) + piece.origin.span.length
    closer = _CLOSER.match(file.text, end)
    return start, closer.end() if closer else end


def _requirements(file: PersonaFile, plan: Plan) -> Iterator[Cut]:
    source = Source(file.path, file.text)
    for step in plan.sections:
        for requirement in step.requirements:
            if not requirement.whole_section and requirement.span.path == file.path:
                start = source.offset(requirement.span)
                end = start + requirement.span.length
                left = _unlisted(file, start, end) if requirement.column else _cut(file, _line(file, start), end)
                yield f"requirement `{requirement.id}` of `{step.section}` was deleted", requirement.span, left


def _line(file: PersonaFile, at: int) -> int:
    """Return where the line of a place begins."""
    return file.text.rfind("\n", 0, at) + 1


def _unlisted(file: PersonaFile, start: int, end: int) -> str:
    """Return a file's text without one of several names in a row, and without the comma that sets it off."""
    after = _COMMA_AFTER.match(file.text, end)
    before = None if after else _COMMA_BEFORE.search(file.text, _line(file, start), start)
    return file.text[: before.start() if before else start] + file.text[after.end() if after else end :]


def _steps(file: PersonaFile, plan: Plan) -> Iterator[Cut]:
    if file is plan.persona.chain[-1]:
        for step in file.steps:
            yield f"step {step.number} `{step.name}` was deleted", step.opener, _cut(file, *_stretch(file, step))


def _swaps(file: PersonaFile, plan: Plan) -> Iterator[Cut]:
    writing = {step.span for step in plan.steps if step.kind is Kind.SECTION}
    steps = [step for step in file.steps if step.opener in writing]
    for one, other in pairwise(steps):
        (start, end), (later, last) = _stretch(file, one), _stretch(file, other)
        text = file.text
        swapped = text[:start] + text[later:last] + text[end:later] + text[start:end] + text[last:]
        yield f"steps {one.number} and {other.number} were swapped", one.opener, swapped


def _weakened(file: PersonaFile, plan: Plan) -> Iterator[Cut]:
    del plan
    source = Source(file.path, file.text)
    for step in file.steps:
        start = source.offset(step.origin.span)
        for found in _MUST.finditer(file.text, start, start + step.origin.span.length):
            text = file.text[: found.start()] + "SHOULD" + file.text[found.end() :]
            yield f"MUST of step {step.number} `{step.name}` became SHOULD", source.span(*found.span()), text


def _rules(file: PersonaFile, plan: Plan) -> Iterator[Cut]:
    del plan
    source = Source(file.path, file.text)
    for directive in file.directives:
        start = source.offset(directive.origin.span)
        for found in _RULE.finditer(file.text, start, start + directive.origin.span.length):
            what = f"a rule of directive `{directive.name}` was deleted: {_excerpt(found[0])}"
            yield what, source.span(*found.span()), _cut(file, *found.span())


def _examples(file: PersonaFile, plan: Plan) -> Iterator[Cut]:
    del plan
    source = Source(file.path, file.text)
    told: set[int] = set()
    pieces: Sequence[Slot | Directive | Step] = (*file.slots, *file.directives, *file.steps)
    for piece in pieces:
        start = source.offset(piece.origin.span)
        for found in _EXAMPLE.finditer(file.text, start, start + piece.origin.span.length):
            if found.start() not in told:  # a block that holds directives holds their examples too
                told.add(found.start())
                what = f"an example was deleted: {_excerpt(found[0])}"
                yield what, source.span(*_written(found)), _cut(file, *found.span())


def _excerpt(text: str) -> str:
    """Return the first words of a text, with an ellipsis where there are more."""
    return shorten(text, _SHOWN, placeholder=" …")


def _written(found: re.Match[str]) -> tuple[int, int]:
    """Return where a match stands, without the white space it begins with."""
    return found.end() - len(found[0].lstrip()), found.end()


def _directives(file: PersonaFile, plan: Plan) -> Iterator[Cut]:
    del plan
    for each in file.directives:
        if each.tagged and not each.override:
            yield f"directive `{each.name}` was deleted", each.opener, _cut(file, *_stretch(file, each))


def _blocks(file: PersonaFile, plan: Plan) -> Iterator[Cut]:
    used = {slot.opener for slot in plan.persona.slots}
    for slot in file.slots:
        if slot.opener in used and not slot.override:
            yield f"block `{slot.name}` was deleted", slot.opener, _cut(file, *_stretch(file, slot))


def _overrides(file: PersonaFile, plan: Plan) -> Iterator[Cut]:
    del plan
    source = Source(file.path, file.text)
    pieces: Sequence[tuple[str, Slot | Directive]]
    pieces = (*(("block", slot) for slot in file.slots), *(("directive", each) for each in file.directives))
    for kind, piece in pieces:
        if piece.override and source.offset(piece.opener) >= file.body_at:
            yield f"the override of {kind} `{piece.name}` was deleted", piece.opener, _cut(file, *_stretch(file, piece))
    for step in file.steps:
        start = source.offset(step.opener)
        for found in _SETTING.finditer(file.text, start, start + step.opener.length):
            what = f"`{found[0].strip()}` of step {step.number} `{step.name}` was deleted"
            yield what, source.span(*_written(found)), file.text[: found.start()] + file.text[found.end() :]


def _parents(file: PersonaFile, plan: Plan) -> Iterator[Cut]:
    if file is plan.persona.chain[-1] and "inherits_from" in file.frontmatter.spans:
        left = _PARENT.sub("", file.text, count=1)
        parent = file.frontmatter.text("inherits_from")
        yield f"parent `{parent}` was dropped", file.frontmatter.spans["inherits_from"], left


OPERATORS: Mapping[str, Callable[[PersonaFile, Plan], Iterator[Cut]]] = {
    "requirement": _requirements,
    "step": _steps,
    "swap": _swaps,
    "weaken": _weakened,
    "rule": _rules,
    "example": _examples,
    "directive": _directives,
    "block": _blocks,
    "override": _overrides,
    "parent": _parents,
}
