"""What a persona says of its output and its directives, held against what its steps do; its one rule: only warn."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher, get_close_matches

from dramaturg.findings.model import Finding, Severity, Span
from dramaturg.persona.mask import mask
from dramaturg.persona.model import Directive, Persona, Slot, Step, fold_id
from dramaturg.plan.model import PlannedStep
from dramaturg.plan.prose import mentions

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
_DIRECTIVE = re.compile(r"\bDirective_(?P<name>\w+)|'(?P<called>(?:[A-Z][a-z0-9]+){2,})' directive\b")
_HEADING = re.compile(r"^[ \t]*#{1,6}[ \t]+(?:\d+[.)][ \t]+)?(?P<title>[^\n]*?)[ \t#]*$", re.MULTILINE)
_HOLDS = re.compile(
    r"(?<!\bnot )(?<!\bnever )(?<!\bwithout )"
    r"\b(?:contain(?:s|ing)?|includ(?:es?|ing)|consist(?:s|ing)? of|compris(?:es?|ing))\b:?\s+(?P<parts>[^.!?:\n]+)",
    re.IGNORECASE,
)
_PART = re.compile(r",\s*(?:and\s+)?|;\s*|\s+(?:and|or)\s+")
_CONTENT_WORDS = ("#", "contain", "includ", "consist", "compris")
_WORD = re.compile(r"[^\W_]+")
_SAYS_NOTHING = frozenset(
    """a an the of for to with in on its your any each all one complete concise concrete clear structured formal full
    final plan plans analysis report section sections list lists document summary set response output file files
    artifacts code step steps""".split()
)
_ALIKE = 0.8


def contradictions(persona: Persona, steps: Sequence[PlannedStep], document: str) -> Iterator[Finding]:
    """Warn of each section that the output contract demands and no step writes."""
    contracts = _contracts(persona)
    if not contracts:
        return
    written = [step.section for step in steps if step.section] + [document]
    written += [requirement.id for step in steps for requirement in step.requirements]
    for slot in contracts:
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


@dataclass(frozen=True, slots=True, kw_only=True)
class Contents:
    """What the output contract says is in the document, its samples aside.

    Attributes:
        headings: Its headings, and the sections it lists in YAML, folded.
        parts: The words of each part it counts up: "a report containing a cost estimate and …".
    """

    headings: frozenset[str]
    parts: tuple[frozenset[str], ...]

    def hold(self, name: str) -> bool:
        """Tell whether the document has what a step of this name finds out."""
        folded = fold_id(name)
        return folded in self.headings or any(part <= {*folded.split("_")} for part in self.parts)


def contents(persona: Persona) -> Contents | None:
    """Return what the output contract says is in the document; None where it names nothing."""
    titles: list[str] = []
    parts: list[frozenset[str]] = []
    for slot in _contracts(persona):
        titles += [title for title, _ in _listed(persona, slot)]
        if mentions(slot.text.lower(), _CONTENT_WORDS):
            shown = mask(_TICK.sub("'", slot.text))
            titles += [slot.text[slice(*found.span("title"))] for found in _HEADING.finditer(shown)]
            parts += [_words(part) for found in _HOLDS.finditer(shown) for part in _PART.split(found["parts"])]
    named = tuple(part for part in parts if len(part) > 1)  # one word is too little to know a step by
    return Contents(headings=frozenset(map(fold_id, titles)), parts=named) if titles or named else None


def _contracts(persona: Persona) -> list[Slot]:
    return [slot for slot in persona.slots if slot.name.casefold() == _CONTRACT]


def _words(part: str) -> frozenset[str]:
    return frozenset(_WORD.findall(part.casefold())) - _SAYS_NOTHING


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
    pieces: tuple[Slot | Directive | Step, ...] = (*persona.slots, *persona.directives, *persona.steps)
    spoken_of = ("Directive_", "` directive") if persona.directives else ("Directive_",)
    speaking = [piece for piece in pieces if "irective" in piece.text and mentions(piece.text, spoken_of)]
    names = {directive.name.casefold(): directive.name for directive in persona.directives if speaking}
    told: set[str] = set()
    for piece in speaking:
        spoken = mask(_TICK.sub("'", piece.text))
        for found in _DIRECTIVE.finditer(spoken):
            written = found["name"] or found["called"]
            name = written.casefold()
            if name in names or name in told or (found["called"] and not names):
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
                message=f"`Directive_{written}` is defined nowhere in the chain of `{persona.alias}`",
                span=piece.origin.span.within(piece.text, *found.span("called" if found["called"] else 0)),
                help=remedy,
            )
