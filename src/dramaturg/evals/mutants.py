"""A persona to what it would be with one piece less; its one rule: a mutant is the text of a file with one cut.

A suite that does not notice the cut does not test the piece: it is untested, or useless. Operators, by name:

| operator | what it does |
|---|---|
| `requirement` | deletes a bullet that a section owes |
| `step` | deletes a step |
| `swap` | swaps two neighbouring steps that write sections |
| `weaken` | writes SHOULD for MUST in a step |
| `rule` | deletes a rule of a directive |
| `directive` | deletes a directive |
| `block` | deletes a block such as `philosophy` |
| `parent` | inherits from nobody |
"""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

from dramaturg.errors import AuthorError
from dramaturg.evals.arms import Arm, Part
from dramaturg.findings.model import Span
from dramaturg.findings.source import Source
from dramaturg.persona.library import persona_of
from dramaturg.persona.model import Directive, PersonaFile, Slot, Step
from dramaturg.persona.scan import scan
from dramaturg.plan.compile import compile_plan
from dramaturg.plan.model import Kind, Plan
from dramaturg.run.job import parent_in

_CLOSER = re.compile(r"\s*</[^<>\n]*>")
_RULE = re.compile(r"<Rule\b[^<>]*>.*?</Rule>|^[ \t]*[-*+] .*$", re.IGNORECASE | re.DOTALL | re.MULTILINE)
_MUST = re.compile(r"\bMUST\b")
_PARENT = re.compile(r"^inherits_from:.*\n", re.MULTILINE)
_Cut = tuple[str, Span, str]  # what was done, where, and the text that is left


@dataclass(frozen=True, slots=True, kw_only=True)
class Mutant:
    """A persona with one cut.

    Attributes:
        operator: Which kind of cut.
        what: What was done, in words.
        span: Where.
        part: What is performed; None where nothing can be performed any more, which `check` tells.
    """

    operator: str
    what: str
    span: Span
    part: Part | None

    def __str__(self) -> str:
        return f"{self.span.path}:{self.span.line}: {self.what}"


def mutants_of(part: Part, operators: Sequence[str] = ()) -> Iterator[Mutant]:
    """Yield the mutants of a persona, its parents included, operator by operator.

    Args:
        part: The persona.
        operators: Names of operators; all without any.
    """
    chain = part.plan.persona.chain
    for name, operator in OPERATORS.items():
        if operators and name not in operators:
            continue
        for at, file in enumerate(chain):
            for what, span, text in operator(file, part.plan):
                yield Mutant(operator=name, what=what, span=span, part=_performed(part, at, text))


def with_mutant(arm: Arm, persona: str, mutant: Mutant) -> Arm:
    """Return an arm in which one persona is a mutant, which has to be one that can be performed."""
    assert mutant.part is not None  # noqa: S101 - the caller's part
    return Arm(name="mutant", parts={**arm.parts, persona: mutant.part})


def _performed(part: Part, at: int, text: str) -> Part | None:
    """Return a persona of which one file has another text; None if it cannot be performed."""
    old = part.plan.persona.chain
    files = [scan(file.path, text if number == at else file.text) for number, file in enumerate(old)]
    try:
        persona = persona_of(files[-1], lambda alias: parent_in(files, alias))
        return Part(plan=compile_plan(persona), kernel=part.kernel)
    except AuthorError:
        return None


def _cut(file: PersonaFile, start: int, end: int) -> str:
    """Return a file's text without a stretch, and without the lines that it leaves empty."""
    text = file.text
    first = text.rfind("\n", 0, start) + 1
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


def _requirements(file: PersonaFile, plan: Plan) -> Iterator[_Cut]:
    source = Source(file.path, file.text)
    for step in plan.sections:
        for requirement in step.requirements:
            if not requirement.whole_section and requirement.span.path == file.path:
                start = source.offset(requirement.span)
                first = file.text.rfind("\n", 0, start) + 1
                left = _cut(file, first, start + requirement.span.length)
                yield f"requirement `{requirement.id}` of `{step.section}` was deleted", requirement.span, left


def _steps(file: PersonaFile, plan: Plan) -> Iterator[_Cut]:
    if file is plan.persona.chain[-1]:
        for step in file.steps:
            yield f"step {step.number} `{step.name}` was deleted", step.opener, _cut(file, *_stretch(file, step))


def _swaps(file: PersonaFile, plan: Plan) -> Iterator[_Cut]:
    writing = {step.span for step in plan.steps if step.kind is Kind.SECTION}
    steps = [step for step in file.steps if step.opener in writing]
    for one, other in pairwise(steps):
        (start, end), (later, last) = _stretch(file, one), _stretch(file, other)
        text = file.text
        swapped = text[:start] + text[later:last] + text[end:later] + text[start:end] + text[last:]
        yield f"steps {one.number} and {other.number} were swapped", one.opener, swapped


def _weakened(file: PersonaFile, plan: Plan) -> Iterator[_Cut]:
    del plan
    source = Source(file.path, file.text)
    for step in file.steps:
        start = source.offset(step.origin.span)
        for found in _MUST.finditer(file.text, start, start + step.origin.span.length):
            text = file.text[: found.start()] + "SHOULD" + file.text[found.end() :]
            yield f"MUST of step {step.number} `{step.name}` became SHOULD", source.span(*found.span()), text


def _rules(file: PersonaFile, plan: Plan) -> Iterator[_Cut]:
    del plan
    source = Source(file.path, file.text)
    for directive in file.directives:
        start = source.offset(directive.origin.span)
        for found in _RULE.finditer(file.text, start, start + directive.origin.span.length):
            what = f"a rule of directive `{directive.name}` was deleted: {' '.join(found[0].split())[:60]}"
            yield what, source.span(*found.span()), _cut(file, *found.span())


def _directives(file: PersonaFile, plan: Plan) -> Iterator[_Cut]:
    del plan
    for each in file.directives:
        if each.tagged:
            yield f"directive `{each.name}` was deleted", each.opener, _cut(file, *_stretch(file, each))


def _blocks(file: PersonaFile, plan: Plan) -> Iterator[_Cut]:
    used = {slot.opener for slot in plan.persona.slots}
    for slot in file.slots:
        if slot.opener in used:
            yield f"block `{slot.name}` was deleted", slot.opener, _cut(file, *_stretch(file, slot))


def _parents(file: PersonaFile, plan: Plan) -> Iterator[_Cut]:
    if file is plan.persona.chain[-1] and "inherits_from" in file.frontmatter.spans:
        left = _PARENT.sub("", file.text, count=1)
        parent = file.frontmatter.text("inherits_from")
        yield f"parent `{parent}` was dropped", file.frontmatter.spans["inherits_from"], left


OPERATORS: Mapping[str, Callable[[PersonaFile, Plan], Iterator[_Cut]]] = {
    "requirement": _requirements,
    "step": _steps,
    "swap": _swaps,
    "weaken": _weakened,
    "rule": _rules,
    "directive": _directives,
    "block": _blocks,
    "parent": _parents,
}
