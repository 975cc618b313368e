"""A chain of files to one Persona; its one rule: nothing is merged without saying where it came from."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from typing import Any, TypeVar

from dramaturg.findings.model import Edit, Finding, Label, Severity, has_errors
from dramaturg.persona.model import Directive, Persona, PersonaFile, Slot
from dramaturg.persona.tags import PROTOCOL

Lookup = Callable[[str], PersonaFile | Finding]
_Piece = TypeVar("_Piece", Slot, Directive)


def resolve(leaf: PersonaFile, lookup: Lookup, *, strict: bool = False) -> tuple[Persona | None, tuple[Finding, ...]]:
    """Join a file with its ancestors, if nothing in the chain is an error.

    Args:
        leaf: The persona asked for.
        lookup: As `compose` says.
        strict: Make warnings of the merge errors.

    Returns:
        The persona, None if anything in the chain is an error, and all findings of the chain, oldest ancestor first.
    """
    persona = compose(leaf, lookup, strict=strict)
    return None if has_errors(persona.findings) else persona, persona.findings


def compose(leaf: PersonaFile, lookup: Lookup, *, strict: bool = False) -> Persona:
    """Join a file with its ancestors, whatever is wrong with them; its findings say what is.

    Args:
        leaf: The persona asked for.
        lookup: Gives the file of an alias, or the finding that says why there is none; it may point nowhere, the
            place of the `inherits_from` line is added here.
        strict: Make warnings of the merge errors.
    """
    chain, findings = _climb(leaf, lookup)
    findings += [finding for file in chain for finding in file.findings]
    directives = _merge([file.directives for file in chain], findings)
    nearest = [*reversed(chain)]
    owner = next((file for file in nearest if file.steps), leaf)
    slots = _merge([_inherited_slots(file, owner) for file in chain])
    findings += _status(chain)
    found = tuple(finding.as_error() for finding in findings) if strict else tuple(findings)
    younger = nearest[: nearest.index(owner) + 1] if owner.steps else nearest
    return Persona(
        alias=leaf.alias,
        version=_nearest(nearest[:1], "version"),
        title=_nearest(nearest, "title"),
        status=_nearest(nearest[:1], "status") or "active",
        engine_version=_nearest(nearest, "engine_version") or "v1",
        input_mode=_nearest(nearest, "input_mode") or "evidence-driven",
        schedule=_nearest(nearest, "schedule") or "sequential",
        slots=tuple(slots),
        directives=tuple(directives),
        steps=owner.steps,
        step_settings=_nearest_value(younger, "steps") or {},
        artifacts=next(
            (file.frontmatter.artifacts for file in nearest if "expected_artifacts" in file.frontmatter.spans), ()
        ),
        allowed_tools=tuple(tool for tool in _nearest_value(nearest, "allowed_tools") or () if tool is not None),
        chain=tuple(chain),
        head=leaf.head,
        findings=found,
    )


def _climb(leaf: PersonaFile, lookup: Lookup) -> tuple[list[PersonaFile], list[Finding]]:
    """Return the chain from the oldest ancestor to the leaf, and what stopped the climb."""
    chain = [leaf]
    notes: list[Finding] = []
    while parent := chain[0].frontmatter.text("inherits_from"):
        found = lookup(parent)
        if isinstance(found, Finding):
            place = chain[0].frontmatter.spans["inherits_from"]
            return chain, [*notes, replace(found, span=place, labels=(*found.labels, *_hops(chain[1:])))]
        if any(file.path == found.path for file in chain):
            return chain, [*notes, _circle(chain, found)]
        notes += _spelling(chain[0], found)
        chain.insert(0, found)
    return chain, notes


def _hops(chain: Sequence[PersonaFile]) -> tuple[Label, ...]:
    return tuple(
        Label(span=file.frontmatter.spans["inherits_from"], text=f"`{file.alias}` inherits from here") for file in chain
    )


def _circle(chain: Sequence[PersonaFile], again: PersonaFile) -> Finding:
    """Report a circle, and in the same words from wherever it was entered, so that it is told once."""
    entered = next(place for place, file in enumerate(chain) if file.path == again.path) + 1
    ring, before = chain[:entered], chain[entered:]
    last = min(range(len(ring)), key=lambda place: ring[place].path) + 1
    ring = [*ring[last:], *ring[:last]]
    circle = " → ".join(file.alias for file in (*reversed(ring), ring[-1]))
    return Finding(
        rule="P302",
        severity=Severity.ERROR,
        message=f"the inheritance goes in a circle: {circle}",
        span=ring[0].frontmatter.spans["inherits_from"],
        labels=_hops([*ring[1:], *before]),
        help="remove one `inherits_from` of the circle",
    )


def _inherited_slots(file: PersonaFile, owner: PersonaFile) -> list[Slot]:
    """Return a file's slots; what it says above its steps counts only if the steps are performed."""
    return [slot for slot in file.slots if slot.name != PROTOCOL or file is owner]


def _spelling(child: PersonaFile, parent: PersonaFile) -> Iterator[Finding]:
    """Note an alias that is found only because case does not count."""
    said = child.frontmatter.text("inherits_from")
    if said != parent.alias and said.casefold() == parent.alias.casefold():
        span = child.frontmatter.spans["inherits_from"]
        yield Finding(
            rule="P306",
            severity=Severity.NOTE,
            message=f"`{said}` is spelled `{parent.alias}` by the persona it names",
            span=span,
            labels=(Label(span=parent.head, text="spelled here"),),
            help=f"write `inherits_from: {parent.alias}`",
            edits=(Edit(span=span, text=parent.alias),) if span.length == len(said) else (),
        )


def _merge(layers: Sequence[Sequence[_Piece]], findings: list[Finding] | None = None) -> list[_Piece]:
    """Merge named pieces, parent first; a child's piece takes the parent's place.

    Where findings are given, it is told there if the child does not say that it overrides.
    """
    merged: dict[str, _Piece] = {}
    for layer in layers:
        for piece in layer:
            key = piece.name.casefold()
            if findings is not None and key in merged and not piece.override:
                findings.append(_replaced(piece, merged[key]))
            merged[key] = piece
    return list(merged.values())


def _replaced(piece: Slot | Directive, parent: Slot | Directive) -> Finding:
    """Warn of a directive that takes the place of a parent's, which may be by chance."""
    return Finding(
        rule="P304",
        severity=Severity.WARNING,
        message=f"directive `{piece.name}` replaces the one of `{parent.origin.alias}`",
        span=piece.opener,
        labels=(Label(span=parent.opener, text="the parent's"),),
        help=_override_remedy(piece),
    )


def _override_remedy(piece: Slot | Directive) -> str:
    said = 'override="true"' if isinstance(piece, Slot) or piece.tagged else "override: true"
    return f"say `{said}` if that is meant, otherwise choose another name"


def _status(chain: Sequence[PersonaFile]) -> list[Finding]:
    return [
        Finding(
            rule="P305",
            severity=Severity.WARNING,
            message=f"`{file.alias}` is deprecated",
            span=file.frontmatter.spans["status"],
            help="see its description for what replaces it",
        )
        for file in chain
        if file.frontmatter.text("status") == "deprecated"
    ]


def _nearest(files: Sequence[PersonaFile], key: str) -> str:
    for file in files:
        if value := file.frontmatter.text(key):
            return value
    return ""


def _nearest_value(files: Sequence[PersonaFile], key: str) -> Any:
    """Return what the first file that has a key says under it, empty or not; None where none has it."""
    return next((file.frontmatter.values[key] for file in files if key in file.frontmatter.values), None)
