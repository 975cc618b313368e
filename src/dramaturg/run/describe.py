"""Personas to what a reader or a program is shown of them; its one rule: each piece is told with its place."""

from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from dramaturg.errors import CallerError
from dramaturg.findings.model import Finding
from dramaturg.persona.library import Library
from dramaturg.persona.model import Directive, Persona, PersonaFile, Slot, Step
from dramaturg.persona.reading import read_persona_file
from dramaturg.persona.resolve import resolve
from dramaturg.persona.scan import scan
from dramaturg.plan.model import Plan
from dramaturg.run.report import findings_json

_HEAD = ("alias", "version", "title", "status", "type", "inherits_from")


def file_json(library: Library, path: Path) -> dict[str, Any]:
    """Return what a persona file says, how far its ancestors can be climbed and what is wrong, as plain JSON data.

    Args:
        library: Where its parents are looked up.
        path: The file; one that cannot be read gives the same keys, empty but for `path` and `error`.
    """
    try:
        file = read_persona_file(path)
    except CallerError as unread:
        return _file_json(str(path), scan(str(path), ""), (), (), str(unread))
    chain = [file]
    lookup = library.lookup(path)

    def parent_of(alias: str) -> PersonaFile | Finding:
        parent = lookup(alias)
        if isinstance(parent, PersonaFile) and all(parent.path != known.path for known in chain):
            chain.insert(0, parent)
        return parent

    try:
        _, findings = resolve(file, parent_of)
    except CallerError as unread:
        return _file_json(str(path), file, chain, file.findings, str(unread))
    return _file_json(str(path), file, chain, findings)


def _file_json(
    path: str, file: PersonaFile, chain: Sequence[PersonaFile], findings: Sequence[Finding], error: str = ""
) -> dict[str, Any]:
    return {
        "path": path,
        **{key: file.frontmatter.text(key) for key in _HEAD},
        "slots": [_block_json(slot) for slot in file.slots],
        "directives": [_block_json(directive) for directive in file.directives],
        "steps": [_step_json(step) for step in file.steps],
        "artifacts": [
            {
                "id": artifact.id,
                "type": "primary" if artifact.primary else "optional",
                "description": artifact.description,
                "line": artifact.origin.span.line,
            }
            for artifact in file.frontmatter.artifacts
        ],
        "lineage": [each.alias for each in chain],
        "findings": findings_json(findings),
        "error": error,
    }


def _block_json(block: Slot | Directive) -> dict[str, Any]:
    line = block.opener.line
    return {"name": block.name, **_lines(line, block), "override": block.override, "text": block.text}


def _step_json(step: Step) -> dict[str, Any]:
    names = {"number": step.number, "name": step.name}
    return {**names, **_lines(step.opener.line, step), "text": step.text, "attributes": dict(step.attributes)}


def _lines(line: int, piece: Slot | Directive | Step) -> dict[str, int]:
    return {"line": line, "end_line": piece.origin.span.line + piece.text.count("\n")}


def composed_json(persona: Persona) -> dict[str, Any]:
    """Return a resolved persona, each piece with its origin, as plain JSON data without the texts of its files."""
    data = asdict(persona) | {"digest": persona.digest}
    del data["chain"]
    return {"path": persona.chain[-1].path, "lineage": list(persona.lineage)} | data


def composed(persona: Persona) -> str:
    """Return a resolved persona as text for a reader, each piece under its origin."""
    head = f"{persona.alias} {persona.version} – {persona.title}\nlineage: {' → '.join(persona.lineage)}"
    pieces = [
        *((f"artifact {each.id}", each.origin, each.description) for each in persona.artifacts),
        *((slot.name, slot.origin, slot.text) for slot in persona.slots),
        *((f"directive {directive.name}", directive.origin, directive.text) for directive in persona.directives),
        *((f"step {step.number} {step.name}".strip(), step.origin, step.text) for step in persona.steps),
    ]
    blocks = [f"[{name}] from {origin.alias}, {origin.span}\n{text.strip()}".rstrip() for name, origin, text in pieces]
    return "\n\n".join([head, *blocks]) + "\n"


def plan_json(plan: Plan) -> dict[str, Any]:
    """Return a plan with every reason and place, as plain JSON data without the texts of its files."""
    data = asdict(plan) | {"digest": plan.digest}
    persona = composed_json(plan.persona)
    kept = ("alias", "version", "title", "digest", "engine_version", "artifacts", "lineage")
    return {"path": persona["path"]} | data | {"persona": {key: persona[key] for key in kept}}
