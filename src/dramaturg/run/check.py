"""Persona names to everything that is wrong with them; its one rule: one bad file never hides the faults of another."""

from collections.abc import Iterable

from dramaturg.errors import AuthorError
from dramaturg.findings.model import Finding
from dramaturg.persona.library import Library
from dramaturg.plan.compile import compile_plan


def check_personas(library: Library, names: Iterable[str], *, strict: bool) -> tuple[Finding, ...]:
    """Check personas by alias or path, their parents included; each fault once, in the order met.

    Raises:
        CallerError: A name is no persona, or a file cannot be read.
    """
    found: dict[Finding, None] = {}
    for name in names:
        try:
            persona = library.load(name, strict=strict)
            findings = compile_plan(persona).findings if persona.steps else persona.findings
        except AuthorError as error:
            findings = error.findings
        found |= dict.fromkeys(finding.as_error() if strict else finding for finding in findings)
    return tuple(found)
