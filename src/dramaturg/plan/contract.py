"""What a persona says of its output and its directives, held against what its steps do; its one rule: only warn."""

import re
from collections.abc import Iterator, Sequence
from difflib import SequenceMatcher, get_close_matches

from dramaturg.findings.model import Finding, Severity, Span
from dramaturg.persona.mask import mask
from dramaturg.persona.model import Directive, Persona, Slot, Step, fold_id
from dramaturg.plan.model import PlannedStep

_CONTRACT = "output_contract"
_DEMAND = re.compile(
    r"(?:`(?P<code>[^`\n]+)`|\"(?P<double>[^\"\n]+)\"|“(?P<curly>[^“”\n]+)”)\s+(?:section|chapter|table|checklist)\b"
    r"|\b(?:section|chapter)s?\s+(?:titled|called|named)\s+(?:`(?P<code2>[^`\n]+)`|\"(?P<double2>[^\"\n]+)\")",
    re.IGNORECASE,
)
_FIRM = re.compile(r"\b(?:must|shall|required|requires?|mandatory|has to|have to)\b", re.IGNORECASE)
_DENIED = re.compile(r"\b(?:must|shall|should|do|does|is|are) not\b|\bno\b|\bnever\b|\bnot required\b", re.IGNORECASE)
_SENTENCE = re.compile(r"(?<!e\.g)(?<!i\.e)[.!?](?=\s)|\n[ \t]*(?=\n)")
_TICK = re.compile(r"(?<!`)`(?!`)")
_DIRECTIVE = re.compile(r"\bDirective_(?P<name>\w+)")
_HEADING = re.compile(r"^[ \t]*#{1,6}[ \t]+(?:\d+[.)][ \t]+)?(?P<title>[^\n]*?)[ \t#]*$", re.MULTILINE)
_ALIKE = 0.8


def contradictions(persona: Persona, steps: Sequence[PlannedStep], document: str) -> Iterator[Finding]:
    """Warn of each section that the output contract demands and no step writes."""
    written = [step.section for step in steps if step.section] + [document]
    written += [requirement.id for step in steps for requirement in step.requirements]
    for slot in (slot for slot in persona.slots if slot.name.casefold() == _CONTRACT):
        for title, span in (*_demanded(slot), *_listed(persona, slot)):
            if not any(_alike(title, one) for one in written):
                known = ", ".join(dict.fromkeys(f"`{step.section}`" for step in steps if step.section))
                yield Finding(
                    rule="P408",
                    severity=Severity.WARNING,
                    message=f"the output contract demands `{title}`, which no step writes",
                    span=span,
                    help=f"let a step produce it, or take it out of the contract; the steps write {known}",
                )


def headings(persona: Persona) -> frozenset[str]:
    """Return the folded headings of the output contract, those that it lists in YAML included; not its samples'."""
    titles: list[str] = []
    for slot in (slot for slot in persona.slots if slot.name.casefold() == _CONTRACT):
        titles += [title for title, _ in _listed(persona, slot)]
        if "#" in slot.text:
            shown = mask(_TICK.sub("'", slot.text))
            titles += [slot.text[slice(*found.span("title"))] for found in _HEADING.finditer(shown)]
    return frozenset(map(fold_id, titles))


def _demanded(slot: Slot) -> Iterator[tuple[str, Span]]:
    """Yield the sections a contract demands in so many words; what stands in its samples is none."""
    whole = mask(_TICK.sub("'", slot.text))
    begin = 0
    for end in [*(found.end() for found in _SENTENCE.finditer(whole)), len(whole)]:
        if _FIRM.search(whole, begin, end) and not _DENIED.search(whole, begin, end):
            for found in _DEMAND.finditer(slot.text, begin, end):
                if not whole[found.start() : found.end()].isspace():
                    title = next(group for group in found.groups() if group is not None)
                    yield title.strip().lstrip("# "), slot.origin.span.within(slot.text, *found.span())
        begin = end


def _listed(persona: Persona, slot: Slot) -> Iterator[tuple[str, Span]]:
    """Yield the sections that a contract written as YAML lists."""
    for file in persona.chain:
        if slot not in file.frontmatter.slots:
            continue
        sections = file.frontmatter.values[_CONTRACT].get("sections")
        for title in sections if isinstance(sections, list) else ():
            if isinstance(title, str):
                yield title, file.frontmatter.spans[f"{_CONTRACT}.sections"]


def _alike(title: str, written: str) -> bool:
    """Tell whether what is written is what is demanded: it has all its words, or is spelt nearly so."""
    left, right = fold_id(title), fold_id(written)
    return {*left.split("_")} <= {*right.split("_")} or SequenceMatcher(None, left, right).ratio() >= _ALIKE


def undefined_directives(persona: Persona) -> Iterator[Finding]:
    """Warn of each directive that is spoken of and defined nowhere in the chain, at the first place."""
    names = {directive.name.casefold(): directive.name for directive in persona.directives}
    told: set[str] = set()
    pieces: tuple[Slot | Directive | Step, ...] = (*persona.slots, *persona.directives, *persona.steps)
    for piece in pieces:
        if "Directive_" not in piece.text:
            continue
        spoken = mask(_TICK.sub("'", piece.text))
        for found in _DIRECTIVE.finditer(spoken):
            name = found["name"].casefold()
            if name in names or name in told:
                continue
            told.add(name)
            near = get_close_matches(name, names, n=1)
            remedy = (
                f"did you mean `Directive_{names[near[0]]}`?"
                if near
                else "define it, or inherit from a persona that does"
            )
            yield Finding(
                rule="P409",
                severity=Severity.WARNING,
                message=f"`{found[0]}` is defined nowhere in the chain of `{persona.alias}`",
                span=piece.origin.span.within(piece.text, *found.span()),
                help=remedy,
            )
